"""Information on a case: fact or assessment, its source, and the four months within which it is to be clarified."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from case_service.domain.information import is_restricted, last_day, warning_day

FACT = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen at the square.",
}  # fmt: skip
CLEAR = {"outcome": "relevant", "verification_status": "verified"}
TEXTS = ("text", "basis", "necessity_reason", "clarification")


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


@pytest.fixture
def old(officer):
    """Open a case long ago, and register information on it some days ago; return both."""

    async def make(days: int, **facts):
        case = await officer.open(occurred_at=ago(days=400))
        made = await case.do("POST", "information", {**FACT, **facts, "occurred_at": ago(days=days)})
        return case, made["item_id"]

    return make


async def shown(case, information_id: str, by=None) -> dict:
    answer = await (by or case.by).get(f"{case.path}/information/{information_id}")
    assert answer.status_code == 200, answer.text
    assert [one for one in (await case.read(by))["information"] if one["id"] == information_id] == [answer.json()]
    return answer.json()


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_information_says_what_it_is_where_it_comes_from_and_until_when_it_may_be_unclear(service, officer):
    case = await officer.open()
    made = await case.do("POST", "information", {**FACT, "source_reliability": "usually_reliable"})
    found = await shown(case, made["item_id"])
    assert {name: found[name] for name in FACT} == FACT
    assert (found["source_reliability"], found["registered_by"]) == ("usually_reliable", "officer-oslo")
    assert (found["outcome"], found["restricted"]) == (None, False)
    registered = datetime.fromisoformat(found["registered_at"])
    assert found["clarification_deadline"] == last_day(registered).isoformat()
    assert await service.events(case.id) == ["case.opened", "information.registered"]


async def test_its_event_holds_codes_and_a_day_and_nothing_that_anybody_wrote(service, officer):
    case = await officer.open()
    made = await case.do("POST", "information", FACT)
    [event] = await service.fetch(
        "SELECT data FROM event_archive WHERE aggregate_id = $1 AND type LIKE '%information.registered%'", case.id
    )
    deadline = (await shown(case, made["item_id"]))["clarification_deadline"]
    assert {*json.loads(event["data"]).values()} == {made["item_id"], "fact", "unverified", deadline}


async def test_an_assessment_says_what_it_rests_on(officer):
    case = await officer.open()
    answer = await case.attempt("POST", "information", {**FACT, "statement_type": "assessment"})
    assert refused(answer) == (422, "basis-required")
    await case.do("POST", "information", {**FACT, "statement_type": "assessment", "basis": "Two conversations."})


@pytest.mark.parametrize("given", [{"special_category": True}, {"necessity_reason": "It is needed."}])
async def test_a_special_category_needs_its_strict_necessity_in_words_and_only_then(officer, given):
    case = await officer.open()
    answer = await case.attempt("POST", "information", {**FACT, **given})
    assert refused(answer) == (422, "necessity-reason-required")


@pytest.mark.parametrize(
    "given",
    [
        {"text": " "}, {"statement_type": "rumour"}, {"statement_type": "unknown"}, {"source": "friend"},
        {"subject_category": "unknown"}, {"verification_status": None}, {"clarification_deadline": "2030-01-01"},
        {"source_reliability": "A1"},
    ],
    ids=lambda given: next(iter(given)),
)  # fmt: skip
async def test_what_is_not_on_a_list_is_not_registered(service, officer, given):
    case = await officer.open()
    assert refused(await case.attempt("POST", "information", {**FACT, **given})) == (422, "invalid-request")
    assert await service.events(case.id) == ["case.opened"]


async def test_information_is_clarified_once(service, officer):
    case = await officer.open()
    made = (await case.do("POST", "information", FACT))["item_id"]
    await case.do("POST", f"information/{made}/clarification", {**CLEAR, "note": "The school confirmed it."})
    found = await shown(case, made)
    assert {name: found[name] for name in CLEAR} == CLEAR
    assert (found["clarification"], found["clarified_by"]) == ("The school confirmed it.", "officer-oslo")
    again = await case.attempt("POST", f"information/{made}/clarification", CLEAR)
    assert refused(again) == (409, "illegal-transition")
    assert again.json()["subject"] == "information"
    missing = await case.attempt("POST", f"information/{uuid4()}/clarification", CLEAR)
    assert refused(missing) == (404, "not-found")
    assert await service.events(case.id) == ["case.opened", "information.registered", "information.clarified"]


@pytest.mark.parametrize("outcome", ["not_relevant", "incorrect"])
async def test_what_is_not_relevant_or_not_correct_is_restricted(officer, lead, privacy, outcome):
    case = await officer.open()
    made = (await case.do("POST", "information", FACT))["item_id"]
    await case.do("POST", f"information/{made}/clarification", {**CLEAR, "outcome": outcome, "note": "Mixed up."})
    hidden = await shown(case, made)
    assert hidden["restricted"]
    assert [hidden[name] for name in TEXTS] == [None] * 4
    for person in (lead, privacy):
        found = await shown(case, made, person)
        assert (found["text"], found["clarification"]) == (FACT["text"], "Mixed up.")


async def test_what_nobody_clarified_in_time_is_restricted_the_day_after(old, lead, privacy):
    case, made = await old(130)
    hidden = await shown(case, made)
    assert (hidden["restricted"], hidden["text"]) == (True, None)
    for person in (lead, privacy):
        assert (await shown(case, made, person))["text"] == FACT["text"]
    case, made = await old(115)
    assert (await shown(case, made))["text"] == FACT["text"]


async def test_who_no_longer_sees_information_does_not_clarify_it(old, lead, privacy):
    for person in (lead, privacy):
        case, made = await old(130)
        path = f"information/{made}/clarification"
        assert refused(await case.attempt("POST", path, CLEAR)) == (403, "information-restricted")
        await case.do("POST", path, CLEAR, by=person)
        found = await shown(case, made)
        assert (found["restricted"], found["text"]) == (False, FACT["text"])


async def test_the_deadline_runs_on_when_the_case_has_ended_and_nothing_new_is_registered(officer):
    case = await officer.open()
    made = (await case.do("POST", "information", FACT))["item_id"]
    await case.do("POST", "close", {"reason": "resources"})
    assert refused(await case.attempt("POST", "information", FACT)) == (409, "illegal-transition")
    await case.do("POST", f"information/{made}/clarification", CLEAR)


async def test_nothing_is_registered_on_a_restricted_case(officer, lead):
    case = await officer.open()
    made = (await case.do("POST", "information", FACT))["item_id"]
    await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    for tail, body in (("information", FACT), (f"information/{made}/clarification", CLEAR)):
        assert refused(await case.attempt("POST", tail, body, by=lead)) == (409, "case-restricted")


async def test_information_of_another_case_is_not_there(officer, stranger):
    case, other = await officer.open(), await officer.open()
    made = (await other.do("POST", "information", FACT))["item_id"]
    for answer in (
        await officer.get(f"{case.path}/information/{made}"),
        await case.attempt("POST", f"information/{made}/clarification", CLEAR),
        await stranger.get(f"{other.path}/information/{made}"),
        await other.attempt("POST", "information", FACT, by=stranger),
    ):
        assert refused(answer) == (404, "not-found")


async def test_a_privacy_officer_registers_nothing(officer, privacy):
    case = await officer.open()
    assert refused(await case.attempt("POST", "information", FACT, by=privacy)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("registered", "warned", "last"),
    [
        ("2026-01-31T12:00:00+01:00", "2026-05-01", "2026-05-31"),
        ("2025-10-31T12:00:00+01:00", "2026-01-29", "2026-02-28"),
        ("2026-03-01T23:30:00+00:00", "2026-05-31", "2026-07-02"),
        ("2027-10-31T10:00:00+01:00", "2028-01-29", "2028-02-29"),
    ],
)
def test_the_days_are_those_of_norway_and_the_last_one_of_a_shorter_month(registered, warned, last):
    moment = datetime.fromisoformat(registered)
    assert warning_day(moment).isoformat() == warned
    assert last_day(moment).isoformat() == last
    day = last_day(moment)
    evening = datetime(day.year, day.month, day.day, 20, 59, tzinfo=UTC)
    assert not is_restricted(outcome=None, deadline=day, at=evening)
    assert is_restricted(outcome=None, deadline=day, at=evening + timedelta(hours=3, minutes=2))
