"""The worker's rounds over messages that nobody acknowledged."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from forkant_kit.db import database_now, new_id, transaction
from sqlalchemy.ext.asyncio import AsyncEngine

from notification_service.commands import escalations
from notification_service.domain.acknowledgements import Rules

_log: Final = structlog.get_logger(__name__)


async def escalate_messages(
    engine: AsyncEngine, versions: Sequence[Rules], *, now: Callable[[], datetime] | None = None
) -> None:
    """Tell the next level of what nobody acknowledged, until nothing is left; by the database's clock unless given."""
    count, more = 0, True
    while more:
        async with transaction(engine) as conn:
            moment = await database_now(conn) if now is None else now()
            turn = escalations.Round(versions=versions, now=moment, new_id=new_id)
            told = await escalations.escalate(conn, turn)
        count, more = count + told, told >= escalations.AT_A_TIME
    _log.info("messages_escalated", count=count)
