"""Disclosures: what a case holds that could be given, and what was."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from forkant_kit.vault import DataKey
from sqlalchemy import (
    ARRAY,
    BindParameter,
    Column,
    ColumnElement,
    RowMapping,
    Select,
    Text,
    bindparam,
    cast,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.disclosures import FIELDS, ITEMS, DisclosureState, Givable
from case_service.domain.information import is_restricted
from case_service.tables import (
    assessment,
    attachment,
    disclosure,
    evaluation,
    follow_up,
    information,
    measure,
    plan,
    preventive_case,
)
from case_service.texts import sealed

_c: Final = preventive_case.c
_d: Final = disclosure.c
_CASE: Final[BindParameter[UUID]] = bindparam("case_id")
_OF_ROUND: Final = {"assessment": assessment, "plan": plan, "evaluation": evaluation}
_BY_ID: Final = {"measure": measure, "follow_up": follow_up, "information": information, "attachment": attachment}


def _filled(column: Column[Any]) -> ColumnElement[bool]:
    return func.cardinality(column) > 0 if isinstance(column.type, ARRAY) else column.is_not(None)


def _field(name: str, field: str) -> Select[Any]:
    code = select(literal(f"{name}.{field}").label("code"))
    if name == "case":
        return code.where(_c.id == _CASE, _filled(_c[field]))
    table = _OF_ROUND[name]
    return code.where(_c.id == _CASE, table.c.case_id == _c.id, table.c.round == _c.round, _filled(table.c[field]))


def _item(name: str) -> Select[Any]:
    table = _BY_ID[name]
    return select((literal(f"{name}/") + cast(table.c.id, Text)).label("code")).where(table.c.case_id == _CASE)


_THERE: Final = union_all(
    *(_field(name, field) for name, fields in FIELDS.items() for field in fields), *(_item(name) for name in ITEMS)
)
_INFORMATION: Final = select(information.c.id, information.c.outcome, information.c.clarification_deadline).where(
    information.c.case_id == _CASE
)


async def givable(conn: AsyncConnection, case_id: UUID, *, at: datetime) -> Givable:
    """Return what a case holds, and what of it access is restricted to."""
    there = (await conn.execute(_THERE, {"case_id": case_id})).scalars()
    known = await conn.execute(_INFORMATION, {"case_id": case_id})
    restricted = (
        f"information/{row.id}"
        for row in known
        if is_restricted(outcome=row.outcome, deadline=row.clarification_deadline, at=at)
    )
    return Givable(there=frozenset(there), restricted=frozenset(restricted))


async def add(conn: AsyncConnection, key: DataKey, values: Mapping[str, object]) -> None:
    """Insert a disclosure that was prepared."""
    await conn.execute(insert(disclosure).values(**sealed(key, disclosure, values)))


async def find(conn: AsyncConnection, case_id: UUID, disclosure_id: UUID) -> RowMapping | None:
    """Return a disclosure of a case with its texts sealed, or nothing."""
    statement = select(disclosure).where(_d.case_id == case_id, _d.id == disclosure_id)
    return (await conn.execute(statement)).mappings().one_or_none()


async def of_case(conn: AsyncConnection, case_id: UUID) -> Sequence[RowMapping]:
    """Return every disclosure of a case with its texts sealed, the oldest first."""
    statement = select(disclosure).where(_d.case_id == case_id).order_by(_d.id)
    return (await conn.execute(statement)).mappings().all()


async def change(
    conn: AsyncConnection, disclosure_id: UUID, *, state: DisclosureState, values: Mapping[str, object]
) -> None:
    """Write what became of a disclosure."""
    await conn.execute(update(disclosure).where(_d.id == disclosure_id).values(state=state.value, **values))


async def given(conn: AsyncConnection, case_ids: Sequence[UUID]) -> Sequence[RowMapping]:
    """Return what was given of cases, by codes and ids alone, the oldest first."""
    statement = (
        select(_d.id.label("disclosure_id"), _d.case_id, _d.recipient_kind, _d.disclosed_at)
        .where(_d.case_id.in_(case_ids), _d.state == DisclosureState.DISCLOSED.value)
        .order_by(_d.id)
    )
    return (await conn.execute(statement)).mappings().all()
