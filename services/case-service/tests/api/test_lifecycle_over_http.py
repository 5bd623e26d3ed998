from datetime import UTC, datetime, timedelta

import pytest
from case_service.domain.moments import clarification_deadline
from forkant_devstack.testing.assessments import completed_assessment

DUE = (datetime.now(UTC).date() + timedelta(days=60)).isoformat()


async def test_a_case_goes_all_the_way_and_gives_one_event_a_change(service, officer, lead):
    case = await officer.open()
    await case.evaluated(lead)
    receipt = await case.do("POST", "close", {"reason": "evaluated", "note": "Done."})
    assert receipt["state"] == "closed"
    expected = [
        "case.opened", "case.assessment-started", "case.assessed", "case.planned", "case.plan-approved", "measure.planned",
        "measure.started", "case.activated", "measure.completed", "follow-up.scheduled", "follow-up.held",
        "case.followed-up", "case.evaluation-started", "case.evaluated", "case.closed",
    ]  # fmt: skip
    assert await service.events(case.id) == expected
    assert receipt["version"] == len(await service.events(case.id, tasks=True))


async def test_versions_in_the_archive_run_without_a_gap_and_end_at_the_row(service, officer, lead):
    case = await officer.open()
    await case.active(lead)
    await case.do("POST", "close", {"reason": "resources"})
    rows = await service.fetch(
        "SELECT aggregate_version FROM event_archive WHERE aggregate_id = $1 ORDER BY event_id", case.id
    )
    [row] = await service.fetch("SELECT version FROM preventive_case WHERE id = $1", case.id)
    assert [each["aggregate_version"] for each in rows] == list(range(1, row["version"] + 1))


async def test_closing_cancels_the_open_measures_in_the_same_change(service, officer, lead):
    case = await officer.open()
    await case.active(lead)
    await case.do("POST", "measures", {"kind": "home_visit", "due_on": DUE})
    await case.do("POST", "close", {"reason": "moved"})
    assert (await service.events(case.id))[-3:] == ["measure.cancelled", "measure.cancelled", "case.closed"]
    measures = (await case.read())["measures"]
    assert {(one["state"], one["cancel_reason"]) for one in measures} == {("cancelled", "case_closed")}


async def test_an_illegal_transition_names_the_state_and_what_is_allowed(officer):
    case = await officer.open()
    answer = await case.attempt("POST", "resume")
    problem = answer.json()
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["type"], problem["state"]) == ("urn:forkant:problem:illegal-transition", "registered")
    assert "assess" in problem["allowed"]
    assert "resume" not in problem["allowed"]


async def test_an_officer_cannot_approve_their_own_plan(officer):
    case = await officer.open()
    await case.planned()
    answer = await case.attempt("POST", "plan/approval")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_lead_cannot_approve_a_plan_that_they_wrote(service, lead):
    case = await lead.open()
    await case.planned()
    answer = await case.attempt("POST", "plan/approval")
    assert (answer.status_code, answer.json()["code"]) == (403, "own-plan")
    assert "case.plan-approved" not in await service.events(case.id)


async def test_the_database_too_refuses_a_plan_approved_by_its_author(service, officer):
    case = await officer.open()
    await case.planned()
    with pytest.raises(Exception, match="plan_two_persons"):
        await service.fetch("UPDATE plan SET approved_by = author, approved_at = now() WHERE case_id = $1", case.id)


async def test_no_measure_starts_before_the_plan_is_approved(officer):
    case = await officer.open()
    await case.planned()
    planned = await case.do("POST", "measures", {"kind": "home_visit", "due_on": DUE})
    answer = await case.attempt("POST", f"measures/{planned['item_id']}/start")
    assert (answer.status_code, answer.json()["code"]) == (409, "approved-plan-required")


@pytest.mark.parametrize("state", ["active", "evaluating"])
async def test_no_case_closes_as_evaluated_without_a_completed_evaluation(officer, lead, state):
    case = await officer.open()
    await case.active(lead)
    if state == "evaluating":
        await case.do("PUT", "evaluation", {"mechanism": "A draft."})
    answer = await case.attempt("POST", "close", {"reason": "evaluated"})
    assert (answer.status_code, answer.json()["code"]) == (409, "evaluation-required")


async def test_a_hold_returns_to_where_it_began(officer, lead):
    case = await officer.open()
    await case.active(lead)
    held = await case.do("POST", "hold", {"reason": "awaiting_partner"})
    assert held["state"] == "on_hold"
    assert (await case.read())["hold_reason"] == "awaiting_partner"
    assert (await case.do("POST", "resume"))["state"] == "active"


async def test_a_reopened_case_starts_a_round_of_its_own_and_keeps_the_first(officer, lead):
    case = await officer.open()
    await case.evaluated(lead)
    await case.do("POST", "close", {"reason": "evaluated"})
    reopened = await case.do("POST", "reopen", {"reason": "new_offence", "note": "Again."})
    assert reopened["state"] == "assessing"
    now = await case.read()
    assert (now["round"], now["assessment"], now["plan"], now["evaluation"]) == (2, None, None, None)
    assert (now["closed_at"], now["close_reason"]) == (None, None)
    first = (await officer.get(case.path, round=1)).json()
    assert first["evaluation"]["effect"] == "achieved"
    assert first["plan"]["goals"][0]["baseline"] == "3 of 5"
    refused = await case.attempt("PUT", "plan", {"goals": [{"text": "Again"}]})
    assert refused.json()["code"] == "assessment-required"


@pytest.mark.parametrize(
    ("call", "body", "state"),
    [("referral", {"referred_to": "child_welfare"}, "referred"), ("rejection", {"reason": "no_basis"}, "rejected")],
)
async def test_a_case_is_handed_over_or_rejected_and_can_come_back(officer, call, body, state):
    case = await officer.open()
    assert (await case.do("POST", call, body))["state"] == state
    assert (await case.do("POST", "reopen", {"reason": "new_concern"}))["state"] == "assessing"


async def test_a_measure_keeps_its_method_version_and_says_whether_its_mandatory_steps_were_met(service, officer, lead):
    case = await officer.open()
    measure = await case.active(lead)
    mandatory = ["basis_clarified", "guardians_invited", "conversation_held", "summary_written"]
    for step in mandatory:
        await case.do("POST", f"measures/{measure}/steps", {"step": step})
    again = await case.attempt("POST", f"measures/{measure}/steps", {"step": "summary_written"})
    unknown = await case.attempt("POST", f"measures/{measure}/steps", {"step": "coffee_served"})
    assert (again.json()["code"], unknown.json()["code"]) == ("step-already-done", "unknown-step")
    await case.do("POST", f"measures/{measure}/complete")
    shown = (await case.read())["measures"][0]
    assert (shown["method_version"], shown["mandatory_steps_met"], shown["steps_done"]) == (1, True, mandatory)
    other = await case.do("POST", "measures", {"kind": "concern_conversation", "due_on": DUE})
    await case.do("POST", f"measures/{other['item_id']}/start")
    await case.do("POST", f"measures/{other['item_id']}/complete")
    met = await service.fetch(
        "SELECT data->>'mandatory_steps_met' AS met FROM event_archive"
        " WHERE aggregate_id = $1 AND type = 'no.forkant.measure.completed.v1' ORDER BY aggregate_version",
        case.id,
    )
    assert [row["met"] for row in met] == ["true", "false"]


async def test_a_measure_of_a_kind_without_a_method_has_no_steps(officer, lead):
    case = await officer.open()
    await case.active(lead)
    planned = await case.do("POST", "measures", {"kind": "home_visit", "due_on": DUE})
    await case.do("POST", f"measures/{planned['item_id']}/start")
    answer = await case.attempt("POST", f"measures/{planned['item_id']}/steps", {"step": "conversation_held"})
    assert answer.json()["code"] == "no-standard"
    await case.do("POST", f"measures/{planned['item_id']}/complete")
    assert (await case.read())["measures"][1]["mandatory_steps_met"] is None


async def test_an_unknown_method_version_is_refused(officer):
    case = await officer.open()
    await case.planned()
    for kind in ("concern_conversation", "home_visit"):
        answer = await case.attempt("POST", "measures", {"kind": kind, "due_on": DUE, "method_version": 9})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown-method")


async def test_partners_come_and_go(service, officer):
    case = await officer.open()
    added = await case.do("POST", "partners", {"kind": "school", "name": "A school"})
    await case.do("DELETE", f"partners/{added['item_id']}")
    assert (await service.events(case.id))[1:] == ["partner.added", "partner.removed"]
    again = await case.attempt("DELETE", f"partners/{added['item_id']}")
    assert again.status_code == 404


async def test_a_child_s_view_is_told_as_recorded_or_not_and_only_for_children(service, officer):
    told = {}
    for age_band, body in (
        ("15_17", completed_assessment(child_view="Wants to stay at school.")),
        ("under_15", completed_assessment()),
        ("25_plus", {"completed": True}),
    ):
        case = await officer.open(age_band=age_band)
        await case.do("PUT", "assessment", body)
        [row] = await service.fetch(
            "SELECT data->'child_view_recorded' AS seen FROM event_archive"
            " WHERE aggregate_id = $1 AND type = 'no.forkant.case.assessed.v1'",
            case.id,
        )
        told[age_band] = row["seen"]
    assert told == {"15_17": "true", "under_15": "false", "25_plus": "null"}


async def test_a_completed_assessment_can_be_rewritten_but_not_made_a_draft(service, officer):
    case = await officer.open()
    await case.assessed()
    draft = await case.attempt("PUT", "assessment", {"risk_factors": []})
    assert (draft.status_code, draft.json()["code"]) == (409, "already-completed")
    await case.do("PUT", "assessment", completed_assessment(risk_factors=["family_conflict"]))
    assert (await service.events(case.id))[-2:] == ["case.assessed", "case.assessed"]
    assert (await case.read())["assessment"]["risk_factors"] == ["family_conflict"]


async def test_a_draft_changes_the_etag_but_gives_no_event(service, officer):
    case = await officer.open()
    await case.do("PUT", "assessment", {"summary": "First."})
    first = case.etag
    receipt = await case.do("PUT", "assessment", {"summary": "Second."})
    assert case.etag != first
    assert receipt["version"] == 3
    events = ["case.opened", "task.assigned", "case.assessment-started"]
    assert await service.events(case.id, tasks=True) == events


async def test_the_clarification_deadline_is_four_months_after_the_opening(officer):
    opened = datetime.now(UTC) - timedelta(days=200)
    case = await officer.open(occurred_at=opened.isoformat())
    assert (await case.read())["clarification_deadline"] == clarification_deadline(opened).isoformat()
