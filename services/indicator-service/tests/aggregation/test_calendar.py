"""Periods are whole months of the Norwegian calendar."""

from datetime import date

import pytest
from indicator_service.aggregation.calendar import InvalidPeriodError, parse_period

TODAY = date(2026, 11, 23)


def test_rolling_12_is_this_month_and_the_eleven_before():
    period = parse_period("rolling_12", today=TODAY)
    assert (period.kind, period.first_month, period.last_day) == ("rolling_12", date(2025, 12, 1), date(2026, 11, 30))


def test_a_month_ends_on_its_last_day():
    period = parse_period("2024-02", today=TODAY)
    assert (period.kind, period.first_month, period.last_day) == ("month", date(2024, 2, 1), date(2024, 2, 29))


@pytest.mark.parametrize(
    ("text", "kind", "first", "last"),
    [
        ("2026-Q1", "quarter", date(2026, 1, 1), date(2026, 3, 31)),
        ("2024-Q4", "quarter", date(2024, 10, 1), date(2024, 12, 31)),
        ("2024", "year", date(2024, 1, 1), date(2024, 12, 31)),
        ("year_to_date", "year_to_date", date(2026, 1, 1), date(2026, 11, 30)),
    ],
)
def test_quarters_years_and_the_year_to_date_are_whole_months(text, kind, first, last):
    period = parse_period(text, today=TODAY)
    assert (period.kind, period.first_month, period.last_day, period.name) == (kind, first, last, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1999",
        "2201",
        "2026-Q0",
        "2026-Q5",
        "2026-q1",
        "2026Q1",
        "2026-",
        "26",
        "2026-13",
        "2026-1",
        "2026-00",
        "1999-12",
        "202６-01",
        "2026-01-01",
        "x" * 500,
        "rolling",
    ],
)
def test_anything_else_is_no_period(text):
    with pytest.raises(InvalidPeriodError):
        parse_period(text, today=TODAY)
