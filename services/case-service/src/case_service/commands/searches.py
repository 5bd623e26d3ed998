"""Keeping searches: saved, changed and removed by who keeps them, and erased when a privacy officer says so."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from forkant_kit.audit.record import Entry
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.context import Context, Target
from case_service.domain import searches as rules
from case_service.domain.moments import local_day
from case_service.domain.refusals import Code, Refusal
from case_service.store import searches as store
from case_service.words import sought


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSearch:
    """A search as somebody keeps it; ``filter`` holds codes and days alone."""

    name: str
    words: str | None
    filter: Mapping[str, Any]
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchReceipt:
    """What a caller gets for saving a search; nothing of what they wrote."""

    id: UUID
    version: int
    shared: bool
    expires_on: date
    recorded_at: datetime


async def save(conn: AsyncConnection, context: Context, new: NewSearch, *, roles: frozenset[str]) -> SearchReceipt:
    """Keep a search for the caller.

    Raises:
        Refusal: its words find nothing, it is to be shared by who is no lead, or the caller keeps as many as they may.
    """
    values = _values(context, new, roles)
    rules.check_room(await store.count_own(conn, context.scope))
    search_id = context.new_id()
    whose = {"id": search_id, "unit": context.unit, "owner": context.subject, "version": 1, "saved_at": context.now}
    await store.add(conn, context.vault, {**whose, **values})
    await _record(conn, context, "save", search_id)
    return _receipt(context, search_id, 1, values)


async def change(
    conn: AsyncConnection, context: Context, target: Target, new: NewSearch, *, roles: frozenset[str]
) -> SearchReceipt:
    """Write a search of the caller's anew, which is then kept as long as a new one.

    Raises:
        Refusal: there is none, it moved, it is somebody else's; else as for saving.
    """
    values = _values(context, new, roles)
    await _own(conn, context, target)
    await store.change(conn, context.vault, target.id, values)
    await _record(conn, context, "change", target.id)
    return _receipt(context, target.id, target.revision + 1, values)


async def remove(conn: AsyncConnection, context: Context, target: Target) -> None:
    """Remove a search of the caller's, its key with it.

    Raises:
        Refusal: there is none, it moved, or it is somebody else's.
    """
    await _own(conn, context, target)
    await store.remove(conn, target.id)
    await _record(conn, context, "remove", target.id)


async def erase_of(conn: AsyncConnection, context: Context, *, subject: str) -> int:
    """Erase all searches that somebody of the caller's unit keeps, and return how many there were."""
    gone = await store.erase_of(conn, subject)
    await context.trail.record(conn, Entry(action="search.erase", object_kind="search", object_ids=tuple(gone)))
    return len(gone)


async def _own(conn: AsyncConnection, context: Context, target: Target) -> None:
    row = await store.get(conn, context.scope, target.id, vault=context.vault, lock=True)
    if row["version"] != target.revision:
        raise Refusal(Code.STALE_VERSION)
    rules.check_owner(row["owner"], actor=context.subject)


def _values(context: Context, new: NewSearch, roles: frozenset[str]) -> dict[str, Any]:
    rules.check_sharing(shared=new.shared, roles=roles)
    if new.words is not None:
        sought(context.vault, new.words, {})
    return {**asdict(new), "changed_at": context.now, "expires_on": rules.last_day(local_day(context.now))}


def _receipt(context: Context, search_id: UUID, version: int, values: Mapping[str, Any]) -> SearchReceipt:
    told = {name: values[name] for name in ("shared", "expires_on")}
    return SearchReceipt(id=search_id, version=version, recorded_at=context.now, **told)


async def _record(conn: AsyncConnection, context: Context, action: str, search_id: UUID) -> None:
    # Without its version: one in the trail is that of an event, and no event tells of a search.
    await context.trail.record(conn, Entry(action=f"search.{action}", object_kind="search", object_ids=[search_id]))
