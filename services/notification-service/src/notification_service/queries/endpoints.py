"""Endpoints as their owners see them, never with a secret."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.filters import EndpointFilter
from notification_service.queries.rows import Row, many, one_or_none
from notification_service.store import recent_events
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


def chosen(
    owner: Owner,
    *,
    event_types: Iterable[str],
    units: Iterable[str],
    case_types: Iterable[str],
    themes: Iterable[str],
) -> EndpointFilter:
    """Return what an endpoint of the owner's would get that asks for this; it has no id yet."""
    return EndpointFilter(
        endpoint_id=UUID(int=0),
        unit=owner.unit,
        national=owner.national,
        event_types=frozenset(event_types),
        units=frozenset(units),
        case_types=frozenset(case_types),
        themes=frozenset(themes),
    )


async def would_get(conn: AsyncConnection, wanted: EndpointFilter, *, since: datetime) -> Counter[str]:
    """Return how many events of each type would have gone to such an endpoint since a moment."""
    counts: Counter[str] = Counter()
    for group in await recent_events.groups(conn, since=since):
        if wanted.matches(group.traits):
            counts[group.traits.type] += group.count
    return counts


def _endpoints(owner: Owner) -> Select[Any]:
    pause = lane.c.open_until.label("paused_until")
    joined = endpoint.join(lane, lane.c.endpoint_id == endpoint.c.id)
    return select(endpoint, lane.c.failing_since, pause).select_from(joined).where(visible_endpoints(owner))
