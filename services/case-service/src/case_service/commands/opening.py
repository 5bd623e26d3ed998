"""Opening a case, by itself or from a concern."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

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
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import publish_change
from case_service.commands.context import Context, Receipt
from case_service.commands.members import member
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
from case_service.store import cases, grants, tasks


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


_COLUMNS: Final = tuple(field.name for field in fields(NewCase))


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
        Refusal: too little is known of the case, or its level is above the caller's clearance.
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
    made = _first_tasks(context, new, at)
    await cases.insert_case(
        conn,
        context.vault,
        case_id=case_id,
        values={
            **{name: getattr(new, name) for name in _COLUMNS},
            "level": new.level.value,
            "lowest_level": new.level.value,
            "unit": context.unit,
            "version": 1 + made.events,
            "revision": 1,
            "process_version": _process(context).version,
            "state": CaseState.REGISTERED,
            "concern_id": concern_id,
            "opened_by": context.subject,
            "case_owner": context.subject,
            "opened_at": at,
            "recorded_at": context.now,
            "updated_at": context.now,
            "clarification_deadline": clarification_deadline(at),
            **columns_of(retention_of(rules_in_force(), _kept(new, at))),
        },
    )
    await grants.add(conn, member(context, case_id), by=context.subject)
    stamp = Stamp(
        aggregate_id=case_id,
        unit=context.unit,
        version=1 + made.events,
        occurred_at=at,
        recorded_at=context.now,
        new_id=context.new_id,
    )
    events = stamped(stamp, [_opened(new, concern_id), *about_tasks(made)])
    await tasks.write(conn, made, tasks.By(case_id=case_id, unit=context.unit, subject=context.subject, at=at))
    await publish_change(
        conn, context, events, action="case.open", case_id=case_id, version=stamp.version, purpose=new.purpose_code
    )
    return Receipt(
        id=case_id,
        unit=context.unit,
        state=CaseState.REGISTERED.value,
        version=stamp.version,
        revision=1,
        recorded_at=context.now,
    )


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
    )
