"""When a person is told: at once, later because it is night for them, or together with others in a digest.

Moments go in and come out in UTC; the wall clock in between is the person's own. Where the clock jumps, quiet hours
are as the wall clock shows them, and up to an hour longer, never shorter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from notification_service.domain.kinds import Kind
from notification_service.domain.refusals import Code, Refusal

MANDATORY: Final = frozenset(
    {
        Kind.GLASS_BROKEN,
        Kind.REVIEW_OVERDUE,
        Kind.REVIEW_ESCALATED,
        Kind.TASK_ESCALATED,
        Kind.FOLLOW_UP_OVERDUE,
        Kind.MEASURE_OVERDUE,
        Kind.INFORMATION_DEADLINE_NEAR,
        Kind.INFORMATION_RESTRICTED,
        Kind.CASE_RESTRICTED,
        Kind.NOT_ACKNOWLEDGED,
        Kind.AUDIT_CHAIN_BROKEN,
    }
)
"""Kinds that nobody turns off or puts off: somebody must act or acknowledge it, or the law's time is up."""

DEFAULT_ZONE: Final = "Europe/Oslo"
_DAY: Final = timedelta(days=1)
_MOST_NIGHTS: Final = 8


class Every(StrEnum):
    """How often a digest comes."""

    DAY = "day"
    WEEK = "week"


class How(StrEnum):
    """How a kind of message is told."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours without letters, from ``start`` to before ``end`` on the wall clock; over midnight when that is earlier."""

    start: time
    end: time

    def holds_at(self, clock: time) -> bool:
        """Whether the wall clock shows a quiet time."""
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """When what is collected is sent: at an hour each day, or on one day of the week (1 is Monday)."""

    every: Every
    hour: int
    weekday: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a person chose."""

    zone: str = DEFAULT_ZONE
    quiet: Quiet | None = None
    digest: Digest | None = None
    kinds: Mapping[Kind, How] = field(default_factory=lambda: MappingProxyType({}))

    def how(self, kind: Kind) -> How:
        """Return how a kind is told: what is not named at once, and what is mandatory always at once."""
        return How.AT_ONCE if kind in MANDATORY else self.kinds.get(kind, How.AT_ONCE)

    def check(self) -> None:
        """Refuse what can't be kept.

        Raises:
            Refusal: there is no such time zone, a time is empty or in the way of another, or a kind is mandatory.
        """
        if self.zone not in _zones():
            raise Refusal(Code.UNKNOWN_TIME_ZONE)
        if self.quiet is not None and self.quiet.start == self.quiet.end:
            raise Refusal(Code.QUIET_HOURS_EMPTY)
        if self.digest is not None and (self.digest.weekday is not None) != (self.digest.every is Every.WEEK):
            raise Refusal(Code.WEEKDAY_OF_A_WEEK)
        if self.digest is not None and self.quiet is not None and self.quiet.holds_at(time(self.digest.hour)):
            raise Refusal(Code.DIGEST_IN_QUIET_HOURS)
        chosen = {kind for kind, how in self.kinds.items() if how is not How.AT_ONCE}
        if chosen & MANDATORY:
            raise Refusal(Code.KIND_IS_MANDATORY, kinds=sorted(kind.value for kind in chosen & MANDATORY))
        if self.digest is None and How.DIGEST in self.kinds.values():
            raise Refusal(Code.DIGEST_IS_OFF)


@cache
def _zones() -> frozenset[str]:
    # What hangs on the machine that answers is not the person's zone.
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def end_of_quiet(pace: Pace, moment: datetime) -> datetime | None:
    """Return when the quiet hours end in which a moment is; None when it is in none."""
    found = moment
    if pace.quiet is None:
        return None
    for _ in range(_MOST_NIGHTS):
        end = _night(pace.quiet, ZoneInfo(pace.zone), found)
        if end is None:
            break
        found = end
    return None if found == moment else found


def _night(quiet: Quiet, zone: ZoneInfo, moment: datetime) -> datetime | None:
    today = moment.astimezone(zone).date()
    for day in (today - _DAY, today, today + _DAY):
        begins = min(_moments(day, quiet.start, zone))
        ends = max(_moments(day if quiet.start < quiet.end else day + _DAY, quiet.end, zone))
        if begins <= moment < ends:
            return ends
    return None


def _moments(day: date, clock: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the two moments that a wall clock could mean, which are the same but where it jumps."""
    first, second = (datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    return first, second


def next_digest(pace: Pace, after: datetime) -> datetime | None:
    """Return when the first digest after a moment is sent, once for each of its days; None when there are none."""
    if pace.digest is None:
        return None
    zone, digest = ZoneInfo(pace.zone), pace.digest
    day = after.astimezone(zone).date() - _DAY
    while True:
        at, _ = _moments(day, time(digest.hour), zone)
        if at > after and digest.weekday in (None, day.isoweekday()):
            return at
        day += _DAY
