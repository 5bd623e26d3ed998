"""What comes before an erasure, and what is left of it: legal holds, the archive decision, the certificate."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

DESTROY = {"outcome": "destroy"}
UNFOUNDED = {"basis": "unfounded"}


async def test_a_held_case_is_not_erased_before_every_hold_is_lifted(officer, lead, privacy):
    case = await officer.open()
    await case.do("PUT", "archive-decision", DESTROY, by=lead)
    holds = [
        (await case.do("POST", "legal-holds", {"reason": reason}, by=privacy))["item_id"]
        for reason in ("court_order", "oversight")
    ]
    for hold in holds:
        refused = await case.attempt("POST", "erasure", UNFOUNDED, by=privacy)
        assert (refused.status_code, refused.json()["code"]) == (409, "legal-hold")
        await case.do("DELETE", f"legal-holds/{hold}", by=privacy)
    shown = (await privacy.get(f"{case.path}/legal-holds")).json()["items"]
    assert [(one["id"], one["reason"], one["lifted_by"]) for one in shown] == [
        (holds[0], "court_order", "privacy-oslo"),
        (holds[1], "oversight", "privacy-oslo"),
    ]
    await case.do("POST", "erasure", UNFOUNDED, by=privacy)


async def test_a_hold_is_lifted_once(officer, privacy):
    case = await officer.open()
    hold = (await case.do("POST", "legal-holds", {"reason": "complaint"}, by=privacy))["item_id"]
    await case.do("DELETE", f"legal-holds/{hold}", by=privacy)
    again = await case.attempt("DELETE", f"legal-holds/{hold}", by=privacy)
    assert (again.status_code, again.json()["code"]) == (404, "not-found")


async def test_a_hold_keeps_a_restricted_case_too(officer, lead, privacy):
    case = await officer.open()
    await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    await case.do("POST", "legal-holds", {"reason": "criminal_case"}, by=privacy)
    assert (await case.attempt("POST", "erasure", {"basis": "unlawful"}, by=privacy)).status_code == 409


@pytest.mark.parametrize("basis", ["unfounded", "retention_expired"])
async def test_a_case_is_erased_after_somebody_else_decided_about_its_archive(officer, lead, privacy, basis):
    case = await officer.open(occurred_at=(datetime.now(UTC) - timedelta(days=4 * 365)).isoformat())
    early = await case.attempt("POST", "erasure", {"basis": basis}, by=privacy)
    assert (early.status_code, early.json()["code"]) == (409, "archive-decision-required")
    await case.do("PUT", "archive-decision", DESTROY, by=privacy)
    alone = await case.attempt("POST", "erasure", {"basis": basis}, by=privacy)
    assert (alone.status_code, alone.json()["code"]) == (403, "own-archive-decision")
    await case.do("PUT", "archive-decision", {"outcome": "transferred", "reference": "2026/4711-3"}, by=lead)
    await case.do("POST", "erasure", {"basis": basis}, by=privacy)


async def test_what_was_unlawful_to_process_waits_for_no_archive(officer, privacy):
    case = await officer.open()
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)


@pytest.mark.parametrize("body", [{"outcome": "transferred"}, {"outcome": "destroy", "reference": "2026/4711-3"}])
async def test_a_reference_goes_with_a_transfer_alone(officer, lead, body):
    case = await officer.open()
    answer = await case.attempt("PUT", "archive-decision", body, by=lead)
    assert (answer.status_code, answer.json()["code"]) == (422, "archive-reference-misplaced")


@pytest.mark.parametrize("reference", ["to Ola Nordmann", "x", "2026/1" * 20, "2026/1\n", "æøå/1"])
async def test_a_reference_holds_no_words(officer, lead, reference):
    case = await officer.open()
    answer = await case.attempt("PUT", "archive-decision", {"outcome": "transferred", "reference": reference}, by=lead)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_a_hold_and_an_erasure_at_once_leave_one_of_them(officer, privacy):
    for _ in range(5):
        case = await officer.open()
        answers = await asyncio.gather(
            *(
                privacy.send("POST", f"{case.path}/{tail}", body, etag=case.etag)
                for tail, body in (("legal-holds", {"reason": "court_order"}), ("erasure", {"basis": "unlawful"}))
            )
        )
        assert sorted(answer.is_success for answer in answers) == [False, True]
        assert {answer.status_code for answer in answers} <= {200, 201, 410, 412}


async def test_not_even_the_database_erases_what_is_held_or_rewrites_a_certificate(service, officer, privacy):
    held, erased = await officer.open(), await officer.open()
    await held.do("POST", "legal-holds", {"reason": "court_order"}, by=privacy)
    await erased.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    with pytest.raises(asyncpg.CheckViolationError, match="legal hold"):
        await service.fetch("UPDATE preventive_case SET erased_at = now() WHERE id = $1", held.id)
    for change in ("UPDATE erasure_certificate SET erased_by = 'x'", "DELETE FROM erasure_certificate"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="stays as it is"):
            await service.fetch(change)


async def test_the_certificate_says_who_erased_what_and_when(service, officer, lead, privacy, concern):
    received = await officer.send("POST", "/v1/concerns", concern)
    facts = {
        "case_type": "person", "subject_category": "at_risk", "purpose_code": "protect_child",
        "legal_basis": "police_act", "title": "From a concern",
    }  # fmt: skip
    decided = await officer.send(
        "POST", f"{received.headers['location']}/decision", {"outcome": "case", "case": facts},
        etag=received.headers["etag"],
    )  # fmt: skip
    case = await officer.open()
    case.id, case.etag = decided.json()["case_id"], '"v1"'
    await case.evaluated(lead)
    hold = (await case.do("POST", "legal-holds", {"reason": "oversight"}, by=privacy))["item_id"]
    await case.do("DELETE", f"legal-holds/{hold}", by=privacy)
    await case.do("PUT", "archive-decision", {"outcome": "transferred", "reference": "2026/4711-3"}, by=lead)
    early = await privacy.get(f"{case.path}/erasure")
    assert (early.status_code, early.json()["code"]) == (409, "not-erased")
    receipt = await case.do("POST", "erasure", UNFOUNDED, by=privacy)
    shown = (await privacy.get(f"{case.path}/erasure")).json()
    destroyed = {name: count for name, count in shown["destroyed"].items() if count}
    assert destroyed == {
        "assessment": 1, "plan": 1, "plan_goal": 1, "measure": 1, "follow_up": 1, "evaluation": 1, "concern": 1,
        "case_words": 6, "task": 6, "preventive_case": 1, "data_key": 2, "idempotency_key": destroyed["idempotency_key"],
    }  # fmt: skip
    assert destroyed["idempotency_key"] > 5
    # Where there was nothing, it says so: a table that is not named was not looked into.
    assert {"disclosure", "partner", "case_note", "information", "subject_mark"} <= shown["destroyed"].keys()
    assert (shown["version"], shown["basis"], shown["erased_by"]) == (
        receipt["version"],
        "unfounded",
        "privacy-oslo",
    )
    assert shown["concern_id"] == received.json()["id"]
    assert (shown["archive_decision"]["outcome"], shown["archive_decision"]["decided_by"]) == (
        "transferred",
        "lead-oslo",
    )
    assert [one["id"] for one in shown["legal_holds"]] == [hold]
    [event] = await service.fetch(
        "SELECT event_id::text AS id FROM event_archive WHERE aggregate_id = $1 AND type LIKE '%case.erased%'", case.id
    )
    assert (shown["topic"], shown["event_id"]) == ("forkant.case.v1", event["id"])
    assert (await officer.get(f"{case.path}/erasure")).status_code == 403
    [row] = await service.fetch(
        "SELECT count(*) AS n FROM audit_entry WHERE action = 'case.read_erasure' AND $1 = ANY (object_ids)"
        " AND outcome = 'done'",
        case.id,
    )
    assert row["n"] == 1


async def test_there_is_no_certificate_of_what_never_was(privacy):
    assert (await privacy.get(f"/v1/cases/{uuid4()}/erasure")).status_code == 404
