"""What an attempt led to, and what becomes of the delivery then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from notification_service.domain.retries import wait

_GONE: Final = 410
_RETRY_AFTER_IS_HEARD: Final = frozenset({429, 503})


class Outcome(StrEnum):
    """How one attempt ended; ``unsigned`` and ``fault`` are ours, the rest is the receiver's or the way to it."""

    DELIVERED = "delivered"
    GONE = "gone"
    REDIRECTED = "redirected"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    ADDRESS_REFUSED = "address_refused"
    BROKEN_ANSWER = "broken_answer"
    UNSIGNED = "unsigned"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: a status of the receiver's, or a failure before there was one."""

    outcome: Outcome
    status_code: int | None = None
    retry_after: timedelta | None = None


class Status(StrEnum):
    """Where a delivery stands. ``failed`` is a test ping that did not arrive; it leaves no dead letter."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a delivery ended without arriving."""

    ATTEMPTS_USED = "attempts_used"
    ENDPOINT_GONE = "endpoint_gone"
    ENDPOINT_DISABLED = "endpoint_disabled"
    ENDPOINT_DELETED = "endpoint_deleted"
    ENDPOINT_FAILING = "endpoint_failing"
    CASE_RESTRICTED = "case_restricted"
    CASE_ERASED = "case_erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of the delivery; ``next_attempt_at`` stands when it stays pending."""

    status: Status
    reason: Reason | None = None
    next_attempt_at: datetime | None = None
    disable_endpoint: bool = False


def judge_status(status_code: int, *, retry_after: timedelta | None) -> Answer:
    """Read the status of an answer: 2xx arrived, 410 wants no more, everything else failed."""
    if 200 <= status_code < 300:  # noqa: PLR2004 - the classes of HTTP
        return Answer(outcome=Outcome.DELIVERED, status_code=status_code)
    if status_code == _GONE:
        return Answer(outcome=Outcome.GONE, status_code=status_code)
    outcome = Outcome.REDIRECTED if 300 <= status_code < 400 else Outcome.REFUSED  # noqa: PLR2004
    heard = retry_after if status_code in _RETRY_AFTER_IS_HEARD else None
    return Answer(outcome=outcome, status_code=status_code, retry_after=heard)


def settle(answer: Answer, *, attempt: int, is_ping: bool, ended_at: datetime, jitter: float) -> Verdict:
    """Decide what becomes of a delivery after an attempt; ``attempt`` counts from 1 since it was made or replayed."""
    if answer.outcome is Outcome.DELIVERED:
        return Verdict(status=Status.DELIVERED)
    gone = answer.outcome is Outcome.GONE
    if is_ping:
        reason = Reason.ENDPOINT_GONE if gone else Reason.ATTEMPTS_USED
        return Verdict(status=Status.FAILED, reason=reason, disable_endpoint=gone)
    if gone:
        return Verdict(status=Status.DEAD, reason=Reason.ENDPOINT_GONE, disable_endpoint=True)
    delay = wait(attempt=attempt, jitter=jitter, retry_after=answer.retry_after)
    if delay is None:
        return Verdict(status=Status.DEAD, reason=Reason.ATTEMPTS_USED)
    return Verdict(status=Status.PENDING, next_attempt_at=ended_at + delay)
