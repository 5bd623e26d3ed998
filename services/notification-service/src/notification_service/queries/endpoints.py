"""Endpoints as their owners see them, never with a secret."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.queries.rows import Row, many, one_or_none
from notification_service.tables import endpoint, endpoint_secret, lane
from notification_service.visibility import Owner, visible_endpoints


async def page(conn: AsyncConnection, owner: Owner, *, before: UUID | None, limit: int) -> list[Row]:
    """Return up to ``limit`` endpoints below the id ``before``, the newest first."""
    query = _endpoints(owner).order_by(endpoint.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(endpoint.c.id < before)
    return await many(conn, query)


async def one(conn: AsyncConnection, owner: Owner, endpoint_id: UUID) -> Row | None:
    """Return one endpoint, or None when it is not the owner's."""
    return await one_or_none(conn, _endpoints(owner).where(endpoint.c.id == endpoint_id))


async def secrets(conn: AsyncConnection, endpoint_ids: Iterable[UUID]) -> dict[UUID, Sequence[Row]]:
    """Return when the secrets of these endpoints were made and until when they sign, the newest first."""
    columns = endpoint_secret.c
    query = (
        select(
            columns.endpoint_id, columns.id, columns.version, columns.public_key, columns.created_at, columns.expires_at
        )
        .where(columns.endpoint_id.in_(list(endpoint_ids)))
        .order_by(columns.created_at.desc(), columns.id.desc())
    )
    found: dict[UUID, list[Row]] = {}
    for row in await many(conn, query):
        found.setdefault(row["endpoint_id"], []).append(row)
    return dict(found)


def _endpoints(owner: Owner) -> Select[Any]:
    pause = lane.c.open_until.label("paused_until")
    joined = endpoint.join(lane, lane.c.endpoint_id == endpoint.c.id)
    return select(endpoint, lane.c.failing_since, pause).select_from(joined).where(visible_endpoints(owner))
