"""Working days: what neither a Saturday, a Sunday nor a public holiday is; which days are holidays is passed in.

Days are whole days in Norway. "n working days after a day" leaves that day itself out, as deadlines do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar that knows its public holidays."""

    is_holiday: Callable[[date], bool]

    def is_working_day(self, day: date) -> bool:
        """Return whether people are at work on a day."""
        return day.weekday() < _SATURDAY and not self.is_holiday(day)

    def next_working_day(self, day: date) -> date:
        """Return the first working day after a day."""
        return self.after(day, 1)

    @lru_cache(maxsize=20_000)  # noqa: B019 - a process has one calendar
    def after(self, day: date, count: int) -> date:
        """Return the working day that is some working days after a day; with none, the day itself.

        Raises:
            ValueError: the count is negative.
        """
        if count < 0:
            raise ValueError("working days are counted forward")
        for _ in range(count):
            day += _DAY
            while not self.is_working_day(day):
                day += _DAY
        return day

    def between(self, first: date, until: date) -> int:
        """Return how many working days there are from a day on, before another."""
        return sum(self.is_working_day(first + number * _DAY) for number in range((until - first).days))


def shifted(day: date, *, by_working_days: bool, held_on: date, resumed_on: date, calendar: Calendar) -> date:
    """Return a day moved on by a pause: by as many working days as were lost, where working days are counted."""
    if not by_working_days:
        return day + (resumed_on - held_on)
    return calendar.after(day, calendar.between(held_on, resumed_on))
