"""Many case rows at once: loaded as one is, and moved on together, each under its own optimistic lock."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, column, func, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.scope import VISIBLE_CASES, Scope
from case_service.store.cases import FACTS, THIS_TRANSACTION, Loaded, loaded_of
from case_service.tables import preventive_case

_c: Final = preventive_case.c
_LOAD: Final = FACTS.where(_c.id == func.any(bindparam("case_ids", type_=ARRAY(Uuid))), VISIBLE_CASES)
_READ: Final = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("revisions", type_=ARRAY(Integer)))
    .table_valued(column("id", Uuid), column("revision", Integer), name="as_read")
    .render_derived()
)


async def load_all(conn: AsyncConnection, scope: Scope, case_ids: Sequence[UUID]) -> list[Loaded]:
    """Return those of some cases that the caller may see, unlocked: :func:`advance_all` finds out which moved."""
    rows = await conn.execute(_LOAD, {"case_ids": list(case_ids), **scope.params()})
    return [loaded_of(row) for row in rows]


async def advance_all(
    conn: AsyncConnection, *, unit: str, loaded: Sequence[Loaded], values: Mapping[str, object]
) -> dict[UUID, tuple[int, int]]:
    """Move cases of a unit on by one event each, as :func:`case_service.store.cases.advance` does one case.

    Returns:
        The new version and revision of each; a case that moved since it was read, or left the unit, is not in it.
    """
    statement = (
        update(preventive_case)
        .where(_c.id == _READ.c.id, _c.unit == unit, _c.revision == _READ.c.revision)
        .values(version=_c.version + 1, revision=_c.revision + 1, change_xid=THIS_TRANSACTION, **values)
        .returning(_c.id, _c.version, _c.revision)
    )
    read = {"ids": [one.id for one in loaded], "revisions": [one.revision for one in loaded]}
    return {row.id: (row.version, row.revision) for row in await conn.execute(statement, read)}
