"""Events of steering: thresholds of indicators, prevention plans and pilots."""

from typing import ClassVar

from forkant_contracts.codes import CaseType, CrossingCause, Movement, PeriodKind, PlanDueReason, TargetBand
from forkant_contracts.envelope import EventData
from forkant_contracts.fields import CatalogueCode, Count, Day, Flag, Identifier, IndicatorNumber, UnitId, Version
from forkant_contracts.topics import STEERING_TOPIC


class SteeringEvent(EventData):
    """Base of the steering events."""

    TOPIC: ClassVar[str] = STEERING_TOPIC


class IndicatorThresholdCrossed(SteeringEvent):
    """An indicator of the unit in the envelope moved from one band of its target to another.

    The aggregate is the watch over one indicator of one unit. The event holds neither the value nor its counts: two
    of them in a row could tell of a single case. It is not written while the value on either side is suppressed for
    being small, so a watch says nothing until its value may be shown again.
    """

    TYPE: ClassVar[str] = "no.forkant.indicator.threshold-crossed.v1"
    MINOR: ClassVar[int] = 1

    indicator: IndicatorNumber
    """Number of the indicator."""
    period_kind: PeriodKind
    """Span of time that the value is about."""
    period_start: Day
    """First day of that span."""
    movement: Movement
    """Which way the value moved against the limits of the bands."""
    from_band: TargetBand
    """Band before."""
    to_band: TargetBand
    """Band after."""
    definition_version: Version
    """Version of the indicator's definition."""
    target_version: Version
    """Version of the target."""
    target_id: Identifier | None = None
    """The target: the unit's own, or the national one, which holds where a unit has none."""
    cause: CrossingCause = CrossingCause.VALUE
    """What changed: the value, the target or the definition."""
    national: Flag = False
    """Whether it is about the figure of all units together; the unit in the envelope is then the directorate."""


class PlanApproved(SteeringEvent):
    """A version of the prevention plan («forebyggingsplan») of the unit in the envelope was approved.

    The plan is the aggregate. The version ends the one before it on its first day; a version that was approved and had
    not begun by now never does.
    """

    TYPE: ClassVar[str] = "no.forkant.plan.approved.v1"
    MINOR: ClassVar[int] = 1

    valid_from: Day
    """First day on which the version holds: not before its approval."""
    valid_to: Day
    """Last day on which it holds, unless another version ends it before or it is withdrawn."""
    goals: Count
    """Goals in the plan."""
    goals_with_target: Count
    """Goals that an indicator with a target measures."""
    indicators: tuple[IndicatorNumber, ...] = ()
    """Indicators that the plan's goals are linked to."""
    plan_version: Version | None = None
    """Which version of the plan."""
    goal_ids: tuple[Identifier, ...] = ()
    """Its goals; one that goes on over versions keeps its id."""


class PlanDue(SteeringEvent):
    """The unit in the envelope is to have a prevention plan approved: on a day it had none, or its plan ends soon.

    The aggregate is the watch over the plan of one unit. There is one event when a plan is found missing, until one is
    in force again, and one for each last day that comes near.
    """

    TYPE: ClassVar[str] = "no.forkant.plan.due.v1"

    reason: PlanDueReason
    """Whether there is no plan, or one that ends soon."""
    on: Day
    """The day in Norway on which it was found."""
    last_day: Day | None = None
    """Last day on which the unit has a plan, where it has one."""
    plan_id: Identifier | None = None
    """The plan that ends; none where there is none in force."""


class PilotEvent(SteeringEvent):
    """Base of the events of a pilot programme, which is the aggregate."""

    pilot: CatalogueCode
    """Code of the pilot."""
    districts: tuple[UnitId, ...]
    """All districts and special bodies that take part, now or from a day to come on."""


class PilotEnrolled(PilotEvent):
    """The unit in the envelope was enrolled in a pilot; of what is said of the pilot, the newest event holds."""

    TYPE: ClassVar[str] = "no.forkant.pilot.enrolled.v1"
    MINOR: ClassVar[int] = 1

    case_types: tuple[CaseType, ...] = ()
    """Case types that only units that take part may open, during the pilot."""
    baseline_from: Day
    """First day of the time before the pilot that it is compared with."""
    starts_on: Day
    """First day of the pilot."""
    ends_on: Day
    """Last day of the pilot."""
    enrolled_from: Day | None = None
    """First day on which the unit takes part; absent: the pilot's first. Since 1.1."""


class PilotWithdrawn(PilotEvent):
    """The unit in the envelope takes part in a pilot no longer, or not after a day to come."""

    TYPE: ClassVar[str] = "no.forkant.pilot.withdrawn.v1"

    last_day: Day
    """Last day on which it takes part; when that is before the day it was enrolled from, it never did."""


class PilotEnded(PilotEvent):
    """A pilot in which units are enrolled was ended before its last day; the unit in the envelope is the directorate.

    Nobody takes part after the last day. A pilot that comes to the end of its period has no such event.
    """

    TYPE: ClassVar[str] = "no.forkant.pilot.ended.v1"

    last_day: Day
    """Last day of the pilot now; when that is before its first day, it never was."""
