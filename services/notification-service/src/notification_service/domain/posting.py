"""What becomes of a letter: where it waits, and how it ends. Reasons are codes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from notification_service.domain.audiences import RULES, Needs
from notification_service.domain.kinds import Kind
from notification_service.domain.letters import Delivered, Outcome, Purpose, Refused
from notification_service.domain.pacing import MANDATORY, How, Pace, end_of_quiet, next_digest
from notification_service.domain.retries import wait

MOST_AN_HOUR: Final = 20
"""Letters a person is sent at once in an hour over one channel; what comes besides is collected until the hour ends."""

KEPT_WHEN_RESTRICTED: Final = frozenset(
    rule.kind for rules in RULES.values() for rule in rules if rule.needs is Needs.ROLE
) | {Kind.CASE_RESTRICTED, Kind.CASE_ERASED}
"""Kinds that are still told of a case while access to it is restricted, to those who see such cases: that it is, and
who looked into it."""


class End(StrEnum):
    """Why a letter ended without being sent, or waits."""

    NOTHING_LEFT = "nothing_left"
    """What it was to tell is gone, or not the person's to know any more, or not wanted any more."""
    CASE_ERASED = "case_erased"
    CASE_RESTRICTED = "case_restricted"
    STANDING_LAPSED = "standing_lapsed"
    """The person has not logged in for so long that their right is not known any more."""
    ADDRESS_UNCONFIRMED = "address_unconfirmed"
    CODE_OVER = "code_over"
    ATTEMPTS_USED = "attempts_used"
    REFUSED = "refused"
    BOUNCED = "bounced"
    RIGHT_UNKNOWN = "right_unknown"
    """The case service does not say what the person may see: it waits."""
    QUIET_HOURS = "quiet_hours"


class Status(StrEnum):
    """Where a letter stands; ``failed`` is a confirmation that did not arrive, and leaves no dead letter."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Where a message goes: into a letter of its own (no window), or into the one of a window, due then."""

    purpose: Purpose
    window: datetime | None = None


def slot(pace: Pace, kind: Kind, *, now: datetime, recent: int) -> Slot | None:
    """Return into which letter a message goes; None when the person wants none of its kind.

    Args:
        pace: what the person chose.
        kind: the kind of the message.
        now: the moment.
        recent: letters that the person was sent at once in the last hour over the channel.
    """
    how = pace.how(kind)
    if how is How.NONE:
        return None
    if how is How.DIGEST:
        window = next_digest(pace, now)
        return Slot(purpose=Purpose.MESSAGE if window is None else Purpose.DIGEST, window=window)
    if kind in MANDATORY:
        return Slot(purpose=Purpose.MESSAGE)
    quiet = end_of_quiet(pace, now)
    if quiet is None and recent >= MOST_AN_HOUR:
        quiet = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Slot(purpose=Purpose.MESSAGE, window=quiet)


def after(pace: Pace, before: Slot) -> Slot:
    """Return where a message goes when the letter of its window is on its way already."""
    assert before.window is not None  # noqa: S101 - a letter of its own is never another's
    if before.purpose is Purpose.DIGEST:
        return Slot(purpose=Purpose.DIGEST, window=next_digest(pace, before.window))
    return Slot(purpose=Purpose.MESSAGE)


def waits_for_the_morning(pace: Pace, purpose: Purpose, kinds: Collection[Kind], now: datetime) -> datetime | None:
    """Return until when a letter waits since it is quiet; a digest comes when it was asked for."""
    if purpose is not Purpose.MESSAGE or not MANDATORY.isdisjoint(kinds):
        return None
    return end_of_quiet(pace, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a letter after an attempt; ``due_at`` stands when it stays pending."""

    status: Status
    reason: str | None = None
    due_at: datetime | None = None


def settle(outcome: Outcome, *, purpose: Purpose, attempt: int, ended_at: datetime, jitter: float) -> Verdict:
    """Decide what becomes of a letter; ``attempt`` counts from 1 since it was written or replayed."""
    if isinstance(outcome, Delivered):
        return Verdict(status=Status.DELIVERED)
    ended = Status.FAILED if purpose is Purpose.CONFIRMATION else Status.DEAD
    if isinstance(outcome, Refused):
        return Verdict(status=ended, reason=End.REFUSED)
    delay = wait(attempt=attempt, jitter=jitter, retry_after=outcome.wait)
    if delay is None:
        return Verdict(status=ended, reason=End.ATTEMPTS_USED)
    return Verdict(status=Status.PENDING, due_at=ended_at + delay)
