"""Opening a case, by itself or from a concern."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from forkant_contracts import Event
from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CaseState,
    CaseType,
    LegalBasis,
    PurposeCode,
    SubjectCategory,
    Theme,
)
from forkant_contracts.events.case import CaseOpened
from forkant_kit.audit.record import Alike
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.context import Context, Receipt
from case_service.commands.members import member
from case_service.commands.pilots import check_pilot
from case_service.commands.retention import columns_of
from case_service.domain.attempt import Kind
from case_service.domain.levels import Level
from case_service.domain.moments import clarification_deadline, local_day, when
from case_service.domain.opening import check_opening
from case_service.domain.processes import Process
from case_service.domain.refusals import Code, Refusal
from case_service.domain.retention import Kept, retention_of
from case_service.domain.standing import Case
from case_service.domain.tasks import Course, TaskChanges, follow
from case_service.events import Stamp, about_tasks, stamped
from case_service.retention_rules import rules_in_force
from case_service.store import grants, new_cases, subjects, tasks
from case_service.store.new_cases import NewRows, Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What is known of a case when it is opened."""

    case_type: CaseType
    theme: Theme
    age_band: AgeBand
    subject_category: SubjectCategory
    purpose_code: PurposeCode
    legal_basis: LegalBasis
    arena: Arena
    municipality_number: str | None
    title: str
    subject: str | None = None
    description: str | None = None
    special_category: bool = False
    necessity_reason: str | None = None
    level: Level = Level.ORDINARY
    prevention_goal: UUID | None = None
    """The goal of the unit's prevention plan that it is tied to."""
    subject_form: str | None = field(default=None, repr=False)
    """The normal form of a reference to its subject, of which only marks are kept."""


_COLUMNS: Final = tuple(each.name for each in fields(NewCase) if each.name != "subject_form")


async def open_case(
    conn: AsyncConnection, context: Context, new: NewCase, *, occurred_at: datetime | None = None
) -> Receipt:
    """Open a case of the caller's unit.

    Raises:
        Refusal: the moment is wrong, or too little is known of the case.
    """
    at = when(occurred_at=occurred_at, now=context.now)
    return await insert_opened(conn, context, new, at=at, case_id=context.new_id(), concern_id=None)


async def insert_opened(
    conn: AsyncConnection, context: Context, new: NewCase, *, at: datetime, case_id: UUID, concern_id: UUID | None
) -> Receipt:
    """Insert a case with its first event and its audit row.

    Raises:
        Refusal: too little is known of the case, its level is above the caller's clearance, or it is of a pilot that
            the caller's unit takes no part in.
    """
    await check_pilot(conn, new.case_type, unit=context.unit, day=local_day(at))
    opening = opening_of(context, new, at=at, case_id=case_id, concern_id=concern_id)
    await write(conn, context, bound(context, [opening], action="case.open"))
    if new.subject_form is not None:
        await subjects.add(conn, {case_id: context.vault.marker.marks(new.subject_form)})
    elif concern_id is not None:
        await subjects.take_over(conn, case_id=case_id, concern_id=concern_id)
    return Receipt(
        id=case_id,
        unit=context.unit,
        state=CaseState.REGISTERED.value,
        version=opening.version,
        revision=1,
        recorded_at=context.now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A case that may be opened: its rows in clear, and the events that tell of it."""

    rows: NewRows
    events: Sequence[Event]
    version: int
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Some openings as they are sent to the database: sealed, encoded, by columns."""

    rows: Sealed
    acts: dict[str, Any]


def check_new(context: Context, new: NewCase) -> None:
    """Refuse a case of which too little is known, or whose level is above the caller's clearance.

    Raises:
        Refusal: as said.
    """
    check_opening(
        case_type=new.case_type,
        age_band=new.age_band,
        subject_category=new.subject_category,
        special_category=new.special_category,
        necessity_reason=new.necessity_reason,
    )
    if new.level > context.scope.clearance:
        raise Refusal(Code.ABOVE_CLEARANCE)


def opening_of(
    context: Context,
    new: NewCase,
    *,
    at: datetime,
    case_id: UUID,
    concern_id: UUID | None = None,
    owner: str | None = None,
) -> Opening:
    """Return what opening a case writes; the owner, its first member, is the caller unless somebody else is named.

    Raises:
        Refusal: see :func:`check_new`.
    """
    check_new(context, new)
    made = _first_tasks(context, new, at)
    version, owner = 1 + made.events, owner or context.subject
    by = tasks.By(case_id=case_id, unit=context.unit, subject=context.subject, at=at)
    stamp = Stamp(
        aggregate_id=case_id,
        unit=context.unit,
        version=version,
        occurred_at=at,
        recorded_at=context.now,
        new_id=context.new_id,
    )
    return Opening(
        rows=NewRows(
            case_id=case_id,
            values=_row(context, new, at=at, version=version, owner=owner, concern_id=concern_id),
            grant=grants.row_of(member(context, case_id, subject=owner), by=context.subject),
            tasks=tasks.rows_of(made.made, by),
        ),
        events=stamped(stamp, [_opened(new, concern_id), *about_tasks(made)]),
        version=version,
        purpose=new.purpose_code,
    )


def bound(context: Context, openings: Sequence[Opening], *, action: str) -> Bound:
    """Return openings as they are sent; it asks no database, so that a thread may do it."""
    acts = Alike(
        action=action,
        object_kind="case",
        ids=[each.rows.case_id for each in openings],
        versions=[each.version for each in openings],
        purposes=[each.purpose for each in openings],
    )
    events = [event for each in openings for event in each.events]
    return Bound(
        rows=new_cases.seal(context.vault, [each.rows for each in openings]), acts=context.trail.bound(events, acts)
    )


async def write(conn: AsyncConnection, context: Context, openings: Bound) -> None:
    """Write cases of one unit with their keys, words, members, tasks, events and entries: as many statements as one."""
    await new_cases.insert(conn, openings.rows)
    await context.trail.publish_bound(conn, openings.acts)


def _row(
    context: Context, new: NewCase, *, at: datetime, version: int, owner: str, concern_id: UUID | None
) -> dict[str, object]:
    return {
        **{name: getattr(new, name) for name in _COLUMNS},
        "level": new.level.value,
        "lowest_level": new.level.value,
        "unit": context.unit,
        "version": version,
        "revision": 1,
        "process_version": _process(context).version,
        "state": CaseState.REGISTERED,
        "concern_id": concern_id,
        "opened_by": context.subject,
        "case_owner": owner,
        "opened_at": at,
        "recorded_at": context.now,
        "updated_at": context.now,
        "clarification_deadline": clarification_deadline(at),
        **columns_of(retention_of(rules_in_force(), _kept(new, at))),
    }


def _kept(new: NewCase, at: datetime) -> Kept:
    return Kept(
        case_type=new.case_type.value,
        age_band=new.age_band.value,
        purpose_code=new.purpose_code.value,
        state=CaseState.REGISTERED,
        reason=None,
        began_on=local_day(at),
        ended_on=None,
    )


def _process(context: Context) -> Process:
    return context.procedures.on(local_day(context.now))


def _first_tasks(context: Context, new: NewCase, at: datetime) -> TaskChanges:
    course = Course(
        action=None,
        kinds=frozenset({Kind.OPENED}),
        day=local_day(at),
        case_type=new.case_type,
        age_band=new.age_band,
        process=_process(context),
        calendar=context.procedures.calendar,
        new_id=context.new_id,
    )
    return follow((), Case(state=CaseState.REGISTERED), course)


def _opened(new: NewCase, concern_id: UUID | None) -> CaseOpened:
    return CaseOpened(
        case_type=new.case_type,
        theme=new.theme,
        age_band=new.age_band,
        subject_category=new.subject_category,
        purpose_code=new.purpose_code,
        legal_basis=new.legal_basis,
        arena=new.arena,
        municipality_number=new.municipality_number,
        concern_id=concern_id,
        prevention_goal_id=new.prevention_goal,
    )
