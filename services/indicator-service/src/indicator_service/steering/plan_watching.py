"""Looking each day which units have no prevention plan, or one that ends soon, and telling of it once.

One transaction holds a lock on one row, the look at the plans, what the watches keep, their events in the outbox, and
the day that was looked at: a worker that dies, or a second one, tells of nothing twice. The day is that of the
database's clock in Norway, so that workers whose clocks differ agree. The first day of a platform is not looked at: its
units get until the next one to have their plans approved.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import structlog
from forkant_contracts import Event
from forkant_contracts.codes import PlanDueReason
from forkant_contracts.events.steering import PlanDue
from forkant_kit.db import transaction
from forkant_kit.outbox import append_events
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from indicator_service.steering import watch_metrics as metrics
from indicator_service.steering.events import SOURCE
from indicator_service.steering.plan_store import held_on
from indicator_service.steering.plan_versions import Coverage, coverage
from indicator_service.units import read_register

_LOOK_EVERY_S: Final = 5.0
_DUE: Final = text("SELECT day < CAST(clock_timestamp() AT TIME ZONE 'Europe/Oslo' AS date) FROM plan_round")
# Whoever finds it locked leaves the plans to the one who looks at them.
_TAKE: Final = text("""
SELECT day, CAST(clock_timestamp() AT TIME ZONE 'Europe/Oslo' AS date) AS today FROM plan_round FOR UPDATE SKIP LOCKED
""")
_FINISH: Final = text("UPDATE plan_round SET day = :day")
_WATCHES: Final = text("SELECT unit, id, version, reason, last_day FROM plan_watch")
_SAVE: Final = text("""
INSERT INTO plan_watch (unit, id, version, reason, last_day)
SELECT * FROM unnest(CAST(:units AS text[]), CAST(:ids AS uuid[]), CAST(:versions AS int[]), CAST(:reasons AS text[]),
                     CAST(:last_days AS date[]))
ON CONFLICT (unit) DO UPDATE
SET version = EXCLUDED.version, reason = EXCLUDED.reason, last_day = EXCLUDED.last_day
""")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWatch:
    """The watch over one unit's plan: what it told of, nothing while all is well; ``version`` counts its events."""

    unit: str
    id: UUID
    version: int = 0
    reason: PlanDueReason | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanJudge:
    """What looking takes: the database as the worker's role, the moment of an event, and where ids come from."""

    engine: AsyncEngine
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]


def step(watch: PlanWatch, covered: Coverage, on: date) -> tuple[PlanWatch, bool]:
    """Return what a watch keeps after a look at its unit, and whether it is to tell of it.

    A missing plan is told of once until one is in force; a plan that ends soon once for each last day.
    """
    if covered.plan is None:
        reason, last_day = PlanDueReason.MISSING, None
    elif covered.ends_soon(on):
        reason, last_day = PlanDueReason.ENDING, covered.until
    else:
        reason, last_day = None, None
    tells = reason is not None and (reason, last_day) != (watch.reason, watch.last_day)
    after = PlanWatch(unit=watch.unit, id=watch.id, version=watch.version + tells, reason=reason, last_day=last_day)
    return after, tells


async def keep_looking(judge: PlanJudge, stop: asyncio.Event) -> None:
    """Look at the plans once on each day, until told to stop; a fault is tried again."""
    while not stop.is_set():
        try:
            await look(judge)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            metrics.FAILURES.inc()
            _log.warning("plans_not_looked_at", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK_EVERY_S)


async def look(judge: PlanJudge) -> int:
    """Tell of each unit whose plan is missing or ends soon, unless this day was looked at; return of how many."""
    async with transaction(judge.engine) as conn:
        if not (await conn.execute(_DUE)).scalar_one():
            return 0
        taken = (await conn.execute(_TAKE)).one_or_none()
        if taken is None or taken.day >= taken.today:
            return 0
        told = await _tell(conn, judge, taken.today)
        await conn.execute(_FINISH, {"day": taken.today})
    return told


async def _tell(conn: AsyncConnection, judge: PlanJudge, on: date) -> int:
    watches, at = await _watches(conn), judge.now()
    changed: list[PlanWatch] = []
    events: list[Event] = []
    units = (await read_register(conn)).on(on)
    for covered in coverage(await held_on(conn, on), units, on):
        watch = watches.get(covered.unit) or PlanWatch(unit=covered.unit, id=judge.new_id())
        after, tells = step(watch, covered, on)
        if after != watch:
            changed.append(after)
        if tells:
            events.append(_due(after, covered, on=on, at=at, event_id=judge.new_id()))
    await _save(conn, changed)
    await append_events(conn, events)
    return len(events)


def _due(watch: PlanWatch, covered: Coverage, *, on: date, at: datetime, event_id: UUID) -> Event:
    if watch.reason is None:
        raise ValueError("a watch that keeps no reason has nothing to tell of")
    data = PlanDue(
        reason=watch.reason,
        on=on,
        last_day=watch.last_day,
        plan_id=None if covered.plan is None else covered.plan.plan_id,
    )
    return Event(
        id=event_id,
        source=SOURCE,
        aggregate_id=watch.id,
        aggregate_version=watch.version,
        unit=watch.unit,
        occurred_at=at,
        recorded_at=at,
        data=data,
    )


async def _watches(conn: AsyncConnection) -> Mapping[str, PlanWatch]:
    return {
        row.unit: PlanWatch(
            unit=row.unit,
            id=row.id,
            version=row.version,
            reason=None if row.reason is None else PlanDueReason(row.reason),
            last_day=row.last_day,
        )
        for row in await conn.execute(_WATCHES)
    }


async def _save(conn: AsyncConnection, changed: Sequence[PlanWatch]) -> None:
    bind = {
        "units": [watch.unit for watch in changed],
        "ids": [watch.id for watch in changed],
        "versions": [watch.version for watch in changed],
        "reasons": [watch.reason for watch in changed],
        "last_days": [watch.last_day for watch in changed],
    }
    await conn.execute(_SAVE, bind)
