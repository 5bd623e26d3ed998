"""Tasks that nobody did in time go up the chain of roles; and cases from before the work process come on it.

Both are the worker's, as nobody asks for them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from forkant_contracts.codes import TaskKind
from forkant_contracts.events.task import TaskOverdue
from forkant_kit.audit.record import Actor, Entry, record
from forkant_kit.outbox import append_events
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.moments import local_day
from case_service.domain.processes import Procedures
from case_service.domain.tasks import Course, follow
from case_service.events import Stamp, about_tasks, stamped
from case_service.settings import SERVICE
from case_service.store import cases, information
from case_service.store import tasks as store

AT_A_TIME: Final = 100
"""How many tasks, or cases, one transaction looks after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of the worker's: when it is, and by which rules."""

    procedures: Procedures
    now: datetime
    new_id: Callable[[], UUID]


async def escalate(conn: AsyncConnection, turn: Round) -> int:
    """Escalate each late task by one level, and return how many were.

    Another worker that escalates the same waits for the case, finds it done, and takes its own attempt back; so it does
    with a task that somebody did, or a case that somebody put on hold, meanwhile.
    """
    escalated = 0
    for row in await store.late(conn, day=local_day(turn.now), limit=AT_A_TIME):
        escalated += await _escalate(conn, turn, row)
    return escalated


async def take_up(conn: AsyncConnection, turn: Round) -> int:
    """Put cases from before there was a work process on the one of today, with their tasks; return how many were.

    A case that somebody changes meanwhile is put on it by that change.
    """
    taken = 0
    for case_id in await store.on_no_process(conn, limit=AT_A_TIME):
        taken += await _take_up(conn, turn, case_id)
    return taken


async def _escalate(conn: AsyncConnection, turn: Round, row: RowMapping) -> bool:
    attempt, day, level = await conn.begin_nested(), local_day(turn.now), row["level"]
    moved = await information.move_case_on(conn, row["case_id"])
    late = None if moved is None else await store.still_late(conn, row["id"], level=level, day=day)
    if moved is None or late is None:
        await attempt.rollback()
        return False
    process = turn.procedures.of(row["process_version"], day=day)
    told = TaskOverdue(
        task_id=row["id"],
        kind=TaskKind(late["kind"]),
        role=process.escalations[level].role,
        due_on=late["due_on"],
        escalation_level=level + 1,
        answering_unit=None if late["unit"] == moved.unit else late["unit"],
    )
    further = process.goes_further_on(late["escalates_on"], level=level + 1, calendar=turn.procedures.calendar)
    await store.raise_level(conn, row["id"], level=level + 1, escalates_on=further)
    await append_events(conn, stamped(stamp_of(turn, row["case_id"], unit=moved.unit, version=moved.version), [told]))
    entry = Entry(
        action="case.escalate_task",
        object_kind="case",
        object_ids=[row["case_id"], row["id"]],
        version=moved.version,
        purpose=moved.purpose_code,
    )
    await record(conn, worker_of(moved.unit), entry)
    await attempt.commit()
    return True


async def _take_up(conn: AsyncConnection, turn: Round, case_id: UUID) -> bool:
    attempt, day = await conn.begin_nested(), local_day(turn.now)
    loaded = await cases.load_any(conn, case_id)
    process = turn.procedures.on(day)
    course = Course(
        action=None,
        kinds=frozenset(),
        day=day,
        case_type=loaded.case_type,
        age_band=loaded.age_band,
        process=process,
        calendar=turn.procedures.calendar,
        new_id=turn.new_id,
    )
    changes = follow(loaded.tasks, loaded.case, course)
    if not await store.put_on_process(
        conn, case_id, revision=loaded.revision, process=process.version, events=changes.events
    ):
        await attempt.rollback()
        return False
    version = loaded.version + changes.events
    await append_events(conn, stamped(stamp_of(turn, case_id, unit=loaded.unit, version=version), about_tasks(changes)))
    by = store.By(case_id=case_id, unit=loaded.unit, subject=SERVICE, at=turn.now, answering_unit=loaded.offered_to)
    await store.write(conn, changes, by)
    entry = Entry(
        action="case.take_up_process",
        object_kind="case",
        object_ids=[case_id],
        version=version,
        purpose=loaded.purpose_code,
    )
    await record(conn, worker_of(loaded.unit), entry)
    await attempt.commit()
    return True


def stamp_of(turn: Round, case_id: UUID, *, unit: str, version: int) -> Stamp:
    """Return what the events of a round share that tell of one case."""
    return Stamp(
        aggregate_id=case_id,
        unit=unit,
        version=version,
        occurred_at=turn.now,
        recorded_at=turn.now,
        new_id=turn.new_id,
    )


def worker_of(unit: str) -> Actor:
    """Return as whom the worker acts on a case of a unit."""
    return Actor(subject=SERVICE, client_id=SERVICE, unit=unit, roles=())
