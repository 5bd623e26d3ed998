"""Reminders of reviews of broken glass that nobody has done in time; the worker's, as nobody asks for them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from forkant_contracts.events.access import AccessReviewOverdue
from forkant_kit.audit.record import Actor, Entry, record
from forkant_kit.outbox import append_events
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.moments import local_day
from case_service.events import Stamp, stamped
from case_service.settings import SERVICE
from case_service.store import reviews

ESCALATED_AFTER: Final = timedelta(days=7)
"""How long after a reminder the directorate's privacy officers are told [assumed]."""
REMINDED: Final = 1
ESCALATED: Final = 2
AT_A_TIME: Final = 100
"""How many reviews one transaction reminds of, at each level."""


async def remind(conn: AsyncConnection, *, now: datetime, new_id: Callable[[], UUID]) -> int:
    """Remind of reviews that are past due, once at each level, and return of how many.

    Whoever else reminds at the same time passes over those that are taken here, and a transaction that comes to nothing
    leaves them as they were.
    """
    late = await reviews.lock_to_remind_of(conn, due_by=now, limit=AT_A_TIME)
    await _tell(conn, late, level=REMINDED, now=now, new_id=new_id)
    later = await reviews.lock_to_escalate(conn, reminded_by=now - ESCALATED_AFTER, limit=AT_A_TIME)
    await _tell(conn, later, level=ESCALATED, now=now, new_id=new_id)
    return len(late) + len(later)


async def _tell(
    conn: AsyncConnection, found: Sequence[RowMapping], *, level: int, now: datetime, new_id: Callable[[], UUID]
) -> None:
    for row in found:
        await reviews.note_reminder(conn, row["id"], at=now, escalated=level == ESCALATED)
        version = row["version"] + 1
        stamp = Stamp(
            aggregate_id=row["id"],
            unit=row["unit"],
            version=version,
            occurred_at=now,
            recorded_at=now,
            new_id=new_id,
        )
        told = AccessReviewOverdue(case_id=row["case_id"], due_on=local_day(row["due_at"]), escalation_level=level)
        await append_events(conn, stamped(stamp, [told]))
        entry = Entry(
            action="access.remind_of_review",
            object_kind="access_review",
            object_ids=[row["id"], row["case_id"]],
            version=version,
        )
        await record(conn, Actor(subject=SERVICE, client_id=SERVICE, unit=row["unit"], roles=()), entry)
