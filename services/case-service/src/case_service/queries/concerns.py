"""Concerns: one, and lists of codes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from forkant_contracts.codes import ConcernOutcome
from forkant_kit.vault import Vault
from sqlalchemy import RowMapping, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.concerns import ConcernState
from case_service.domain.refusals import Code, Refusal
from case_service.scope import VISIBLE_CASES, VISIBLE_CONCERNS, Scope
from case_service.tables import concern, data_key, preventive_case
from case_service.texts import opened

_c: Final = concern.c
# Which case a concern became is told to those who may see the case.
_CASE_ID: Final = (
    select(preventive_case.c.id)
    .where(preventive_case.c.id == _c.case_id, VISIBLE_CASES)
    .scalar_subquery()
    .label("case_id")
)
_UNIT_OF_ITS_TIME: Final = (
    func.coalesce(_c.unit_of_its_time, _c.unit).label("unit"),
    case((_c.unit_of_its_time.is_not(None), _c.unit)).label("successor"),
)
_ONE: Final = select(
    *(_CASE_ID if column.name == "case_id" else column for column in _c if column.name != "unit"),
    *_UNIT_OF_ITS_TIME,
    select(data_key.c.sealed).where(data_key.c.owner_id == _c.id).scalar_subquery().label("sealed_key"),
).where(_c.id == bindparam("concern_id"), VISIBLE_CONCERNS)
_CODES: Final = (
    _c.id,
    *_UNIT_OF_ITS_TIME,
    _c.state,
    _c.version,
    _c.source,
    _c.theme,
    _c.age_band,
    _c.arena,
    _c.municipality_number,
    _c.received_at,
    _c.decided_at,
    _c.outcome,
    _CASE_ID,
)


async def get_concern(conn: AsyncConnection, scope: Scope, concern_id: UUID, *, vault: Vault) -> Mapping[str, Any]:
    """Return a concern with its texts opened.

    Raises:
        Refusal: there is none, for this caller.
    """
    found = (
        (await conn.execute(_ONE, {"concern_id": concern_id, **scope.without_broken_glass().params()}))
        .mappings()
        .one_or_none()
    )
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    row = dict(found)
    if row["erased_at"] is not None:
        return row
    return opened(vault.opened(concern_id, row["sealed_key"]), concern, row)


async def list_concerns(
    conn: AsyncConnection,
    scope: Scope,
    *,
    state: ConcernState | None,
    outcome: ConcernOutcome | None,
    before: UUID | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Return a page of concerns, newest first."""
    statement = select(*_CODES).where(VISIBLE_CONCERNS).order_by(_c.id.desc()).limit(limit)
    if state is not None:
        statement = statement.where(_c.state == state.value)
    if outcome is not None:
        statement = statement.where(_c.outcome == outcome.value)
    if before is not None:
        statement = statement.where(_c.id < before)
    return (await conn.execute(statement, scope.without_broken_glass().params())).mappings().all()
