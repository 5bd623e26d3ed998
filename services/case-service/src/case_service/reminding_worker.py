"""The worker's rounds over tasks that are due soon."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from forkant_kit.db import database_now, new_id, transaction
from sqlalchemy.ext.asyncio import AsyncEngine

from case_service.commands import task_reminders
from case_service.commands.escalations import Round
from case_service.domain.processes import Procedures
from case_service.domain.reminders import Reminders

_log: Final = structlog.get_logger(__name__)


async def remind_of_tasks(
    engine: AsyncEngine,
    procedures: Procedures,
    versions: Sequence[Reminders],
    *,
    now: Callable[[], datetime] | None = None,
) -> None:
    """Remind of tasks that are due soon, until none is left; by the database's clock unless another is given."""
    count, more = 0, True
    while more:
        async with transaction(engine) as conn:
            moment = await database_now(conn) if now is None else now()
            turn = Round(procedures=procedures, now=moment, new_id=new_id)
            reminding = task_reminders.Reminding(turn=turn, versions=versions)
            reminded = await task_reminders.remind_of_tasks(conn, reminding)
        count, more = count + reminded, reminded >= task_reminders.AT_A_TIME
    _log.info("tasks_reminded_of", count=count)
