"""Dead letters and their way back into the lane."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.tables import delivery, endpoint
from notification_service.visibility import Owner, visible_endpoints


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that did not arrive."""

    endpoint_id: UUID
    subject_id: UUID | None


# It takes its old place again: what of its case waits behind it is held back until it is through.
_REVIVE: Final = text("""
WITH revived AS (
    UPDATE delivery AS d
    SET status = 'pending', reason = NULL, rung = 0, next_attempt_at = :now, settled_at = NULL, blocked = EXISTS (
        SELECT FROM delivery AS p WHERE p.endpoint_id = d.endpoint_id AND p.order_key = d.order_key
                                    AND p.status = 'pending' AND p.sequence < d.sequence
    )
    WHERE d.id = :id AND d.status = 'dead'
    RETURNING d.endpoint_id, d.order_key, d.sequence
), held_back AS (
    UPDATE delivery AS d SET blocked = true FROM revived AS r
    WHERE d.endpoint_id = r.endpoint_id AND d.order_key = r.order_key AND d.status = 'pending'
      AND d.sequence > r.sequence AND NOT d.blocked
)
UPDATE lane AS l SET due_at = least(l.due_at, CAST(:now AS timestamptz)) FROM revived AS r
WHERE l.endpoint_id = r.endpoint_id
""")


async def find(conn: AsyncConnection, owner: Owner, *, delivery_id: UUID) -> DeadLetter | None:
    """Return a dead letter of the owner's."""
    query = (
        select(delivery.c.endpoint_id, delivery.c.subject_id)
        .join(endpoint, endpoint.c.id == delivery.c.endpoint_id)
        .where(delivery.c.id == delivery_id, delivery.c.status == "dead", visible_endpoints(owner))
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else DeadLetter(row.endpoint_id, row.subject_id)


async def revive(conn: AsyncConnection, *, delivery_id: UUID, now: datetime) -> bool:
    """Make a dead letter of a locked lane pending again; false when it is not dead any more."""
    return (await conn.execute(_REVIVE, {"id": delivery_id, "now": now})).rowcount == 1
