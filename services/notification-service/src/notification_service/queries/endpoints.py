"""Endpoints as their owners see them, never with a secret."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.queries.rows import Row, many, one_or_none
from notification_service.tables import endpoint, endpoint_secret
from notification_service.visibility import Owner, visible_endpoints


async def page(conn: AsyncConnection, owner: Owner, *, before: UUID | None, limit: int) -> list[Row]:
    """Return up to ``limit`` endpoints below the id ``before``, the newest first."""
    query = select(endpoint).where(visible_endpoints(owner)).order_by(endpoint.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(endpoint.c.id < before)
    return await many(conn, query)


async def one(conn: AsyncConnection, owner: Owner, endpoint_id: UUID) -> Row | None:
    """Return one endpoint, or None when it is not the owner's."""
    query = select(endpoint).where(endpoint.c.id == endpoint_id, visible_endpoints(owner))
    return await one_or_none(conn, query)


async def secrets(conn: AsyncConnection, endpoint_ids: Iterable[UUID]) -> dict[UUID, Sequence[Row]]:
    """Return when the secrets of these endpoints were made and until when they sign, the newest first."""
    columns = endpoint_secret.c
    query = (
        select(columns.endpoint_id, columns.id, columns.created_at, columns.expires_at)
        .where(columns.endpoint_id.in_(list(endpoint_ids)))
        .order_by(columns.created_at.desc(), columns.id.desc())
    )
    found: dict[UUID, list[Row]] = {}
    for row in await many(conn, query):
        found.setdefault(row["endpoint_id"], []).append(row)
    return dict(found)
