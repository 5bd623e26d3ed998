"""Sending a dead letter again."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.commands.context import Context
from notification_service.domain.refusals import Code, Refusal
from notification_service.store import dead_letters, queue, standing


async def replay(conn: AsyncConnection, context: Context, delivery_id: UUID) -> UUID | None:
    """Put a dead letter back where it was in its lane, with all its attempts anew; return what it is about.

    Raises:
        Refusal: there is no such dead letter of the caller's, its endpoint is off, or its case is restricted.
    """
    letter = await dead_letters.find(conn, context.owner, delivery_id=delivery_id)
    if letter is None:
        raise Refusal(Code.NOT_FOUND)
    if not await queue.lock_enabled(conn, [letter.endpoint_id]):
        raise Refusal(Code.ENDPOINT_DISABLED)
    await queue.lock_lanes(conn, [letter.endpoint_id])
    if letter.subject_id is not None and await standing.is_restricted(conn, letter.subject_id):
        raise Refusal(Code.CASE_RESTRICTED)
    if not await dead_letters.revive(conn, delivery_id=delivery_id, now=context.now):
        raise Refusal(Code.NOT_FOUND)
    return letter.subject_id
