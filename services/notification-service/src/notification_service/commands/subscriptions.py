"""Subscribing, changing and ending subscriptions. What the policy would not show, none of them gives."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.commands.context import Context
from notification_service.domain.narrowing import Narrowing, Objection
from notification_service.domain.refusals import Code, Refusal
from notification_service.store import subscriptions

MAX_SUBSCRIPTIONS: Final = 100


async def subscribe(
    conn: AsyncConnection, context: Context, narrowing: Narrowing, against: tuple[Objection, ...]
) -> UUID:
    """Add a subscription of the caller's and return its id.

    Args:
        conn: the connection.
        context: who acts, and when.
        narrowing: which messages.
        against: what was found to be against it.

    Raises:
        Refusal: it is not one that the caller may have, or they have too many.
    """
    _check(against)
    if await subscriptions.count(conn, person=context.subject) >= MAX_SUBSCRIPTIONS:
        raise Refusal(Code.TOO_MANY_SUBSCRIPTIONS)
    subscription_id = context.new_id()
    await subscriptions.insert(
        conn, subscription_id=subscription_id, person=context.subject, narrowing=narrowing, now=context.now
    )
    return subscription_id


async def change(
    conn: AsyncConnection,
    context: Context,
    subscription_id: UUID,
    *,
    version: int,
    narrowing: Narrowing,
    against: tuple[Objection, ...],
) -> None:
    """Change a subscription of the caller's.

    Raises:
        Refusal: it is not one that the caller may have, or it changed meanwhile.
    """
    _check(against)
    changed = await subscriptions.change(
        conn,
        subscription_id=subscription_id,
        person=context.subject,
        version=version,
        narrowing=narrowing,
        now=context.now,
    )
    if not changed:
        raise Refusal(Code.STALE_VERSION)


async def end(conn: AsyncConnection, context: Context, subscription_id: UUID, *, version: int) -> None:
    """Remove a subscription of the caller's.

    Raises:
        Refusal: it changed meanwhile.
    """
    if not await subscriptions.remove(conn, subscription_id=subscription_id, person=context.subject, version=version):
        raise Refusal(Code.STALE_VERSION)


def _check(against: tuple[Objection, ...]) -> None:
    if against:
        raise Refusal(Code.SUBSCRIPTION_NOT_YOURS, objections=[each.value for each in against])
