"""Who is a member of a case, or has access to it for a time: given, looked up, ended, never rubbed out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypedDict
from uuid import UUID

from forkant_kit.access.grants import Grant
from forkant_kit.access.schema import access_grant
from forkant_kit.db import new_id
from sqlalchemy import RowMapping, and_, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

_g: Final = access_grant.c
# Made once, since a statement that holds its values is walked anew each time.
_ADD: Final = insert(access_grant).inline()


class GrantRow(TypedDict):
    """A row of the table of grants."""

    id: UUID
    kind: str
    subject: str
    object_id: UUID
    valid_from: datetime
    valid_to: datetime | None
    reason: str
    given_by: str


async def add(conn: AsyncConnection, grant: Grant, *, by: str) -> UUID:
    """Insert a grant and return its id."""
    row = row_of(grant, by=by)
    await conn.execute(_ADD, row)
    return row["id"]


def row_of(grant: Grant, *, by: str) -> GrantRow:
    """Return the row of a new grant."""
    return {
        "id": new_id(),
        "kind": grant.kind,
        "subject": grant.subject,
        "object_id": grant.object_id,
        "valid_from": grant.valid_from,
        "valid_to": grant.valid_to,
        "reason": grant.reason,
        "given_by": by,
    }


async def has(conn: AsyncConnection, grant: Grant) -> bool:
    """Return whether the person has a grant of that kind on the case that holds at the start of this one."""
    held = and_(_g.object_id == grant.object_id, _g.subject == grant.subject, _g.kind == grant.kind)
    holds = or_(_g.valid_to.is_(None), _g.valid_to > grant.valid_from)
    return bool((await conn.execute(select(exists().where(held, holds)))).scalar_one())


async def end(conn: AsyncConnection, case_id: UUID, grant_id: UUID, *, at: datetime, by: str) -> bool:
    """End a grant that holds; return whether there was one."""
    ended = update(access_grant).where(
        _g.id == grant_id,
        _g.object_id == case_id,
        or_(_g.valid_to.is_(None), _g.valid_to > at),
    )
    return (await conn.execute(ended.values(valid_to=at, ended_by=by))).rowcount == 1


async def end_all(conn: AsyncConnection, case_id: UUID, *, at: datetime, by: str) -> None:
    """End every grant on a case that holds."""
    ended = update(access_grant).where(_g.object_id == case_id, or_(_g.valid_to.is_(None), _g.valid_to > at))
    await conn.execute(ended.values(valid_to=at, ended_by=by))


async def of_case(conn: AsyncConnection, case_id: UUID) -> Sequence[RowMapping]:
    """Return every grant on a case, ended ones too, the oldest first."""
    statement = select(access_grant).where(_g.object_id == case_id).order_by(_g.valid_from, _g.id)
    return (await conn.execute(statement)).mappings().all()
