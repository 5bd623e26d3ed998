"""Reminders of tasks that are due soon; the worker's, as nobody asks for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from forkant_contracts.codes import Role, TaskKind
from forkant_contracts.events.task import TaskDueSoon
from forkant_kit.audit.record import Entry, record
from forkant_kit.outbox import append_events
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.escalations import Round, stamp_of, worker_of
from case_service.domain.moments import local_day
from case_service.domain.reminders import Reminders, in_force
from case_service.events import stamped
from case_service.store import information
from case_service.store import task_reminders as store

AT_A_TIME: Final = 100
"""How many tasks one transaction reminds of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminding:
    """One round of the worker's, and by which lead times it reminds."""

    turn: Round
    versions: Sequence[Reminders]

    @property
    def near(self) -> store.Near:
        """Which tasks are due soon on the day of the round."""
        day = local_day(self.turn.now)
        rules = in_force(self.versions, day)
        return store.Near(day=day, until=rules.until(day, calendar=self.turn.procedures.calendar))


async def remind_of_tasks(conn: AsyncConnection, reminding: Reminding) -> int:
    """Remind of each open task that is due soon, once for its due day and unit, and return of how many.

    Another worker that reminds of the same waits for the case, finds it told, and takes its own attempt back; so it
    does with a task that somebody did, or a case that was put on hold, meanwhile.
    """
    reminded = 0
    near = reminding.near
    for row in await store.due_soon(conn, near, limit=AT_A_TIME):
        reminded += await _remind(conn, reminding.turn, near, row)
    return reminded


async def _remind(conn: AsyncConnection, turn: Round, near: store.Near, row: RowMapping) -> bool:
    attempt = await conn.begin_nested()
    moved = await information.move_case_on(conn, row["case_id"])
    task = None if moved is None else await store.still_due_soon(conn, row["id"], near)
    if moved is None or task is None:
        await attempt.rollback()
        return False
    told = TaskDueSoon(
        task_id=row["id"],
        kind=TaskKind(task["kind"]),
        role=Role(task["role"]),
        due_on=task["due_on"],
        answering_unit=None if task["unit"] == moved.unit else task["unit"],
    )
    await store.note(conn, row["id"], due_on=task["due_on"], unit=task["unit"])
    stamp = stamp_of(turn, row["case_id"], unit=moved.unit, version=moved.version)
    await append_events(conn, stamped(stamp, [told]))
    entry = Entry(
        action="case.remind_of_task",
        object_kind="case",
        object_ids=[row["case_id"], row["id"]],
        version=moved.version,
        purpose=moved.purpose_code,
    )
    await record(conn, worker_of(moved.unit), entry)
    await attempt.commit()
    return True
