"""Measures («tiltak»): planning, starting, doing their steps, completing and cancelling."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from forkant_contracts.codes import Arena, CancelReason, MeasureKind
from forkant_contracts.events.measure import (
    MeasureCancelled,
    MeasureCompleted,
    MeasurePlanned,
    MeasureStepCompleted,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.lifecycle import decide
from case_service.domain.methods import check_step, mandatory_steps_met
from case_service.domain.moments import due, local_day
from case_service.domain.standing import MeasureState, Method, Turn
from case_service.store import items, reference


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMeasure:
    """What is known of a measure when it is planned; without a version it follows the latest of its method."""

    kind: MeasureKind
    arena: Arena
    due_on: date
    method_version: int | None = None
    description: str | None = None


async def plan_measure(conn: AsyncConnection, context: Context, target: Target, new: NewMeasure) -> Receipt:
    """Plan a measure; it stays on the method version that holds now, whatever comes later.

    Raises:
        Refusal: the method version is unknown, the due day is out of range, or the rules say no.
    """
    change = await begin(conn, context, target)
    due(due_on=new.due_on, opened_at=change.loaded.opened_at, now=context.now)
    measure_id = context.new_id()
    attempt = Attempt(action=Action.PLAN_MEASURE, actor=change.actor, item_id=measure_id, due_on=new.due_on)
    decision = decide(change.case, attempt)
    method = await reference.method_for(conn, kind=new.kind.value, version=new.method_version, day=local_day(change.at))
    planned = MeasurePlanned(
        measure_id=measure_id,
        kind=new.kind,
        arena=new.arena,
        due_on=new.due_on,
        method_version=None if method is None else method.version,
    )
    outcome = Outcome(action=attempt.action, details={Kind.MEASURE_PLANNED: planned}, item_id=measure_id)
    receipt = await finish(change, decision, outcome)
    values = {
        "id": measure_id,
        "case_id": receipt.id,
        "round": decision.case.round,
        "state": MeasureState.PLANNED,
        "planned_by": change.actor,
        "planned_at": change.at,
    }
    await items.insert_measure(conn, change.key, {**values, **_described(new, method)})
    return receipt


async def start_measure(conn: AsyncConnection, context: Context, target: Target, measure_id: UUID) -> Receipt:
    """Start a measure; the first one activates the case.

    Raises:
        Refusal: the plan is not approved, or the rules say no.
    """
    change = await begin(conn, context, target, measure_id, Turn.PLAN_APPROVED)
    attempt = Attempt(action=Action.START_MEASURE, actor=change.actor, item_id=measure_id)
    receipt = await finish(change, decide(change.case, attempt), Outcome(action=attempt.action, item_id=measure_id))
    await items.update_measure(conn, measure_id, {"state": MeasureState.STARTED, "started_at": change.at})
    return receipt


async def complete_step(
    conn: AsyncConnection, context: Context, target: Target, measure_id: UUID, *, step: str
) -> Receipt:
    """Do a step of a measure's method.

    Raises:
        Refusal: the measure has no such step or it was done before, or the rules say no.
    """
    change = await begin(conn, context, target, measure_id)
    attempt = Attempt(action=Action.COMPLETE_STEP, actor=change.actor, item_id=measure_id, step=step)
    decision = decide(change.case, attempt)
    measure = change.case.measures[measure_id]
    check_step(measure=measure, steps=await reference.steps_of(conn, measure), step=step)
    details = {Kind.MEASURE_STEP_COMPLETED: MeasureStepCompleted(measure_id=measure_id, step=step)}
    receipt = await finish(change, decision, Outcome(action=attempt.action, details=details, item_id=measure_id))
    method = measure.method
    await items.insert_step(
        conn,
        {
            "measure_id": measure_id,
            "step": step,
            "method_code": method.code if method else None,
            "method_version": method.version if method else None,
            "done_by": change.actor,
            "done_at": change.at,
        },
    )
    return receipt


async def complete_measure(conn: AsyncConnection, context: Context, target: Target, measure_id: UUID) -> Receipt:
    """Complete a measure and say whether its mandatory steps were met.

    Raises:
        Refusal: the rules say no.
    """
    change = await begin(conn, context, target, measure_id)
    attempt = Attempt(action=Action.COMPLETE_MEASURE, actor=change.actor, item_id=measure_id)
    decision = decide(change.case, attempt)
    measure = change.case.measures[measure_id]
    met = mandatory_steps_met(measure=measure, steps=await reference.steps_of(conn, measure))
    details = {Kind.MEASURE_COMPLETED: MeasureCompleted(measure_id=measure_id, mandatory_steps_met=met)}
    receipt = await finish(change, decision, Outcome(action=attempt.action, details=details, item_id=measure_id))
    values = {"state": MeasureState.COMPLETED, "completed_at": change.at, "mandatory_steps_met": met}
    await items.update_measure(conn, measure_id, values)
    return receipt


async def cancel_measure(
    conn: AsyncConnection, context: Context, target: Target, measure_id: UUID, *, reason: CancelReason
) -> Receipt:
    """Cancel a measure.

    Raises:
        Refusal: the rules say no.
    """
    change = await begin(conn, context, target, measure_id)
    attempt = Attempt(action=Action.CANCEL_MEASURE, actor=change.actor, item_id=measure_id)
    details = {Kind.MEASURE_CANCELLED: MeasureCancelled(measure_id=measure_id, reason=reason)}
    outcome = Outcome(action=attempt.action, details=details, item_id=measure_id)
    receipt = await finish(change, decide(change.case, attempt), outcome)
    values = {"state": MeasureState.CANCELLED, "cancelled_at": change.at, "cancel_reason": reason}
    await items.update_measure(conn, measure_id, values)
    return receipt


def _described(new: NewMeasure, method: Method | None) -> dict[str, object]:
    return {
        "kind": new.kind,
        "arena": new.arena,
        "due_on": new.due_on,
        "description": new.description,
        "method_code": method.code if method else None,
        "method_version": method.version if method else None,
    }
