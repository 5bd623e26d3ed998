"""The feed of changes: each case that changed, once, with a tombstone for one that the caller may no longer see.

The feed is ordered by the transaction that changed the case last, and shows only transactions older than every one
still running: a reader that goes on from its cursor misses nothing, however late a transaction commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    RowMapping,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.scope import KNOWN_CASES, KNOWN_TO_MEMBERS, OWN_DEPARTURES, VISIBLE_CASES, Scope
from case_service.tables import case_departure, preventive_case

_c: Final = preventive_case.c
_d: Final = case_departure.c
_SETTLED: Final = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)
_GONE: Final = case(
    (_c.erased_at.is_not(None), literal("erased")),
    (and_(_c.merged_into.is_not(None), VISIBLE_CASES), literal("merged")),
    (VISIBLE_CASES, null()),
    (_c.restricted, literal("restricted")),
    else_=literal("access_ended"),
)
_CODES: Final = (_c.state, _c.case_type, _c.theme)

_OWN: Final = select(_c.change_xid, _c.id, _c.version, _c.updated_at, _GONE.label("reason"), *_CODES).where(KNOWN_CASES)
_LEFT: Final = select(
    _d.change_xid,
    _d.case_id.label("id"),
    _d.version,
    _d.departed_at.label("updated_at"),
    literal("transferred").label("reason"),
    *(null().label(column.name) for column in _CODES),
).where(OWN_DEPARTURES)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reader of the feed stands: after this case, as this transaction left it."""

    change_xid: int
    id: UUID


async def list_changes(
    conn: AsyncConnection, scope: Scope, *, after: Position | None, since: datetime | None, limit: int
) -> Sequence[RowMapping]:
    """Return what changed after a position, or else since a moment; ``reason`` says why a case is gone."""
    # Each side is cut before they are joined, so that each reads no more of its index than a page.
    own = _OWN.where(KNOWN_TO_MEMBERS) if scope.members_only else _OWN
    sides = [
        _page(own, _c.change_xid, _c.id, _c.updated_at, after=after, since=since).limit(limit).subquery(),
        _page(_LEFT, _d.change_xid, _d.case_id, _d.departed_at, after=after, since=since).limit(limit).subquery(),
    ]
    feed = union_all(*(select(side) for side in sides)).subquery()
    statement = select(feed).order_by(feed.c.change_xid, feed.c.id).limit(limit)
    return (await conn.execute(statement, scope.without_broken_glass().params())).mappings().all()


def _page(
    side: Select[Any],
    xid: ColumnElement[int],
    key: ColumnElement[UUID],
    changed_at: ColumnElement[datetime],
    *,
    after: Position | None,
    since: datetime | None,
) -> Select[Any]:
    page = side.where(xid < _SETTLED).order_by(xid, key)
    if after is not None:
        return page.where(tuple_(xid, key) > tuple_(literal(after.change_xid, BigInteger), literal(after.id)))
    return page if since is None else page.where(changed_at >= since)
