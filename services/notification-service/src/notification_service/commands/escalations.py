"""Messages that nobody acknowledged go up the chain of roles; the worker's, as nobody asks for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from forkant_kit.working_days import day_in_norway, working_day_after
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.acknowledgements import Demand, Rules, in_force, told_next
from notification_service.domain.kinds import Kind
from notification_service.store import demands, inbox

AT_A_TIME: Final = 100
"""How many messages one transaction looks after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of the worker's: when it is by the database's clock, and by which rules."""

    versions: Sequence[Rules]
    now: datetime
    new_id: Callable[[], UUID]


def escalates_on(day: date, working_days: int | None) -> date | None:
    """Return the day on which the next level is told: the first working day after so many whole ones.

    The day on which a message comes counts for nothing, as it may come in the evening.
    """
    return None if working_days is None else working_day_after(day, working_days + 1)


async def demand(
    conn: AsyncConnection,
    entries: Iterable[inbox.Entry],
    about: Mapping[UUID, UUID],
    *,
    versions: Sequence[Rules],
    now: datetime,
) -> None:
    """Demand that those of the new messages are acknowledged whose kind says so.

    Args:
        conn: the transaction that made them.
        entries: the new messages.
        about: by event, the task, information or review that the message is about, where it is about one.
        versions: every version of the rules; the one of the day holds for these messages.
        now: when that is.
    """
    day = day_in_norway(now)
    rules = in_force(versions, day)
    new = [
        demands.New(
            entry_id=entry.id,
            about_id=about.get(entry.event_id),
            escalates_on=escalates_on(day, rules.days_until(Kind(entry.kind), 0)),
        )
        for entry in entries
        if entry.kind in rules.demands
    ]
    await demands.make(conn, new, rules=rules.version, day=day)


async def escalate(conn: AsyncConnection, turn: Round) -> int:
    """Tell the next level of each message that nobody acknowledged in time, and return of how many.

    Each goes up by one level: the next counts its days from when this one was told, however late that was. So a clock
    that steps ahead tells one level, and one that steps back none.
    """
    day = day_in_norway(turn.now)
    by_version = {one.version: one for one in turn.versions}
    late = await demands.lock_due(conn, day=day, limit=AT_A_TIME)
    for one in late:
        await _tell(conn, turn, one, by_version[one.rules], day)
    return len(late)


async def _tell(conn: AsyncConnection, turn: Round, one: Demand, rules: Rules, day: date) -> None:
    telling = told_next(one, rules.demands[one.kind])
    entry = inbox.Entry(
        id=turn.new_id(),
        event_id=telling.event_id,
        kind=Kind.NOT_ACKNOWLEDGED.value,
        unit=telling.unit,
        roles=frozenset(role.value for role in telling.roles),
        needs=telling.needs.value,
        subject=telling.subject.value,
        subject_id=telling.subject_id,
        subject_version=one.subject_version,
        occurred_at=turn.now,
        recorded_at=turn.now,
        about_unit=telling.about_unit,
        first_entry_id=one.entry_id,
        level=telling.level,
        of_kind=one.kind.value,
    )
    await inbox.insert(conn, [entry], now=turn.now)
    further = escalates_on(day, rules.days_until(one.kind, telling.level))
    await demands.raise_level(conn, one.entry_id, level=telling.level, day=day, escalates_on=further)
