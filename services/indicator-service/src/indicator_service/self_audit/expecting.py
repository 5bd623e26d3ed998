"""The fact that should be known of a case or concern, made from what the case service's tables say, not from events.

Nothing of the fold is used here, so that a fault of the fold shows as a difference. What the tables don't keep, the
turns of a course and when a case was assessed first, the answer takes from the archive of events; and a few fields that
count for nothing are in no answer at all (:data:`UNANSWERED`).
"""

from collections.abc import Iterable
from typing import Final

from forkant_contracts.codes import AgeBand, Arena, CaseState, CaseType, SubjectCategory, Theme
from forkant_contracts.recount import Move, RecountedCase, RecountedConcern, RecountedMeasure, RecountedMove

from indicator_service.aggregation.calendar import day_of
from indicator_service.aggregation.facts import (
    CaseFact,
    ConcernFact,
    Course,
    FollowUpFact,
    InformationFact,
    MeasureFact,
    PartnerFact,
    Turn,
)

UNANSWERED: Final = frozenset({"activated_at"})
"""Fields of a case's fact that no table keeps and nothing counts."""

_TURNS: Final = {
    Move.OPENED: Turn.OPENED,
    Move.HELD: Turn.HELD,
    Move.RESUMED: Turn.RESUMED,
    Move.ENDED: Turn.ENDED,
    Move.REOPENED: Turn.REOPENED,
}


def expected_case(told: RecountedCase) -> CaseFact:
    """Return the fact that should be known of a case."""
    if told.erased or told.merged:
        # An erased case is that alone, whatever it was before.
        return CaseFact(version=told.version, erased=told.erased, merged=told.merged and not told.erased)
    started = [each.started_at for each in told.measures if each.started_at is not None]
    return CaseFact(
        version=told.version,
        unit=told.unit,
        case_type=told.case_type or CaseType.UNKNOWN,
        theme=told.theme or Theme.UNKNOWN,
        age_band=told.age_band or AgeBand.UNKNOWN,
        subject_category=told.subject_category or SubjectCategory.UNKNOWN,
        arena=told.arena or Arena.UNKNOWN,
        municipality_number=told.municipality_number,
        concern_id=told.concern_id,
        state=told.state or CaseState.UNKNOWN,
        opened_at=told.opened_at,
        assessed_at=told.assessed_at,
        child_view_recorded=told.child_view_recorded,
        planned_at=told.planned_at,
        goals=told.goals,
        goals_with_baseline=told.goals_with_baseline,
        plan_approved_at=told.plan_approved_at,
        first_measure_at=min(started, default=None),
        evaluated_at=told.evaluated_at,
        effect=told.effect,
        ended_at=told.ended_at,
        close_reason=told.close_reason,
        closed_evaluated=told.state is CaseState.CLOSED and told.evaluated_at is not None,
        times_reopened=told.times_reopened,
        restricted=told.restricted,
        course=_course(told.course),
        ties=tuple((day_of(each.at), each.goal) for each in told.ties),
        measures={each.id: _measure(each) for each in told.measures},
        follow_ups={
            each.id: FollowUpFact(scheduled_on=day_of(each.scheduled_at), due_on=each.due_on, held_at=each.held_at)
            for each in told.follow_ups
        },
        partners={
            each.id: PartnerFact(
                kind=each.kind,
                added_on=day_of(each.added_at),
                removed=each.removed_at is not None,
                removed_on=None if each.removed_at is None else day_of(each.removed_at),
            )
            for each in told.partners
        },
        information={
            each.id: InformationFact(
                registered_on=day_of(each.registered_at),
                deadline=each.deadline,
                clarified_on=None if each.clarified_at is None else day_of(each.clarified_at),
            )
            for each in told.information
        },
    )


def expected_concern(told: RecountedConcern) -> ConcernFact:
    """Return the fact that should be known of a concern."""
    return ConcernFact(
        version=told.version,
        unit=told.unit,
        source=told.source,
        theme=told.theme,
        age_band=told.age_band,
        arena=told.arena,
        municipality_number=told.municipality_number,
        received_at=told.received_at,
        decided_at=told.decided_at,
        outcome=told.outcome,
        case_id=told.case_id,
    )


def _measure(told: RecountedMeasure) -> MeasureFact:
    return MeasureFact(
        kind=told.kind,
        arena=told.arena,
        due_on=told.due_on,
        method_version=told.method_version,
        planned_at=told.planned_at,
        started_at=told.started_at,
        completed_at=told.completed_at,
        mandatory_steps_met=told.mandatory_steps_met,
        cancelled_at=told.cancelled_at,
        cancel_reason=told.cancel_reason,
    )


def _course(moves: Iterable[RecountedMove]) -> Course:
    """Return a course: a plan that is written changes it only where it takes the place of an approved one."""
    turns, approved = [], False
    for told in moves:
        day = day_of(told.at)
        if told.move is Move.APPROVED:
            turns.append((day, Turn.APPROVED))
            approved = True
        elif told.move is not Move.PLANNED:
            turns.append((day, _TURNS[told.move]))
        elif approved:
            turns.append((day, Turn.REPLANNED))
            approved = False
    return tuple(turns)
