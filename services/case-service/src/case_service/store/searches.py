"""Searches that people keep: a row and a data key each, and both go together."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from forkant_kit.vault import Vault, shred
from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.moments import local_day
from case_service.domain.refusals import Code, Refusal
from case_service.scope import Scope
from case_service.tables import data_key, saved_search
from case_service.texts import opened, sealed

_s: Final = saved_search.c
_FACTS: Final = select(saved_search, data_key.c.sealed.label("sealed_key")).join(data_key, data_key.c.owner_id == _s.id)
# Two that one person saves at once are counted one after the other.
_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:owner, 0))")
_ERASE_OF: Final = text("SELECT erase_searches_of(:who)")


async def count_own(conn: AsyncConnection, scope: Scope) -> int:
    """Return how many searches the caller keeps; nobody else saves one for them meanwhile."""
    await conn.execute(_ONE_AT_A_TIME, {"owner": f"{scope.unit}|{scope.subject}"})
    own = (_s.owner == scope.subject, _s.unit == scope.unit, _kept(scope))
    return int((await conn.execute(select(func.count()).select_from(saved_search).where(*own))).scalar_one())


async def add(conn: AsyncConnection, vault: Vault, values: Mapping[str, Any]) -> None:
    """Insert a search under a data key of its own."""
    key = await vault.make(conn, values["id"])
    await conn.execute(insert(saved_search).values(**sealed(key, saved_search, values)))


async def get(conn: AsyncConnection, scope: Scope, search_id: UUID, *, vault: Vault, lock: bool = False) -> Any:
    """Return a search that the caller keeps or that is shared with the unit, its texts opened.

    Raises:
        Refusal: there is none, for this caller.
    """
    statement = _FACTS.where(_s.id == search_id, _shown(scope))
    statement = statement.with_for_update(of=saved_search) if lock else statement
    row = (await conn.execute(statement)).mappings().one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return _opened(vault, row)


async def listed(
    conn: AsyncConnection, scope: Scope, *, vault: Vault, before: UUID | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return a page of what the caller keeps and what is shared with the unit, the newest first."""
    statement = _FACTS.where(_shown(scope)).order_by(_s.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(_s.id < before)
    return [_opened(vault, row) for row in (await conn.execute(statement)).mappings()]


async def change(conn: AsyncConnection, vault: Vault, search_id: UUID, values: Mapping[str, Any]) -> None:
    """Write a search anew; its row is locked."""
    key = await vault.find(conn, search_id)
    changed = sealed(key, saved_search, values, id=search_id)
    await conn.execute(update(saved_search).where(_s.id == search_id).values(version=_s.version + 1, **changed))


async def remove(conn: AsyncConnection, search_id: UUID) -> None:
    """Remove a search of the caller's, its key first: the row says whose key it is."""
    await shred(conn, [search_id])
    await conn.execute(delete(saved_search).where(_s.id == search_id))


async def erase_of(conn: AsyncConnection, subject: str) -> Sequence[UUID]:
    """Erase all that somebody of the caller's unit keeps, and return the ids."""
    return (await conn.execute(_ERASE_OF, {"who": subject})).scalars().all()


async def let_go(conn: AsyncConnection, *, day: date, limit: int) -> int:
    """Remove searches whose last day is past, and return how many; the worker's to do."""
    past = (
        select(_s.id).where(_s.expires_on < day).order_by(_s.expires_on).limit(limit).with_for_update(skip_locked=True)
    )
    ids = (await conn.execute(past)).scalars().all()
    if ids:
        await shred(conn, ids)
        await conn.execute(delete(saved_search).where(_s.id.in_(ids)))
    return len(ids)


def _kept(scope: Scope) -> ColumnElement[bool]:
    return _s.expires_on >= local_day(scope.at)


def _shown(scope: Scope) -> ColumnElement[bool]:
    return and_(_s.unit == scope.unit, or_(_s.owner == scope.subject, _s.shared), _kept(scope))


def _opened(vault: Vault, row: RowMapping) -> dict[str, Any]:
    key = vault.opened(row["id"], row["sealed_key"])
    return opened(key, saved_search, dict(row))
