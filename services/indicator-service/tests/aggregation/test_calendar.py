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
    "text", ["", "2026", "2026-13", "2026-1", "2026-00", "1999-12", "202６-01", "2026-01-01", "x" * 500, "rolling"]
)
def test_anything_else_is_no_period(text):
    with pytest.raises(InvalidPeriodError):
        parse_period(text, today=TODAY)
