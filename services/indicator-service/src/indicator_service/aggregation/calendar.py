"""Days and months are those of Europe/Oslo, by the time that something happened."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

OSLO: Final = ZoneInfo("Europe/Oslo")
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2200
_MONTHS: Final = 12


def day_of(moment: datetime) -> date:
    """Return the calendar day in Norway."""
    return moment.astimezone(OSLO).date()


@lru_cache(maxsize=8192)
def month_with(day: date) -> date:
    """Return the first day of the month that a day is in."""
    # Kept, since every cell needs one, and events of some years have few days.
    return day.replace(day=1)


def month_of(moment: datetime) -> date:
    """Return the first day of the month in Norway."""
    return month_with(day_of(moment))


def add_months(month: date, months: int) -> date:
    """Return the first day of the month that is so many months later."""
    years, index = divmod(month.month - 1 + months, _MONTHS)
    return date(month.year + years, index + 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of whole months: one month, or the current month and the eleven before it."""

    kind: Literal["month", "rolling_12"]
    first_month: date
    last_month: date
    asked_on: date
    """The day on which somebody asks: what can't be known by then is not yet complete."""

    @property
    def last_day(self) -> date:
        """The last day of the period."""
        return add_months(self.last_month, 1) - timedelta(days=1)

    @property
    def counted_until(self) -> date:
        """The day at whose end a stock is counted: the last of the period, or today where that is still to come."""
        return min(self.last_day, self.asked_on)


class InvalidPeriodError(ValueError):
    """The text names no period."""


def parse_period(text: str, *, today: date) -> Period:
    """Read ``rolling_12`` or ``YYYY-MM``.

    Raises:
        InvalidPeriodError: it is neither, or the month is outside the years that are kept.
    """
    if text == "rolling_12":
        return rolling_12(today=today)
    try:
        year, month = text[:4], text[5:]
        if text[4:5] != "-" or not (year.isdecimal() and month.isdecimal() and year.isascii() and month.isascii()):
            raise InvalidPeriodError
        first = date(int(year), int(month), 1)
    except ValueError:
        raise InvalidPeriodError from None
    if len(month) != 2 or not FIRST_YEAR <= first.year <= LAST_YEAR:  # noqa: PLR2004  two digits, as in ISO 8601
        raise InvalidPeriodError
    return Period(kind="month", first_month=first, last_month=first, asked_on=today)


def rolling_12(*, today: date) -> Period:
    """Return the current month and the eleven before it."""
    current = today.replace(day=1)
    return Period(kind="rolling_12", first_month=add_months(current, 1 - _MONTHS), last_month=current, asked_on=today)
