"""The log of deliveries: what was sent where and how that went, without bodies.

Whoever answers for an endpoint sees all that went there. What a delivery was about is blank for a person who may not
see that case or concern.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, case, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.queries.rows import Row, many, one_or_none
from notification_service.tables import delivery, delivery_attempt, endpoint
from notification_service.visibility import Owner, Sight, told_of_delivery, visible_endpoints

ABOUT: Final = frozenset(
    {"event_type", "subject_id", "subject_version", "unit", "occurred_at", "recorded_at", "traceparent"}
)
"""What a delivery was about, which the erasure of its case blanks too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which deliveries; None asks for any."""

    endpoint_id: UUID | None = None
    status: str | None = None
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beholder:
    """Who looks into the log: whose endpoints are there, and of which cases and concerns they may know."""

    owner: Owner
    sight: Sight


async def subjects(
    conn: AsyncConnection, owner: Owner, filters: Filters, *, before: UUID | None, limit: int
) -> frozenset[UUID]:
    """Return the cases and concerns that a page is about, to ask whether they may be shown.

    One that is asked for is asked about whether it is there or not, or the asking would tell.
    """
    if filters.subject_id is not None:
        return frozenset({filters.subject_id})
    return await _subjects(conn, _slice(select(delivery.c.subject_id), filters, before=before, limit=limit), owner)


async def subject(conn: AsyncConnection, owner: Owner, delivery_id: UUID) -> frozenset[UUID]:
    """Return the case or concern that a delivery is about, if there is one, to ask whether it may be shown."""
    return await _subjects(conn, select(delivery.c.subject_id).where(delivery.c.id == delivery_id), owner)


async def page(
    conn: AsyncConnection, beholder: Beholder, filters: Filters, *, before: UUID | None, limit: int
) -> list[Row]:
    """Return up to ``limit`` deliveries below the id ``before``, the newest first.

    Who asks for one case or concern and may not see it finds nothing.
    """
    query = _slice(_deliveries(beholder), filters, before=before, limit=limit)
    if filters.subject_id is not None:
        query = query.where(told_of_delivery(beholder.owner, beholder.sight))
    return await many(conn, query)


async def one(conn: AsyncConnection, beholder: Beholder, delivery_id: UUID) -> Row | None:
    """Return one delivery, or None when it is not to an endpoint of the owner's."""
    query = _deliveries(beholder).where(delivery.c.id == delivery_id)
    return await one_or_none(conn, query)


async def attempts(conn: AsyncConnection, delivery_id: UUID) -> list[Row]:
    """Return the attempts of a delivery, the first first."""
    log = delivery_attempt
    query = select(log).where(log.c.delivery_id == delivery_id).order_by(log.c.number)
    return await many(conn, query)


async def _subjects(conn: AsyncConnection, query: Select[Any], owner: Owner) -> frozenset[UUID]:
    found = await conn.execute(_of(query, owner))
    return frozenset(each for (each,) in found if each is not None)


def _deliveries(beholder: Beholder) -> Select[Any]:
    told = told_of_delivery(beholder.owner, beholder.sight)
    columns = [
        case((told, column), else_=null()).label(column.name) if column.name in ABOUT else column
        for column in delivery.c
    ]
    return _of(select(*columns), beholder.owner)


def _of(query: Select[Any], owner: Owner) -> Select[Any]:
    return query.select_from(delivery.join(endpoint, endpoint.c.id == delivery.c.endpoint_id)).where(
        visible_endpoints(owner)
    )


def _slice(query: Select[Any], filters: Filters, *, before: UUID | None, limit: int) -> Select[Any]:
    query = query.order_by(delivery.c.id.desc()).limit(limit)
    if filters.endpoint_id is not None:
        query = query.where(delivery.c.endpoint_id == filters.endpoint_id)
    if filters.status is not None:
        query = query.where(delivery.c.status == filters.status)
    if filters.subject_id is not None:
        query = query.where(delivery.c.subject_id == filters.subject_id)
    if before is not None:
        query = query.where(delivery.c.id < before)
    return query
