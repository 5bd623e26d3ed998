"""Days in Norway: which day it is, which are working days, and how they are counted; whole days throughout."""

from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

_OSLO: Final = ZoneInfo("Europe/Oslo")
_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


def day_in_norway(moment: datetime) -> date:
    """Return the day that a moment falls on in Norway, summer and winter."""
    return moment.astimezone(_OSLO).date()


@lru_cache(maxsize=10_000)
def is_public_holiday(day: date) -> bool:
    """Return whether a day is a public holiday in Norway; Christmas Eve and New Year's Eve are none by law."""
    return day in _known()


def working_day_after(day: date, count: int) -> date:
    """Return the working day that comes so many working days after a day, which is left out itself.

    Raises:
        ValueError: the count is negative.
    """
    if count < 0:
        raise ValueError("working days are counted forward")
    for _ in range(count):
        day += _DAY
        while day.weekday() >= _SATURDAY or is_public_holiday(day):
            day += _DAY
    return day


@cache
def _known() -> HolidayBase:
    return country_holidays("NO")
