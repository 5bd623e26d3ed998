"""Until when a case is kept: with every change, under a legal hold, and on the list of those to look at."""

from datetime import UTC, date, datetime, timedelta

import pytest
from case_service.domain.moments import add_months, local_day
from case_service.domain.retention import Kept, retention_of
from case_service.domain.standing import ENDED_STATES
from case_service.retention_rules import rules_in_force
from forkant_contracts.codes import CaseState
from forkant_devstack.testing.assessments import completed_assessment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NOW = datetime.now(UTC)
TODAY = local_day(NOW)
LONG_AGO = (NOW - timedelta(days=4 * 365)).isoformat()
ADULT = {"age_band": "25_plus"}
MOVES = {
    "close": ("close", {"reason": "resources"}),
    "close as unfounded": ("close", {"reason": "unfounded"}),
    "refer": ("referral", {"referred_to": "child_welfare"}),
    "reject": ("rejection", {"reason": "not_preventive"}),
    "reopen": ("reopen", {"reason": "new_concern"}),
    "hold": ("hold", {"reason": "awaiting_partner"}),
    "resume": ("resume", {}),
    "assess": ("assessment", completed_assessment()),
    "restrict": ("restriction", {"restricted": True, "reason": "disputed"}),
    "free": ("restriction", {"restricted": False, "reason": "disputed"}),
    "raise": ("level", {"level": 2}),
}


async def kept(service, case_id) -> tuple[date, Kept]:
    """Return until when a case is kept, and what that goes by, read from its row as plainly as can be."""
    [row] = await service.fetch("SELECT * FROM preventive_case WHERE id = $1", case_id)
    state = CaseState(row["state"])
    began = row["reopened_at"] or row["opened_at"]
    return row["retention_until"], Kept(
        case_type=row["case_type"],
        age_band=row["age_band"],
        purpose_code=row["purpose_code"],
        state=state,
        reason=row["close_reason"] if state is CaseState.CLOSED else row["reject_reason"],
        began_on=local_day(began),
        ended_on=local_day(row["ended_at"]) if state in ENDED_STATES else None,
        floor=row["retention_floor"],
    )


async def test_a_case_has_a_last_day_from_its_opening_and_shows_it(officer):
    case = await officer.open(occurred_at="2026-01-31T12:00:00Z")
    shown = await case.read()
    assert (shown["retention_until"], shown["retention_rule"]) == ("2028-01-31", "open_minor")
    assert (shown["ended_at"], shown["reject_reason"]) == (None, None)


@pytest.mark.parametrize(
    ("tail", "body", "rule", "months"),
    [
        ("close", {"reason": "resources"}, "closed_15_17", 18),
        ("close", {"reason": "unfounded"}, "unfounded", 1),
        ("referral", {"referred_to": "school"}, "referred_minor", 6),
        ("rejection", {"reason": "no_basis"}, "unfounded", 1),
    ],
)
async def test_the_end_of_a_case_and_its_reopening_change_its_last_day(officer, tail, body, rule, months):
    case = await officer.open(occurred_at=LONG_AGO)
    await case.do("POST", tail, body)
    ended = await case.read()
    assert (ended["retention_until"], ended["retention_rule"]) == (add_months(TODAY, months).isoformat(), rule)
    assert ended["reject_reason"] == (body["reason"] if tail == "rejection" else None)
    await case.do("POST", "reopen", {"reason": "new_concern"})
    again = await case.read()
    # It counts from the reopening: from the opening, four years ago, it would be past at once.
    assert (again["retention_until"], again["retention_rule"]) == (add_months(TODAY, 24).isoformat(), "open_minor")
    assert (again["ended_at"], again["reject_reason"]) == (None, None)


async def test_under_a_legal_hold_no_change_makes_a_case_be_kept_for_less_and_lifting_the_last_one_does(
    officer, privacy
):
    case = await officer.open(**ADULT)
    before = (await case.read())["retention_until"]
    first, second = [
        (await case.do("POST", "legal-holds", {"reason": reason}, by=privacy))["item_id"]
        for reason in ("court_order", "oversight")
    ]
    await case.do("POST", "close", {"reason": "unfounded"})
    assert (await case.read())["retention_until"] == before
    await case.do("DELETE", f"legal-holds/{first}", by=privacy)
    assert (await case.read())["retention_until"] == before
    await case.do("DELETE", f"legal-holds/{second}", by=privacy)
    assert (await case.read())["retention_until"] == add_months(TODAY, 1).isoformat()


async def test_a_case_that_changes_hands_is_kept_as_long_as_before(service, officer):
    case = await officer.open()
    before = (await case.read())["retention_until"]
    offer = (await case.do("POST", "transfers", {"to_unit": "troms"}))["item_id"]
    taker = service.person("lead-troms")
    taken = await taker.send("POST", f"{case.path}/transfers/{offer}/accept", etag='"v1"')
    assert taken.is_success
    assert (await kept(service, case.id))[0].isoformat() == before


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.lists(st.sampled_from(sorted(MOVES)), min_size=3, max_size=9),
    codes=st.fixed_dictionaries(
        {
            "age_band": st.sampled_from(["under_15", "15_17", "25_plus"]),
            "purpose_code": st.sampled_from(["prevent_crime", "protect_child"]),
        }
    ),
    random=st.randoms(use_true_random=True),
)
async def test_after_any_path_a_case_is_kept_as_long_as_its_final_standing_says(service, path, codes, random):
    lead, privacy = service.person("lead-oslo"), service.person("privacy-oslo")
    case = await service.person("officer-oslo").open(occurred_at=LONG_AGO, **codes)
    holds: list[str] = []
    for move in path:
        tail, body = MOVES[move]
        method = "PUT" if tail in {"assessment", "level"} else "POST"
        await case.attempt(method, tail, body, by=lead)
        if random.random() < 0.3:
            held = await case.attempt("POST", "legal-holds", {"reason": "oversight"}, by=privacy)
            holds.append(held.json()["item_id"])
        elif holds and random.random() < 0.5:
            await case.attempt("DELETE", f"legal-holds/{holds.pop()}", by=privacy)
        until, standing = await kept(service, case.id)
        assert until == retention_of(rules_in_force(), standing).until, path
        assert (standing.floor is not None) == bool(holds)


async def reviews(person, **asked):
    answer = await person.get("/v1/retention-reviews", **{"within_days": 30, "limit": 100, **asked})
    assert answer.status_code == 200, answer.text
    return {line["id"]: line for line in answer.json()["items"]}


async def test_the_list_names_what_is_due_and_what_stands_in_the_way(officer, lead, privacy):
    open_one = await officer.open(occurred_at=LONG_AGO)
    fresh = await officer.open(occurred_at=LONG_AGO)
    await fresh.do("POST", "close", {"reason": "resources"})
    near = await officer.open()
    await near.do("POST", "close", {"reason": "unfounded"})
    held = await officer.open(occurred_at=LONG_AGO)
    await held.do("POST", "close", {"reason": "unfounded", "occurred_at": LONG_AGO})
    await held.do("POST", "legal-holds", {"reason": "court_order"}, by=privacy)
    ready = await officer.open(occurred_at=LONG_AGO)
    await ready.do("POST", "close", {"reason": "unfounded", "occurred_at": LONG_AGO})
    await ready.do("PUT", "archive-decision", {"outcome": "destroy"}, by=lead)
    own = await officer.open(occurred_at=LONG_AGO)
    await own.do("POST", "close", {"reason": "unfounded", "occurred_at": LONG_AGO})
    await own.do("PUT", "archive-decision", {"outcome": "destroy"}, by=privacy)
    listed = await reviews(privacy, within_days=40)
    assert fresh.id not in listed
    undecided = "archive_decision_missing"
    assert {case.id: listed[case.id]["obstacles"] for case in (open_one, near, held, ready, own)} == {
        open_one.id: ["case_open", undecided],
        near.id: ["not_expired", undecided],
        held.id: ["legal_hold", undecided],
        ready.id: [],
        own.id: ["own_archive_decision"],
    }
    assert near.id not in await reviews(privacy, within_days=7)
    days = [line["retention_until"] for line in listed.values()]
    assert days == sorted(days)


async def test_the_list_is_the_privacy_officers_of_the_unit_and_shows_no_erased_case(service, officer, lead, privacy):
    case = await officer.open(occurred_at=LONG_AGO)
    assert case.id in await reviews(privacy)
    assert case.id not in await reviews(service.person("privacy-oslo", unit="troms", sub="privacy-troms"))
    for person in (officer, lead):
        assert (await person.get("/v1/retention-reviews")).status_code == 403
    secret = await service.person("officer-oslo", clearance=3).open(level=3, occurred_at=LONG_AGO)
    assert secret.id not in await reviews(service.person("privacy-oslo", clearance=2))
    assert secret.id in await reviews(service.person("privacy-oslo", clearance=3))
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    assert case.id not in await reviews(privacy)


async def test_the_list_goes_on_where_a_page_ended(officer, privacy):
    cases = {(await officer.open(occurred_at=LONG_AGO)).id for _ in range(3)}
    seen, cursor = [], None
    while True:
        asked = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
        page = (await privacy.get("/v1/retention-reviews", **asked)).json()
        seen += [line["id"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert cases <= set(seen)


async def test_lists_narrow_to_days_of_retention(officer):
    near, far = await officer.open(), await officer.open(age_band="25_plus")
    await near.do("POST", "close", {"reason": "unfounded"})
    border = add_months(TODAY, 2).isoformat()
    early = (await officer.get("/v1/cases", retention_until_before=border, limit=100)).text
    late = (await officer.get("/v1/cases", retention_until_from=border, limit=100)).text
    assert (near.id in early, far.id in early, near.id in late, far.id in late) == (True, False, False, True)


async def test_nothing_is_erased_as_expired_before_it_is(officer, lead, privacy):
    case = await officer.open()
    await case.do("PUT", "archive-decision", {"outcome": "destroy"}, by=lead)
    refused = await case.attempt("POST", "erasure", {"basis": "retention_expired"}, by=privacy)
    assert (refused.status_code, refused.json()["code"]) == (409, "retention-not-expired")
    assert refused.json()["until"] == (await case.read())["retention_until"]


async def test_the_rules_are_there_for_everybody_with_their_sources(officer):
    shown = (await officer.get("/v1/retention-rules")).json()
    assert shown["version"] == rules_in_force().version
    assert [rule["code"] for rule in shown["items"]] == [rule.code for rule in rules_in_force().rules]
    assert all("[a]" in rule["source"] for rule in shown["items"])
