"""What the worker does about erasures of many cases: it takes them off the list, a few in each transaction.

It acts as who asked for them: within that person's unit and clearance, and under the same row-level security, with the
stance of a privacy officer. It holds no key of texts, and needs none to destroy them.
"""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from forkant_contracts.codes import Role
from forkant_kit.audit.record import Actor, Trail
from forkant_kit.db import new_id, transaction, utc_now
from forkant_kit.keyring import KEY_BYTES, Keyring
from forkant_kit.vault import Vault
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from case_service.access_rules import privacy_scope
from case_service.commands import erasure_batches as commands
from case_service.commands.context import Context
from case_service.domain.levels import Level
from case_service.domain.moments import local_day
from case_service.row_security import stance
from case_service.settings import SERVICE
from case_service.store import erasure_batches as store
from case_service.store.erasure_batches import Batch
from case_service.store.units import units_with_cases
from case_service.work_processes import procedures

Now = Callable[[], datetime]

_log: Final = structlog.get_logger(__name__)


async def erase_batches(engine: AsyncEngine, *, now: Now = utc_now) -> None:
    """Work off the batches that were asked for, the oldest first, until no case waits that nobody else has."""
    async with transaction(engine) as conn:
        batches = await store.unfinished(conn)
    for batch in batches:
        count = 0
        while done := await _some(engine, batch, now()):
            count += done
        async with transaction(engine) as conn:
            finished = await store.finish(conn, batch.id, at=now())
        _log.info("erasures_worked_off", batch=str(batch.id), count=count, finished=finished)


async def request_expired(engine: AsyncEngine, *, most: int, now: Now = utc_now) -> None:
    """Ask for the erasure of what has expired and nothing keeps, in each unit that has no batch under way."""
    async with transaction(engine) as conn:
        units = await units_with_cases(conn)
    for unit in sorted(units):
        asked = Batch(id=new_id(), unit=unit, as_of=local_day(now()), requested_by=SERVICE, clearance=max(Level).value)
        context = _context(asked, now())
        async with transaction(engine) as conn:
            if await store.unfinished(conn, unit=unit):
                continue
            found = await commands.plan(conn, context, as_of=asked.as_of, limit=most)
            free = [candidate for candidate in found if not candidate.obstacles]
            if free:
                await commands.accept(conn, context, free, as_of=asked.as_of, limit=most)


async def _some(engine: AsyncEngine, batch: Batch, at: datetime) -> int:
    """Erase the next cases of a batch; when the database refuses one of them, each by itself."""
    try:
        return await _erase(engine, batch, at, limit=commands.AT_A_TIME)
    except IntegrityError:
        _log.warning("erasures_refused", batch=str(batch.id))
    async with transaction(engine) as conn:
        waiting = await store.claim(conn, batch.id, limit=commands.AT_A_TIME)
    for case_id in waiting:
        try:
            await _erase(engine, batch, at, limit=1, only=case_id)
        except IntegrityError:
            async with transaction(engine) as conn:
                await commands.set_aside(conn, _context(batch, at), batch, case_id)
    return len(waiting)


async def _erase(engine: AsyncEngine, batch: Batch, at: datetime, **claim: object) -> int:
    context = _context(batch, at)
    async with transaction(engine, stance(context.scope, changes=True)) as conn:
        return await commands.erase_some(conn, context, batch, **claim)  # type: ignore[arg-type]


def _context(batch: Batch, at: datetime) -> Context:
    actor = Actor(subject=batch.requested_by, client_id=SERVICE, unit=batch.unit, roles=(Role.PRIVACY_OFFICER.value,))
    return Context(
        scope=privacy_scope(unit=batch.unit, subject=batch.requested_by, clearance=batch.clearance, at=at),
        now=at,
        new_id=new_id,
        trail=Trail(actor),
        # A key of its own, which opens nothing that anybody wrote.
        vault=Vault(Keyring([os.urandom(KEY_BYTES)])),
        procedures=procedures(),
    )
