"""The second wall: the application's role, with no policy and no predicate above it, sees and writes nothing foreign."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio
from case_service.app import build_app
from case_service.row_security import FREE
from case_service.settings import CaseSettings
from forkant_kit.db import create_engine
from forkant_kit.republish_command import main
from forkant_kit.rls.check import gaps
from forkant_kit.settings import EXIT_BAD_SETTINGS, Environment
from pydantic import SecretStr

from .attaching import File, attached, pdf
from .conftest import CONCERN, PERSON_CASE, Service, started

OF_CASE = "(SELECT unit FROM preventive_case WHERE id = t.{})"
HOLDER = {
    "preventive_case": "t.unit",
    "concern": "t.unit",
    "concern_mark": "(SELECT unit FROM concern WHERE id = t.concern_id)",
    "case_departure": "t.unit",
    "transfer": "t.from_unit",
    "access_grant": OF_CASE.format("object_id"),
    "access_substitution": "t.unit",
    "imported_case": "t.unit",
    "saved_search": "t.unit",
    "case_export": "t.unit",
    "case_link": OF_CASE.format("from_case"),
    "access_review": "t.unit",
    "attachment_segment": "(SELECT c.unit FROM attachment_content a JOIN preventive_case c ON c.id = a.case_id"
    " WHERE a.id = t.content_id)",
    "measure_step": "(SELECT c.unit FROM measure m JOIN preventive_case c ON c.id = m.case_id WHERE m.id = t.measure_id)",
    **dict.fromkeys(("legal_hold", "archive_decision", "erasure_certificate"), OF_CASE.format("case_id")),
    "erasure_batch": "t.unit",
    "erasure_batch_case": "(SELECT unit FROM erasure_batch WHERE id = t.batch_id)",
    "event_archive": OF_CASE.format("aggregate_id"),
    "data_key": "coalesce((SELECT unit FROM preventive_case WHERE id = t.owner_id),"
    " (SELECT unit FROM concern WHERE id = t.owner_id), (SELECT unit FROM saved_search WHERE id = t.owner_id))",
    "idempotency_key": "split_part(t.subject, '-', 2)",
    **dict.fromkeys(
        (
            "assessment",
            "attachment",
            "attachment_content",
            "best_practice_draft",
            "case_note",
            "case_word",
            "case_words",
            "subject_mark",
            "disclosure",
            "evaluation",
            "follow_up",
            "information",
            "measure",
            "object_deletion",
            "partner",
            "plan",
            "plan_goal",
            "task",
        ),
        OF_CASE.format("case_id"),
    ),
}
"""For each guarded table, who alone may see a row: as the owner of the database would find it out."""
SHARED = {
    "reorganisation",
    "method_proposal",
    "method_comment",
    "method_change",
    "best_practice",
    "best_practice_revision",
}
"""Guarded for writing alone: they are everybody's to read, and their walls are tested with each of them."""
WHOLE_UNIT = {"clearance": "3", "members_from": "4", "at": "2026-03-01T12:00:00Z"}
"""Need to know does not narrow what these see; how it does has tests of its own."""
INFORMATION = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen.",
}  # fmt: skip
DISCLOSURE = {
    "recipient_kind": "school", "recipient": "A school", "basis": "duty_to_report", "purpose_code": "protect_child",
    "fields": ["case.title"], "reason": "It is needed.",
}  # fmt: skip
LONG_AGO = (datetime.now(UTC) - timedelta(days=1000)).isoformat()
EXAMPLE = {"title": "Råd", "context": "Noe skjedde.", "what_was_done": "Noe ble gjort.", "advice": "Gjør det."}
EVERYTHING = {"changes": "on", "sees_restricted": "on"}
WORKERS = {"aggregate_version", "alarm", "parked_event", "parked_action", "parked_outcome"}
"""What the consumer keeps, which the API's login can't read at all."""
GUARDED = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND NOT relispartition AND relrowsecurity ORDER BY relname
"""


def told(unit: str, *, role: str = "officer", **more: str) -> dict[str, str]:
    return {"unit": unit, "subject": f"{role}-{unit}", "sees_restricted": "off", "changes": "off", **WHOLE_UNIT, **more}


@asynccontextmanager
async def as_app(service: Service, stance: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """Open a transaction of the application's role with a stance, which is rolled back."""
    connection = await asyncpg.connect(service.app_url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        for name, value in stance.items():
            await connection.execute("SELECT set_config($1, $2, true)", f"forkant.{name}", value)
        yield connection
        await transaction.rollback()
    finally:
        await connection.close()


async def fill(service: Service, unit: str, other: str) -> None:
    """Leave rows of a unit in every table, an offer and a departure to a third unit among them."""
    officer, lead = service.person(f"officer-{unit}"), service.person(f"lead-{unit}")
    case = await officer.open(subject_reference=f"REG-{unit}-4711")
    await case.evaluated(lead)
    await case.do("POST", "partners", {"kind": "school", "name": "A school"})
    await case.do("POST", "information", INFORMATION)
    await case.do("POST", "disclosures", DISCLOSURE)
    await attached(case, File(content=pdf()))
    await case.do("POST", "hold", {"reason": "awaiting_partner", "note": "Waiting."})
    drafted = await officer.send("POST", "/v1/best-practices", {**EXAMPLE, "case_id": case.id})
    assert drafted.status_code == 201, drafted.text
    active = await officer.open()
    await active.do("POST", f"measures/{await active.active(lead)}/steps", {"step": "summary_written"})
    concern = await officer.send("POST", "/v1/concerns", {**CONCERN, "subject_reference": f"REG-{unit}-4711"})
    assert concern.status_code == 201, concern.text
    await (await officer.open()).do("POST", "transfers", {"to_unit": other})
    leaving = await officer.open()
    offer = await leaving.do("POST", "transfers", {"to_unit": other})
    taking = service.person(f"lead-{unit}", unit=other, sub=f"lead-{other}")
    path = f"{leaving.path}/transfers/{offer['item_id']}"
    shown = await taking.get(path)
    taken = await taking.send("POST", f"{path}/accept", etag=shown.headers["etag"])
    assert taken.is_success, taken.text
    outsider = service.person(f"officer-{unit}", unit=other, sub=f"officer-{other}")
    broken = await outsider.send("POST", f"{active.path}/break-glass", {"reason": "acute_danger"})
    assert broken.is_success, broken.text
    privacy = service.person(f"privacy-{unit}")
    erased = await officer.open(occurred_at=LONG_AGO)
    await erased.do("POST", "legal-holds", {"reason": "complaint"}, by=privacy)
    await (await officer.open()).do("PUT", "archive-decision", {"outcome": "destroy"}, by=lead)
    row = {**PERSON_CASE, "opened_at": LONG_AGO, "source_reference": "1"}
    rows = File(content=json.dumps(row).encode(), media_type="application/x-ndjson")
    imported = await lead.send("POST", "/v1/imports?source=old-system", rows)
    assert imported.is_success, imported.text
    kept = await lead.send("POST", "/v1/searches", {"name": "Titles", "words": "title", "shared": True})
    assert kept.is_success, kept.text
    exported = await lead.get("/v1/cases/export")
    assert exported.is_success, exported.text
    linked = await officer.send("POST", f"{case.path}/links", {"other_case": active.id, "kind": "follows"})
    assert linked.is_success, linked.text
    await erased.do("POST", "close", {"reason": "unfounded", "occurred_at": LONG_AGO})
    batch = await privacy.send("POST", "/v1/erasure-batches", {"dry_run": False})
    assert batch.status_code == 202, batch.text
    gone = await officer.open()
    await gone.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    await service.fetch(
        "INSERT INTO object_deletion (object_name, case_id) VALUES (gen_random_uuid(), $1)", UUID(case.id)
    )
    await service.fetch(
        "INSERT INTO access_substitution VALUES (gen_random_uuid(), $1, 'a', 'b', now(), now() + interval '1 day', 'c')",
        unit,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(postgres, issuer) -> AsyncIterator[Service]:
    async for service in started(postgres, issuer):
        await fill(service, "oslo", "agder")
        await fill(service, "troms", "finnmark")
        yield service


async def rows(service: Service, table: str) -> dict[str, str]:
    """Return the unit of each row, by the row's text."""
    found = await service.fetch(f"SELECT t::text AS row, {HOLDER[table]} AS unit FROM {table} AS t")
    return {each["row"]: each["unit"] for each in found}


async def foreign(service: Service, table: str) -> str:
    """Return a row of Troms as JSON."""
    [row] = await service.fetch(f"SELECT to_jsonb(t) AS row FROM {table} AS t WHERE {HOLDER[table]} = 'troms' LIMIT 1")
    return str(row["row"])


async def test_each_table_is_guarded_or_declared_free_with_a_reason(filled):
    tables = {row["relname"] for row in await filled.fetch(GUARDED)}
    assert tables == HOLDER.keys() | SHARED | WORKERS
    every = await filled.fetch(GUARDED.replace("AND relrowsecurity", ""))
    assert {row["relname"] for row in every} == HOLDER.keys() | SHARED | WORKERS | FREE.keys()
    assert all(len(reason) > 10 for reason in FREE.values())


@pytest.mark.parametrize("url", ["app_url", "worker_url"])
async def test_the_wall_has_no_gap_for_the_roles_of_processes(filled, url):
    engine = create_engine(getattr(filled, url), application_name="test", pool_size=1)
    try:
        async with engine.connect() as conn:
            assert await gaps(conn, free=FREE) == []
    finally:
        await engine.dispose()


@pytest.mark.parametrize("table", sorted(HOLDER))
async def test_without_a_stance_no_row_is_there(filled, table):
    assert await rows(filled, table)
    async with as_app(filled, {}) as app:
        assert await app.fetchval(f"SELECT count(*) FROM {table}") == 0
    async with as_app(filled, told("")) as app:
        assert await app.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize("table", sorted(HOLDER))
async def test_each_unit_sees_exactly_its_own_rows(filled, table):
    known = await rows(filled, table)
    for unit in ("oslo", "troms"):
        own = {row for row, holder in known.items() if holder == unit}
        assert own
        async with as_app(filled, told(unit)) as app:
            seen = {row["row"] for row in await app.fetch(f"SELECT t::text AS row FROM {table} AS t")}
        # Of a case that it got or is offered, and of one that it gave away, a unit sees more than what it holds.
        assert {row for row in seen if known[row] in {"oslo", "troms"}} == seen & own
        if table not in {"case_departure", "idempotency_key"}:
            assert seen >= own


@pytest.mark.parametrize("table", sorted(HOLDER))
async def test_a_row_of_another_unit_can_be_neither_changed_nor_removed(filled, table):
    theirs = [row for row, holder in (await rows(filled, table)).items() if holder == "troms"]
    [column] = await filled.fetch(
        "SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 LIMIT 1", table
    )
    change = f"UPDATE {table} AS t SET {column['name']} = {column['name']} WHERE t::text = ANY ($1)"
    for attack in (change, f"DELETE FROM {table} AS t WHERE t::text = ANY ($1)"):
        async with as_app(filled, told("oslo", **EVERYTHING)) as app:
            try:
                assert (await app.execute(attack, theirs)).endswith(" 0")
            except asyncpg.InsufficientPrivilegeError as refused:
                assert "permission denied for table" in str(refused)  # noqa: PT017 - one of two good ends


@pytest.mark.parametrize("table", sorted(HOLDER.keys() - {"data_key", "case_word"}))
async def test_a_row_cannot_be_written_into_another_unit(filled, table):
    row = await foreign(filled, table)
    for stance in (told("oslo", **EVERYTHING), {}):
        async with as_app(filled, stance) as app:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await app.execute(f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1)", row)


async def test_no_second_key_is_made_for_what_is_of_another_unit(filled):
    row = await foreign(filled, "data_key")
    for stance, refusal in ((told("oslo", **EVERYTHING), asyncpg.UniqueViolationError), ({}, asyncpg.PostgresError)):
        async with as_app(filled, stance) as app:
            with pytest.raises(refusal):
                await app.execute("INSERT INTO data_key SELECT * FROM jsonb_populate_record(NULL::data_key, $1)", row)


async def test_words_by_which_cases_are_found_are_written_by_their_trigger_alone(filled):
    for attack in (
        "INSERT INTO case_word SELECT 1, id FROM preventive_case LIMIT 1",
        "UPDATE case_word SET word = 1",
        "DELETE FROM case_word",
    ):
        async with as_app(filled, told("oslo", **EVERYTHING)) as app:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await app.execute(attack)


async def own_case(service: Service, *, on_offer: bool = False) -> str:
    some = "EXISTS" if on_offer else "NOT EXISTS"
    [row] = await service.fetch(
        f"SELECT id::text FROM preventive_case c WHERE unit = 'oslo' AND {some}"
        " (SELECT FROM transfer t WHERE t.case_id = c.id AND t.state = 'offered') LIMIT 1"
    )
    return str(row["id"])


async def test_a_case_moves_by_an_open_offer_alone(filled):
    move = "UPDATE preventive_case SET unit = $2 WHERE id = $1::uuid"
    async with as_app(filled, told("oslo", **EVERYTHING)) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(move, await own_case(filled), "troms")
    offered = await own_case(filled, on_offer=True)
    async with as_app(filled, told("agder", **EVERYTHING)) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="on offer"):
            await app.execute(move, offered, "finnmark")
    async with as_app(filled, told("agder", **EVERYTHING)) as app:
        assert await app.execute(move, offered, "agder") == "UPDATE 1"


@pytest.mark.parametrize("column", ["case_id = gen_random_uuid()", "to_unit = 'troms'", "from_unit = 'troms'"])
async def test_an_offer_cannot_be_made_of_a_foreign_case_or_pointed_elsewhere(filled, column):
    async with as_app(filled, told("oslo", **EVERYTHING)) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await app.execute(f"UPDATE transfer SET {column}")
    [theirs] = await filled.fetch("SELECT id FROM preventive_case WHERE unit = 'troms' LIMIT 1")
    for maker, taker in (("oslo", "agder"), ("troms", "oslo")):
        async with as_app(filled, told("oslo", **EVERYTHING)) as app:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await app.execute(
                    "INSERT INTO transfer (id, case_id, from_unit, to_unit, state, revision, offered_by, offered_at)"
                    " VALUES (gen_random_uuid(), $1, $2, $3, 'offered', 1, 'x', now())",
                    theirs["id"],
                    maker,
                    taker,
                )


async def test_a_unit_sees_a_case_on_offer_until_it_is_answered(filled):
    count = "SELECT count(*) FROM preventive_case WHERE id = $1::uuid"
    offered = await own_case(filled, on_offer=True)
    async with as_app(filled, told("agder", changes="on")) as app:
        assert await app.fetchval(count, offered) == 1
        await app.execute(
            "UPDATE transfer SET state = 'rejected', decided_at = now() WHERE case_id = $1::uuid", offered
        )
        assert await app.fetchval(count, offered) == 0


async def test_a_transaction_that_only_reads_writes_nothing_of_its_own_unit_either(filled):
    case = await own_case(filled)
    async with as_app(filled, told("oslo")) as app:
        for attack in (
            "UPDATE preventive_case SET title = 'x' WHERE id = $1::uuid",
            "INSERT INTO case_note VALUES (gen_random_uuid(), $1::uuid, 'hold', 'x', 'x', now())",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                async with app.transaction():
                    await app.execute(attack, case)
        assert await app.execute("DELETE FROM plan WHERE case_id = $1::uuid", case) == "DELETE 0"


async def test_what_is_restricted_is_there_for_those_alone_who_may_see_it(service, officer):
    received = await officer.send("POST", "/v1/concerns", CONCERN)
    concern = received.json()["id"]
    facts = {
        name: PERSON_CASE[name] for name in ("case_type", "subject_category", "purpose_code", "legal_basis", "title")
    }
    decision = {"outcome": "case", "case": facts}
    decided = await officer.send("POST", f"/v1/concerns/{concern}/decision", decision, etag=received.headers["etag"])
    assert decided.is_success, decided.text
    made = decided.json()["case_id"]
    await service.fetch(
        "UPDATE preventive_case SET restricted = true, restriction_reason = 'disputed' WHERE id = $1", made
    )
    for stance, there in ((told("oslo"), 0), (told("oslo", sees_restricted="on"), 1)):
        async with as_app(service, stance) as app:
            assert await app.fetchval("SELECT count(*) FROM preventive_case WHERE id = $1::uuid", made) == there
            assert await app.fetchval("SELECT count(*) FROM concern WHERE id = $1::uuid", concern) == there
            assert bool(await app.fetch("SELECT FROM event_archive WHERE aggregate_id = $1::uuid", made)) is bool(there)


async def test_the_application_never_looks_into_the_outbox(service):
    for table in ("outbox", "relay_lease", "relay_member"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await service.fetch(f"SELECT FROM {table}", as_app=True)


async def test_republishing_as_the_application_says_whose_login_it_takes(filled, monkeypatch, capsys):
    monkeypatch.setenv("FORKANT_DATABASE_URL", filled.app_url)
    assert await asyncio.to_thread(main, "case_service", ["--since", "2020-01-01"]) == EXIT_BAD_SETTINGS
    assert "the worker's role" in capsys.readouterr().err
    monkeypatch.setenv("FORKANT_DATABASE_URL", filled.worker_url)
    assert await asyncio.to_thread(main, "case_service", ["--since", "2020-01-01", "--dry-run"]) == 0
    assert not capsys.readouterr().out.startswith("0 ")


@pytest.mark.parametrize("role", ["owner_url", "app_url"])
async def test_no_process_is_ready_as_the_owner_or_beside_an_unguarded_table(empty_service, role):
    async def answers() -> int:
        settings = CaseSettings(
            env=Environment.TEST,
            database_url=SecretStr(getattr(empty_service, role)),
            oidc_issuer=empty_service.issuer.url,
        )
        app = build_app(settings)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://case.test")
        async with app.router.lifespan_context(app), client:
            return (await client.get("/health/ready")).status_code

    assert await answers() == (503 if role == "owner_url" else 200)
    await empty_service.fetch("CREATE TABLE new_table (id int)")
    assert await answers() == 503
