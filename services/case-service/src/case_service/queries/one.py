"""One case with everything below it, and its history from the archive of events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from forkant_contracts.codes import CaseState
from forkant_contracts.events.case import CaseMerged
from forkant_kit.vault import DataKey, Vault
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    RowMapping,
    ScalarSelect,
    Select,
    Table,
    bindparam,
    exists,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.attempt import Action
from case_service.domain.information import is_restricted
from case_service.domain.lifecycle import allowed_actions
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import Case
from case_service.queries.listing import CODES, UNIT_OF_ITS_TIME
from case_service.scope import VISIBLE_CASES, Scope
from case_service.store.cases import is_visible
from case_service.tables import (
    assessment,
    case_note,
    data_key,
    evaluation,
    event_archive,
    follow_up,
    information,
    measure,
    measure_step,
    partner,
    plan,
    plan_goal,
    preventive_case,
    transfer,
)
from case_service.texts import SEALED, opened

_c: Final = preventive_case.c
_ID: Final[BindParameter[UUID]] = bindparam("case_id")
# The round asked for, or the current one.
_ROUND: Final = func.coalesce(bindparam("round", type_=Integer), _c.round)


def _row(table: Table) -> ColumnElement[Any]:
    return func.to_jsonb(table.table_valued(), type_=JSONB)


def _written(table: Table) -> ScalarSelect[Any]:
    return select(_row(table)).where(table.c.case_id == _c.id, table.c.round == _ROUND).scalar_subquery()


def _listed(table: Table, row: ColumnElement[Any], place: ColumnElement[Any]) -> Select[Any]:
    ordered: Any = aggregate_order_by(row, place)
    return select(func.jsonb_agg(ordered, type_=JSONB)).where(table.c.case_id == _c.id)


def _items(table: Table) -> ScalarSelect[Any]:
    return _listed(table, _row(table), table.c.id).scalar_subquery()


_STEPS: Final = (
    select(func.jsonb_agg(measure_step.c.step, type_=JSONB))
    .where(measure_step.c.measure_id == measure.c.id)
    .scalar_subquery()
)
_MEASURE: Final = _row(measure).op("||")(func.jsonb_build_object("steps_done", _STEPS, type_=JSONB))

# One statement is one snapshot: what is shown is what its ETag names.
_CASE: Final = select(
    *(column for column in _c if column.name != "unit"),
    *UNIT_OF_ITS_TIME,
    _written(assessment).label("assessment"),
    _written(plan).label("plan"),
    _listed(plan_goal, _row(plan_goal), plan_goal.c.position)
    .where(plan_goal.c.round == _ROUND)
    .scalar_subquery()
    .label("goals"),
    _written(evaluation).label("evaluation"),
    _listed(measure, _MEASURE, measure.c.id).scalar_subquery().label("measures"),
    _items(follow_up).label("follow_ups"),
    _items(partner).label("partners"),
    _items(information).label("information"),
    _items(transfer).label("transfers"),
    _items(case_note).label("notes"),
    select(data_key.c.sealed).where(data_key.c.owner_id == _c.id).scalar_subquery().label("sealed_key"),
).where(_c.id == _ID, VISIBLE_CASES)

_WRITTEN: Final = {"assessment": assessment, "plan": plan, "evaluation": evaluation}
_LISTED: Final = {
    "goals": plan_goal,
    "measures": measure,
    "follow_ups": follow_up,
    "partners": partner,
    "information": information,
    "transfers": transfer,
    "notes": case_note,
}

_HEAD: Final = select(_c.version, _c.purpose_code, _c.erased_at).where(_c.id == _ID, VISIBLE_CASES)
_HISTORY: Final = (
    select(
        event_archive.c.aggregate_version,
        event_archive.c.type,
        event_archive.c.unit,
        event_archive.c.occurred_at,
        event_archive.c.recorded_at,
        event_archive.c.data,
    )
    .where(
        event_archive.c.aggregate_id == _ID,
        event_archive.c.aggregate_version > bindparam("after"),
        exists().where(_c.id == _ID, VISIBLE_CASES),
    )
    .order_by(event_archive.c.aggregate_version)
    .limit(bindparam("limit"))
)

_INTO: Final = "into_case_id"
_MERGED: Final = (
    select(*CODES).where(_c.merged_into == _ID, _c.erased_at.is_(None), VISIBLE_CASES).order_by(_c.id.desc())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as it is shown, and what its state allows next."""

    row: Mapping[str, Any]
    allowed: Sequence[Action]


async def get_case(
    conn: AsyncConnection, scope: Scope, case_id: UUID, *, vault: Vault, number: int | None = None
) -> CaseView:
    """Return a case with its texts opened; ``number`` picks the round whose assessment, plan and evaluation are shown.

    Raises:
        Refusal: there is none for this caller, or it was erased.
    """
    params = {"case_id": case_id, "round": number, **scope.params()}
    found = (await conn.execute(_CASE, params)).mappings().one_or_none()
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    row = dict(found)
    if row["erased_at"] is not None:
        raise Refusal(Code.CASE_ERASED)
    standing = Case(
        state=CaseState(row["state"]),
        held_from=CaseState(row["held_from"]) if row["held_from"] else None,
        restricted=row["restricted"],
        merged=row["merged_into"] is not None,
        offer=next((UUID(each["id"]) for each in row["transfers"] or () if each["state"] == "offered"), None),
    )
    if row["merged_into"] is not None and not await is_visible(conn, scope, row["merged_into"]):
        row["merged_into"] = None
    key = vault.opened(case_id, row["sealed_key"])
    return CaseView(
        row={**opened(key, preventive_case, row), **_below(key, row, scope)}, allowed=allowed_actions(standing)
    )


def _below(key: DataKey, row: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Return what hangs on a case, with its texts opened."""
    one = {name: row[name] and opened(key, table, row[name]) for name, table in _WRITTEN.items()}
    many = {name: [opened(key, table, each) for each in row[name] or ()] for name, table in _LISTED.items()}
    return one | many | {"information": [_as_shown(each, scope) for each in many["information"]]}


def _as_shown(row: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Return information without its texts, when access to it is restricted for the caller."""
    deadline = date.fromisoformat(row["clarification_deadline"])
    restricted = is_restricted(outcome=row["outcome"], deadline=deadline, at=scope.at)
    hidden = dict.fromkeys(SEALED[information.name]) if restricted and not scope.sees_restricted else {}
    return {**row, **hidden, "restricted": restricted}


async def get_head(conn: AsyncConnection, scope: Scope, case_id: UUID) -> tuple[int, str]:
    """Return the version and the purpose of a case.

    Raises:
        Refusal: there is none for this caller, or it was erased.
    """
    row = (await conn.execute(_HEAD, {"case_id": case_id, **scope.params()})).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    if row.erased_at is not None:
        raise Refusal(Code.CASE_ERASED)
    return row.version, row.purpose_code


async def list_history(
    conn: AsyncConnection, scope: Scope, case_id: UUID, *, after: int, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return the events of a case in order, as they were published: codes and ids.

    Which case goes on for a merged one is left out where the caller may not see that case.
    """
    params = {"case_id": case_id, "after": after, "limit": limit, **scope.params()}
    found = (await conn.execute(_HISTORY, params)).mappings().all()
    return [await _as_known(conn, scope, dict(row)) for row in found]


async def _as_known(conn: AsyncConnection, scope: Scope, row: dict[str, Any]) -> Mapping[str, Any]:
    if row["type"] != CaseMerged.TYPE or await is_visible(conn, scope, UUID(row["data"][_INTO])):
        return row
    return {**row, "data": {**row["data"], _INTO: None}}


async def list_merged(conn: AsyncConnection, scope: Scope, case_id: UUID) -> Sequence[RowMapping]:
    """Return the cases that were merged into one and that the caller may see, newest first, as codes."""
    params = {"case_id": case_id, **scope.without_broken_glass().params()}
    return (await conn.execute(_MERGED, params)).mappings().all()
