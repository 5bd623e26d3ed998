"""The worker's rounds over messages that nobody acknowledged, and over what is wrong with the service itself."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from forkant_contracts.codes import AlarmKind
from forkant_kit.alarms import parked
from forkant_kit.audit.sealer import Sealer
from forkant_kit.db import database_now, new_id, transaction
from sqlalchemy.ext.asyncio import AsyncEngine

from notification_service.commands import escalations
from notification_service.commands.alarms import tell_operators
from notification_service.domain.acknowledgements import Rules

ALARMS_EVERY_S: Final = 15.0
"""Seconds between two looks at what is wrong."""

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


async def tell_of_alarms(engine: AsyncEngine, sealer: Sealer) -> None:
    """Tell what is wrong and was not told, and what is right again; a trail is mended when who found it says so."""
    async with transaction(engine) as conn:
        await tell_operators(conn, AlarmKind.EVENTS_PARKED, await parked(conn), new_id=new_id)
        if sealer.broken is not None:
            await tell_operators(conn, AlarmKind.AUDIT_CHAIN_BROKEN, int(sealer.broken), new_id=new_id)
