"""Rules about time: when something may have happened, when it may be due, and until when a case may stay unclear.

Days are those of Norway, because deadlines in law are.
"""

import calendar
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from case_service.domain.refusals import Code, Refusal

CLARIFICATION_MONTHS: Final = 4
"""Months within which purpose and relevance of registered information must be clarified."""

_OSLO: Final = ZoneInfo("Europe/Oslo")
_PAST_YEARS: Final = 5
_DUE_YEARS: Final = 5
CLOCK_SKEW: Final = timedelta(minutes=1)
"""How far a caller's clock may be ahead of ours."""


def when(*, occurred_at: datetime | None, now: datetime, not_before: datetime | None = None) -> datetime:
    """Return when a thing happened: as stated, or now.

    Raises:
        Refusal: the moment is over five years back, in the future, or before ``not_before``.
    """
    if occurred_at is None:
        return now if not_before is None else max(now, not_before)
    earliest = _years_from(now, -_PAST_YEARS)
    if not_before is not None:
        earliest = max(earliest, not_before)
    if not earliest <= occurred_at <= now + CLOCK_SKEW:
        raise Refusal(
            Code.OCCURRED_AT_OUT_OF_RANGE, earliest=earliest.isoformat(), latest=(now + CLOCK_SKEW).isoformat()
        )
    return occurred_at


def day_begins(day: date) -> datetime:
    """Return the moment at which a Norwegian calendar day begins."""
    return datetime.combine(day, time.min, tzinfo=_OSLO)


def due(*, due_on: date, opened_at: datetime, now: datetime) -> date:
    """Return the day by which a thing is due.

    Raises:
        Refusal: the day is before the case was opened or over five years ahead.
    """
    earliest, latest = local_day(opened_at), local_day(_years_from(now, _DUE_YEARS))
    if not earliest <= due_on <= latest:
        raise Refusal(Code.DUE_ON_OUT_OF_RANGE, earliest=earliest.isoformat(), latest=latest.isoformat())
    return due_on


def clarification_deadline(opened_at: datetime) -> date:
    """Return the last day on which the case's purpose and relevance may still be unclear."""
    return add_months(local_day(opened_at), CLARIFICATION_MONTHS)


def local_day(moment: datetime) -> date:
    """Return the Norwegian calendar day of a moment."""
    return moment.astimezone(_OSLO).date()


def add_months(day: date, months: int) -> date:
    """Return the same day some months on, or the month's last day when it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _years_from(moment: datetime, years: int) -> datetime:
    day = add_months(moment.date(), 12 * years)
    return moment.replace(year=day.year, month=day.month, day=day.day)
