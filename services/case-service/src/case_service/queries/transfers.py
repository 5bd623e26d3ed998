"""Offers to move cases, from and to the caller's unit: codes only, since the receiver may not see the case yet."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.refusals import Code, Refusal
from case_service.scope import VISIBLE_TRANSFERS, Scope
from case_service.tables import preventive_case, transfer

_t: Final = transfer.c
_c: Final = preventive_case.c
_OFFERS: Final = (
    select(
        _t.id,
        _t.case_id,
        _t.from_unit,
        _t.to_unit,
        _t.state,
        _t.revision,
        _t.offered_at,
        _t.decided_at,
        _c.case_type,
        _c.theme,
        _c.age_band,
        _c.arena,
    )
    .join_from(transfer, preventive_case, _c.id == _t.case_id)
    .where(VISIBLE_TRANSFERS)
)


async def list_transfers(
    conn: AsyncConnection, scope: Scope, *, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of offers, newest first."""
    statement = _OFFERS.order_by(_t.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(_t.id < before)
    return (await conn.execute(statement, scope.without_broken_glass().params())).mappings().all()


async def get_transfer(conn: AsyncConnection, scope: Scope, case_id: UUID, transfer_id: UUID) -> RowMapping:
    """Return an offer.

    Raises:
        Refusal: there is none, for this caller.
    """
    statement = _OFFERS.where(_t.id == bindparam("transfer_id"), _t.case_id == bindparam("case_id"))
    params = {"transfer_id": transfer_id, "case_id": case_id, **scope.without_broken_glass().params()}
    row = (await conn.execute(statement, params)).mappings().one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return row
