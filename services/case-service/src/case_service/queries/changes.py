"""The feed of changes: each case that changed, once, with a tombstone for one that the caller may no longer see.

The feed is ordered by the transaction that changed the case last, and shows only transactions older than every one
still running: a reader that goes on from its cursor misses nothing, however late a transaction commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    RowMapping,
    Text,
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

from case_service.scope import OWN_CASES, OWN_DEPARTURES, VISIBLE_CASES, Scope
from case_service.tables import case_departure, preventive_case

_c: Final = preventive_case.c
_d: Final = case_departure.c
_SETTLED: Final = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)
_GONE: Final = case((_c.erased_at.is_not(None), literal("erased")), (~VISIBLE_CASES, literal("restricted")))
_CODES: Final = (_c.state, _c.case_type, _c.theme)

_FEED: Final = union_all(
    select(_c.change_xid, _c.id, _c.version, _c.updated_at, _GONE.label("reason"), *_CODES).where(OWN_CASES),
    select(
        _d.change_xid,
        _d.case_id,
        _d.version,
        _d.departed_at,
        literal("transferred"),
        *(null() for _ in _CODES),
    ).where(OWN_DEPARTURES),
).subquery("feed")
_SETTLED_FEED: Final = select(_FEED).where(_FEED.c.change_xid < _SETTLED).order_by(_FEED.c.change_xid, _FEED.c.id)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reader of the feed stands: after this case, as this transaction left it."""

    change_xid: int
    id: UUID


async def list_changes(
    conn: AsyncConnection, scope: Scope, *, after: Position | None, since: datetime | None, limit: int
) -> Sequence[RowMapping]:
    """Return what changed after a position, or else since a moment; ``reason`` says why a case is gone."""
    statement = _SETTLED_FEED.limit(limit)
    if after is not None:
        here = tuple_(literal(after.change_xid, BigInteger), literal(after.id))
        statement = statement.where(tuple_(_FEED.c.change_xid, _FEED.c.id) > here)
    elif since is not None:
        statement = statement.where(_FEED.c.updated_at >= since)
    return (await conn.execute(statement, scope.params())).mappings().all()
