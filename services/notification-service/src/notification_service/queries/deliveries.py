"""The log of deliveries: what was sent where and how that went, without bodies."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.queries.rows import Row, many, one_or_none
from notification_service.tables import delivery, delivery_attempt, endpoint
from notification_service.visibility import Owner, visible_endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which deliveries; None asks for any."""

    endpoint_id: UUID | None = None
    status: str | None = None
    subject_id: UUID | None = None


async def page(conn: AsyncConnection, owner: Owner, filters: Filters, *, before: UUID | None, limit: int) -> list[Row]:
    """Return up to ``limit`` deliveries below the id ``before``, the newest first."""
    query = _deliveries(owner).order_by(delivery.c.id.desc()).limit(limit)
    if filters.endpoint_id is not None:
        query = query.where(delivery.c.endpoint_id == filters.endpoint_id)
    if filters.status is not None:
        query = query.where(delivery.c.status == filters.status)
    if filters.subject_id is not None:
        query = query.where(delivery.c.subject_id == filters.subject_id)
    if before is not None:
        query = query.where(delivery.c.id < before)
    return await many(conn, query)


async def one(conn: AsyncConnection, owner: Owner, delivery_id: UUID) -> Row | None:
    """Return one delivery, or None when it is not to an endpoint of the owner's."""
    query = _deliveries(owner).where(delivery.c.id == delivery_id)
    return await one_or_none(conn, query)


async def attempts(conn: AsyncConnection, delivery_id: UUID) -> list[Row]:
    """Return the attempts of a delivery, the first first."""
    log = delivery_attempt
    query = select(log).where(log.c.delivery_id == delivery_id).order_by(log.c.number)
    return await many(conn, query)


def _deliveries(owner: Owner) -> Select[Any]:
    return select(delivery).join(endpoint, endpoint.c.id == delivery.c.endpoint_id).where(visible_endpoints(owner))
