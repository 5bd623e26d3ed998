"""Erasures of many cases: as asked for, each as a single one, once, however workers and people cross each other."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from case_service import erasing_worker
from case_service.access_rules import privacy_scope, scope_of
from case_service.commands import erasing, erasure_batches
from case_service.settings import CaseWorkerSettings
from case_service.worker import chores
from forkant_contracts.codes import Role
from forkant_devstack.verify.changes import check_changes
from forkant_kit.auth import Principal
from forkant_kit.db import create_engine
from forkant_kit.settings import Environment
from pydantic import SecretStr

LONG_AGO = (datetime.now(UTC) - timedelta(days=1000)).isoformat()
DESTROY = {"outcome": "destroy"}


class DiedError(Exception):
    """A worker is gone in the middle of it."""


@pytest_asyncio.fixture
async def engine(empty_service):
    engine = create_engine(empty_service.worker_url, application_name="test", pool_size=8)
    yield engine
    await engine.dispose()


@pytest.fixture
def privacy(empty_service):
    return empty_service.person("privacy-oslo")


@pytest.fixture
def expired(empty_service):
    """Open cases whose retention expired long ago, ready to be erased."""

    async def make(count: int = 1, *, decided_by: str = "lead-oslo", **facts):
        officer, cases = empty_service.person("officer-oslo", clearance=3), []
        for _ in range(count):
            case = await officer.open(occurred_at=LONG_AGO, **facts)
            await case.do("POST", "close", {"reason": "unfounded", "occurred_at": LONG_AGO, "note": "Nothing to it."})
            await case.do("PUT", "archive-decision", DESTROY, by=empty_service.person(decided_by, clearance=3))
            cases.append(case)
        return cases

    return make


async def asked(privacy, **body):
    answer = await privacy.send("POST", "/v1/erasure-batches", {"dry_run": False, **body})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/erasure-batches/{answer.json()['id']}"
    return answer.json()


async def progress(privacy, batch):
    answer = await privacy.get(f"/v1/erasure-batches/{batch['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def erasures(service):
    """Return how often each case was erased, by its events, its certificates and its trail."""
    queries = (
        "SELECT aggregate_id AS id FROM event_archive WHERE type LIKE '%case.erased%'",
        "SELECT case_id AS id FROM erasure_certificate",
        "SELECT object_ids[1] AS id FROM audit_entry WHERE action = 'case.erase' AND outcome = 'done'",
    )
    return [sorted(str(row["id"]) for row in await service.fetch(query)) for query in queries]


async def test_a_dry_run_names_each_case_and_what_keeps_it_and_changes_nothing(empty_service, privacy, expired):
    [ready], [own] = await expired(), await expired(decided_by="privacy-oslo")
    held, undecided = (await expired(2))[:2]
    await held.do("POST", "legal-holds", {"reason": "oversight"}, by=privacy)
    await empty_service.fetch("DELETE FROM archive_decision WHERE case_id = $1", undecided.id)
    open_one = await empty_service.person("officer-oslo").open(occurred_at=LONG_AGO)
    await empty_service.person("officer-oslo").open()
    before = await empty_service.row_digests()
    answer = await privacy.send("POST", "/v1/erasure-batches", {"dry_run": True})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["id"], found["state"], found["waiting"], found["left"]) == (None, "planned", 1, 4)
    assert found["candidates"][0]["case_id"] == ready.id
    assert {each["case_id"]: each["obstacles"] for each in found["candidates"]} == {
        ready.id: [],
        own.id: ["own_archive_decision"],
        held.id: ["legal_hold"],
        undecided.id: ["archive_decision_missing"],
        open_one.id: ["case_open", "archive_decision_missing"],
    }
    after = await empty_service.row_digests()
    assert {name for name in before if before[name] != after[name]} == {"idempotency_key"}


async def test_a_batch_erases_each_case_as_a_single_erasure_does(empty_service, engine, privacy, expired):
    ready, alone = (await expired(2))[:2]
    [held] = await expired()
    await held.do("POST", "legal-holds", {"reason": "oversight"}, by=privacy)
    await alone.do("POST", "erasure", {"basis": "retention_expired"}, by=privacy)
    batch = await asked(privacy)
    assert (batch["waiting"], batch["left"], (await progress(privacy, batch))["state"]) == (1, 1, "accepted")
    await erasing_worker.erase_batches(engine)
    shown = await progress(privacy, batch)
    assert (shown["state"], shown["waiting"], shown["erased"], shown["left"]) == ("finished", 0, 1, 1)
    assert [(item["case_id"], item["outcome"], item["reason"], item["version"]) for item in shown["items"]] == [
        (ready.id, "erased", None, 5),
        (held.id, "left", "legal_hold", None),
    ]
    certificates = [(await privacy.get(f"{case.path}/erasure")).json() for case in (ready, alone)]
    same = ("version", "basis", "erased_by", "topic", "recipients_to_tell")
    assert [{name: each[name] for name in same} for each in certificates[:1]] == [
        {name: certificates[1][name] for name in same}
    ]
    assert [each["destroyed"]["case_note"] for each in certificates] == [1, 1]
    assert certificates[0]["destroyed"]["data_key"] == 1
    [key] = await empty_service.fetch("SELECT sealed FROM data_key WHERE owner_id = $1", ready.id)
    assert key["sealed"] is None
    entries = await empty_service.fetch(
        "SELECT subject, client_id, unit, version, purpose, reason_id FROM audit_entry WHERE action = 'case.erase'"
        " AND outcome = 'done' ORDER BY seq"
    )
    first, second = (dict(row) for row in entries)
    assert (second.pop("reason_id"), first.pop("reason_id")) == (UUID(batch["id"]), None)
    assert (first.pop("client_id") != second.pop("client_id"), first) == (True, second)
    assert [check for check in await check_changes(empty_service.worker_url) if not check.ok] == []


async def test_what_is_asked_for_is_the_privacy_officers_of_the_unit(empty_service, privacy, expired):
    await expired()
    batch = await asked(privacy)
    for persona in ("officer-oslo", "lead-oslo"):
        person = empty_service.person(persona)
        assert (await person.send("POST", "/v1/erasure-batches", {"dry_run": True})).status_code == 403
        assert (await person.get(f"/v1/erasure-batches/{batch['id']}")).status_code == 403
    troms = empty_service.person("privacy-oslo", unit="troms", sub="privacy-troms")
    assert (await troms.get(f"/v1/erasure-batches/{batch['id']}")).status_code == 404
    assert (await privacy.get(f"/v1/erasure-batches/{uuid4()}")).status_code == 404
    assert (await troms.send("POST", "/v1/erasure-batches", {"dry_run": True})).json()["candidates"] == []


async def test_the_day_is_not_still_to_come_and_narrows_what_has_expired(empty_service, privacy, expired):
    [case] = await expired()
    ahead = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    answer = await privacy.send("POST", "/v1/erasure-batches", {"dry_run": True, "as_of": ahead})
    assert (answer.status_code, answer.json()["code"]) == (422, "due-on-out-of-range")
    [row] = await empty_service.fetch("SELECT retention_until AS day FROM preventive_case WHERE id = $1", case.id)
    for day, count in ((row["day"], 0), (row["day"] + timedelta(days=1), 1)):
        body = {"dry_run": True, "as_of": day.isoformat()}
        found = (await privacy.send("POST", "/v1/erasure-batches", body)).json()
        assert len(found["candidates"]) == count


async def test_what_changed_since_it_was_asked_for_is_left_and_said_why(empty_service, engine, privacy, expired):
    held, reopened, decided, raised, erased, kept = await expired(6)
    batch = await asked(privacy)
    await held.do("POST", "legal-holds", {"reason": "court_order"}, by=privacy)
    await reopened.do("POST", "reopen", {"reason": "new_offence"})
    await decided.do("PUT", "archive-decision", DESTROY, by=privacy)
    await raised.do("PUT", "level", {"level": 3}, by=empty_service.person("lead-oslo", clearance=3))
    await erased.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    await empty_service.fetch("UPDATE erasure_batch SET clearance = 2")
    await erasing_worker.erase_batches(engine)
    shown = await progress(privacy, batch)
    assert {item["case_id"]: item["reason"] for item in shown["items"]} == {
        held.id: "legal_hold",
        reopened.id: "not_expired",
        decided.id: "own_archive_decision",
        raised.id: "not_seen",
        erased.id: "already_erased",
        kept.id: None,
    }
    assert (shown["erased"], shown["left"], shown["state"]) == (1, 5, "finished")


async def test_a_case_goes_with_what_was_merged_into_it_or_not_at_all(empty_service, engine, privacy, expired):
    whole, below, partly, bare, late, last = await expired(6)
    for case, into in ((below, whole), (bare, partly)):
        body = {"into": into.id, "into_etag": into.etag}
        await case.do("POST", "merge", body)
    await empty_service.fetch("DELETE FROM archive_decision WHERE case_id = $1", bare.id)
    batch = await asked(privacy)
    await late.do("POST", "merge", {"into": last.id, "into_etag": last.etag})
    await erasing_worker.erase_batches(engine)
    shown = await progress(privacy, batch)
    assert {item["case_id"]: item["reason"] for item in shown["items"]} == {
        whole.id: None,
        partly.id: "merged_case_kept",
        late.id: None,
        last.id: None,
    }
    assert (shown["erased"], shown["left"]) == (3, 1)
    assert shown["state"] == "finished"
    assert await erasures(empty_service) == [sorted(case.id for case in (whole, below, last, late))] * 3


async def test_a_case_that_moved_to_another_unit_is_not_erased_by_the_first(empty_service, engine, privacy, expired):
    [case] = await expired()
    batch = await asked(privacy)
    await empty_service.fetch("UPDATE preventive_case SET unit = 'troms' WHERE id = $1", case.id)
    await erasing_worker.erase_batches(engine)
    assert [item["reason"] for item in (await progress(privacy, batch))["items"]] == ["not_seen"]


async def test_a_worker_that_dies_in_the_middle_loses_and_doubles_nothing(
    empty_service, engine, privacy, expired, monkeypatch
):
    monkeypatch.setattr(erasure_batches, "AT_A_TIME", 2)
    cases = sorted(case.id for case in await expired(5))
    batch = await asked(privacy)
    for place in ("shred", "append_events"):
        real, calls = getattr(erasing, place), 0

        async def dies(*args, real=real):
            nonlocal calls
            calls += 1
            if calls == 2:
                raise DiedError
            return await real(*args)

        monkeypatch.setattr(erasing, place, dies)
        with pytest.raises(DiedError):
            await erasing_worker.erase_batches(engine)
        monkeypatch.setattr(erasing, place, real)
        erased = await erasures(empty_service)
        assert erased[0] == erased[1] == erased[2]
        shown = await progress(privacy, batch)
        assert sorted(item["case_id"] for item in shown["items"] if item["outcome"]) == erased[0]
        assert shown["state"] == "accepted"
    await erasing_worker.erase_batches(engine)
    assert await erasures(empty_service) == [cases] * 3
    assert (await progress(privacy, batch))["state"] == "finished"


async def test_a_worker_whose_task_is_cancelled_leaves_the_rest_to_the_next(
    empty_service, engine, privacy, expired, monkeypatch
):
    monkeypatch.setattr(erasure_batches, "AT_A_TIME", 1)
    cases = sorted(case.id for case in await expired(4))
    batch = await asked(privacy)
    real, at_it = erasing.shred, asyncio.Event()

    async def slow(conn, owners):
        done = await real(conn, owners)
        at_it.set()
        await asyncio.sleep(0)
        return done

    monkeypatch.setattr(erasing, "shred", slow)
    working = asyncio.create_task(erasing_worker.erase_batches(engine))
    await at_it.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await erasing_worker.erase_batches(engine)
    assert await erasures(empty_service) == [cases] * 3
    assert (await progress(privacy, batch))["erased"] == 4


async def test_workers_batches_and_people_at_once_erase_each_case_once(
    empty_service, engine, privacy, expired, monkeypatch
):
    monkeypatch.setattr(erasure_batches, "AT_A_TIME", 2)
    cases = await expired(9)
    one, other = await asked(privacy), await asked(empty_service.person("privacy-oslo", sub="privacy2-oslo"))
    people = [privacy.send("POST", f"{case.path}/erasure", {"basis": "unlawful"}, etag=case.etag) for case in cases[:3]]
    await asyncio.gather(*people, *[erasing_worker.erase_batches(engine) for _ in range(3)])
    await erasing_worker.erase_batches(engine)
    assert await erasures(empty_service) == [sorted(case.id for case in cases)] * 3
    for batch in (one, other):
        shown = await progress(privacy, batch)
        assert (shown["state"], shown["erased"] + shown["left"]) == ("finished", 9)
    assert [check for check in await check_changes(empty_service.worker_url) if not check.ok] == []


async def test_a_case_that_the_database_refuses_keeps_no_other_from_its_turn(empty_service, engine, privacy, expired):
    cases = await expired(3)
    batch = await asked(privacy)
    await empty_service.fetch(
        "CREATE FUNCTION plant() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'planted' USING ERRCODE = 'check_violation'; END $$"
    )
    await empty_service.fetch(
        "CREATE TRIGGER planted BEFORE UPDATE OF erased_at ON preventive_case"
        f" FOR EACH ROW WHEN (NEW.id = '{cases[1].id}') EXECUTE FUNCTION plant()"
    )
    await erasing_worker.erase_batches(engine)
    shown = await progress(privacy, batch)
    assert {item["case_id"]: item["reason"] for item in shown["items"] if item["outcome"] == "left"} == {
        cases[1].id: "refused_by_database"
    }
    assert (shown["state"], shown["erased"]) == ("finished", 2)


async def test_the_worker_asks_by_itself_only_when_it_is_told_to(empty_service, engine, expired):
    ready, own = (await expired(2))[:2]
    await empty_service.fetch("DELETE FROM archive_decision WHERE case_id = $1", own.id)
    plain = CaseWorkerSettings(
        env=Environment.TEST, database_url=SecretStr(empty_service.worker_url), oidc_issuer=empty_service.issuer.url
    )
    assert "request_expired" not in chores(plain, engine)
    told = chores(plain.model_copy(update={"erase_expired": True}), engine)
    await told["request_expired"]()
    await told["request_expired"]()
    [batch] = await empty_service.fetch("SELECT requested_by, unit FROM erasure_batch")
    assert tuple(batch) == ("case-service", "oslo")
    await erasing_worker.erase_batches(engine)
    assert (await erasures(empty_service))[1] == [ready.id]
    await told["request_expired"]()
    [[count]] = await empty_service.fetch("SELECT count(*) FROM erasure_batch")
    assert count == 1


async def test_neither_the_api_nor_the_worker_without_a_batch_rewrites_what_became_of_a_case(
    empty_service, privacy, expired
):
    await expired()
    batch = await asked(privacy)
    app, worker = [await asyncpg.connect(url) for url in (empty_service.app_url, empty_service.worker_url)]
    for attack in (
        "UPDATE erasure_batch_case SET outcome = 'erased', version = 1, decided_at = now()",
        "UPDATE erasure_batch SET finished_at = now()",
        "DELETE FROM erasure_batch_case",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(attack)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await worker.execute("UPDATE erasure_batch SET requested_by = 'x'")
    assert await worker.execute("UPDATE preventive_case SET erased_at = now()") == "UPDATE 0"
    for login in (app, worker):
        await login.close()
    assert (await progress(privacy, batch))["waiting"] == 1


@pytest.mark.parametrize("clearance", [1, 3])
def test_the_worker_reaches_as_far_as_the_privacy_officer_who_asked(clearance):
    at = datetime.now(UTC)
    principal = Principal(
        subject="privacy-oslo",
        client_id="x",
        unit="oslo",
        roles=frozenset({Role.PRIVACY_OFFICER.value}),
        token_expires_at=at,
        clearance=clearance,
    )
    mine = privacy_scope(unit="oslo", subject="privacy-oslo", clearance=clearance, at=at)
    assert mine == scope_of(principal, "case.erase_batch", at=at)
