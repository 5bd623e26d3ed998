"""A case as it was known at a moment is the case that was read then, or says what of it is not known."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

import pytest
from forkant_devstack.testing.assessments import CHILD_CONSIDERED, completed_assessment
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

DUE = (datetime.now(UTC).date() + timedelta(days=60)).isoformat()
FACT = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
}  # fmt: skip
LISTS = ("measures", "follow_ups", "partners", "information")
PARTS = ("assessment", "plan", "evaluation")
NEVER = {"level", "case_owner", "members", "transfers", "legal_holds", "retention_until"}


def words(random: Random) -> str:
    return f"Words {random.random()}"


def command(random: Random, action: str, shown: dict) -> tuple[str, str, dict] | None:
    """Return a request that does an action to the case as it is shown, or nothing when there is nothing to do it to."""

    def one(name: str, **wanted: str) -> str | None:
        found = [each for each in shown[name] if all(each[key] == value for key, value in wanted.items())]
        return random.choice(found)["id"] if found else None

    fixed = {
        "assess": ("PUT", "assessment", {
            **CHILD_CONSIDERED, "completed": random.random() < 0.7, "summary": words(random),
            "risk_factors": random.sample(["truancy", "negative_peers", "substance_use"], random.randint(0, 3)),
        }),
        "plan": ("PUT", "plan", {
            "summary": words(random),
            "goals": [{"text": words(random), "measurable": True, "baseline": "3"} for _ in range(random.randint(1, 3))],
        }),
        "approve_plan": ("POST", "plan/approval", {}),
        "plan_measure": ("POST", "measures", {
            "kind": random.choice(["concern_conversation", "home_visit", "mediation"]), "due_on": DUE,
            "description": words(random),
        }),
        "schedule_follow_up": ("POST", "follow-ups", {"due_on": DUE}),
        "evaluate": ("PUT", "evaluation", {
            "completed": random.random() < 0.7, "effect": random.choice(["achieved", "harm"]), "mechanism": words(random),
        }),
        "close": ("POST", "close", {"reason": random.choice(["evaluated", "resources"]), "note": words(random)}),
        "put_on_hold": ("POST", "hold", {"reason": "awaiting_partner", "note": words(random)}),
        "resume": ("POST", "resume", {}),
        "refer": ("POST", "referral", {"referred_to": "child_welfare"}),
        "reject": ("POST", "rejection", {"reason": "no_basis", "note": words(random)}),
        "reopen": ("POST", "reopen", {"reason": "new_concern", "note": words(random)}),
        "add_partner": ("POST", "partners", {"kind": "school", "name": words(random)}),
        "set_goal": ("PUT", "prevention-goal", {"prevention_goal": random.choice([str(uuid4()), None])}),
        "register_information": ("POST", "information", {**FACT, "text": words(random)}),
        "restrict": ("POST", "restriction", {"restricted": True, "reason": "disputed"}),
        "lift_restriction": ("POST", "restriction", {"restricted": False, "reason": "disputed"}),
    }  # fmt: skip
    clear = {"outcome": "relevant", "verification_status": "verified", "note": words(random)}
    step = {"step": random.choice(["conversation_held", "basis_clarified"])}
    below = {
        "start_measure": (one("measures", state="planned"), "POST", "measures/{}/start", {}),
        "complete_step": (
            one("measures", state="started", kind="concern_conversation"),
            "POST",
            "measures/{}/steps",
            step,
        ),
        "complete_measure": (one("measures", state="started"), "POST", "measures/{}/complete", {}),
        "cancel_measure": (one("measures", state="planned"), "POST", "measures/{}/cancel", {"reason": "not_needed"}),
        "hold_follow_up": (
            one("follow_ups", state="scheduled"),
            "POST",
            "follow-ups/{}/held",
            {"notes": words(random)},
        ),
        "remove_partner": (one("partners", removed_at=None), "DELETE", "partners/{}", None),
        "clarify_information": (one("information", outcome=None), "POST", "information/{}/clarification", clear),
    }
    if action in fixed:
        return fixed[action]
    item, method, path, body = below.get(action, (None, "", "", None))
    return None if item is None else (method, path.format(item), body)


ENDINGS = ("close", "refer", "reject", "restrict", "put_on_hold")
FORWARD = ("assess", "plan", "approve_plan", "plan_measure", "start_measure", "hold_follow_up", "resume", "reopen",
           "lift_restriction")  # fmt: skip


async def lived(random: Random, service, *, steps: int) -> tuple[object, list]:
    """Let a case live, and return it with what a lead read after each step, and when."""
    officer, lead = service.person("officer-oslo"), service.person("lead-oslo")
    opened = datetime.now(UTC) - timedelta(days=30)
    case = await officer.open(occurred_at=opened.isoformat(), title=words(random), description=words(random))
    seen = [(datetime.now(UTC), await case.read(by=lead))]
    for _ in range(steps):
        shown = seen[-1][1]
        pool = [each for each in shown["allowed"] if random.random() < (0.3 if each in ENDINGS else 0.9)]
        forward = [each for each in pool if each in FORWARD and not (each in PARTS and shown[each])]
        action = random.choice((forward if forward and random.random() < 0.5 else pool) or shown["allowed"])
        asked = command(random, action, shown)
        if asked is None:
            continue
        method, path, body = asked
        if body is not None and action != "clarify_information" and random.random() < 0.3:
            body = {**body, "occurred_at": (opened + timedelta(days=random.randint(1, 29))).isoformat()}
        writes = action in {"assess", "plan"} and not shown["restricted"]
        answer = await case.attempt(method, path, body, by=officer if writes else lead)
        assert answer.status_code < 500, answer.text
        if answer.is_success:
            event(action)
            seen.append((datetime.now(UTC), await case.read(by=lead)))
    return case, seen


def same(then: dict, told: dict, *, but: set[str] = frozenset()) -> None:
    for name in told.keys() & then.keys() - but:
        assert told[name] == then[name], name


def compare(then: dict, told: dict) -> None:
    lost = set(told["not_known"])
    assert lost >= NEVER
    same(then, told, but={*PARTS, *LISTS, "notes"})
    assert (told["id"], told["version"], told["state"]) == (then["id"], then["version"], then["state"])
    for name in LISTS:
        assert len(told[name]) == len(then[name]), name
        for was, said in zip(*(sorted(each[name], key=lambda one: one["id"]) for each in (then, told)), strict=True):
            # Who may see its texts is judged now, and steps of no method are none.
            same({**was, "steps_done": sorted(was.get("steps_done") or [])}, said, but={"restricted"})
    assert told["notes"] == then["notes"]
    for name in PARTS:
        if name not in lost:
            assert (told[name] is None) == (then[name] is None), name
            same(then[name] or {}, told[name] or {})
        elif told[name] is not None:
            unknown = {key for key, value in told[name].items() if value is None}
            same(then[name], told[name], but=unknown)
            assert unknown >= {"summary", "author"} & told[name].keys()


# A life is long to play again, so that a failure is told by its seed and not made shorter.
@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.integers(min_value=1))
async def test_a_case_as_of_any_moment_of_its_life_is_what_was_read_then(service, seed):
    case, seen = await lived(Random(seed), service, steps=25)
    lead = service.person("lead-oslo")
    for moment, then in seen:
        answer = await lead.get(f"{case.path}/as-of", at=moment.isoformat())
        assert answer.status_code == 200, answer.text
        compare(then, answer.json())


async def as_of(person, case, moment):
    answer = await person.get(f"{case.path}/as-of", at=moment.isoformat())
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_words_that_were_written_over_since_are_named_and_not_shown_as_those_of_then(officer, lead):
    case = await officer.open()
    await case.do("PUT", "assessment", completed_assessment(summary="First."))
    await case.do("PUT", "plan", {"goals": [{"text": "First.", "measurable": False}], "summary": "First."})
    await case.do("POST", "plan/approval", by=lead)
    moment = datetime.now(UTC)
    before = await as_of(officer, case, moment)
    assert set(before["not_known"]) == NEVER
    assert (before["plan"]["summary"], before["plan"]["approved_by"]) == ("First.", "lead-oslo")
    await case.do("PUT", "assessment", completed_assessment(summary="Second.", risk_factors=[]))
    await case.do("PUT", "plan", {"goals": [{"text": "Second.", "measurable": False}], "summary": "Second."})
    told = await as_of(officer, case, moment)
    assert set(told["not_known"]) == NEVER | {"assessment", "plan"}
    assert told["assessment"]["risk_factors"] == ["truancy"]
    assert told["assessment"]["summary"] is told["plan"]["goals"] is told["plan"]["approved_by"] is None
    assert told["plan"]["approved_at"] == before["plan"]["approved_at"]
    assert "Second." not in str(told)


async def test_an_approval_that_came_later_is_not_told_of_then(officer, lead):
    case = await officer.open()
    await case.planned()
    moment = datetime.now(UTC)
    await case.do("POST", "plan/approval", by=lead)
    plan = (await as_of(officer, case, moment))["plan"]
    assert (plan["approved_by"], plan["approved_at"]) == (None, None)
    assert plan["goals"][0]["text"] == "Back to school"


async def test_a_draft_that_was_saved_again_is_not_known_and_the_new_one_not_told_of_then(officer):
    case = await officer.open()
    await case.do("PUT", "assessment", {"completed": False, "summary": "First."})
    moment = datetime.now(UTC)
    assert (await as_of(officer, case, moment))["assessment"]["summary"] == "First."
    await case.do("PUT", "assessment", {"completed": False, "summary": "Second."})
    told = await as_of(officer, case, moment)
    assert told["assessment"] is None
    assert "assessment" in told["not_known"]


async def test_what_happened_before_and_was_recorded_after_was_not_known_then(officer):
    long_ago = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    case = await officer.open(occurred_at=long_ago)
    moment = datetime.now(UTC)
    await case.do("POST", "partners", {"kind": "school", "occurred_at": long_ago})
    assert (await as_of(officer, case, moment))["partners"] == []


async def test_a_case_that_moved_is_told_of_with_the_unit_of_then_and_who_may_read_it_now(service, officer):
    case = await officer.open()
    moment = datetime.now(UTC)
    offer = await case.do("POST", "transfers", {"to_unit": "troms"})
    taker = service.person("lead-troms")
    path = f"{case.path}/transfers/{offer['item_id']}"
    shown = await taker.get(path)
    assert (await taker.send("POST", f"{path}/accept", etag=shown.headers["etag"])).is_success
    assert (await as_of(taker, case, moment))["unit"] == "oslo"
    assert (await as_of(taker, case, datetime.now(UTC)))["unit"] == "troms"
    assert (await officer.get(f"{case.path}/as-of", at=moment.isoformat())).status_code == 404


async def test_it_is_shown_to_who_may_see_the_case_now_and_recorded(service, officer, lead, privacy, stranger):
    case = await officer.open()
    moment = datetime.now(UTC)
    asked = {"at": moment.isoformat()}
    for outsider in (stranger, service.person("officer2-oslo")):
        assert (await outsider.get(f"{case.path}/as-of", **asked)).status_code == 404
    await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    assert (await officer.get(f"{case.path}/as-of", **asked)).status_code == 404
    assert (await as_of(lead, case, moment))["restricted"] is False
    [entry] = await service.fetch(
        "SELECT subject, version FROM audit_entry WHERE action = 'case.read_as_of' AND object_ids @> ARRAY[$1::uuid]",
        case.id,
    )
    [row] = await service.fetch("SELECT version FROM preventive_case WHERE id = $1", case.id)
    assert (entry["subject"], entry["version"]) == ("lead-oslo", row["version"])
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    gone = await privacy.get(f"{case.path}/as-of", **asked)
    assert (gone.status_code, gone.json()["code"]) == (410, "case-erased")


async def test_texts_of_information_are_shown_to_those_alone_who_are_shown_them_now(officer, lead):
    case = await officer.open()
    made = await case.do("POST", "information", {**FACT, "text": "Said to be so."})
    moment = datetime.now(UTC)
    assert (await as_of(officer, case, moment))["information"][0]["text"] == "Said to be so."
    clear = {"outcome": "incorrect", "verification_status": "unverified"}
    await case.do("POST", f"information/{made['item_id']}/clarification", clear)
    [hidden] = (await as_of(officer, case, moment))["information"]
    [shown] = (await as_of(lead, case, moment))["information"]
    assert (hidden["text"], hidden["restricted"], hidden["outcome"]) == (None, True, None)
    assert (shown["text"], shown["outcome"], shown["clarified_by"]) == ("Said to be so.", None, None)


@pytest.mark.parametrize("days", [-1, 1])
async def test_a_moment_when_nothing_was_recorded_is_refused_with_the_moments_that_can_be_asked(officer, days):
    case = await officer.open(occurred_at=(datetime.now(UTC) - timedelta(days=30)).isoformat())
    moment = datetime.now(UTC) + timedelta(days=days)
    answer = await officer.get(f"{case.path}/as-of", at=moment.isoformat())
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "not-yet-recorded")
    assert problem["earliest"] <= problem["latest"]


async def test_a_case_whose_first_events_are_gone_says_so(empty_service):
    officer = empty_service.person("officer-oslo")
    case = await officer.open()
    await case.assessed()
    await empty_service.fetch("DELETE FROM event_archive WHERE aggregate_id = $1 AND aggregate_version = 1", case.id)
    answer = await officer.get(f"{case.path}/as-of", at=datetime.now(UTC).isoformat())
    assert (answer.status_code, answer.json()["code"]) == (410, "history-dropped")
