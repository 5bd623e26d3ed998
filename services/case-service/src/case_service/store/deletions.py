"""The queue of objects to be deleted: filled by a trigger in the transaction that gave them up."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, text, union
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import attachment_content, object_deletion

_d: Final = object_deletion.c
_CLAIM: Final = text(
    # What is claimed is due again later, for when it fails or its worker dies: later each time, and not all at once.
    "UPDATE object_deletion SET attempts = attempts + 1, next_at = CAST(:now AS timestamptz)"
    " + least(interval '30 seconds' * power(2, least(attempts, 10)), interval '1 hour') * (0.75 + random() / 2)"
    " WHERE object_name IN (SELECT object_name FROM object_deletion WHERE next_at <= :now"
    " ORDER BY next_at LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING object_name"
)


async def claim(conn: AsyncConnection, *, now: datetime, most: int) -> Sequence[UUID]:
    """Take what is due, so that no other worker takes it too; it is due again unless it is marked as done."""
    return (await conn.execute(_CLAIM, {"now": now, "most": most})).scalars().all()


async def done(conn: AsyncConnection, object_name: UUID) -> None:
    """Take an object off the queue, which is deleted."""
    await conn.execute(delete(object_deletion).where(_d.object_name == object_name))


async def waiting(conn: AsyncConnection, case_id: UUID | None = None) -> int:
    """Return how many contents wait to be deleted, of all cases or of one."""
    query = select(func.count()).select_from(object_deletion)
    found = await conn.execute(query if case_id is None else query.where(_d.case_id == case_id))
    return int(found.scalar_one())


async def known(conn: AsyncConnection, names: Collection[UUID]) -> set[UUID]:
    """Return which objects the ledger or the queue names."""
    held = select(attachment_content.c.object_name).where(attachment_content.c.object_name.in_(names))
    queued = select(_d.object_name).where(_d.object_name.in_(names))
    return set((await conn.execute(union(held, queued))).scalars())
