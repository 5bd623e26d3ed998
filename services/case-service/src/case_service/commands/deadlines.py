"""Deadlines of information that nobody clarified; the worker's, as nobody asks for them."""

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_contracts.events.information import InformationDeadlineNear, InformationRestricted
from forkant_kit.audit.record import Actor, Entry, record
from forkant_kit.outbox import append_events
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.moments import local_day
from case_service.events import Stamp, stamped
from case_service.settings import SERVICE
from case_service.store import information as store
from case_service.store.information import Deadline

AT_A_TIME: Final = 100
"""How much information one transaction tells of, for each deadline."""
_TOLD: Final = MappingProxyType(
    {
        Deadline.WARNING: (InformationDeadlineNear, "case.warn_of_deadline"),
        Deadline.LAST_DAY: (InformationRestricted, "case.restrict_information"),
    }
)


async def tell_of_deadlines(conn: AsyncConnection, *, now: datetime, new_id: Callable[[], UUID]) -> int:
    """Tell of each deadline that is past, once, and return of how many; the warning before the last day.

    Another worker that tells of the same waits for the case, finds it told, and takes its own attempt back. Access is
    restricted by the day alone, whether anybody was told or not.
    """
    told = 0
    for deadline in Deadline:
        for row in await store.past(conn, deadline, day=local_day(now), limit=AT_A_TIME):
            told += await _tell(conn, row, deadline, now=now, new_id=new_id)
    return told


async def _tell(
    conn: AsyncConnection, row: RowMapping, deadline: Deadline, *, now: datetime, new_id: Callable[[], UUID]
) -> bool:
    attempt = await conn.begin_nested()
    moved = await store.move_case_on(conn, row["case_id"])
    if moved is None or not await store.note(conn, row["id"], deadline, at=now):
        await attempt.rollback()
        return False
    event, action = _TOLD[deadline]
    stamp = Stamp(
        aggregate_id=row["case_id"],
        unit=moved.unit,
        version=moved.version,
        occurred_at=now,
        recorded_at=now,
        new_id=new_id,
    )
    told = event(information_id=row["id"], clarification_deadline=row["clarification_deadline"])
    await append_events(conn, stamped(stamp, [told]))
    entry = Entry(
        action=action,
        object_kind="case",
        object_ids=[row["case_id"], row["id"]],
        version=moved.version,
        purpose=moved.purpose_code,
    )
    await record(conn, Actor(subject=SERVICE, client_id=SERVICE, unit=moved.unit, roles=()), entry)
    await attempt.commit()
    return True
