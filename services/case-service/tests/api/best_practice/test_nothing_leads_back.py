"""What is published has codes and nothing of its case, and nothing outside the trail leads back to it."""

import json
import re
from uuid import UUID

import pytest
from case_service.domain.moments import local_day
from forkant_kit.db import utc_now

from .conftest import CHECKS, EXAMPLE, NUMBER, body, refused, rows_with


async def test_a_published_example_has_the_codes_and_nothing_of_the_subject(people, evaluated, drafted):
    draft = await drafted(await evaluated(theme="hate_crime"))
    receipt = await draft.published()
    shown = (await people.analyst.get(f"/v1/best-practices/{receipt['id']}")).json()
    assert shown == {
        **EXAMPLE, "id": receipt["id"], "unit": "oslo", "state": "published", "withdrawal_reason": None, "revision": 1,
        "published_year": local_day(utc_now()).year, "theme": "hate_crime", "case_type": "person", "arena": "physical",
        "measure_kind": "concern_conversation", "effect": "achieved", "method": "concern_conversation",
        "method_version": 1, "checks": sorted(CHECKS), "answers": {"codes.few_alike": "risk_accepted"},
    }  # fmt: skip


TOKENS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.\d]*")


async def tokens_beside(service, value: str) -> set[str]:
    """Return the ids and moments that stand in a row with a value, anywhere outside the audit trail."""
    found: set[str] = set()
    for table in await rows_with(service, value):
        rows = await service.fetch(f'SELECT t::text AS row FROM "{table}" AS t WHERE t::text LIKE $1', f"%{value}%")
        found |= {token for row in rows for token in TOKENS.findall(row["row"])}
    return found - {value}


async def test_nothing_outside_the_audit_trail_leads_from_an_example_back_to_its_case(
    module_service, evaluated, drafted
):
    service, case = module_service, await evaluated()
    draft = await drafted(case)
    assert "best_practice_draft" in await rows_with(service, case.id)
    receipt = await draft.published()
    of_example = [
        dict(row)
        for table, column in (("best_practice", "id"), ("best_practice_revision", "example_id"))
        for row in await service.fetch(f"SELECT * FROM {table} WHERE {column} = $1::uuid", receipt["id"])
    ]
    of_case, of_it = [await tokens_beside(service, found) for found in (case.id, receipt["id"])]
    assert of_case
    assert not of_case & of_it, "an id or a moment that both share would join them"
    known = await rows_with(service, case.id)
    assert not known & await rows_with(service, receipt["id"]) - {"event_archive", "outbox", "idempotency_key"}
    for row in await service.fetch("SELECT t::text AS row FROM idempotency_key AS t"):
        assert not (case.id in row["row"] and (receipt["id"] in row["row"] or draft.id in row["row"]))
    for row in await service.fetch("SELECT t::text AS row FROM event_archive AS t"):
        assert not (case.id in row["row"] and receipt["id"] in row["row"])
    # A draft's id stands in the answer to its publication alone, which is kept for a day: it is of no row any more.
    assert await rows_with(service, draft.id) <= {"idempotency_key"}
    said = json.dumps(of_example, default=str)
    for hidden in ("officer-oslo", "lead-oslo", "privacy-oslo", "0301", "15_17", "at_risk", "Banksaken", draft.id):
        assert hidden not in said
    assert UUID(receipt["id"]).version == 4
    assert not {type(value).__name__ for row in of_example for value in row.values()} & {"datetime", "date"}


async def test_the_audit_trail_alone_knows_who_drafted_from_which_case(module_service, evaluated, drafted):
    case = await evaluated()
    draft = await drafted(case)
    receipt = await draft.published()
    rows = await module_service.fetch(
        "SELECT subject, action, object_ids FROM audit_entry WHERE action LIKE 'example.%' AND action <> 'example.read_draft'"
        " AND object_ids && $1::uuid[] ORDER BY seq",
        [draft.id, receipt["id"]],
    )
    assert [(row["subject"], row["action"], [str(found) for found in row["object_ids"]]) for row in rows] == [
        ("officer-oslo", "example.draft", [draft.id, case.id]),
        ("privacy-oslo", "example.review", [draft.id, case.id]),
        ("lead-oslo", "example.publish", [receipt["id"]]),
    ]


async def test_publishing_tells_of_codes_alone_and_each_revision_is_one_event(module_service, drafted):
    first = await (await drafted()).published()
    second = await (await drafted(title="Tre spørsmål")).published(revises=first["id"])
    assert (second["id"], second["revision"]) == (first["id"], 2)
    rows = await module_service.fetch(
        "SELECT type, aggregate_version, unit, data::text FROM event_archive WHERE topic = 'forkant.catalogue.v1'"
        " AND aggregate_id = $1 ORDER BY aggregate_version",
        first["id"],
    )
    assert [(row["type"], row["aggregate_version"], row["unit"]) for row in rows] == [
        ("no.forkant.best-practice.published.v1", 1, "oslo"),
        ("no.forkant.best-practice.published.v1", 2, "oslo"),
    ]
    assert json.loads(rows[0]["data"]) == {
        "theme": "fraud", "case_type": "person", "arena": "physical", "measure_kind": "concern_conversation",
        "method": "concern_conversation", "method_version": 1, "effect": "achieved",
    }  # fmt: skip


@pytest.mark.parametrize("field", ["title", "context", "what_was_done", "mechanism", "conditions", "advice"])
@pytest.mark.parametrize("how", ["drafting", "rewriting"])
async def test_an_identity_number_is_refused_without_an_echo_and_nothing_is_kept(
    module_service, evaluated, drafted, field, how
):
    case = await evaluated()
    sent = {field: f"Født {NUMBER[:6]} {NUMBER[6:]}"}
    if how == "drafting":
        before = await module_service.row_digests()
        answer = await case.by.send("POST", "/v1/best-practices", body(case, **sent))
    else:
        draft = await drafted(case)
        before = await module_service.row_digests()
        answer = await draft.attempt("officer", "rewriting", {**EXAMPLE, **sent})
    assert refused(answer) == (422, "identity-number")
    assert answer.json()["fields"] == [field]
    assert NUMBER[6:] not in answer.text
    assert await module_service.row_digests() == before


async def test_a_text_of_the_case_and_the_name_of_its_subject_are_refused(people, evaluated):
    told = "Hun ble ringt opp tre ganger og flyttet alle sparepengene sine til en annen konto."
    case = await evaluated(description=told, subject="Kari Furu")
    for field, text in (
        ("context", f"Bakgrunn: {told}"),
        ("advice", "Snakk med Kari Furu først."),
        ("title", "Banksaken"),
    ):
        answer = await people.officer.send("POST", "/v1/best-practices", body(case, **{field: text}))
        assert (*refused(answer), answer.json()["fields"]) == (422, "copied-from-case", [field])
