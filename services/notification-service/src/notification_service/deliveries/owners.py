"""Telling those who answer for an endpoint that it fails or is off: in the inbox, since webhooks don't arrive."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service import metrics
from notification_service.deliveries.workshop import Workshop
from notification_service.domain.attempts import Reason
from notification_service.domain.audiences import Needs, owners_of
from notification_service.domain.happenings import Subject
from notification_service.domain.kinds import Kind
from notification_service.store import endpoints, inbox, queue
from notification_service.store.inbox import Entry


async def tell_owners(conn: AsyncConnection, shop: Workshop, endpoint_id: UUID, kind: Kind, *, now: datetime) -> None:
    """Leave a message for the leads of the endpoint's unit."""
    unit, version = await endpoints.unit_and_version(conn, endpoint_id)
    entry = Entry(
        id=shop.new_id(),
        event_id=shop.new_id(),
        kind=kind.value,
        unit=unit,
        roles=frozenset(role.value for role in owners_of(unit)),
        needs=Needs.ROLE.value,
        subject=Subject.ENDPOINT.value,
        subject_id=endpoint_id,
        subject_version=version,
        occurred_at=now,
        recorded_at=now,
    )
    for made in await inbox.insert(conn, [entry], now=now):
        metrics.ENTRIES.labels(made.kind).inc()


async def switch_off(shop: Workshop, endpoint_id: UUID, *, why: str, reason: Reason) -> bool:
    """Switch an endpoint off, move what waits for it to the dead letters, and tell its owners; false if it was off."""
    now = shop.now()
    async with shop.engine.begin() as conn:
        switched = await endpoints.switch_off(conn, endpoint_id=endpoint_id, reason=why, now=now)
        await queue.lock_lanes(conn, [endpoint_id])
        await endpoints.forget_failures(conn, endpoint_id=endpoint_id)
        if not switched:
            return False
        await endpoints.end_pending(conn, endpoint_id=endpoint_id, reason=reason, now=now)
        await tell_owners(conn, shop, endpoint_id, Kind.ENDPOINT_DISABLED, now=now)
    metrics.DISABLED.labels(why).inc()
    return True
