"""The upkeep of the audit trail: months made ahead, and those past their time removed behind a checkpoint."""

from functools import partial
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit.audit import metrics
from forkant_kit.audit.settings import AuditSettings
from forkant_kit.chores import Chore

_MONTHS_AHEAD: Final = 12
_PREPARE: Final = text("SELECT ensure_audit_months(now(), :months)")
_DROP: Final = text("SELECT month, dropped, first_position, last_position, entries FROM drop_audit_months(:months)")
_log = structlog.get_logger(__name__)


def audit_chores(settings: AuditSettings, engine: AsyncEngine) -> dict[str, Chore]:
    """Return what a worker does now and then for its audit trail."""
    return {
        "prepare_audit": partial(prepare_audit, engine),
        "drop_old_audit": partial(drop_old_audit, engine, keep_months=settings.audit_keep_months),
    }


async def prepare_audit(engine: AsyncEngine) -> None:
    """Make the months to come; without a month nothing can be recorded, and then nothing is done.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refused; try again later, there is a year's time.
    """
    async with engine.begin() as conn:
        await conn.execute(_PREPARE, {"months": _MONTHS_AHEAD})


async def drop_old_audit(engine: AsyncEngine, *, keep_months: int) -> None:
    """Remove the months that ended more than so many months ago, where the chain is right.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refused, or the number is not between 12 and 35.
    """
    async with engine.begin() as conn:
        rows = (await conn.execute(_DROP, {"months": keep_months})).all()
    metrics.HELD.set(sum(not row.dropped for row in rows))
    for row in rows:
        name = "audit_month_dropped" if row.dropped else "audit_month_held"
        _log.info(name, month=row.month.isoformat(), last_position=row.last_position, entries=row.entries)
