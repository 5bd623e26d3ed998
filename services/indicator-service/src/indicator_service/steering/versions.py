"""How a target comes to be and goes on: proposed, approved by somebody else, revised by a new version, withdrawn.

Measure 5 of the strategy: the directorate steers by targets, and a district answers for its own. That an approver is
another person than the proposer, and that a version begins on the day of its approval at the earliest, are assumptions
[a]. From the latter follows that what was in force on a day that is past never changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from indicator_service.steering.refusals import Code, Refusal

_DAY: Final = timedelta(days=1)


class VersionState(StrEnum):
    """Where a version of a target stands. An approved one may not have begun, be in force or have ended."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    """Another version was approved before it began."""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days on which a version is in force, the last included; without a last one it goes on."""

    first: date
    last: date | None = None

    def includes(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of a target as the rules see it.

    ``wanted`` are the days that were proposed, ``in_force`` those on which it is, was or will be in force: none before
    it is approved, and none when it was ended before its first day was over.
    """

    number: int
    state: VersionState
    proposed_by: str
    wanted: Days
    in_force: Days | None = None
    ended_by: int | None = None


def in_force_on(versions: Sequence[Version], day: date) -> Version | None:
    """Return the version that was, is or will be in force on a day."""
    return next((v for v in versions if v.in_force is not None and v.in_force.includes(day)), None)


def check_wanted(days: Days, *, today: date) -> None:
    """Check the days that a version is proposed for.

    Raises:
        Refusal: ``validity-out-of-range``, they are past or the last comes before the first.
    """
    if days.first < today or (days.last is not None and days.last < days.first):
        raise Refusal(Code.VALIDITY_OUT_OF_RANGE, earliest=today.isoformat())


def approved(versions: Sequence[Version], number: int, *, by: str, today: date) -> tuple[Version, ...]:
    """Return the versions after one was approved: it ends what would be in force from its first day on.

    Raises:
        Refusal: there is none such, it is not proposed, it is the approver's own, or its last day is past.
    """
    chosen = _version(versions, number)
    if chosen.state is not VersionState.PROPOSED:
        raise Refusal(Code.NOT_PROPOSED, state=chosen.state.value)
    if chosen.proposed_by == by:
        raise Refusal(Code.OWN_PROPOSAL)
    first = max(chosen.wanted.first, today)
    if chosen.wanted.last is not None and chosen.wanted.last < first:
        raise Refusal(Code.VALIDITY_OUT_OF_RANGE, earliest=today.isoformat())
    found = [_set_aside(each, number) if _has_not_begun(each, today) else each for each in versions]
    for gone in [each.number for each in versions if _has_not_begun(each, today)]:
        found = [_going_on(each, gone) for each in found]
    found = [_ended(each, last=first - _DAY, by=number) for each in found]
    days = Days(first=first, last=chosen.wanted.last)
    return _with(found, replace(chosen, state=VersionState.APPROVED, in_force=days))


def withdrawn(versions: Sequence[Version], number: int, *, today: date) -> tuple[Version, ...]:
    """Return the versions after one was withdrawn, from today on; if it never began, what it was to end goes on.

    Raises:
        Refusal: there is none such, it was withdrawn or superseded before, or it has ended.
    """
    chosen = _version(versions, number)
    days = chosen.in_force
    over = days is not None and days.last is not None and days.last < today
    if chosen.state not in {VersionState.PROPOSED, VersionState.APPROVED} or over:
        raise Refusal(Code.ALREADY_ENDED, state=chosen.state.value)
    found = list(versions)
    if _has_not_begun(chosen, today):
        found = [_going_on(each, number) for each in found]
    kept = None if days is None or days.first >= today else Days(first=days.first, last=today - _DAY)
    return _with(found, replace(chosen, state=VersionState.WITHDRAWN, in_force=kept))


def _version(versions: Sequence[Version], number: int) -> Version:
    found = next((each for each in versions if each.number == number), None)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    return found


def _with(versions: Sequence[Version], changed: Version) -> tuple[Version, ...]:
    return tuple(changed if each.number == changed.number else each for each in versions)


def _has_not_begun(version: Version, today: date) -> bool:
    return version.state is VersionState.APPROVED and version.in_force is not None and version.in_force.first > today


def _set_aside(version: Version, by: int) -> Version:
    return replace(version, state=VersionState.SUPERSEDED, in_force=None, ended_by=by)


def _ended(version: Version, *, last: date, by: int) -> Version:
    days = version.in_force
    if days is None or (days.last is not None and days.last <= last):
        return version
    if days.first > last:
        return _set_aside(version, by)
    return replace(version, in_force=Days(first=days.first, last=last), ended_by=by)


def _going_on(version: Version, by: int) -> Version:
    if version.ended_by != by or version.in_force is None or version.state is not VersionState.APPROVED:
        return version
    return replace(version, in_force=Days(first=version.in_force.first, last=version.wanted.last), ended_by=None)
