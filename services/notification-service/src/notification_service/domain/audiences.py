"""Who should know what: one table from event type to kinds of message, roles that get them, and what else they need.

A unit and a role say for whom a message is meant. Whom of them it is shown to, need to know says: that is the case
service's to answer, each time somebody looks.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from forkant_contracts.codes import AlarmKind, PlanDueReason, Role, TaskKind
from forkant_contracts.units import CASE_UNITS, DIRECTORATE

from notification_service.domain.happenings import Happening
from notification_service.domain.kinds import Kind

LEADS: Final = frozenset({Role.PREVENTION_LEAD})
OFFICERS: Final = frozenset({Role.CASE_OFFICER, Role.POLICE_LIAISON, Role.RADICALISATION_CONTACT, Role.ONLINE_PATROL})
PRIVACY: Final = frozenset({Role.PRIVACY_OFFICER})
ANALYSTS: Final = frozenset({Role.ANALYST})
OPERATORS: Final = frozenset({Role.ADMINISTRATOR})
"""Those who run the platform; they see no case."""

ALARMS: Final = MappingProxyType(
    {
        (AlarmKind.EVENTS_PARKED, True): Kind.EVENTS_PARKED,
        (AlarmKind.EVENTS_PARKED, False): Kind.EVENTS_APPLIED_AGAIN,
        (AlarmKind.FIGURES_DRIFT, True): Kind.FIGURES_DRIFT,
        (AlarmKind.FIGURES_DRIFT, False): Kind.FIGURES_AGREE_AGAIN,
        (AlarmKind.AUDIT_CHAIN_BROKEN, True): Kind.AUDIT_CHAIN_BROKEN,
    }
)
"""What is said of an alarm that began, and of one that is over."""

SEE_RESTRICTED: Final = LEADS | PRIVACY
"""Roles that still see the messages of a case while access to it is restricted."""

CASE_RESTRICTED: Final = "no.forkant.case.restricted.v1"
CASE_ERASED: Final = "no.forkant.case.erased.v1"
CASE_MERGED: Final = "no.forkant.case.merged.v1"
CASE_TRANSFERRED: Final = "no.forkant.case.transferred.v1"
GLASS_BROKEN: Final = "no.forkant.access.glass-broken.v1"
ACCESS_REVIEWED: Final = "no.forkant.access.reviewed.v1"
REVIEW_OVERDUE: Final = "no.forkant.access.review-overdue.v1"
ACCESS_SKIPPED: Final = "no.forkant.access.version-skipped.v1"
THRESHOLD_CROSSED: Final = "no.forkant.indicator.threshold-crossed.v1"
PLAN_APPROVED: Final = "no.forkant.plan.approved.v1"
PLAN_DUE: Final = "no.forkant.plan.due.v1"
PILOT_ENROLLED: Final = "no.forkant.pilot.enrolled.v1"
PILOT_WITHDRAWN: Final = "no.forkant.pilot.withdrawn.v1"
PILOT_ENDED: Final = "no.forkant.pilot.ended.v1"

CASE_SERVICE_ALARM: Final = "no.forkant.case-service.alarm.v1"
INDICATOR_SERVICE_ALARM: Final = "no.forkant.indicator-service.alarm.v1"

SHARED_TYPES: Final = frozenset(
    {
        "no.forkant.best-practice.published.v1",
        "no.forkant.catalogue.version-skipped.v1",
        "no.forkant.method.published.v1",
        "no.forkant.method.retired.v1",
        "no.forkant.unit.changed.v1",
    }
)
"""Events about what all units share: no case, no concern and nobody."""

ABOUT_NOBODY: Final = SHARED_TYPES | {
    THRESHOLD_CROSSED,
    PLAN_APPROVED,
    PLAN_DUE,
    PILOT_ENROLLED,
    PILOT_WITHDRAWN,
    PILOT_ENDED,
    CASE_SERVICE_ALARM,
    INDICATOR_SERVICE_ALARM,
    "no.forkant.steering.version-skipped.v1",
    "no.forkant.case-service.version-skipped.v1",
    "no.forkant.indicator-service.version-skipped.v1",
}
"""Events about no case, no concern and nobody: whoever a message is for may see it."""

FOR_PEOPLE_ALONE: Final = frozenset({GLASS_BROKEN, ACCESS_REVIEWED, REVIEW_OVERDUE, ACCESS_SKIPPED})
"""Events that no system is told of: who looked into which case is for the people of its unit."""

OVER_WITH_A_MERGER: Final = frozenset(
    {
        Kind.CASE_OPENED,
        Kind.PLAN_AWAITS_APPROVAL,
        Kind.PLAN_APPROVED,
        Kind.CASE_PUT_ON_HOLD,
        Kind.CASE_TRANSFERRED_IN,
        Kind.CASE_REFERRED,
        Kind.CASE_REJECTED,
        Kind.CASE_EVALUATED,
        Kind.CASE_CLOSED,
        Kind.CASE_REOPENED,
        Kind.TASK_DUE_SOON,
        Kind.FOLLOW_UP_DUE_SOON,
        Kind.MEASURE_DUE_SOON,
        Kind.FOLLOW_UP_OVERDUE,
        Kind.MEASURE_OVERDUE,
    }
)
"""News of the work on a case, which goes on in the case that it was merged into.

What the law asks for goes on in the merged case itself: clarifying its information, restricting and erasing it, and
reviewing who looked into it without being a member.
"""


class Side(StrEnum):
    """Which unit's people a rule speaks of."""

    HOLDER = "holder"
    FORMER = "former"
    DOER = "doer"
    """The holder, unless the task is another unit's."""
    ANSWERER = "answerer"
    """The unit that the case is on offer to."""
    STEERED = "steered"
    """The unit whose figure or plan it is; of the national figure none, since the directorate is told anyway."""
    TAKING_PART = "taking_part"
    """The units that take part in the pilot."""
    DIRECTORATE = "directorate"
    EVERY_UNIT = "every_unit"


class Needs(StrEnum):
    """What else, beside the unit and the role, shows a message: whether the reader may see what it is about."""

    NOW = "now"
    """The reader may see the case or the concern now."""
    EVER = "ever"
    """The reader may see the case, or once could, or is to answer an offer of it: that much is theirs to know."""
    ROLE = "role"
    """Nothing more: the role answers for who looks into which case, or the message is about no case at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One message that an event leads to.

    ``restricted`` limits it to events that set or lift a restriction, ``levels`` to those levels of escalation,
    ``plan_due`` to those reasons for which a prevention plan is due, ``tasks`` to tasks of those kinds, ``asked`` to
    those of that role, ``alarm`` to alarms of a kind that began or are over.
    """

    kind: Kind
    roles: frozenset[Role]
    needs: Needs = Needs.NOW
    side: Side = Side.HOLDER
    restricted: bool | None = None
    levels: frozenset[int] | None = None
    plan_due: PlanDueReason | None = None
    tasks: frozenset[TaskKind] | None = None
    asked: Role | None = None
    alarm: tuple[AlarmKind, bool] | None = None

    def speaks_of(self, happening: Happening) -> bool:
        """Return whether the event is one of those that it is limited to."""
        if happening.reorganised or self.restricted not in (None, happening.restricted):
            return False
        if self.plan_due not in (None, happening.plan_due) or self.asked not in (None, happening.asked):
            return False
        if self.alarm not in (None, (happening.alarm, happening.raised)):
            return False
        if self.tasks is not None and happening.task not in self.tasks:
            return False
        return self.levels is None or happening.level in self.levels


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message for those of a unit who hold one of the roles and may know of the case.

    ``about_unit`` is set when it speaks of another unit.
    """

    kind: Kind
    unit: str
    roles: frozenset[Role]
    needs: Needs
    about_unit: str | None = None


def _to_who_steers(kind: Kind, *, plan_due: PlanDueReason | None = None) -> tuple[Rule, ...]:
    return (
        Rule(kind=kind, roles=LEADS, needs=Needs.ROLE, side=Side.STEERED, plan_due=plan_due),
        Rule(kind=kind, roles=ANALYSTS, needs=Needs.ROLE, side=Side.DIRECTORATE, plan_due=plan_due),
    )


def _to_operators() -> tuple[Rule, ...]:
    return tuple(
        Rule(kind=kind, roles=OPERATORS, needs=Needs.ROLE, side=Side.DIRECTORATE, alarm=alarm)
        for alarm, kind in ALARMS.items()
    )


_ESCALATED: Final = frozenset(range(2, 10))
_FOLLOW_UP: Final = frozenset({TaskKind.HOLD_FOLLOW_UP})
_MEASURE: Final = frozenset({TaskKind.COMPLETE_MEASURE})
_WITH_WORDS_OF_THEIR_OWN: Final = _FOLLOW_UP | _MEASURE | {TaskKind.ANSWER_TRANSFER}
_OTHER_TASKS: Final = frozenset(TaskKind) - _WITH_WORDS_OF_THEIR_OWN

WITHOUT_AN_EVENT: Final = frozenset(
    {Kind.ENDPOINT_FAILING, Kind.ENDPOINT_LAPSING, Kind.ENDPOINT_DISABLED, Kind.NOT_ACKNOWLEDGED}
)
"""Kinds that no event leads to: what the service finds out about an endpoint, told to those who answer for it."""


def owners_of(unit: str) -> frozenset[Role]:
    """Return the roles that are told of a unit's endpoints; the directorate has no leads."""
    return ANALYSTS if unit == DIRECTORATE else LEADS


RULES: Final[dict[str, tuple[Rule, ...]]] = {
    "no.forkant.concern.received.v1": (Rule(kind=Kind.CONCERN_RECEIVED, roles=LEADS | OFFICERS),),
    "no.forkant.concern.decided.v1": (Rule(kind=Kind.CONCERN_DECIDED, roles=LEADS),),
    "no.forkant.case.opened.v1": (Rule(kind=Kind.CASE_OPENED, roles=LEADS),),
    "no.forkant.case.planned.v1": (Rule(kind=Kind.PLAN_AWAITS_APPROVAL, roles=LEADS),),
    "no.forkant.case.plan-approved.v1": (Rule(kind=Kind.PLAN_APPROVED, roles=OFFICERS),),
    "no.forkant.case.put-on-hold.v1": (Rule(kind=Kind.CASE_PUT_ON_HOLD, roles=LEADS),),
    CASE_TRANSFERRED: (
        Rule(kind=Kind.CASE_TRANSFERRED_IN, roles=LEADS | OFFICERS),
        Rule(kind=Kind.CASE_TRANSFERRED_OUT, roles=LEADS | OFFICERS, needs=Needs.EVER, side=Side.FORMER),
    ),
    "no.forkant.case.referred.v1": (Rule(kind=Kind.CASE_REFERRED, roles=LEADS),),
    "no.forkant.case.rejected.v1": (Rule(kind=Kind.CASE_REJECTED, roles=LEADS),),
    "no.forkant.case.evaluated.v1": (Rule(kind=Kind.CASE_EVALUATED, roles=LEADS),),
    "no.forkant.case.closed.v1": (Rule(kind=Kind.CASE_CLOSED, roles=LEADS | OFFICERS),),
    "no.forkant.case.reopened.v1": (Rule(kind=Kind.CASE_REOPENED, roles=LEADS | OFFICERS),),
    CASE_RESTRICTED: (
        Rule(kind=Kind.CASE_RESTRICTED, roles=LEADS | PRIVACY, restricted=True),
        Rule(kind=Kind.CASE_RESTRICTION_LIFTED, roles=LEADS | OFFICERS | PRIVACY, restricted=False),
    ),
    "no.forkant.information.deadline-near.v1": (Rule(kind=Kind.INFORMATION_DEADLINE_NEAR, roles=LEADS | OFFICERS),),
    "no.forkant.information.restricted.v1": (Rule(kind=Kind.INFORMATION_RESTRICTED, roles=LEADS | OFFICERS | PRIVACY),),
    # Who is to do it is reminded; a lead would else hear of every task of the unit.
    "no.forkant.task.due-soon.v1": (
        Rule(kind=Kind.FOLLOW_UP_DUE_SOON, roles=OFFICERS, side=Side.DOER, tasks=_FOLLOW_UP),
        Rule(kind=Kind.MEASURE_DUE_SOON, roles=OFFICERS, side=Side.DOER, tasks=_MEASURE),
        Rule(kind=Kind.TASK_DUE_SOON, roles=OFFICERS, side=Side.DOER, tasks=_OTHER_TASKS, asked=Role.CASE_OFFICER),
        Rule(kind=Kind.TASK_DUE_SOON, roles=LEADS, side=Side.DOER, tasks=_OTHER_TASKS, asked=Role.PREVENTION_LEAD),
        Rule(kind=Kind.OFFER_DUE_SOON, roles=LEADS, needs=Needs.EVER, side=Side.ANSWERER),
    ),
    # The directorate sees no case: that a task goes up to it is told by the event, and here to the unit's leads.
    "no.forkant.task.overdue.v1": (
        Rule(kind=Kind.TASK_OVERDUE, roles=LEADS, side=Side.DOER, levels=frozenset({1})),
        Rule(kind=Kind.TASK_ESCALATED, roles=LEADS, side=Side.DOER, levels=_ESCALATED),
        Rule(kind=Kind.FOLLOW_UP_OVERDUE, roles=OFFICERS, side=Side.DOER, levels=frozenset({1}), tasks=_FOLLOW_UP),
        Rule(kind=Kind.MEASURE_OVERDUE, roles=OFFICERS, side=Side.DOER, levels=frozenset({1}), tasks=_MEASURE),
        Rule(kind=Kind.OFFER_OVERDUE, roles=LEADS, needs=Needs.EVER, side=Side.ANSWERER),
    ),
    GLASS_BROKEN: (Rule(kind=Kind.GLASS_BROKEN, roles=LEADS | PRIVACY, needs=Needs.ROLE),),
    ACCESS_REVIEWED: (Rule(kind=Kind.ACCESS_REVIEWED, roles=LEADS | PRIVACY, needs=Needs.ROLE),),
    REVIEW_OVERDUE: (
        Rule(kind=Kind.REVIEW_OVERDUE, roles=LEADS | PRIVACY, needs=Needs.ROLE, levels=frozenset({1})),
        Rule(kind=Kind.REVIEW_ESCALATED, roles=LEADS | PRIVACY, needs=Needs.ROLE, levels=_ESCALATED),
        Rule(kind=Kind.REVIEW_ESCALATED, roles=PRIVACY, needs=Needs.ROLE, side=Side.DIRECTORATE, levels=_ESCALATED),
    ),
    CASE_MERGED: (Rule(kind=Kind.CASE_MERGED, roles=LEADS | OFFICERS),),
    "no.forkant.best-practice.published.v1": (
        Rule(kind=Kind.BEST_PRACTICE_PUBLISHED, roles=LEADS | OFFICERS, needs=Needs.ROLE, side=Side.EVERY_UNIT),
    ),
    "no.forkant.method.published.v1": (
        Rule(kind=Kind.METHOD_PUBLISHED, roles=LEADS | OFFICERS, needs=Needs.ROLE, side=Side.EVERY_UNIT),
    ),
    "no.forkant.method.retired.v1": (
        Rule(kind=Kind.METHOD_RETIRED, roles=LEADS | OFFICERS, needs=Needs.ROLE, side=Side.EVERY_UNIT),
    ),
    "no.forkant.unit.changed.v1": (
        Rule(kind=Kind.UNIT_CHANGED, roles=LEADS | OFFICERS, needs=Needs.ROLE, side=Side.EVERY_UNIT),
    ),
    THRESHOLD_CROSSED: _to_who_steers(Kind.THRESHOLD_CROSSED),
    PLAN_APPROVED: _to_who_steers(Kind.PREVENTION_PLAN_APPROVED),
    PLAN_DUE: (
        *_to_who_steers(Kind.PREVENTION_PLAN_MISSING, plan_due=PlanDueReason.MISSING),
        *_to_who_steers(Kind.PREVENTION_PLAN_ENDING, plan_due=PlanDueReason.ENDING),
    ),
    PILOT_ENROLLED: _to_who_steers(Kind.PILOT_ENROLLED),
    PILOT_WITHDRAWN: _to_who_steers(Kind.PILOT_WITHDRAWN),
    PILOT_ENDED: (
        Rule(kind=Kind.PILOT_ENDED, roles=LEADS, needs=Needs.ROLE, side=Side.TAKING_PART),
        Rule(kind=Kind.PILOT_ENDED, roles=ANALYSTS, needs=Needs.ROLE, side=Side.DIRECTORATE),
    ),
    CASE_SERVICE_ALARM: _to_operators(),
    INDICATOR_SERVICE_ALARM: _to_operators(),
    CASE_ERASED: (Rule(kind=Kind.CASE_ERASED, roles=LEADS | PRIVACY, needs=Needs.EVER),),
}
"""Rules by event type; a type that is not here is no news to anyone."""


def notices(happening: Happening) -> tuple[Notice, ...]:
    """Return the messages that an event leads to."""
    found = []
    for rule in RULES.get(happening.type, ()):
        for unit in _units_of(rule.side, happening) if rule.speaks_of(happening) else ():
            about = happening.unit if rule.side in OTHERS_TOO and unit != happening.unit else None
            found.append(Notice(kind=rule.kind, unit=unit, roles=rule.roles, needs=rule.needs, about_unit=about))
    return tuple(found)


OTHERS_TOO: Final = frozenset({Side.ANSWERER, Side.TAKING_PART, Side.DIRECTORATE, Side.EVERY_UNIT})
"""Sides whose people are told of another unit, which the message names."""


def _units_of(side: Side, happening: Happening) -> tuple[str, ...]:
    match side:
        case Side.DIRECTORATE:
            return (DIRECTORATE,)
        case Side.EVERY_UNIT | Side.TAKING_PART:
            return CASE_UNITS if side is Side.EVERY_UNIT else happening.taking_part
        case Side.HOLDER | Side.STEERED:
            return () if side is Side.STEERED and happening.unit == DIRECTORATE else (happening.unit,)
        case Side.DOER:
            return () if happening.answering_unit else (happening.unit,)
        case Side.ANSWERER:
            return () if happening.answering_unit is None else (happening.answering_unit,)
        case Side.FORMER:
            return () if happening.former_unit is None else (happening.former_unit,)
