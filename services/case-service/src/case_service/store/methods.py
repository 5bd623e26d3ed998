"""Proposals of methods, what is said about them, and what the owner's functions do with them for the directorate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import method_change, method_comment, method_proposal

_p: Final = method_proposal.c
_PUBLISH: Final = text("SELECT method_id, head_version, method_version FROM publish_method(:id, :starts, :at)")
_RETIRE: Final = text("SELECT method_id, head_version FROM retire_method(:code, :since)")
_RETIRE_CODE: Final = text("SELECT retire_code(:list, :code, :since, :by, :at)")


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodMoved:
    """A method as the aggregate of its events, after one."""

    id: UUID
    version: int
    """The aggregate's version, which is not the method's."""
    method_version: int | None = None


async def insert_proposal(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Insert a new proposal."""
    await conn.execute(insert(method_proposal).values(**values))


async def lock_proposal(conn: AsyncConnection, proposal_id: UUID) -> RowMapping | None:
    """Return a proposal, which nobody else changes before the transaction ends; nothing when there is none."""
    query = select(method_proposal).where(_p.id == proposal_id).with_for_update()
    return (await conn.execute(query)).mappings().one_or_none()


async def save_proposal(conn: AsyncConnection, proposal_id: UUID, values: Mapping[str, Any]) -> None:
    """Write what changed of a proposal, which is locked."""
    await conn.execute(update(method_proposal).where(_p.id == proposal_id).values(version=_p.version + 1, **values))


async def insert_comment(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Insert what somebody says in a hearing."""
    await conn.execute(insert(method_comment).values(**values))


async def log_change(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Write who did what to a method or its proposal."""
    await conn.execute(insert(method_change).values(**values))


async def publish(conn: AsyncConnection, proposal_id: UUID, *, starts: date, at: datetime) -> MethodMoved:
    """Make the next version of a method of an approved proposal."""
    row = (await conn.execute(_PUBLISH, {"id": proposal_id, "starts": starts, "at": at})).one()
    return MethodMoved(id=row.method_id, version=row.head_version, method_version=row.method_version)


async def retire_method(conn: AsyncConnection, code: str, *, since: date) -> MethodMoved | None:
    """Retire every version of a method that is not retired; nothing when none is."""
    row = (await conn.execute(_RETIRE, {"code": code, "since": since})).one_or_none()
    return None if row is None else MethodMoved(id=row.method_id, version=row.head_version)


async def retire_code(conn: AsyncConnection, *, code_list: str, code: str, since: date, by: str, at: datetime) -> bool:
    """Retire a code of a list; return whether it was not retired before."""
    params = {"list": code_list, "code": code, "since": since, "by": by, "at": at}
    return bool((await conn.execute(_RETIRE_CODE, params)).scalar_one())


async def list_proposals(
    conn: AsyncConnection, *, state: str | None, method_code: str | None, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of proposals, the newest first."""
    query = select(method_proposal).order_by(_p.id.desc()).limit(limit)
    if state is not None:
        query = query.where(_p.state == state)
    if method_code is not None:
        query = query.where(_p.method_code == method_code)
    if before is not None:
        query = query.where(_p.id < before)
    return (await conn.execute(query)).mappings().all()


async def get_proposal(conn: AsyncConnection, proposal_id: UUID) -> RowMapping | None:
    """Return a proposal, or nothing when there is none."""
    return (await conn.execute(select(method_proposal).where(_p.id == proposal_id))).mappings().one_or_none()


async def comments_on(conn: AsyncConnection, proposal_id: UUID) -> Sequence[RowMapping]:
    """Return what was said about a proposal, the oldest first."""
    query = select(method_comment).where(method_comment.c.proposal_id == proposal_id).order_by(method_comment.c.id)
    return (await conn.execute(query)).mappings().all()


async def list_changes(
    conn: AsyncConnection, *, method_code: str, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of what was done to a method and its proposals, the newest first."""
    c = method_change.c
    query = select(method_change).where(c.method_code == method_code).order_by(c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(c.id < before)
    return (await conn.execute(query)).mappings().all()
