"""When a failed delivery is tried again: ten attempts over three days."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

LADDER: Final[tuple[timedelta, ...]] = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=20),
    timedelta(hours=34),
)
"""Wait after the first failed attempt, after the second, and so on; 71 hours and a half in all."""

MAX_ATTEMPTS: Final = len(LADDER) + 1
JITTER: Final = 0.1
MAX_RETRY_AFTER: Final = timedelta(hours=12)


def wait(*, attempt: int, jitter: float, retry_after: timedelta | None = None) -> timedelta | None:
    """Return how long to wait after a failed attempt, or None when it was the last.

    ``attempt`` counts from 1; ``jitter`` from 0 to 1 spreads the wait a tenth either way, so that deliveries that
    failed together don't come back together. A receiver's Retry-After lengthens the wait, up to twelve hours.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    planned = LADDER[attempt - 1] * (1 - JITTER + 2 * JITTER * jitter)
    return max(planned, min(retry_after, MAX_RETRY_AFTER)) if retry_after is not None else planned


def parse_retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """Read a Retry-After header, in seconds or as a date; None when absent or not understood."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(moment - now, timedelta())
