"""A unit's lead, for the unit, or the directorate, for all, says which indicators and themes come first for a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from forkant_kit.audit.record import Entry
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import store
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.steering.context import Context, Receipt, Seen
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.units import check_there

LONGEST_DAYS: Final = 5 * 366
_SELECT: Final = """
SELECT id, version, unit, indicator, theme, first_day, last_day, ended_on, reason, set_by, set_at, withdrawn_by,
       withdrawn_at
FROM priority
"""
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('priority'), hashtext(:unit))")
_OVERLAPS: Final = text("""
SELECT EXISTS (
    SELECT FROM priority
    WHERE unit = :unit AND indicator IS NOT DISTINCT FROM CAST(:indicator AS int)
      AND theme IS NOT DISTINCT FROM CAST(:theme AS text)
      AND first_day <= :last AND last_day >= :first AND (ended_on IS NULL OR ended_on > :first)
)
""")
_ADD: Final = text("""
INSERT INTO priority (id, unit, indicator, theme, first_day, last_day, reason, set_by, set_at)
VALUES (:id, :unit, :indicator, :theme, :first, :last, :reason, :by, :at)
""")
_FIND: Final = text(f"{_SELECT} WHERE id = :id")
_WITHDRAW: Final = text("""
UPDATE priority SET version = version + 1, ended_on = :today, withdrawn_by = :by, withdrawn_at = :at
WHERE id = :id AND version = :seen RETURNING version
""")
_PAGE: Final = text(f"""{_SELECT}
WHERE id < coalesce(CAST(:before AS uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  AND unit = coalesce(CAST(:unit AS text), unit)
  AND (CAST(:as_of AS date) IS NULL
       OR (first_day <= :as_of AND last_day >= :as_of AND (ended_on IS NULL OR ended_on > :as_of)))
ORDER BY id DESC LIMIT :limit
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """What comes first: an indicator or a theme, for whom, from one day to another, and why."""

    unit: str
    indicator: int | None
    theme: str | None
    first: date
    last: date
    reason: str


async def set_priority(conn: AsyncConnection, context: Context, priority: Priority) -> Receipt:
    """Give an indicator or a theme priority.

    Raises:
        Refusal: it is another unit's, unit or indicator are unknown, the days are out of range, or it has priority on
            one of them already.
    """
    context.check_unit(priority.unit)
    if priority.unit != NATIONAL:
        await check_there(conn, context, priority.unit)
    if priority.indicator is not None and context.catalogue.indicator(priority.indicator) is None:
        raise Refusal(Code.UNKNOWN_INDICATOR)
    days = (priority.last - priority.first).days
    if priority.first < context.today or not 0 <= days <= LONGEST_DAYS:
        raise Refusal(Code.VALIDITY_OUT_OF_RANGE, earliest=context.today.isoformat())
    bind = {
        "unit": priority.unit,
        "indicator": priority.indicator,
        "theme": priority.theme,
        "first": priority.first,
        "last": priority.last,
    }
    await conn.execute(_LOCK, {"unit": priority.unit})
    if (await conn.execute(_OVERLAPS, bind)).scalar_one():
        raise Refusal(Code.ALREADY_PRIORITISED)
    made = context.new_id()
    added = {**bind, "id": made, "reason": priority.reason, "by": context.subject, "at": context.now}
    await conn.execute(_ADD, added)
    return await _recorded(conn, context, "priority.set", Receipt(id=made, version=1), priority.unit)


async def withdraw(conn: AsyncConnection, context: Context, seen: Seen) -> Receipt:
    """Let something have priority no longer, from today on.

    Raises:
        Refusal: there is none such, it changed since, it is another unit's, or it has ended.
    """
    found = (await conn.execute(_FIND, {"id": seen.id})).mappings().one_or_none()
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    context.check_unit(found["unit"])
    if found["ended_on"] is not None or found["last_day"] < context.today:
        raise Refusal(Code.ALREADY_ENDED, state="ended")
    bind = {"id": seen.id, "seen": seen.version, "today": context.today, "by": context.subject, "at": context.now}
    version = (await conn.execute(_WITHDRAW, bind)).scalar_one_or_none()
    if version is None:
        raise Refusal(Code.STALE_VERSION)
    return await _recorded(conn, context, "priority.withdraw", Receipt(id=seen.id, version=version), found["unit"])


async def find(conn: AsyncConnection, priority_id: UUID) -> RowMapping | None:
    """Return a priority, or nothing when there is none such."""
    return (await conn.execute(_FIND, {"id": priority_id})).mappings().one_or_none()


async def page(
    conn: AsyncConnection, *, before: UUID | None, limit: int, unit: str | None, as_of: date | None
) -> Sequence[RowMapping]:
    """Return a page of priorities, the newest first; with a day, of those that hold on it."""
    bind: dict[str, Any] = {"before": before, "limit": limit, "unit": unit, "as_of": as_of}
    return (await conn.execute(_PAGE, bind)).mappings().all()


async def _recorded(conn: AsyncConnection, context: Context, action: str, receipt: Receipt, unit: str) -> Receipt:
    await store.add_changes(conn, [*context.units.on(context.today), NATIONAL] if unit == NATIONAL else [unit])
    entry = Entry(action=action, object_kind="priority", object_ids=[receipt.id], version=receipt.version)
    await context.trail.record(conn, entry)
    return receipt
