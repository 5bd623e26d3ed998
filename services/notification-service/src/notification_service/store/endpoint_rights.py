"""Which endpoints may be sent nothing more, whether there is anything to send or not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.kinds import Kind

_WITHOUT_UNIT: Final = """
    FROM endpoint AS e JOIN unit_ending AS u ON u.unit = e.unit OR starts_with(e.unit, u.unit || '/')
    WHERE u.ends_at <= :now
"""
_HOMELESS: Final = text(f"SELECT e.id {_WITHOUT_UNIT} AND e.enabled ORDER BY e.id LIMIT :most")
_SUCCESSORS: Final = text(f"SELECT u.successors {_WITHOUT_UNIT} AND e.id = :id ORDER BY u.ends_at DESC")
_UNPROVEN: Final = text("SELECT id FROM endpoint WHERE enabled AND proven_at <= :since ORDER BY proven_at LIMIT :most")
_UNTOLD: Final = text("""
SELECT e.id, e.proven_at FROM endpoint AS e
WHERE e.enabled AND e.proven_at <= :since AND NOT EXISTS (
    SELECT FROM inbox_entry AS i WHERE i.subject_id = e.id AND i.kind = :kind AND i.created_at > e.proven_at
)
ORDER BY e.proven_at LIMIT :most
""")


async def homeless(conn: AsyncConnection, *, now: datetime, most: int) -> Sequence[UUID]:
    """Return endpoints that are on although their unit has ended."""
    return (await conn.execute(_HOMELESS, {"now": now, "most": most})).scalars().all()


async def successors(conn: AsyncConnection, endpoint_id: UUID, *, now: datetime) -> tuple[str, ...] | None:
    """Return which units follow the one of an endpoint; None while that is there."""
    found = (await conn.execute(_SUCCESSORS, {"id": endpoint_id, "now": now})).scalars().first()
    return None if found is None else tuple(found)


async def unproven(conn: AsyncConnection, *, since: datetime, most: int) -> Sequence[UUID]:
    """Return endpoints that are on although nobody showed since a moment that they are wanted, the oldest first."""
    return (await conn.execute(_UNPROVEN, {"since": since, "most": most})).scalars().all()


async def untold(conn: AsyncConnection, *, since: datetime, most: int) -> Sequence[Any]:
    """Return those of them, with the moment of the last proof, whose owners were not told yet that they lapse."""
    bind = {"since": since, "most": most, "kind": Kind.ENDPOINT_LAPSING.value}
    return (await conn.execute(_UNTOLD, bind)).all()
