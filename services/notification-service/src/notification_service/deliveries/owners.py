"""Telling those who answer for an endpoint that it fails, lapses or is off, in the inbox: webhooks don't reach it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service import metrics
from notification_service.deliveries.workshop import Workshop
from notification_service.domain.attempts import Reason
from notification_service.domain.audiences import Needs, owners_of
from notification_service.domain.happenings import Subject
from notification_service.domain.kinds import Kind
from notification_service.store import endpoint_rights, endpoints, inbox, queue
from notification_service.store.inbox import Entry


async def tell_owners(
    conn: AsyncConnection,
    shop: Workshop,
    endpoint_id: UUID,
    kind: Kind,
    *,
    now: datetime,
    event_id: UUID | None = None,
    also: tuple[str, ...] = (),
) -> None:
    """Leave a message for the leads of the endpoint's unit, and of other units that are to know.

    Args:
        conn: the connection.
        shop: where ids come from.
        endpoint_id: of which endpoint.
        kind: what is told.
        now: the moment.
        event_id: what makes two messages one; each is new without it.
        also: units that follow the endpoint's.
    """
    unit, version = await endpoints.unit_and_version(conn, endpoint_id)
    once = event_id or shop.new_id()
    entries = [
        Entry(
            id=shop.new_id(),
            event_id=once,
            kind=kind.value,
            unit=told,
            about_unit=None if told == unit else unit,
            roles=frozenset(role.value for role in owners_of(told)),
            needs=Needs.ROLE.value,
            subject=Subject.ENDPOINT.value,
            subject_id=endpoint_id,
            subject_version=version,
            occurred_at=now,
            recorded_at=now,
        )
        for told in dict.fromkeys((unit, *also))
    ]
    for made in await inbox.insert(conn, entries, now=now):
        metrics.ENTRIES.labels(made.kind).inc()


async def switch_off(shop: Workshop, endpoint_id: UUID, *, why: str, reason: Reason) -> bool:
    """Switch an endpoint off, move what waits for it to the dead letters, and tell its owners; false if it was off.

    When its unit has ended, the units that follow are told too: they may want one of their own.
    """
    now = shop.now()
    async with shop.engine.begin() as conn:
        switched = await endpoints.switch_off(conn, endpoint_id=endpoint_id, reason=why, now=now)
        await queue.lock_lanes(conn, [endpoint_id])
        await endpoints.forget_failures(conn, endpoint_id=endpoint_id)
        if not switched:
            return False
        await endpoints.end_pending(conn, endpoint_id=endpoint_id, reason=reason, now=now)
        also = await endpoint_rights.successors(conn, endpoint_id, now=now) or ()
        await tell_owners(conn, shop, endpoint_id, Kind.ENDPOINT_DISABLED, now=now, also=also)
    metrics.DISABLED.labels(why).inc()
    return True
