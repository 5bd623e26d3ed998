"""The case row: loading what the rules need in one snapshot, and moving it on under its optimistic lock."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from forkant_contracts.codes import AgeBand, CaseState, CaseType
from sqlalchemy import (
    JSON,
    BigInteger,
    ScalarSelect,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.children import UNDER_18
from case_service.domain.information import InformationState
from case_service.domain.refusals import Code, Refusal
from case_service.domain.retention import Kept
from case_service.domain.standing import Case, FollowUpState, Measure, MeasureState, Method, Plan, TransferState, Turn
from case_service.domain.tasks import Task
from case_service.scope import OFFERED_CASES, VISIBLE_CASES, Scope
from case_service.store import retention
from case_service.store.since import since_of
from case_service.store.tasks import OPEN_TASKS, open_task
from case_service.tables import (
    archive_decision,
    assessment,
    data_key,
    evaluation,
    follow_up,
    information,
    legal_hold,
    measure,
    measure_step,
    partner,
    plan,
    preventive_case,
    task,
    transfer,
)

_c: Final = preventive_case.c

THIS_TRANSACTION: Final = cast(cast(func.pg_current_xact_id(), Text), BigInteger)
"""The id of the running transaction, which orders the feed of changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A case as it stood when it was read, with the version and revision to move on from."""

    id: UUID
    unit: str
    version: int
    revision: int
    case_type: CaseType
    age_band: AgeBand
    opened_at: datetime
    purpose_code: str
    level: int
    lowest_level: int
    concern_id: UUID | None
    sealed_key: bytes | None = field(repr=False)
    """Its data key as it is kept; the vault opens it for those who write a text."""
    case: Case
    kept: Kept
    """What its retention goes by."""
    ended_at: datetime | None
    reopened_at: datetime | None
    process_version: int | None
    """The version of the work process that it is on; None for one that was opened before there was any."""
    held_on: date | None
    """The day on which it was put on hold, while it is."""
    tasks: tuple[Task, ...]
    """Its open tasks, the oldest first."""
    offered_to: str | None
    """The unit that it is on offer to."""
    unit_of_its_time: str | None
    """The unit that held it when it ended, where a reorganisation ended that since."""
    since: Mapping[UUID | Turn, datetime]
    """When each of its items came to stand as it does, and its course took each turn that it took last."""


def _measures() -> ScalarSelect[Any]:
    steps = (
        select(func.json_agg(measure_step.c.step))
        .where(measure_step.c.measure_id == measure.c.id)
        .scalar_subquery()
        .correlate(measure)
    )
    method = (measure.c.method_code, measure.c.method_version)
    moved = select(func.max(measure_step.c.done_at)).where(measure_step.c.measure_id == measure.c.id)
    since = func.greatest(measure.c.planned_at, measure.c.started_at, moved.scalar_subquery().correlate(measure))
    facts = func.json_build_array(measure.c.id, measure.c.state, *method, steps, measure.c.due_on, since)
    return select(func.json_agg(facts, type_=JSON)).where(measure.c.case_id == _c.id).scalar_subquery()


def _round_of(table: Any, *columns: Any) -> ScalarSelect[Any]:
    facts = func.json_build_array(*columns, type_=JSON)
    return select(facts).where(table.c.case_id == _c.id, table.c.round == _c.round).scalar_subquery()


# One statement, so that everything in it is of one snapshot: a refusal is then true of the revision that it names.
FACTS: Final[Select[Any]] = select(
    _c.id,
    _c.unit,
    _c.version,
    _c.revision,
    *retention.FACTS,
    _c.process_version,
    _c.held_on,
    _c.unit_of_its_time,
    _c.level,
    _c.lowest_level,
    _c.concern_id,
    _c.held_from,
    _c.round,
    _c.restricted,
    _c.erased_at.is_not(None).label("erased"),
    _c.retention_until,
    _c.merged_into,
    _round_of(assessment, assessment.c.completed, assessment.c.completed_at).label("assessment"),
    _round_of(evaluation, evaluation.c.completed, evaluation.c.completed_at).label("evaluation"),
    _round_of(
        plan, plan.c.author, plan.c.goals, plan.c.goals_with_baseline, plan.c.written_at, plan.c.approved_at
    ).label("plan"),
    _measures().label("measures"),
    select(
        func.json_agg(
            func.json_build_array(follow_up.c.id, follow_up.c.state, follow_up.c.due_on, follow_up.c.scheduled_at),
            type_=JSON,
        )
    )
    .where(follow_up.c.case_id == _c.id)
    .scalar_subquery()
    .label("follow_ups"),
    select(func.json_agg(func.json_build_array(partner.c.id, partner.c.added_at), type_=JSON))
    .where(partner.c.case_id == _c.id, partner.c.removed_at.is_(None))
    .scalar_subquery()
    .label("partners"),
    select(
        func.json_agg(
            func.json_build_array(
                information.c.id,
                information.c.outcome.is_not(None),
                information.c.clarification_deadline,
                information.c.registered_at,
            ),
            type_=JSON,
        )
    )
    .where(information.c.case_id == _c.id)
    .scalar_subquery()
    .label("information"),
    OPEN_TASKS.where(task.c.case_id == _c.id).scalar_subquery().label("tasks"),
    select(transfer.c.id)
    .where(transfer.c.case_id == _c.id, transfer.c.state == TransferState.OFFERED.value)
    .scalar_subquery()
    .label("offer"),
    select(transfer.c.offered_at)
    .where(transfer.c.case_id == _c.id, transfer.c.state == TransferState.OFFERED.value)
    .scalar_subquery()
    .label("offered_at"),
    select(transfer.c.to_unit)
    .where(transfer.c.case_id == _c.id, transfer.c.state == TransferState.OFFERED.value)
    .scalar_subquery()
    .label("offered_to"),
    select(func.json_agg(legal_hold.c.id, type_=JSON))
    .where(legal_hold.c.case_id == _c.id, legal_hold.c.lifted_at.is_(None))
    .scalar_subquery()
    .label("legal_holds"),
    select(archive_decision.c.decided_by)
    .where(archive_decision.c.case_id == _c.id)
    .scalar_subquery()
    .label("archive_decided_by"),
    select(data_key.c.sealed).where(data_key.c.owner_id == _c.id).scalar_subquery().label("sealed_key"),
)
_FACTS_OF_ONE: Final = FACTS.where(_c.id == bindparam("case_id"))

_LOAD: Final = _FACTS_OF_ONE.where(VISIBLE_CASES)
_SEEN: Final = select(_c.id).where(_c.id == bindparam("case_id"), VISIBLE_CASES)
# A row that others only point at is not to be kept from them: a plain FOR UPDATE would.
_LOCK: Final[Select[Any]] = (
    select(_c.id)
    .where(_c.id == func.any(bindparam("case_ids", type_=ARRAY(Uuid))), VISIBLE_CASES)
    .order_by(_c.id)
    .with_for_update(key_share=True)
)
_BELOW: Final = text("SELECT asked, id FROM cases_merged_into(CAST(:case_ids AS uuid[]))")
_LOAD_OFFERED: Final = _FACTS_OF_ONE.where(OFFERED_CASES)
_LOCK_OFFERED: Final[Select[Any]] = (
    select(literal_column("1")).where(_c.id == bindparam("case_id"), OFFERED_CASES).with_for_update()
)


async def load(conn: AsyncConnection, scope: Scope, case_id: UUID) -> Loaded:
    """Return a case that the caller may see, without locking it: :func:`advance` finds out if it moved.

    Raises:
        Refusal: there is none, for this caller.
    """
    loaded = loaded_of((await conn.execute(_LOAD, {"case_id": case_id, **scope.params()})).one_or_none())
    into = loaded.case.merged_into
    if into is None or await is_visible(conn, scope, into):
        return loaded
    # Which case goes on is told to those alone who may see that one.
    return replace(loaded, case=replace(loaded.case, merged_into=None))


async def lock(conn: AsyncConnection, scope: Scope, case_ids: Iterable[UUID]) -> None:
    """Lock those of some cases that the caller may see, in the order of their ids, so that two callers never cross."""
    await conn.execute(_LOCK, {"case_ids": sorted(set(case_ids)), **scope.params()})


async def below(conn: AsyncConnection, case_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Return, for each of some cases, those that were merged into it, or into these, and are not erased.

    Whether the caller may see them is not asked: nobody is to take a case for erased below which something is left.
    """
    found: dict[UUID, list[UUID]] = {case_id: [] for case_id in case_ids}
    for row in await conn.execute(_BELOW, {"case_ids": list(case_ids)}):
        found[row.asked].append(row.id)
    return found


async def is_visible(conn: AsyncConnection, scope: Scope, case_id: UUID) -> bool:
    """Return whether the caller sees a case without breaking its glass."""
    params = {"case_id": case_id, **scope.without_broken_glass().params()}
    return (await conn.execute(_SEEN, params)).one_or_none() is not None


async def load_any(conn: AsyncConnection, case_id: UUID) -> Loaded:
    """Return a case, whoever may see it: for the worker, whose role sees every case."""
    return loaded_of((await conn.execute(_FACTS_OF_ONE, {"case_id": case_id})).one_or_none())


async def load_offered(conn: AsyncConnection, scope: Scope, case_id: UUID) -> Loaded:
    """Lock and return a case that is on offer to the caller's unit.

    The caller knows the offer's revision, not the case's, so that only a lock keeps the case from moving meanwhile.

    Raises:
        Refusal: there is none.
    """
    params = {"case_id": case_id, **scope.params()}
    await conn.execute(_LOCK_OFFERED, params)
    return loaded_of((await conn.execute(_LOAD_OFFERED, params)).one_or_none())


async def advance(
    conn: AsyncConnection, *, loaded: Loaded, events: int, values: Mapping[str, object]
) -> tuple[int, int]:
    """Move a case on and return its new version and revision.

    The row lock that this takes first makes the order of versions the order of commits; whoever waited for it and
    finds another revision has lost the race.

    Raises:
        Refusal: the case moved since it was read.
    """
    statement = (
        update(preventive_case)
        .where(and_(_c.id == loaded.id, _c.unit == loaded.unit, _c.revision == loaded.revision))
        .values(version=_c.version + events, revision=_c.revision + 1, change_xid=THIS_TRANSACTION, **values)
        .returning(_c.version, _c.revision)
    )
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise Refusal(Code.STALE_VERSION)
    return row.version, row.revision


def loaded_of(row: Any) -> Loaded:
    """Return a case from its row of facts.

    Raises:
        Refusal: there is none.
    """
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return Loaded(
        id=row.id,
        unit=row.unit,
        version=row.version,
        revision=row.revision,
        case_type=CaseType(row.case_type),
        age_band=AgeBand(row.age_band),
        opened_at=row.opened_at,
        purpose_code=row.purpose_code,
        level=row.level,
        lowest_level=row.lowest_level,
        concern_id=row.concern_id,
        sealed_key=row.sealed_key,
        case=Case(
            state=CaseState(row.state),
            held_from=CaseState(row.held_from) if row.held_from else None,
            round=row.round,
            restricted=row.restricted,
            erased=row.erased,
            merged=row.merged_into is not None,
            merged_into=row.merged_into,
            minor=row.age_band in UNDER_18,
            assessed=bool(row.assessment and row.assessment[0]),
            plan=_plan(row.plan),
            evaluated=bool(row.evaluation and row.evaluation[0]),
            measures=MappingProxyType({UUID(each[0]): _measure(*each[1:-2]) for each in row.measures or ()}),
            follow_ups=MappingProxyType({UUID(key): FollowUpState(state) for key, state, *_ in row.follow_ups or ()}),
            partners=frozenset(UUID(key) for key, _ in row.partners or ()),
            information=MappingProxyType({UUID(key): _clarity(clear) for key, clear, *_ in row.information or ()}),
            offer=row.offer,
            legal_holds=frozenset(UUID(key) for key in row.legal_holds or ()),
            archive_decided_by=row.archive_decided_by,
            retention_until=row.retention_until,
            due_days=_due_days(row),
        ),
        kept=retention.kept_of(row),
        ended_at=row.ended_at,
        reopened_at=row.reopened_at,
        process_version=row.process_version,
        held_on=row.held_on,
        tasks=tuple(open_task(each) for each in row.tasks or ()),
        offered_to=row.offered_to,
        unit_of_its_time=row.unit_of_its_time,
        since=since_of(row),
    )


def _due_days(row: Any) -> Mapping[UUID, date]:
    items = (*(row.measures or ()), *(row.follow_ups or ()), *(row.information or ()))
    return MappingProxyType({UUID(each[0]): date.fromisoformat(each[-2]) for each in items})


def _plan(facts: list[Any] | None) -> Plan | None:
    if facts is None:
        return None
    author, goals, with_baseline, _written_at, approved_at = facts
    return Plan(author=author, goals=goals, goals_with_baseline=with_baseline, approved=approved_at is not None)


def _clarity(clear: bool) -> InformationState:
    return InformationState.CLARIFIED if clear else InformationState.REGISTERED


def _measure(state: str, code: str | None, version: int | None, steps: list[str] | None) -> Measure:
    method = Method(code, version) if code is not None and version is not None else None
    return Measure(state=MeasureState(state), method=method, steps_done=frozenset(steps or ()))
