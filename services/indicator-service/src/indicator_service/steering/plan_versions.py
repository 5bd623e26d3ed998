"""How a unit's prevention plan («forebyggingsplan») comes to be and goes on, and who has none on a day.

Measure 9 of the strategy: every district and special body has a plan. Its lead writes a draft and submits it; somebody
of the directorate approves it, as they approve targets [a]. Approved versions follow each other by the rules of targets
(:mod:`indicator_service.steering.versions`): a version is in force from the day of its approval at the earliest, ends
the one before it, and what was in force on a day that is past never changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.versions import Days, VersionState, check_wanted

LONGEST_DAYS: Final = 5 * 366
"""No plan holds for longer."""
ENDS_SOON_DAYS: Final = 60
"""A unit whose plan ends within so many days is to have the next one approved [a]."""
_DAY: Final = timedelta(days=1)


class PlanState(StrEnum):
    """Where a version of a plan stands. An approved one may not have begun, be in force or have ended."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    """Another version was approved before it began."""
    WITHDRAWN = "withdrawn"


UNDER_WAY: Final = frozenset({PlanState.DRAFT, PlanState.SUBMITTED})
"""A plan has one version that is being written or decided about."""

_RULES: Final = {
    PlanState.DRAFT: VersionState.PROPOSED,
    PlanState.SUBMITTED: VersionState.PROPOSED,
    PlanState.APPROVED: VersionState.APPROVED,
    PlanState.SUPERSEDED: VersionState.SUPERSEDED,
    PlanState.WITHDRAWN: VersionState.WITHDRAWN,
}
_DECIDED: Final[dict[VersionState, PlanState]] = {
    rule: state for state, rule in _RULES.items() if rule is not VersionState.PROPOSED
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a plan aims at: an indicator, of all cases or of those with some codes.

    It is made of codes alone, so that it can hold nothing personal, and it is the same goal as long as they are the
    same: its id stays over revisions of the plan.
    """

    indicator: int
    theme: str | None = None
    case_type: str | None = None
    age_band: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a version of a plan says."""

    days: Days
    goals: tuple[Goal, ...]
    record_number: str | None
    """Where the archive of the police has the plan as a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A version that is, was or will be in force, and of which plan it is."""

    plan_id: UUID
    unit: str
    number: int
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """A unit on a day: the version in force, and until when a plan holds without a day between."""

    unit: str
    plan: Held | None
    until: date | None

    def ends_soon(self, on: date) -> bool:
        """Whether there is a plan that ends within sixty days, and none after it."""
        return self.until is not None and self.until <= on + timedelta(days=ENDS_SOON_DAYS)


def rule_state(state: str) -> VersionState:
    """Return what the rules of versions call a state of a plan's version."""
    return _RULES[PlanState(state)]


def decided_state(state: VersionState) -> PlanState:
    """Return the state of a plan's version that the rules came to.

    Raises:
        KeyError: nothing was decided; it is a draft or was submitted, which the rules do not tell apart.
    """
    return _DECIDED[state]


def check_draft(draft: Draft, *, today: date) -> None:
    """Check the days of a draft.

    Raises:
        Refusal: ``validity-out-of-range``, they are past, too many, or the last comes before the first.
    """
    check_wanted(draft.days, today=today)
    if draft.days.last is None or (draft.days.last - draft.days.first).days > LONGEST_DAYS:
        raise Refusal(Code.VALIDITY_OUT_OF_RANGE, earliest=today.isoformat())


def coverage(held: Iterable[Held], units: Sequence[str], on: date) -> tuple[Coverage, ...]:
    """Return how each of the units is covered on a day, in their order."""
    by_unit: dict[str, list[Held]] = {unit: [] for unit in units}
    for each in held:
        if each.unit in by_unit:
            by_unit[each.unit].append(each)
    return tuple(_covered(unit, by_unit[unit], on) for unit in units)


def _covered(unit: str, held: Iterable[Held], on: date) -> Coverage:
    plan, until = None, on - _DAY
    for each in sorted(held, key=lambda version: version.first):
        if each.first <= until + _DAY and each.last > until:
            plan, until = plan or each, each.last
    return Coverage(unit=unit, plan=plan, until=None if plan is None else until)
