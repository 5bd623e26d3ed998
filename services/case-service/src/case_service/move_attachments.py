"""Moves contents from the database to the object store: ``python -m case_service.move_attachments``.

It runs with the worker's environment, beside everything else; it may be stopped, and goes on where it was.
"""

import asyncio
import sys
from typing import Final
from uuid import UUID, uuid4

from forkant_kit.db import create_engine, transaction
from forkant_kit.settings import EXIT_BAD_SETTINGS, load
from sqlalchemy.ext.asyncio import AsyncEngine

from case_service.object_settings import bucket_of
from case_service.settings import SERVICE, CaseWorkerSettings
from case_service.store import moving
from case_service.store.bucket import Bucket
from case_service.store.objects import segment_name

_FIRST: Final = UUID(int=0)


async def move(engine: AsyncEngine, bucket: Bucket) -> int:
    """Move every content that came whole; return how many were moved.

    Raises:
        StoreUnavailableError: the store failed; what was moved before is.
    """
    count, last = 0, _FIRST
    while True:
        async with transaction(engine) as conn:
            content = await moving.next_content(conn, last)
        if content is None:
            return count
        count, last = count + await _move_one(engine, bucket, content), content


async def _move_one(engine: AsyncEngine, bucket: Bucket, content: UUID) -> bool:
    # What a killed run copied has a name that no row holds: the worker sweeps it up.
    name, position = uuid4(), 0
    while True:
        async with transaction(engine) as conn:
            sealed = await moving.segment(conn, content, position)
        if sealed is None:
            break
        await bucket.put(segment_name(name, position), sealed)
        position += 1
    async with transaction(engine) as conn:
        moved = await moving.moved(conn, content, object_name=name, segments=position)
    if not moved:
        await bucket.delete([segment_name(name, each) for each in range(position)])
    return moved


async def _main(settings: CaseWorkerSettings, bucket: Bucket) -> None:
    database_url = settings.database_url.get_secret_value()
    engine = create_engine(database_url, application_name=f"{SERVICE}-move", pool_size=1)
    try:
        count = await move(engine, bucket)
    finally:
        await engine.dispose()
    print(f"{count} contents moved to the object store")  # noqa: T201 - a command's answer


def main() -> int:
    """Move all there are, or say that there is no store."""
    settings = load(CaseWorkerSettings)
    bucket = bucket_of(settings)
    if bucket is None:
        print("no object store is configured: set FORKANT_ATTACHMENT_STORE_ENDPOINT and so on", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    asyncio.run(_main(settings, bucket))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
