"""Erasing many cases by the worker with everything on, against the same deletions in bare SQL."""

import time
from typing import Final
from uuid import UUID

import asyncpg
import psutil
from case_service.commands.erasure_batches import AT_A_TIME
from case_service.erasing_worker import erase_batches
from case_service.migrate import MIGRATIONS
from forkant_kit.db import create_engine
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result
from forkant_devstack.bench.rounds import Taken, alternate

_CASES: Final = 3_000
_BAR: Final = 100.0
# Cases that ended long ago, with what a case holds by then, a key each, and a decision about the archive.
_FILL: Final = (
    """
    INSERT INTO preventive_case (
        id, unit, version, revision, state, case_type, theme, age_band, subject_category, purpose_code, legal_basis,
        arena, special_category, title, opened_by, case_owner, opened_at, recorded_at, updated_at,
        clarification_deadline, closed_at, close_reason, ended_at, retention_until, retention_rule,
        retention_rules_version)
    SELECT uuidv7(), 'oslo', 12, 12, 'closed', 'person', 'drugs', '15_17', 'at_risk', 'prevent_crime', 'police_act',
           'physical', false, sha256('A case'), 'somebody', 'somebody', day, day, day, current_date, day, 'evaluated',
           day, current_date - 10, 'closed_15_17', 1
    FROM generate_series(1, {cases}), (SELECT now() - interval '900 days') AS at (day)
    """,
    "INSERT INTO data_key (owner_id, sealed, sealed_by) SELECT id, sha256('key'), '\\x00' FROM fresh",
    """
    INSERT INTO assessment (case_id, round, completed, risk_factors, protective_factors, summary, author, saved_at,
                            completed_at)
    SELECT id, 1, true, '{{truancy}}', '{{}}', sha256('A summary'), 'somebody', now(), now() FROM fresh
    """,
    """
    INSERT INTO plan (case_id, round, goals, goals_with_baseline, author, written_at)
    SELECT id, 1, 2, 1, 'somebody', now() FROM fresh
    """,
    """
    INSERT INTO plan_goal (case_id, round, position, text, measurable)
    SELECT id, 1, position, sha256('A goal'), true FROM fresh, generate_series(1, 2) AS position
    """,
    """
    INSERT INTO measure (id, case_id, round, kind, arena, state, due_on, planned_by, planned_at, description)
    SELECT uuidv7(), id, 1, 'home_visit', 'physical', 'planned', current_date, 'somebody', now(), sha256('A measure')
    FROM fresh, generate_series(1, 3)
    """,
    """
    INSERT INTO follow_up (id, case_id, round, state, due_on, scheduled_by, scheduled_at)
    SELECT uuidv7(), id, 1, 'scheduled', current_date, 'somebody', now() FROM fresh, generate_series(1, 2)
    """,
    """
    INSERT INTO evaluation (case_id, round, completed, effect, author, saved_at, completed_at)
    SELECT id, 1, true, 'achieved', 'somebody', now(), now() FROM fresh
    """,
    """
    INSERT INTO case_note (id, case_id, action, text, author, written_at)
    SELECT uuidv7(), id, 'close', sha256('A note'), 'somebody', now() FROM fresh
    """,
    """
    INSERT INTO archive_decision (case_id, outcome, decided_by, decided_at)
    SELECT id, 'destroy', 'lead-oslo', now() FROM fresh
    """,
)
_FRESH: Final = """
CREATE TEMP TABLE fresh AS SELECT id FROM preventive_case AS c
WHERE NOT EXISTS (SELECT FROM data_key AS k WHERE k.owner_id = c.id)
"""
_ASK: Final = """
WITH batch AS (
    INSERT INTO erasure_batch (id, unit, as_of, most, requested_by, clearance, requested_at)
    VALUES (uuidv7(), 'oslo', current_date, 10000, 'privacy-oslo', 3, now()) RETURNING id
)
INSERT INTO erasure_batch_case (batch_id, case_id, position)
SELECT batch.id, c.id, row_number() OVER (ORDER BY c.id)
FROM batch, preventive_case AS c WHERE c.erased_at IS NULL AND c.id = ANY ($1)
"""
_TABLES: Final = (
    "plan_goal",
    "plan",
    "assessment",
    "evaluation",
    "follow_up",
    "partner",
    "information",
    "case_note",
    "transfer",
    "measure",
)
_BARE: Final = (
    """
    UPDATE preventive_case SET title = NULL, subject = NULL, description = NULL, necessity_reason = NULL,
        erased_at = now(), erasure_basis = 'retention_expired', version = version + 1, revision = revision + 1
    WHERE id = ANY ($1)
    """,
    "DELETE FROM measure_step AS s USING measure AS m WHERE m.id = s.measure_id AND m.case_id = ANY ($1)",
    *(f"DELETE FROM {table} WHERE case_id = ANY ($1)" for table in _TABLES),  # noqa: S608 - names of above
    "UPDATE data_key SET sealed = NULL, sealed_by = NULL, shredded_at = now() WHERE owner_id = ANY ($1)",
)


async def bench_erasing(lab: Laboratory) -> list[Result]:
    """Erase expired cases by one worker; the ceiling deletes the same by one connection of the database's owner."""
    count = lab.sized(_CASES)
    urls = await lab.database("erasing", migrations=MIGRATIONS)
    owner = await asyncpg.connect(urls.owner_url, server_settings={"forkant.system": "on"})
    engine = create_engine(urls.worker_url, application_name="bench", pool_size=4)
    try:
        compared = await alternate(
            rounds=lab.rounds,
            measured=lambda: _by_the_worker(owner, engine, count),
            ceiling=lambda: _bare(owner, count),
        )
    finally:
        await engine.dispose()
        await owner.close()
    return [
        Result(
            benchmark="erasing",
            load=f"{count:,} expired cases with 12 rows and a key each, {AT_A_TIME} a transaction, by one worker "
            "(policies, rules, event, outbox, audit, certificate, keys); ceiling: the same deletions in bare SQL by "
            "one connection of the owner, as many a transaction",
            figure="cases erased a second, one worker",
            measured=compared.measured,
            unit="cases/s",
            ceiling=compared.ceiling,
            ratio=compared.ratio,
            bar=f"≥ {_BAR:.0f} cases/s",
            reached=compared.measured.median >= _BAR,
            detail=compared.cpu_us,
        )
    ]


async def _filled(owner: "asyncpg.Connection[asyncpg.Record]", count: int) -> list[UUID]:
    await owner.execute("BEGIN")
    await owner.execute(_FILL[0].format(cases=count))
    await owner.execute(_FRESH)
    for statement in _FILL[1:]:
        await owner.execute(statement.format())
    ids = [row["id"] for row in await owner.fetch("SELECT id FROM fresh ORDER BY id")]
    await owner.execute("DROP TABLE fresh")
    await owner.execute("COMMIT")
    await owner.execute("ANALYZE")
    return ids


async def _by_the_worker(owner: "asyncpg.Connection[asyncpg.Record]", engine: AsyncEngine, count: int) -> Taken:
    ids = await _filled(owner, count)
    await owner.execute(_ASK, ids)
    process = psutil.Process()
    began, cpu = time.monotonic(), _cpu_s(process)
    await erase_batches(engine)
    taken = Taken.of(count, seconds=time.monotonic() - began, cpu_s=_cpu_s(process) - cpu)
    done = await owner.fetchval("SELECT count(*) FROM erasure_certificate WHERE case_id = ANY ($1)", ids)
    if done != count:
        raise AssertionError(f"{done} of {count} cases were erased")
    return taken


async def _bare(owner: "asyncpg.Connection[asyncpg.Record]", count: int) -> Taken:
    ids = await _filled(owner, count)
    statements = [await owner.prepare(statement) for statement in _BARE]
    process = psutil.Process()
    began, cpu = time.monotonic(), _cpu_s(process)
    for first in range(0, count, AT_A_TIME):
        async with owner.transaction():
            for statement in statements:
                await statement.fetch(ids[first : first + AT_A_TIME])
    return Taken.of(count, seconds=time.monotonic() - began, cpu_s=_cpu_s(process) - cpu)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
