"""What the cells count; definitions are written in these terms."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_contracts.codes import PartnerKind


class Metric(StrEnum):
    """What a cell counts. The months are those of the event named in the comment, the days those that it names."""

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
    MEASURES_DUE = "measures_due"  # the day on which it is due
    MEASURES_IN_TIME = "measures_in_time"  # the day on which it is due
    ACTIVE = "active"  # days on which a case is open and not on hold
    ACTIVE_LONG = "active_long"  # of these, those more than 30 days after it was opened or reopened
    ACTIVE_LONG_APPROVED = "active_long_approved"  # of these, those with an approved plan
    ACTIVE_OVERDUE = "active_overdue"  # of the active days, those with a follow-up overdue
    ACTIVE_WITH_PARTNER = "active_with_partner"  # of the active days, those with a partner
    PARTNER_SLT_COORDINATOR = "partner_slt_coordinator"  # of these, those with one of this kind, and so on
    PARTNER_CHILD_WELFARE = "partner_child_welfare"
    PARTNER_SCHOOL = "partner_school"
    PARTNER_MEDIATION_SERVICE = "partner_mediation_service"
    PARTNER_HEALTH = "partner_health"
    PARTNER_MUNICIPALITY = "partner_municipality"
    PARTNER_BUSINESS = "partner_business"
    PARTNER_VOLUNTARY = "partner_voluntary"
    PARTNER_UNKNOWN = "partner_unknown"  # of a kind that a later release knows
    ACTIVE_TIED = "active_tied"  # of the active days, those tied to a goal in force: in no cell, see GoalMetric
    INFORMATION = "information"  # days since a piece of information was registered
    INFORMATION_PAST_DEADLINE = "information_past_deadline"  # of these, those past its deadline, not clarified
    CONCERNS_RECEIVED = "concerns_received"  # concern.received
    CONCERNS_DECIDED = "concerns_decided"  # concern.decided
    BECAME_CASE = "became_case"  # concern.decided
    DECISION_HOURS = "decision_hours"  # concern.decided; bucket = hours


GOALS: Final = "goal/"
"""What the names of the metrics of goals begin with."""


class GoalMetric(str):
    """What counts the active days of cases that are tied to one goal of a prevention plan: a metric for each goal.

    It is counted by day. ``ACTIVE_TIED`` is the sum over the goals that are in force on the day that is asked about.
    """

    __slots__ = ()

    @property
    def value(self) -> str:
        """Its name, as of any metric."""
        return str(self)


CellMetric = Metric | GoalMetric
"""What a cell counts."""


def goal_metric(goal: UUID) -> GoalMetric:
    """Return what counts the cases that are tied to a goal."""
    return GoalMetric(f"{GOALS}{goal}")


def metric_of(name: str) -> CellMetric:
    """Return the metric of a name.

    Raises:
        ValueError: this release knows none such.
    """
    return GoalMetric(name) if name.startswith(GOALS) else Metric(name)


HISTOGRAMS: Final = frozenset({Metric.FIRST_MEASURE_DAYS, Metric.DECISION_HOURS})
"""The metrics whose cells are split by length."""

PARTNER_METRICS: Final[Mapping[PartnerKind, Metric]] = MappingProxyType(
    {kind: Metric(f"partner_{kind}") for kind in PartnerKind}
)
"""What counts active cases with a partner of each kind; one case may count under several."""

STOCKS: Final = frozenset(
    {
        Metric.ACTIVE,
        Metric.ACTIVE_LONG,
        Metric.ACTIVE_LONG_APPROVED,
        Metric.ACTIVE_OVERDUE,
        Metric.ACTIVE_WITH_PARTNER,
        Metric.ACTIVE_TIED,
        *PARTNER_METRICS.values(),
        Metric.INFORMATION,
        Metric.INFORMATION_PAST_DEADLINE,
    }
)
"""The metrics of which a period shows what there is at its end: a cell says by how many it changes on a day."""

BY_DAY: Final = STOCKS | {Metric.MEASURES_DUE, Metric.MEASURES_IN_TIME}
"""The metrics whose cells are split by day, since some of their days are still to come."""

BY_METHOD: Final = frozenset(
    {
        Metric.MEASURES,
        Metric.DIGITAL_MEASURES,
        Metric.STANDARD_MEASURES,
        Metric.STANDARD_MEASURES_MET,
        Metric.MEASURES_DUE,
        Metric.MEASURES_IN_TIME,
    }
)
"""The metrics that count measures, each of which follows one method or none."""

BY_ARENA: Final = BY_METHOD - {Metric.MEASURES, Metric.DIGITAL_MEASURES}
"""Of these, those that are counted by arena too. The share on digital arenas would be 1 on one and 0 on the other, and
its categories the shares' numerators over again."""
