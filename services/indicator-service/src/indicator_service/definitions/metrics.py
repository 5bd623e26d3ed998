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
    CONCERNS_RECEIVED = "concerns_received"  # concern.received
    CONCERNS_DECIDED = "concerns_decided"  # concern.decided
    BECAME_CASE = "became_case"  # concern.decided
    DECISION_HOURS = "decision_hours"  # concern.decided; bucket = hours


HISTOGRAMS = frozenset({Metric.FIRST_MEASURE_DAYS, Metric.DECISION_HOURS})
"""The metrics whose cells are split by length."""
