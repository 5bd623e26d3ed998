"""What the worker does about objects in a store: it deletes what was given up, and sweeps up what no row names."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from forkant_kit.db import transaction, utc_now
from sqlalchemy.ext.asyncio import AsyncEngine

from case_service import objects_metrics
from case_service.store import deletions
from case_service.store.bucket import Bucket
from case_service.store.objects import content_of
from case_service.store.segments import StoreUnavailableError

AT_A_TIME: Final = 20
"""How many contents one transaction claims."""
UNNAMED_FOR: Final = timedelta(days=1)
"""How old an object must be before it goes because no row names it; far more than an upload may take."""

_log: Final = structlog.get_logger(__name__)


async def delete_objects(engine: AsyncEngine, bucket: Bucket | None, *, now: Callable[[], datetime] = utc_now) -> None:
    """Delete what is due, until nothing is or the store fails; then publish how much waits."""
    try:
        while bucket is not None and await _delete_some(engine, bucket, now()):
            pass
    finally:
        async with transaction(engine) as conn:
            left = await deletions.waiting(conn)
        objects_metrics.WAITING.set(left)
        if bucket is None and left:
            _log.error("no_object_store_configured", waiting=left)


async def _delete_some(engine: AsyncEngine, bucket: Bucket, at: datetime) -> int:
    """Return how many were deleted; what fails is tried again later, and keeps no other waiting."""
    async with transaction(engine) as conn:
        claimed = await deletions.claim(conn, now=at, most=AT_A_TIME)
    count = 0
    for name in claimed:
        try:
            await _delete(bucket, name)
        except StoreUnavailableError as error:
            objects_metrics.FAILURES.inc()
            _log.warning("object_not_deleted", object_name=str(name), error=str(error))
            continue
        async with transaction(engine) as conn:
            await deletions.done(conn, name)
        count += 1
    return count


async def _delete(bucket: Bucket, name: UUID) -> None:
    # Listed, not counted: an upload that broke off has fewer segments than were to come.
    async for found in bucket.listed(str(name)):
        await bucket.delete([each.name for each in found])


async def sweep_objects(engine: AsyncEngine, bucket: Bucket, *, now: Callable[[], datetime] = utc_now) -> None:
    """Delete old objects that neither the ledger nor the queue names: their API died, or a backup was restored."""
    count, before = 0, now() - UNNAMED_FOR
    async for found in bucket.listed():
        old = [(each.name, content) for each in found if each.at < before and (content := content_of(each.name))]
        async with transaction(engine) as conn:
            known = await deletions.known(conn, {content for _, content in old})
        unnamed = [name for name, content in old if content not in known]
        await bucket.delete(unnamed)
        objects_metrics.SWEPT.inc(len(unnamed))
        count += len(unnamed)
    _log.info("objects_swept", count=count)
