"""Days and months are those of Europe/Oslo, by the time that something happened."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

OSLO: Final = ZoneInfo("Europe/Oslo")
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2200
_MONTHS: Final = 12
_MONTHS_A_QUARTER: Final = 3
_WRITTEN: Final = re.compile(r"(?P<year>\d{4})(-((?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4])))?", re.ASCII)


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


@lru_cache(maxsize=4096)
def _last_day(month: date) -> date:
    return add_months(month, 1) - timedelta(days=1)


def months_through(first: date, last: date) -> tuple[date, ...]:
    """Return the first days of the months from one to another, both among them."""
    count = (last.year - first.year) * _MONTHS + last.month - first.month + 1
    return tuple(add_months(first, index) for index in range(count))


PeriodKind = Literal["month", "rolling_12", "quarter", "year", "year_to_date"]
"""`rolling_12` is the current month and the eleven before it, `year_to_date` the current one and those of its year."""
SHOWN_TO_ALL: Final[frozenset[PeriodKind]] = frozenset({"month", "rolling_12"})
"""The periods of which those who see no small counts get figures: each more would be one more to subtract from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of whole months."""

    kind: PeriodKind
    first_month: date
    last_month: date
    asked_on: date
    """The day on which somebody asks: what can't be known by then is not yet complete."""

    @property
    def name(self) -> str:
        """What it is asked for by; that of a period which moves with the day says no day."""
        match self.kind:
            case "month":
                return f"{self.first_month:%Y-%m}"
            case "quarter":
                return f"{self.first_month:%Y}-Q{self.last_month.month // _MONTHS_A_QUARTER}"
            case "year":
                return f"{self.first_month:%Y}"
            case _:
                return self.kind

    @property
    def last_day(self) -> date:
        """The last day of the period."""
        return _last_day(self.last_month)

    @property
    def counted_until(self) -> date:
        """The day at whose end a stock is counted: the last of the period, or today where that is still to come."""
        return min(self.last_day, self.asked_on)


class InvalidPeriodError(ValueError):
    """The text names no period."""


def parse_period(text: str, *, today: date) -> Period:
    """Read ``rolling_12``, ``year_to_date``, ``YYYY-MM``, ``YYYY-Q1`` to ``YYYY-Q4``, or ``YYYY``.

    Raises:
        InvalidPeriodError: it is none of them, or outside the years that are kept.
    """
    if text == "rolling_12":
        return rolling_12(today=today)
    if text == "year_to_date":
        current = month_with(today)
        return Period(kind="year_to_date", first_month=current.replace(month=1), last_month=current, asked_on=today)
    written = _WRITTEN.fullmatch(text)
    if written is None or not FIRST_YEAR <= int(written["year"]) <= LAST_YEAR:
        raise InvalidPeriodError
    kind, first, months = _stretch(int(written["year"]), month=written["month"], quarter=written["quarter"])
    return Period(kind=kind, first_month=first, last_month=add_months(first, months - 1), asked_on=today)


def _stretch(year: int, *, month: str | None, quarter: str | None) -> tuple[PeriodKind, date, int]:
    if month is not None:
        return "month", date(year, int(month), 1), 1
    if quarter is not None:
        return "quarter", date(year, (int(quarter) - 1) * _MONTHS_A_QUARTER + 1, 1), _MONTHS_A_QUARTER
    return "year", date(year, 1, 1), _MONTHS


def rolling_12(*, today: date) -> Period:
    """Return the current month and the eleven before it."""
    current = today.replace(day=1)
    return Period(kind="rolling_12", first_month=add_months(current, 1 - _MONTHS), last_month=current, asked_on=today)


def twelve_until(month: date, *, today: date) -> Period:
    """Return a month and the eleven before it, as they stood when it ended, or stand today while it runs."""
    asked_on = min(_last_day(month), today)
    return replace(rolling_12(today=month), asked_on=asked_on)


def month_period(month: date, *, today: date) -> Period:
    """Return a month as a period."""
    return Period(kind="month", first_month=month, last_month=month, asked_on=today)
