"""Moments that a client states: nothing is said to have happened before what it can only follow."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from forkant_devstack.testing.assessments import completed_assessment

NOW = datetime.now(UTC)
OPENED, EARLIER, LATER = (NOW - timedelta(days=back) for back in (60, 40, 20))
DUE = (NOW.date() + timedelta(days=40)).isoformat()
GOALS = {"goals": [{"text": "Back to school"}]}
MEASURE = {"kind": "concern_conversation", "due_on": DUE}
FACT = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen at the square.",
}  # fmt: skip
CLEAR = {"outcome": "relevant", "verification_status": "verified"}
SENT = {
    "recipient_kind": "school", "recipient": "A school", "basis": "duty_to_report", "purpose_code": "protect_child",
    "fields": ["case.subject_category"], "reason": "It is needed.",
}  # fmt: skip
SCHEDULE = ("POST", "follow-ups", {"due_on": DUE})
APPROVED = [("PUT", "plan", GOALS), ("POST", "plan/approval", None)]
STARTED = [*APPROVED, ("POST", "measures", MEASURE), ("POST", "measures/{item}/start", None)]
EVALUATED = [*STARTED, ("PUT", "evaluation", {"effect": "achieved", "completed": True})]

FOLLOWING = {
    "clarifying information": ([], ("POST", "information", FACT), ("POST", "information/{item}/clarification", CLEAR)),
    "planning": ([], None, ("PUT", "plan", GOALS)),
    "approving a plan": ([], APPROVED[0], APPROVED[1]),
    "starting a measure": ([APPROVED[0], APPROVED[1]], ("POST", "measures", MEASURE), STARTED[-1]),
    "starting before the plan is approved": (
        [APPROVED[0], ("POST", "measures", MEASURE)], APPROVED[1], ("POST", "measures/{item}/start", None)
    ),
    "a step of a measure": (
        STARTED[:-1], STARTED[-1], ("POST", "measures/{item}/steps", {"step": "conversation_held"})
    ),
    "completing a measure": (STARTED[:-1], STARTED[-1], ("POST", "measures/{item}/complete", None)),
    "completing before its last step": (
        STARTED, ("POST", "measures/{item}/steps", {"step": "conversation_held"}),
        ("POST", "measures/{item}/complete", None),
    ),
    "cancelling a measure": (STARTED[:-1], STARTED[-1], ("POST", "measures/{item}/cancel", {"reason": "not_needed"})),
    "holding a follow-up": (STARTED, SCHEDULE, ("POST", "follow-ups/{item}/held", {})),
    "removing a partner": ([], ("POST", "partners", {"kind": "school"}), ("DELETE", "partners/{item}", None)),
    "resuming": ([], ("POST", "hold", {"reason": "awaiting_partner"}), ("POST", "resume", None)),
    "revoking an offer": ([], ("POST", "transfers", {"to_unit": "troms"}), ("POST", "transfers/{item}/revoke", None)),
    "deciding about a disclosure": ([], ("POST", "disclosures", SENT), ("POST", "disclosures/{item}/approval", None)),
    "disclosing": (
        [("POST", "disclosures", SENT)], ("POST", "disclosures/{item}/approval", None),
        ("POST", "disclosures/{item}/disclosed", {"method": "meeting"}),
    ),
    "closing on an evaluation": (STARTED, EVALUATED[-1], ("POST", "close", {"reason": "evaluated"})),
    "closing with an open measure": (STARTED[:-1], STARTED[-1], ("POST", "close", {"reason": "moved"})),
    "referring with an open offer": (
        [], ("POST", "transfers", {"to_unit": "troms"}), ("POST", "referral", {"referred_to": "school"})
    ),
    "rejecting while on hold": (
        [], ("POST", "hold", {"reason": "awaiting_partner"}), ("POST", "referral", {"referred_to": "school"})
    ),
    "reopening": ([], ("POST", "referral", {"referred_to": "school"}), ("POST", "reopen", {"reason": "new_concern"})),
    "closing after a reopening": (
        [("POST", "referral", {"referred_to": "school"})], ("POST", "reopen", {"reason": "new_concern"}),
        ("POST", "close", {"reason": "moved"}),
    ),
}  # fmt: skip


@pytest.fixture
def walk(officer, lead):
    """Take steps in a case, each at a moment of its own, and return the last answer; items are named by the last."""

    class Walk:
        case = None
        item = None

        async def __call__(self, step, at, *, unstated=False):
            method, path, body = step
            stated = {} if unstated else {"occurred_at": at.isoformat()}
            by, path = lead if path.endswith("approval") else officer, path.format(item=self.item)
            if method == "DELETE":
                path, stated = f"{path}?{urlencode(stated)}", {}
            answer = await self.case.attempt(method, path, {**(body or {}), **stated}, by=by)
            if answer.is_success:
                self.item = answer.json()["item_id"] or self.item
            return answer

    return Walk()


async def ready(walk, officer, case):
    before, middle, last = FOLLOWING[case]
    walk.case = await officer.open(occurred_at=OPENED.isoformat())
    assessment = ("PUT", "assessment", completed_assessment())
    for step in ([assessment] if middle is not None else []) + before:
        assert (answer := await walk(step, EARLIER)).is_success, answer.text
    assert (answer := await walk(middle or assessment, LATER)).is_success, answer.text
    return last


@pytest.mark.parametrize("case", FOLLOWING)
async def test_nothing_happened_before_what_it_follows(service, officer, walk, case):
    last = await ready(walk, officer, case)
    before = await service.row_digests()
    answer = await walk(last, LATER - timedelta(days=1))
    assert (answer.status_code, answer.json().get("code")) == (422, "occurred-at-out-of-range"), answer.text
    earliest = datetime.fromisoformat(answer.json()["earliest"])
    assert LATER - timedelta(days=1) < earliest <= LATER
    assert await service.row_digests() == before


@pytest.mark.parametrize("case", FOLLOWING)
async def test_it_may_have_happened_at_the_same_moment(officer, walk, case):
    last = await ready(walk, officer, case)
    answer = await walk(last, LATER)
    assert answer.is_success, answer.text


@pytest.mark.parametrize("case", ["clarifying information", "completing a measure", "removing a partner"])
async def test_what_is_not_said_when_happens_after_what_it_follows_though_a_clock_runs_ahead(officer, walk, case):
    before, middle, last = FOLLOWING[case]
    walk.case = await officer.open()
    await walk.case.do("PUT", "assessment", completed_assessment())
    for step in before:
        assert (answer := await walk(step, NOW, unstated=True)).is_success, answer.text
    ahead = datetime.now(UTC) + timedelta(seconds=45)
    assert (answer := await walk(middle, ahead)).is_success, answer.text
    assert (answer := await walk(last, None, unstated=True)).is_success, answer.text


async def test_an_offer_is_not_answered_before_it_was_made(officer, stranger):
    case = await officer.open(occurred_at=OPENED.isoformat())
    made = await case.do("POST", "transfers", {"to_unit": "troms", "occurred_at": LATER.isoformat()})
    path = f"{case.path}/transfers/{made['item_id']}"
    for answered in ("reject", "accept"):
        body = {"occurred_at": EARLIER.isoformat()}
        answer = await stranger.send("POST", f"{path}/{answered}", body, etag='"v1"')
        assert (answer.status_code, answer.json()["code"]) == (422, "occurred-at-out-of-range")
    answer = await stranger.send("POST", f"{path}/accept", {"occurred_at": LATER.isoformat()}, etag='"v1"')
    assert answer.is_success, answer.text


FIRST, LAST = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"
OF_LISTS = ("opened_from", "opened_before", "recorded_from", "updated_before", "closed_from", "closed_before")


@pytest.mark.parametrize("moment", [FIRST, LAST])
@pytest.mark.parametrize("name", OF_LISTS)
async def test_a_list_takes_any_moment_or_refuses_it_by_name(officer, name, moment):
    answer = await officer.get("/v1/cases", **{name: moment})
    assert answer.status_code in {200, 422}, answer.text


@pytest.mark.parametrize("moment", [FIRST, LAST])
async def test_a_case_as_of_any_moment_is_told_or_refused(officer, moment):
    case = await officer.open()
    for tail in ("as-of", "timeline"):
        answer = await officer.get(f"{case.path}/{tail}", at=moment)
        assert answer.status_code in {200, 201, 422}, (tail, answer.text)


@pytest.mark.parametrize("moment", [FIRST, LAST])
async def test_the_end_of_an_access_is_in_range_or_refused(officer, lead, moment):
    case = await officer.open()
    for tail, body in (("members", {}), ("access", {"reason": "review"})):
        answer = await case.attempt("POST", tail, {"subject": "officer2-oslo", "valid_to": moment, **body}, by=lead)
        assert answer.status_code in {200, 201, 422}, (tail, answer.text)
    for begins in (FIRST, LAST):
        body = {"absent": "officer-oslo", "substitute": "officer2-oslo", "valid_from": begins, "valid_to": moment}
        answer = await lead.send("POST", "/v1/substitutions", body)
        assert answer.status_code in {201, 422}, answer.text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_a_due_day_is_in_range_or_refused(officer, lead, day):
    case = await officer.open()
    await case.planned()
    for tail, body in (("measures", MEASURE), ("follow-ups", {}), ("tasks", {"kind": "review_case"})):
        answer = await case.attempt("POST", tail, {**body, "due_on": day})
        assert (answer.status_code, answer.json()["code"]) == (422, "due-on-out-of-range"), tail
    for path, params in (("/v1/tasks", {"due_before": day}), ("/v1/cases", {"retention_until_from": day})):
        assert (await officer.get(path, **params)).status_code == 200
