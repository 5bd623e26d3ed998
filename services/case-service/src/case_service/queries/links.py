"""Links of a case, as far as the caller may see the case at the other end."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, RowMapping, bindparam, case, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.links import BOTH_WAYS, Direction
from case_service.domain.refusals import Code, Refusal
from case_service.queries.listing import CODES
from case_service.scope import VISIBLE_CASES, Scope
from case_service.tables import case_link, preventive_case

_l: Final = case_link.c
_c: Final = preventive_case.c
_ID: Final[BindParameter[UUID]] = bindparam("case_id")
_DIRECTION: Final = case(
    (_l.kind.in_(sorted(BOTH_WAYS)), literal(Direction.BOTH.value)),
    (_l.from_case == _ID, literal(Direction.TO.value)),
    else_=literal(Direction.FROM.value),
)
# The other end is looked up as every case is: where the caller may not see it, the link is not there.
_LINKS: Final = (
    select(
        _l.id.label("link_id"),
        _l.kind,
        _DIRECTION.label("direction"),
        _l.made_by,
        _l.made_at,
        *CODES,
    )
    .join_from(case_link, preventive_case, _c.id == case((_l.from_case == _ID, _l.to_case), else_=_l.from_case))
    .where(or_(_l.from_case == _ID, _l.to_case == _ID), _c.erased_at.is_(None), VISIBLE_CASES)
)


async def list_links(
    conn: AsyncConnection, scope: Scope, case_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of the links of a case that the caller sees, newest first, with the codes of the other case."""
    statement = _LINKS.order_by(_l.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(_l.id < before)
    return (await conn.execute(statement, _params(scope, case_id))).mappings().all()


async def get_link(conn: AsyncConnection, scope: Scope, case_id: UUID, link_id: UUID) -> RowMapping:
    """Return a link.

    Raises:
        Refusal: there is none, for this caller.
    """
    found = await conn.execute(
        _LINKS.where(_l.id == bindparam("link_id")), {**_params(scope, case_id), "link_id": link_id}
    )
    row = found.mappings().one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return row


def _params(scope: Scope, case_id: UUID) -> dict[str, Any]:
    return {"case_id": case_id, **scope.without_broken_glass().params()}
