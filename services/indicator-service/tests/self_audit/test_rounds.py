"""Rounds against a real database, with a case service that answers from what the test gives it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from forkant_contracts import Event
from forkant_contracts.codes import AgeBand, CaseState, CaseType, ConcernSource, SubjectCategory, Theme
from forkant_contracts.recount import (
    Move,
    RecountedCase,
    RecountedCases,
    RecountedConcern,
    RecountedConcerns,
    RecountedMove,
)
from forkant_kit.db import transaction
from indicator_service.self_audit import rounds, store
from indicator_service.self_audit.asking import RecountUnavailableError
from indicator_service.self_audit.rounds import Audit
from sqlalchemy import text

PASSED = """
INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset, end_offset, observed_at, caught_up_at,
                             proven_before)
VALUES ('indicator-service', 'forkant.case.v1', 0, 5, 5, clock_timestamp() + make_interval(secs => :ahead_s),
        clock_timestamp(), clock_timestamp() + make_interval(secs => :ahead_s))
ON CONFLICT (consumer_group, topic, partition) DO UPDATE
SET observed_at = EXCLUDED.observed_at, proven_before = EXCLUDED.proven_before
"""


@dataclass
class Tables:
    """A case service as the audit asks it."""

    cases: dict[UUID, RecountedCase] = field(default_factory=dict)
    concerns: dict[UUID, RecountedConcern] = field(default_factory=dict)
    away: str | None = None
    asked: list[str] = field(default_factory=list)

    async def page(self, kind: str, *, after: UUID | None, limit: int):
        ids = sorted(key for key in self._of(kind) if after is None or key > after)
        return self._answer(kind, ids[:limit], more=len(ids) > limit)

    async def named(self, kind: str, ids):
        return self._answer(kind, sorted(key for key in ids if key in self._of(kind)), more=False)

    def _of(self, kind: str):
        return self.cases if kind == "case" else self.concerns

    def _answer(self, kind: str, ids, *, more: bool):
        self.asked.append(kind)
        if self.away:
            raise RecountUnavailableError(self.away)
        answer = RecountedCases if kind == "case" else RecountedConcerns
        return answer(as_of=datetime.now(UTC), items=tuple(self._of(kind)[key] for key in ids), more=more)


def told_of(event: Event, **changes) -> RecountedCase:
    data = event.data
    return RecountedCase(
        id=event.aggregate_id, version=1, erased=False, merged=False, unit=event.unit, case_type=CaseType.PERSON,
        theme=data.theme, age_band=data.age_band, subject_category=SubjectCategory.AT_RISK,
        arena=data.arena, state=CaseState.REGISTERED, opened_at=event.occurred_at,
        course=(RecountedMove(move=Move.OPENED, at=event.occurred_at),),
    ).model_copy(update=changes)  # fmt: skip


@pytest.fixture
def tables() -> Tables:
    return Tables()


@pytest.fixture
def audit(engine, tables) -> Audit:
    return Audit(engine=engine, client=tables, owner="one", page=2, every_s=0.01, round_s=0.0)


@pytest.fixture
def opened(project, new_case, tables) -> Callable:
    """Give a function that opens a case in the case service, and projects it unless it is told not to."""

    async def open_case(*, projected: bool = True, unit: str = "oslo", **changes) -> UUID:
        case = new_case(unit=unit)
        event = case.opened()
        tables.cases[case.id] = told_of(event, **changes)
        if projected:
            await project(event)
        return case.id

    return open_case


@pytest.fixture
def stream(engine) -> Callable:
    """Give a function that lets the stream have passed all until so many seconds from now."""

    async def passed(ahead_s: float = 3600.0) -> None:
        async with transaction(engine) as conn:
            await conn.execute(text(PASSED), {"ahead_s": ahead_s})

    return passed


@pytest_asyncio.fixture
async def behind_now(stream) -> AsyncIterator[None]:
    """Let the stream go on as on a running platform: always a little behind the moment, never standing still."""

    async def go_on() -> None:
        while True:
            await stream(-0.1)
            await asyncio.sleep(0.02)

    going = asyncio.create_task(go_on())
    yield
    going.cancel()
    with suppress(asyncio.CancelledError):
        await going


async def spoil_gate(engine, case: UUID, *, version: int) -> None:
    """Let the gate drop everything up to a version as a repeat."""
    async with transaction(engine) as conn:
        gate = """INSERT INTO aggregate_version (consumer_group, aggregate_id, version)
                  VALUES ('indicator-service', :id, :version)"""
        await conn.execute(text(gate), {"id": case, "version": version})


async def turn(audit: Audit) -> None:
    """Take steps until a round has ended, or nothing more can be done."""
    async with transaction(audit.engine) as conn:
        began = (await store.last(conn)).last_ended_at
    for _ in range(200):
        await rounds.step(audit)
        async with transaction(audit.engine) as conn:
            if (await store.last(conn)).last_ended_at != began:
                return
        await asyncio.sleep(0.01)
    raise AssertionError("the round does not end")


async def items(engine) -> dict[str, tuple[str, int]]:
    async with transaction(engine) as conn:
        rows = await conn.execute(text("SELECT key, reason, looks FROM self_audit_item"))
        return {row.key: (row.reason, row.looks) for row in rows}


async def drift(audit: Audit) -> dict[str, str]:
    """Return what has drifted once a round has ended: reasons by key."""
    await turn(audit)
    return {key: reason for key, (reason, looks) in (await items(audit.engine)).items() if looks >= 2}


async def test_a_round_over_what_agrees_finds_nothing_and_counts_what_it_compared(audit, opened, stream, engine):
    await stream()
    for unit in ("oslo", "vest/gde-x", "oslo", "troms", "oslo"):
        await opened(unit=unit)
    assert await drift(audit) == {}
    async with transaction(engine) as conn:
        row = await store.last(conn)
    assert (row.last_cases, row.last_concerns, row.failing_since) == (5, 0, None)
    assert row.last_cells > 0


async def test_an_empty_service_has_rounds_too(audit, stream):
    await stream()
    assert await drift(audit) == {}


async def test_a_wrong_fact_is_found_in_a_round_and_named_until_it_is_mended(audit, opened, stream, engine):
    await stream()
    case, other = await opened(), await opened()
    wrong = 'UPDATE case_fact SET fact = fact || \'{"theme": "drugs"}\' WHERE case_id = :id'
    async with transaction(engine) as conn:
        await conn.execute(text(wrong), {"id": case})
    found = await drift(audit)
    assert found == {str(case): "different", "oslo": "cells"}
    assert str(other) not in found
    async with transaction(engine) as conn:
        [row] = await conn.execute(text("SELECT fields, touched FROM self_audit_item WHERE kind = 'case'"))
    assert row.fields == ["theme"]
    assert "opened" in row.touched["oslo"]
    mended = 'UPDATE case_fact SET fact = fact || \'{"theme": "violence"}\' WHERE case_id = :id'
    async with transaction(engine) as conn:
        await conn.execute(text(mended), {"id": case})
    assert await drift(audit) == {}


@pytest.mark.parametrize("table", ["cell", "district_cell", "district_day"])
async def test_a_wrong_sum_is_found_by_its_district_and_metric(audit, opened, stream, engine, table):
    await stream()
    await opened(unit="oslo")
    await opened(unit="vest")
    metric = "active" if table == "district_day" else "opened"
    async with transaction(engine) as conn:
        plant = f"UPDATE {table} SET amount = amount + 1 WHERE district = 'vest' AND metric = '{metric}'"
        await conn.execute(text(plant))
    assert await drift(audit) == {"vest": "cells"}
    async with transaction(engine) as conn:
        assert (await conn.execute(text("SELECT touched FROM self_audit_item"))).scalar_one() == {"vest": [metric]}


async def test_a_wrong_sum_by_method_is_found_by_its_district_and_metric(audit, opened, stream, engine):
    await stream()
    await opened(unit="vest")
    async with transaction(engine) as conn:
        wrong = (
            "SELECT number, 'vest', 'measures', date '2026-01-01', 'vest', 'method', 'mediation', 0, 1 FROM generation"
        )
        await conn.execute(text(f"INSERT INTO measure_cell {wrong}"))
    assert await drift(audit) == {"vest": "cells"}
    async with transaction(engine) as conn:
        assert (await conn.execute(text("SELECT touched FROM self_audit_item"))).scalar_one() == {"vest": ["measures"]}


async def test_a_lost_event_is_found_once_the_stream_has_passed_and_not_before(audit, opened, stream):
    await stream(-3600.0)
    lost = await opened(projected=False)
    for _ in range(12):
        await rounds.step(audit)
        await asyncio.sleep(0.02)
    assert await items(audit.engine) == {str(lost): ("on_its_way", 0)}
    await stream()
    assert await drift(audit) == {str(lost): "missing"}


async def test_a_round_does_not_end_while_something_is_on_its_way(audit, opened, stream):
    await stream(-3600.0)
    await opened(projected=False)
    with pytest.raises(AssertionError, match="does not end"):
        await turn(audit)


async def test_an_event_that_comes_late_is_no_drift(audit, project, new_case, tables, stream):
    await stream(-3600.0)
    case = new_case()
    tables.cases[case.id] = told_of(case.opened())
    for _ in range(8):
        await rounds.step(audit)
        await asyncio.sleep(0.02)
    await project(*case.events)
    assert await drift(audit) == {}
    assert await items(audit.engine) == {}


async def test_a_fact_that_the_case_service_knows_nothing_of_is_found(audit, project, new_case, stream):
    await stream()
    case = new_case()
    await project(case.opened())
    assert await drift(audit) == {str(case.id): "unknown"}


async def test_a_fact_that_is_newer_than_the_case_is_found(audit, opened, stream, engine):
    await stream()
    case = await opened()
    async with transaction(engine) as conn:
        ahead = "UPDATE case_fact SET version = 7, fact = fact || '{\"version\": 7}' WHERE case_id = :id"
        await conn.execute(text(ahead), {"id": case})
    assert await drift(audit) == {str(case): "ahead"}


async def test_a_concern_is_compared_too(audit, project, new_concern, tables, stream):
    await stream()
    concern = new_concern()
    event = concern.received()
    await project(event)
    tables.concerns[concern.id] = RecountedConcern(
        id=concern.id, version=1, unit="oslo", source=ConcernSource.SCHOOL, theme=Theme.DRUGS,
        age_band=AgeBand.UNDER_15, arena=event.data.arena, municipality_number=None, received_at=event.occurred_at,
        decided_at=None, outcome=None, case_id=None,
    )  # fmt: skip
    assert await drift(audit) == {}
    late = tables.concerns[concern.id].model_copy(update={"received_at": event.occurred_at + timedelta(seconds=1)})
    tables.concerns[concern.id] = late
    assert await drift(audit) == {str(concern.id): "different"}


async def test_while_the_case_service_is_away_no_round_ends_and_it_is_noted_since_when(audit, opened, stream, tables):
    await stream()
    await opened()
    assert await drift(audit) == {}
    tables.away = "case_service_unavailable"
    stop = asyncio.Event()
    running = asyncio.create_task(rounds.keep_auditing(audit, stop))
    async with transaction(audit.engine) as conn:
        ended = (await store.last(conn)).last_ended_at
    while True:
        async with transaction(audit.engine) as conn:
            row = await store.last(conn)
        if row.failing_since is not None:
            break
        await asyncio.sleep(0.01)
    assert (row.failure, row.last_ended_at) == ("case_service_unavailable", ended)
    tables.away = None
    while row.failing_since is not None or row.last_ended_at == ended:
        await asyncio.sleep(0.01)
        async with transaction(audit.engine) as conn:
            row = await store.last(conn)
    stop.set()
    await running


async def test_of_two_workers_one_audits_and_the_other_goes_on_once_it_is_gone(audit, opened, stream, tables, engine):
    await stream()
    await opened()
    other = Audit(engine=engine, client=tables, owner="two", page=2, every_s=0.01, round_s=0.0)
    await rounds.step(audit)
    await rounds.step(audit)
    asked = len(tables.asked)
    assert asked > 0
    for _ in range(5):
        assert await rounds.step(other) is False
    assert len(tables.asked) == asked
    async with transaction(engine) as conn:
        await conn.execute(text("UPDATE self_audit SET held_until = clock_timestamp() - interval '1 second'"))
    await turn(other)
    assert await rounds.step(audit) is False


async def test_a_worker_that_lost_its_lease_moves_nothing_on(audit, opened, stream, tables, engine):
    await stream()
    for _ in range(3):
        await opened()
    await rounds.step(audit)
    page = tables.page

    async def taken_meanwhile(kind, **query):
        async with transaction(engine) as conn:
            await conn.execute(text("UPDATE self_audit SET owner = 'two'"))
        return await page(kind, **query)

    tables.page = taken_meanwhile
    await rounds.step(audit)
    async with transaction(engine) as conn:
        [row] = await conn.execute(text("SELECT cases, after_id FROM self_audit"))
    assert (row.cases, row.after_id) == (0, None)


async def test_a_round_begins_no_sooner_than_it_is_to(engine, tables, stream):
    await stream()
    audit = Audit(engine=engine, client=tables, owner="one", page=2, every_s=0.01, round_s=3600.0)
    await turn(audit)
    asked = len(tables.asked)
    for _ in range(5):
        assert await rounds.step(audit) is False
    assert len(tables.asked) == asked


async def test_metrics_not_counted_yet_are_no_drift(audit, opened, stream, engine, database):
    await stream()
    await opened()
    async with transaction(engine) as conn:
        await conn.execute(text("UPDATE district_cell SET amount = amount + 1 WHERE metric = 'opened'"))
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("INSERT INTO uncounted_metric (metric) VALUES ('opened')")
    await owner.close()
    assert await drift(audit) == {}


async def test_a_fact_that_stayed_behind_is_found_and_lets_rounds_end(audit, opened, stream, tables):
    await stream()
    case = await opened()
    tables.cases[case] = tables.cases[case].model_copy(update={"version": 3, "state": CaseState.REJECTED})
    for _ in range(3):
        assert (await drift(audit))[str(case)] == "behind"


@pytest.mark.usefixtures("behind_now")
async def test_a_lost_event_is_found_while_the_stream_is_always_a_little_behind(audit, opened, tables):
    lost = await opened(projected=False)
    older, fine = await opened(), await opened()
    tables.cases[older] = tables.cases[older].model_copy(update={"version": 3, "state": CaseState.REJECTED})
    assert await drift(audit) == {str(lost): "missing", str(older): "behind"}
    assert str(fine) not in await items(audit.engine)


@pytest.mark.usefixtures("behind_now")
@pytest.mark.parametrize("lost", [0, 2])
async def test_a_gate_that_drops_what_is_new_is_named_and_lets_rounds_end(audit, opened, tables, engine, lost):
    case = await opened()
    await spoil_gate(engine, case, version=51)
    tables.cases[case] = tables.cases[case].model_copy(update={"version": 1 + lost})
    for _ in range(2):
        assert await drift(audit) == {str(case): "gate"}
    async with transaction(engine) as conn:
        await conn.execute(text("DELETE FROM aggregate_version"))
    tables.cases[case] = tables.cases[case].model_copy(update={"version": 1})
    assert await drift(audit) == {}


@pytest.mark.usefixtures("behind_now")
async def test_a_case_that_never_rests_holds_up_no_round(audit, opened, tables, engine):
    """Each time that it is asked about it has been changed, and its fact follows."""
    case, named = await opened(), tables.named

    async def changed_meanwhile(kind, ids):
        applied = "UPDATE case_fact SET version = :v, fact = fact || jsonb_build_object('version', CAST(:v AS int))"
        async with transaction(engine) as conn:
            await conn.execute(text(applied), {"v": tables.cases[case].version})
        tables.cases[case] = tables.cases[case].model_copy(update={"version": tables.cases[case].version + 1})
        return await named(kind, ids)

    tables.named = changed_meanwhile
    tables.cases[case] = tables.cases[case].model_copy(update={"version": 2})
    for _ in range(2):
        assert await drift(audit) == {}
        assert (await items(engine))[str(case)] == ("on_its_way", 0)
