"""Keeping by which marks a case's subject is found in other cases, in the transaction that opens it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import subject_mark

_INSERT: Final = insert(subject_mark)


async def add(conn: AsyncConnection, case_id: UUID, marks: Sequence[bytes]) -> None:
    """Keep the marks of a new case's subject."""
    await conn.execute(_INSERT, [{"mark": mark, "case_id": case_id} for mark in marks])
