"""The worker's looks at what those who run the platform must look after."""

from typing import Final

from forkant_contracts.codes import AlarmKind
from forkant_contracts.events.operations import IndicatorServiceAlarm
from forkant_kit.alarms import parked, tell
from forkant_kit.audit.sealer import Sealer
from forkant_kit.db import new_id, transaction
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from indicator_service.self_audit.store import CONFIRMED
from indicator_service.settings import SERVICE

EVERY_S: Final = 15.0
"""Seconds between two looks."""

_DRIFTING: Final = text("SELECT count(*) FROM self_audit_item WHERE looks >= :confirmed")


async def tell_of_alarms(engine: AsyncEngine, sealer: Sealer) -> None:
    """Tell what is wrong and was not told, and what is right again; a trail is mended when who found it says so."""
    async with transaction(engine) as conn:
        drifting = (await conn.execute(_DRIFTING, {"confirmed": CONFIRMED})).scalar_one()
        standing = {AlarmKind.EVENTS_PARKED: await parked(conn), AlarmKind.FIGURES_DRIFT: drifting}
        if sealer.broken is not None:
            standing[AlarmKind.AUDIT_CHAIN_BROKEN] = int(sealer.broken)
        for kind, amount in standing.items():
            await tell(conn, kind, amount, service=SERVICE, model=IndicatorServiceAlarm, new_id=new_id)
