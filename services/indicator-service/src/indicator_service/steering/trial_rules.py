"""Trials: a hypothesis that is written down before, a unit that tries it and one that does not, and what came of it.

Measure 11 of the strategy: concepts are developed with other actors, so that others must be able to build on what was
found, and on what was not. Everything is a code, a day or a number: what somebody would write in words is the one place
in which a name could stand. That a trial closes with a conclusion, and not before its last day is over, keeps it from
being closed by whoever likes its figures, or forgotten by whoever does not [a].
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Literal

from indicator_service.aggregation.comparison import Compared, Spell, spell_within
from indicator_service.aggregation.uncertainty import Interval
from indicator_service.steering.refusals import Code, Refusal

LONGEST: Final = timedelta(days=5 * 366)
"""The longest that a trial, or the time that it is compared with, may be."""


class TrialState(StrEnum):
    """Where a trial stands. A registered one may not have begun, be under way or be over."""

    REGISTERED = "registered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Finding(StrEnum):
    """What came of the hypothesis."""

    SUPPORTED = "supported"
    NOT_SUPPORTED = "not_supported"
    INCONCLUSIVE = "inconclusive"
    HARM = "harm"


class Recommendation(StrEnum):
    """What is to become of what was tried."""

    ADOPT = "adopt"
    EXTEND = "extend"
    REPEAT = "repeat"
    STOP = "stop"


class Reservation(StrEnum):
    """What speaks against trusting the figures."""

    FEW_CASES = "few_cases"
    SHORT_PERIOD = "short_period"
    NOT_AS_PLANNED = "not_as_planned"
    PARTNER_LEFT = "partner_left"
    OTHER_CHANGES = "other_changes"
    UNITS_DIFFER = "units_differ"
    COUNTED_OTHERWISE = "counted_otherwise"


class WithdrawalReason(StrEnum):
    """Why a trial was taken back."""

    NOT_BEGUN = "not_begun"
    PARTNER_LEFT = "partner_left"
    RESOURCES = "resources"
    HARM = "harm"
    MISTAKE = "mistake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """That an indicator of a unit changes by so much more, in a direction, than the one of another unit does."""

    unit: str
    comparison_unit: str
    indicator: int
    direction: Literal["higher", "lower"]
    expected: float
    partners: tuple[str, ...]
    before_from: date
    before_until: date
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What was found, what is to become of it, and what speaks against trusting it."""

    finding: Finding
    recommendation: Recommendation
    reservations: tuple[Reservation, ...]


def check_hypothesis(hypothesis: Hypothesis, *, today: date) -> None:
    """Check what is to be tried.

    Raises:
        Refusal: a unit is compared with itself, or the days are past, contradict each other, are too many, or hold no
            whole month.
    """
    if hypothesis.unit == hypothesis.comparison_unit:
        raise Refusal(Code.SAME_UNIT)
    days = (hypothesis.before_from, hypothesis.before_until, hypothesis.first_day, hypothesis.last_day)
    spans = (days[1] - days[0], days[3] - days[2])
    in_order = days[0] <= days[1] < days[2] <= days[3]
    if days[2] < today or not in_order or max(spans) > LONGEST or None in spells(hypothesis, today=days[3]):
        raise Refusal(Code.VALIDITY_OUT_OF_RANGE, earliest=today.isoformat())


def spells(hypothesis: Hypothesis, *, today: date) -> tuple[Spell | None, Spell | None]:
    """Return the whole months before, and those of the trial until today."""
    return (
        spell_within(hypothesis.before_from, hypothesis.before_until, today=today),
        spell_within(hypothesis.first_day, hypothesis.last_day, today=today),
    )


def check_open(state: TrialState) -> None:
    """Check that something of a trial may still change.

    Raises:
        Refusal: ``already-ended``.
    """
    if state is not TrialState.REGISTERED:
        raise Refusal(Code.ALREADY_ENDED, state=state.value)


def check_closing(state: TrialState, conclusion: Conclusion | None, *, last_day: date, today: date) -> None:
    """Check that a trial may be closed.

    Raises:
        Refusal: it was closed or withdrawn, it goes on, or nothing was concluded.
    """
    check_open(state)
    if today <= last_day:
        raise Refusal(Code.TRIAL_GOES_ON, until=last_day.isoformat())
    if conclusion is None:
        raise Refusal(Code.CONCLUSION_REQUIRED)


SMALLEST_PUBLISHED: Final = 10
"""A side of which fewer had what is counted, or fewer had not, is left out of what is published."""
ROUNDED_TO: Final = 10
"""What published counts are rounded to: one case more or less than another figure can't be told from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSide:
    """A side as everybody may have it: counts to the ten, a share to the percent; nothing where it rests on few."""

    numerator: int | None
    denominator: int | None
    value: float | None
    suppressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A comparison as everybody may have it; a difference only where no side is left out."""

    sides: Sequence[PublishedSide]
    """Of the unit before and after, then of the comparison unit."""
    difference: float | None
    interval: Interval | None
    suppressed: bool


def published(found: Compared) -> Published:
    """Return what is published of a comparison: the same, whoever asks."""
    sides = [_published(s.numerator, s.denominator, s.value) for s in (
        found.before, found.after, found.others_before, found.others_after,
    )]  # fmt: skip
    hidden = any(side.suppressed for side in sides)
    interval = found.interval
    return Published(
        sides=sides,
        difference=None if hidden or found.difference is None else round(found.difference, 2),
        interval=None if hidden or interval is None else Interval(round(interval.low, 2), round(interval.high, 2)),
        suppressed=hidden,
    )


def _published(numerator: int | None, denominator: int, value: float | None) -> PublishedSide:
    parts = [denominator] if numerator is None else [numerator, denominator - numerator]
    if any(0 <= part < SMALLEST_PUBLISHED for part in parts):
        return PublishedSide(numerator=None, denominator=None, value=None, suppressed=True)
    return PublishedSide(
        numerator=None if numerator is None else _rounded(numerator),
        denominator=_rounded(denominator),
        value=None if value is None else round(value, 2),
        suppressed=False,
    )


def _rounded(count: int) -> int:
    return (count + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO
