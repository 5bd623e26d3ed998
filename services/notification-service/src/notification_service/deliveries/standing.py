"""Looking after endpoints whose right has ended, whether there is anything to send to them or not.

A unit ends on a day; and nobody tells this service that a person or a service was withdrawn at the issuer. So whoever
answers for an endpoint shows now and then, with a token of their own, that it is wanted: who is withdrawn can't.
"""

from typing import Final
from uuid import UUID, uuid5

import structlog

from notification_service.deliveries.owners import switch_off, tell_owners
from notification_service.deliveries.workshop import Workshop
from notification_service.domain.attempts import Reason
from notification_service.domain.kinds import Kind
from notification_service.store import endpoint_rights

AT_A_TIME: Final = 200
UNIT_ENDED: Final = "unit_ended"
UNPROVEN: Final = "unproven"
_log = structlog.get_logger(__name__)


async def why_off(shop: Workshop, endpoint_id: UUID) -> str:
    """Return why an endpoint that is on is sent nothing."""
    async with shop.engine.connect() as conn:
        ended = await endpoint_rights.successors(conn, endpoint_id, now=shop.now()) is not None
    return UNIT_ENDED if ended else UNPROVEN


async def look_after_endpoints(shop: Workshop) -> None:
    """Switch off the endpoints whose right has ended, and tell the owners of those whose right soon will."""
    now, config = shop.now(), shop.config
    lapsed = now - config.standing_holds
    off = 0
    while True:
        async with shop.engine.connect() as conn:
            without_unit = await endpoint_rights.homeless(conn, now=now, most=AT_A_TIME)
            unproven = await endpoint_rights.unproven(conn, since=lapsed, most=AT_A_TIME)
        found = dict.fromkeys(unproven, UNPROVEN) | dict.fromkeys(without_unit, UNIT_ENDED)
        for endpoint_id, why in found.items():
            off += await switch_off(shop, endpoint_id, why=why, reason=Reason.ENDPOINT_DISABLED)
        if not found:
            break
    await _tell(shop)
    if off:
        _log.warning("endpoints_switched_off", count=off)


async def _tell(shop: Workshop) -> None:
    now, config = shop.now(), shop.config
    since, told = now - config.standing_holds + config.told_before, AT_A_TIME
    while told == AT_A_TIME:
        async with shop.engine.begin() as conn:
            lapsing = await endpoint_rights.untold(conn, since=since, most=AT_A_TIME)
            for row in lapsing:
                # Two workers that look at once tell the same, and so one of them nothing.
                once = uuid5(row.id, row.proven_at.isoformat())
                await tell_owners(conn, shop, row.id, Kind.ENDPOINT_LAPSING, now=now, event_id=once)
        told = len(lapsing)
