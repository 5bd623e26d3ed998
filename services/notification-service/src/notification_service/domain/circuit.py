"""When sending to an endpoint pauses: after failures in a row nothing goes there for a while, then one delivery tries.

Deliveries that wait meanwhile use up none of their attempts. A test ping goes at any time, and one that arrives ends
the pause. An endpoint to which nothing has arrived for three days is given up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from notification_service.domain.attempts import Answer, Outcome
from notification_service.domain.retries import JITTER, MAX_ATTEMPTS, MAX_RETRY_AFTER

OPENS_AT: Final = 5
"""Failures in a row after which sending pauses."""
PAUSES: Final[tuple[timedelta, ...]] = tuple(timedelta(seconds=s) for s in (30, 60, 120, 240, 600))
"""How long it pauses the first time, after one probe that failed, and so on; the last one is repeated."""
GIVE_UP_AFTER: Final = timedelta(days=3)
TELL_EVERY: Final = timedelta(days=1)
_NOT_THE_RECEIVERS: Final = frozenset({Outcome.UNSIGNED, Outcome.FAULT})


class State(StrEnum):
    """What may be sent now: everything, nothing but test pings, or one delivery to see whether it arrives."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """One attempt that came to an end."""

    answer: Answer
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """How an endpoint did lately: failures in a row, since when, how often sending paused, and until when it does."""

    failures: int = 0
    failing_since: datetime | None = None
    trips: int = 0
    open_until: datetime | None = None
    told_at: datetime | None = None
    """When the owners were last told that it fails; kept when it recovers, so that one that comes and goes is quiet."""

    def state(self, now: datetime) -> State:
        """Return what may be sent now."""
        if self.open_until is None:
            return State.CLOSED
        return State.OPEN if now < self.open_until else State.HALF_OPEN

    def given_up(self, now: datetime) -> bool:
        """Whether it has failed so long that nothing more is sent."""
        since = self.failing_since
        return since is not None and self.failures >= MAX_ATTEMPTS and now - since >= GIVE_UP_AFTER

    def to_be_told(self, now: datetime) -> bool:
        """Whether the owners are to be told now that it fails: once a day at the most."""
        return self.open_until is not None and (self.told_at is None or now - self.told_at >= TELL_EVERY)

    def after(self, attempts: Iterable[Ended], *, jitter: float) -> "Circuit":
        """Return how it stands after attempts; ``jitter`` from 0 to 1 spreads the pauses a tenth either way."""
        found = self
        for attempt in sorted(attempts, key=lambda each: each.ended_at):
            outcome = attempt.answer.outcome
            if outcome is Outcome.DELIVERED:
                found = Circuit(told_at=found.told_at)
            elif outcome not in _NOT_THE_RECEIVERS:
                found = found._failed(attempt, jitter)
        return found

    def _failed(self, attempt: Ended, jitter: float) -> "Circuit":
        counted = replace(self, failures=self.failures + 1, failing_since=self.failing_since or attempt.ended_at)
        # What was under way when the pause began, or a ping in the middle of it, makes it no longer.
        if counted.failures < OPENS_AT or (self.open_until is not None and attempt.started_at < self.open_until):
            return counted
        planned = PAUSES[min(self.trips, len(PAUSES) - 1)] * (1 - JITTER + 2 * JITTER * jitter)
        asked = min(attempt.answer.retry_after or timedelta(), MAX_RETRY_AFTER)
        return replace(counted, trips=self.trips + 1, open_until=attempt.ended_at + max(planned, asked))
