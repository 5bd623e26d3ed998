"""What the worker does about reorganisations: lets those whose day has come take effect, and works them off."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from forkant_kit.db import new_id, transaction, utc_now
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from case_service.commands import reorganising
from case_service.commands.escalations import Round
from case_service.domain.moments import local_day
from case_service.domain.processes import Procedures
from case_service.domain.reorganisations import ReorganisationState
from case_service.store import reorganisations as store

AFTER_IT: Final = timedelta(days=1)
"""How long after a reorganisation is done what still turns up in a unit that ended is moved as well."""

_Step = Callable[[AsyncConnection, Round, UUID], Awaitable[int]]
_STEPS: Final[tuple[_Step, ...]] = (reorganising.take_offers_back, reorganising.move_cases, reorganising.move_concerns)
_log: Final = structlog.get_logger(__name__)


async def reorganise(engine: AsyncEngine, procedures: Procedures, *, now: Callable[[], datetime] = utc_now) -> None:
    """Let reorganisations take effect, the first before the last, and move what goes with them, to the end."""
    async with transaction(engine) as conn:
        due = await store.due(conn, today=local_day(now()))
    for row in due:
        async with transaction(engine) as conn:
            begun = await reorganising.begin(conn, _turn(procedures, now()), row)
        _log.info("reorganisation_due", reorganisation=str(row["id"]), begun=begun)
    async with transaction(engine) as conn:
        found = await store.to_work_off(conn, done_since=now() - AFTER_IT)
    for row in found:
        moved = 0
        for step in _STEPS:
            while count := await _some(engine, step, _turn(procedures, now()), row["id"]):
                moved += count
        async with transaction(engine) as conn:
            left = await store.waiting(conn, row["id"], limit=1) or await store.offers(conn, row["id"], limit=1)
            if not left and row["state"] == ReorganisationState.UNDER_WAY.value:
                await store.done(conn, row["id"], at=now())
        _log.info("reorganisation_worked_off", reorganisation=str(row["id"]), moved=moved, left=bool(left))


async def _some(engine: AsyncEngine, step: _Step, turn: Round, which: UUID) -> int:
    async with transaction(engine) as conn:
        return await step(conn, turn, which)


def _turn(procedures: Procedures, now: datetime) -> Round:
    return Round(procedures=procedures, now=now, new_id=new_id)
