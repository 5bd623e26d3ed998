"""How a pilot programme comes to be and goes on: proposed, approved by somebody else, joined, left, ended.

Measure 4 of the strategy: a new way of working is tried in some districts before it is everybody's. What a programme
opens, what it is judged by and when, is written down before it begins and does not change: a programme that changes
its measure while it runs shows nothing. That an approver is another person than the proposer, and that nothing is
decided for days that are past, are assumptions [a].
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from forkant_contracts.codes import PILOT_CASE_TYPES

from indicator_service.steering.refusals import Code, Refusal

LONGEST: Final = timedelta(days=5 * 366)
"""The longest that a pilot or its baseline may be."""
_DAY: Final = timedelta(days=1)


class PilotState(StrEnum):
    """Where a programme stands. An approved one may not have begun, be under way or be over."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    """It was taken back before anybody approved it."""
    ENDED = "ended"
    """It was ended before its last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """What is tried, by what it is judged, and when; all days are included."""

    code: str
    name_nb: str
    name_en: str
    case_types: tuple[str, ...]
    indicators: tuple[int, ...]
    baseline_from: date
    baseline_until: date
    first_day: date
    last_day: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """The days on which a unit takes part; when the last comes before the first, it never did."""

    unit: str
    number: int
    first: date
    last: date | None = None

    def includes(self, day: date) -> bool:
        """Whether the unit takes part on a day, while the programme goes on."""
        return self.first <= day and (self.last is None or day <= self.last)


def check_programme(programme: Programme, *, today: date) -> None:
    """Check what is proposed.

    Raises:
        Refusal: a case type is no pilot, the days are past, contradict each other or are too many.
    """
    if not PILOT_CASE_TYPES.issuperset(programme.case_types):
        raise Refusal(Code.NO_PILOT_TYPE, allowed=sorted(PILOT_CASE_TYPES))
    days = (programme.baseline_from, programme.baseline_until, programme.first_day, programme.last_day)
    spans = (programme.baseline_until - programme.baseline_from, programme.last_day - programme.first_day)
    in_order = days[0] <= days[1] < days[2] <= days[3]
    if programme.first_day < today or not in_order or max(spans) > LONGEST:
        raise Refusal(Code.VALIDITY_OUT_OF_RANGE, earliest=today.isoformat())


def check_approval(state: PilotState, *, proposed_by: str, by: str, last_day: date, today: date) -> None:
    """Check that a programme may be approved.

    Raises:
        Refusal: it is not proposed, it is the approver's own, or its last day is past.
    """
    if state is not PilotState.PROPOSED:
        raise Refusal(Code.NOT_PROPOSED, state=state.value)
    if proposed_by == by:
        raise Refusal(Code.OWN_PROPOSAL)
    if last_day < today:
        raise Refusal(Code.VALIDITY_OUT_OF_RANGE, earliest=today.isoformat())


def enrolled(
    enrolments: Sequence[Enrolment], unit: str, *, first: date | None, opens: date, closes: date, today: date
) -> Enrolment:
    """Return the enrolment of a unit from a day on; without one, from the first day that it can be.

    Raises:
        Refusal: the day is past or outside the pilot, or the unit takes part on it or after it already.
    """
    earliest = max(today, opens)
    begins = first or earliest
    if not earliest <= begins <= closes:
        raise Refusal(Code.VALIDITY_OUT_OF_RANGE, earliest=earliest.isoformat())
    own = [each for each in enrolments if each.unit == unit]
    if any(each.last is None or each.last >= max(begins, each.first) for each in own):
        raise Refusal(Code.ALREADY_ENROLLED)
    return Enrolment(unit=unit, number=len(own) + 1, first=begins)


def withdrawn(enrolments: Sequence[Enrolment], unit: str, *, since: date | None, today: date) -> tuple[Enrolment, ...]:
    """Return the enrolments of a unit that end when it takes part no longer from a day on; without one, from today.

    Raises:
        Refusal: the day is past, or the unit does not take part on it or after it.
    """
    gone = since or today
    if gone < today:
        raise Refusal(Code.VALIDITY_OUT_OF_RANGE, earliest=today.isoformat())
    own = [each for each in enrolments if each.unit == unit]
    ended = tuple(replace(e, last=gone - _DAY) for e in own if e.last is None or e.last >= max(gone, e.first))
    if not ended:
        raise Refusal(Code.NOT_ENROLLED)
    return ended


def taking_part(enrolments: Sequence[Enrolment], *, today: date) -> tuple[str, ...]:
    """Return the units that take part today or will from a day to come on, in order."""
    return tuple(sorted({e.unit for e in enrolments if e.last is None or e.last >= max(today, e.first)}))


def took_part(enrolments: Sequence[Enrolment], *, until: date) -> tuple[str, ...]:
    """Return the units that took part on some day until one, in order."""
    found = {e.unit for e in enrolments if e.first <= until and (e.last is None or e.last >= e.first)}
    return tuple(sorted(found))


def last_day_of(since: date | None, *, last_day: date, today: date) -> date:
    """Return the last day of a programme that goes on no longer from a day on; without one, from today.

    Raises:
        Refusal: the day is past, or it would be over by then anyway.
    """
    gone = since or today
    if gone < today:
        raise Refusal(Code.VALIDITY_OUT_OF_RANGE, earliest=today.isoformat())
    if gone > last_day:
        raise Refusal(Code.ALREADY_ENDED, state="over")
    return gone - _DAY
