"""Writing down that a list of cases is handed out: before its first byte, and of every part before it is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from forkant_kit.audit.record import Entry
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.context import Context
from case_service.tables import case_export


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A list that is handed out: in which form, narrowed to what, how many cases."""

    id: UUID
    form: str
    narrowed: Mapping[str, Any]
    cases: int


async def begin(conn: AsyncConnection, context: Context, handed: Handed, ids: Iterable[UUID]) -> None:
    """Write down who gets which list, and the first of its cases."""
    values = {
        "id": handed.id,
        "unit": context.unit,
        "subject": context.subject,
        "form": handed.form,
        "narrowed": handed.narrowed,
        "purpose": context.scope.purpose,
        "cases": handed.cases,
        "begun_at": context.now,
    }
    await conn.execute(insert(case_export).values(**values))
    await go_on(conn, context, handed, ids)


async def go_on(conn: AsyncConnection, context: Context, handed: Handed, ids: Iterable[UUID]) -> None:
    """Write down which cases come next; the list stands before them in the entry."""
    entry = Entry(action="case.export", object_kind="case", object_ids=(handed.id, *ids), purpose=context.scope.purpose)
    await context.trail.record(conn, entry)
