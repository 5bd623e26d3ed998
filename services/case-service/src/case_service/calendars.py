"""The Norwegian calendar, with the public holidays of the ``holidays`` library."""

from datetime import date
from functools import lru_cache

from holidays import country_holidays

from case_service.domain.working_days import Calendar


def norwegian_calendar() -> Calendar:
    """Return the calendar of Norway. Christmas Eve and New Year's Eve are working days, as the law has them."""
    known = country_holidays("NO")

    @lru_cache(maxsize=10_000)
    def is_holiday(day: date) -> bool:
        return day in known

    return Calendar(is_holiday)
