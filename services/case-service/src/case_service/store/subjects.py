"""Keeping by which marks a subject is found in other cases and concerns, in the transaction that writes of it first."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import concern_mark, subject_mark

_OF_CASES: Final = insert(subject_mark)
_OF_CONCERNS: Final = insert(concern_mark)
_TAKEN_OVER: Final = insert(subject_mark).from_select(
    ["mark", "case_id"],
    select(concern_mark.c.mark, bindparam("case_id", type_=subject_mark.c.case_id.type)).where(
        concern_mark.c.concern_id == bindparam("concern_id")
    ),
)


async def add(conn: AsyncConnection, marks: Mapping[UUID, Sequence[bytes]]) -> None:
    """Keep the marks of the subjects of new cases."""
    rows = [{"mark": mark, "case_id": case_id} for case_id, of_case in marks.items() for mark in of_case]
    if rows:
        await conn.execute(_OF_CASES, rows)


async def add_to_concern(conn: AsyncConnection, concern_id: UUID, marks: Sequence[bytes]) -> None:
    """Keep the marks of whom a new concern is about."""
    await conn.execute(_OF_CONCERNS, [{"mark": mark, "concern_id": concern_id} for mark in marks])


async def take_over(conn: AsyncConnection, *, case_id: UUID, concern_id: UUID) -> None:
    """Let a case be found by the marks of the concern that it came from."""
    await conn.execute(_TAKEN_OVER, {"case_id": case_id, "concern_id": concern_id})
