"""Attachments of cases, and the ledger of their contents: what the store holds, from before the first byte of each.

A content is ``arriving`` while it is uploaded, and ``kept`` with its attachment. Its segments go with its line of the
ledger, at once; where they are objects, a trigger puts the name of these into the queue of deletions instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from forkant_kit.vault import DataKey
from sqlalchemy import BigInteger, ColumnElement, cast, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import attachment, attachment_content
from case_service.texts import opened, sealed

_a: Final = attachment.c
_c: Final = attachment_content.c


class ContentState(StrEnum):
    """Where a content stands."""

    ARRIVING = "arriving"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a case holds: files, those under way included, and bytes of those that came whole."""

    files: int
    size: int


async def held(conn: AsyncConnection, case_id: UUID) -> Held:
    """Return how much a case holds."""
    files = select(func.count()).where(_c.case_id == case_id)
    size = select(cast(func.coalesce(func.sum(_a.size), 0), BigInteger)).where(_a.case_id == case_id)
    row = (await conn.execute(select(files.scalar_subquery(), size.scalar_subquery()))).one()
    return Held(files=row[0], size=row[1])


async def begin_content(
    conn: AsyncConnection, content_id: UUID, *, case_id: UUID, object_name: UUID | None, by: str, at: datetime
) -> None:
    """Put a content into the ledger, of which nothing came yet; with a name where it will be an object."""
    values = {"id": content_id, "case_id": case_id, "state": ContentState.ARRIVING.value, "object_name": object_name}
    await conn.execute(insert(attachment_content).values(**values, begun_by=by, begun_at=at))


async def keep_content(conn: AsyncConnection, content_id: UUID) -> bool:
    """Keep a content that came whole; return whether it was still awaited."""
    waits = (_c.id == content_id, _c.state == ContentState.ARRIVING.value)
    kept = update(attachment_content).where(*waits).values(state=ContentState.KEPT.value)
    return (await conn.execute(kept)).rowcount == 1


async def give_up(conn: AsyncConnection, content_id: UUID) -> None:
    """Let a content go that did not come whole; one that was kept stays."""
    await _let_go(conn, _c.id == content_id, _c.state == ContentState.ARRIVING.value)


async def let_go_of_late(conn: AsyncConnection, *, before: datetime) -> int:
    """Let contents go that were begun before a moment and never came whole; return how many."""
    return await _let_go(conn, _c.state == ContentState.ARRIVING.value, _c.begun_at < before)


async def add(conn: AsyncConnection, key: DataKey, values: Mapping[str, object]) -> None:
    """Insert an attachment whose content is kept."""
    await conn.execute(insert(attachment).values(**sealed(key, attachment, values)))


async def remove(conn: AsyncConnection, attachment_id: UUID, *, case_id: UUID) -> bool:
    """Remove an attachment of a case with its content; return whether it was there."""
    gone = await conn.execute(delete(attachment).where(_a.id == attachment_id, _a.case_id == case_id))
    return gone.rowcount == 1 and await _let_go(conn, _c.id == attachment_id) == 1


async def of_case(conn: AsyncConnection, key: DataKey, case_id: UUID) -> Sequence[dict[str, Any]]:
    """Return the attachments of a case in the order they came, with their texts opened."""
    rows = await conn.execute(select(attachment).where(_a.case_id == case_id).order_by(_a.id))
    return [opened(key, attachment, dict(row)) for row in rows.mappings()]


async def one_of_case(
    conn: AsyncConnection, key: DataKey, attachment_id: UUID, *, case_id: UUID
) -> dict[str, Any] | None:
    """Return an attachment of a case with its texts opened."""
    query = select(attachment).where(_a.id == attachment_id, _a.case_id == case_id)
    row = (await conn.execute(query)).mappings().one_or_none()
    return None if row is None else opened(key, attachment, dict(row))


async def _let_go(conn: AsyncConnection, *which: ColumnElement[bool]) -> int:
    return (await conn.execute(delete(attachment_content).where(*which))).rowcount
