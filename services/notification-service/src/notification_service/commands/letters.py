"""Sending a letter again that did not arrive."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.commands.context import Context
from notification_service.domain.refusals import Code, Refusal
from notification_service.store import letters


async def replay(conn: AsyncConnection, context: Context, letter_id: UUID) -> None:
    """Put a dead letter of the caller's back into the queue, with all its attempts anew, under its id.

    What it tells is judged anew when it is sent.

    Raises:
        Refusal: it is not dead.
    """
    if not await letters.replay(conn, letter_id=letter_id, person=context.subject, now=context.now):
        raise Refusal(Code.LETTER_NOT_DEAD)
