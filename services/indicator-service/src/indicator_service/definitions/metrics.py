"""What the cells count; definitions are written in these terms."""

from enum import StrEnum


class Metric(StrEnum):
    """What a cell counts. The months are those of the event named in the comment."""

    OPENED = "opened"  # case.opened
    ENDED = "ended"  # closed, referred or rejected
    CLOSED = "closed"  # case.closed
    CLOSED_EVALUATED = "closed_evaluated"  # case.closed
    FIRST_MEASURE_DAYS = "first_measure_days"  # case.opened; bucket = days
    NOT_STARTED = "not_started"  # case.opened
    ENDED_WITHOUT_MEASURE = "ended_without_measure"  # case.opened
    ASSESSED_IN_TIME = "assessed_in_time"  # case.opened
    UNDER_18 = "under_18"  # case.opened
    CHILD_VIEW_RECORDED = "child_view_recorded"  # case.opened
    PLANS = "plans"  # case.planned, the newest
    PLANS_WITH_BASELINE = "plans_with_baseline"  # case.planned, the newest
    EVALUATED = "evaluated"  # case.evaluated, the newest
    EFFECT_ACHIEVED = "effect_achieved"  # case.evaluated, the newest
    EFFECT_HARM = "effect_harm"  # case.evaluated, the newest
    EFFECT_NOT_KNOWN = "effect_not_known"  # case.evaluated, the newest
    MEASURES = "measures"  # measure.planned
    DIGITAL_MEASURES = "digital_measures"  # measure.planned
    STANDARD_MEASURES = "standard_measures"  # measure.completed
    STANDARD_MEASURES_MET = "standard_measures_met"  # measure.completed
    CONCERNS_RECEIVED = "concerns_received"  # concern.received
    CONCERNS_DECIDED = "concerns_decided"  # concern.decided
    BECAME_CASE = "became_case"  # concern.decided
    DECISION_HOURS = "decision_hours"  # concern.decided; bucket = hours


HISTOGRAMS = frozenset({Metric.FIRST_MEASURE_DAYS, Metric.DECISION_HOURS})
"""The metrics whose cells are split by length."""
