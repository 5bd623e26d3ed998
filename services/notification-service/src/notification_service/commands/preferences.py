"""Choosing how and when one is told."""

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.commands.context import Context
from notification_service.domain.languages import Language
from notification_service.domain.pacing import Pace
from notification_service.domain.refusals import Code, Refusal
from notification_service.store import preferences


async def choose(conn: AsyncConnection, context: Context, *, language: Language, pace: Pace, version: int) -> None:
    """Store what the caller chose in place of what they chose before.

    Raises:
        Refusal: it can't be kept, or it changed since the caller saw it.
    """
    pace.check()
    saved = await preferences.save(
        conn, person=context.subject, language=language, pace=pace, version=version, now=context.now
    )
    if not saved:
        raise Refusal(Code.STALE_VERSION)
