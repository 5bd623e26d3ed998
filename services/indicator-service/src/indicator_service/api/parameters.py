"""What callers may ask for, and the problem they get when it doesn't exist."""

import re
from datetime import date, datetime
from typing import Final

from forkant_kit.problems import ProblemError
from pydantic_core import PydanticCustomError

from indicator_service.aggregation.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    InvalidPeriodError,
    Period,
    day_of,
    parse_period,
)
from indicator_service.aggregation.register import Register
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.definitions import Catalogue, Indicator

_UNIT: Final = re.compile(r"[a-z][a-z-]{1,30}")


def known_unit(unit: str, units: Register) -> str:
    """Return the unit, which is there or was.

    Raises:
        ProblemError: 404, there is no such unit.
    """
    if unit != NATIONAL and not units.knows(unit):
        raise no_such_unit()
    return unit


def well_formed_unit(unit: str) -> str:
    """Return a unit that is there, or may have been established and not been told of yet: its figures say which.

    Raises:
        ProblemError: 404, there can be no such unit.
    """
    if not _UNIT.fullmatch(unit):
        raise no_such_unit()
    return unit


def no_such_unit() -> ProblemError:
    """Return the problem of a unit that is not there."""
    return ProblemError(404, "unknown-unit", "Unknown unit", "There is no such unit; see /v1/units.")


def known_units(names: str | None, units: Register, *, today: date) -> tuple[str, ...]:
    """Return the units of a comma-separated list, each once; none given is every unit there today and their total.

    Raises:
        ProblemError: 404, there is no such unit.
    """
    if names is None:
        return (*units.on(today), NATIONAL)
    return tuple(dict.fromkeys(known_unit(unit, units) for unit in names.split(",")))


def known_period(text: str, *, now: datetime) -> Period:
    """Return the period.

    Raises:
        ProblemError: 400, the text is no period.
    """
    try:
        return parse_period(text, today=day_of(now))
    except InvalidPeriodError:
        detail = "A period is rolling_12, year_to_date, a month YYYY-MM, a quarter YYYY-Q1 to YYYY-Q4, or a year YYYY."
        raise ProblemError(400, "invalid-period", "Invalid period", detail) from None


def within_the_years(moment: datetime) -> datetime:
    """Refuse a moment that lies outside the years that are kept."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise PydanticCustomError("moment_out_of_range", f"is no moment of the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def known_indicator(number: int, catalogue: Catalogue) -> Indicator:
    """Return the indicator.

    Raises:
        ProblemError: 404, there is no such indicator.
    """
    indicator = catalogue.indicator(number)
    if indicator is None:
        detail = "There is no such indicator; see /v1/indicators."
        raise ProblemError(404, "unknown-indicator", "Unknown indicator", detail)
    return indicator
