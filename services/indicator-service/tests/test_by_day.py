"""What depends on the day, in a real database: as of which day a period is answered, and that no day to come is in it."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from indicator_service import queries
from indicator_service.aggregation.calendar import parse_period
from indicator_service.aggregation.snapshot import take_snapshot
from indicator_service.definitions import load_catalogue

DAY = timedelta(days=1)
OPENED = datetime(2026, 1, 10, 12, tzinfo=UTC)


@pytest.fixture
def figures(engine):
    """Give a function that answers for a period as on a day: (numerator, denominator) of an indicator."""

    async def read(number, period, today, unit="oslo"):
        asked = parse_period(period, today=today)
        async with engine.connect() as conn:
            found = await queries.tallies(conn, generation=1, units=[unit], period=asked, catalogue=load_catalogue())
        shown = take_snapshot(found, period=asked, catalogue=load_catalogue(), rank=str.encode).figures(
            unit, exact=True
        )
        item = next(item for item in shown.indicators if item.number == number)
        return item.numerator.value, item.denominator.value

    return read


async def test_a_follow_up_that_is_not_held_makes_its_case_overdue_the_day_after_without_an_event(
    figures, project, new_case
):
    case = new_case(at=OPENED)
    case.opened()
    case.follow_up_scheduled(date(2026, 2, 28))
    await project(*case.events)
    for today, expected in [
        (date(2026, 2, 27), 0),
        (date(2026, 2, 28), 0),
        (date(2026, 3, 1), 1),
        (date(2027, 9, 9), 1),
    ]:
        assert await figures(9, "rolling_12", today) == (expected, 1)
    assert await figures(9, "2026-02", date(2026, 3, 1)) == (0, 1)
    assert await figures(9, "2026-03", date(2026, 4, 1)) == (1, 1)


async def test_a_running_month_is_as_of_today_and_a_past_one_as_of_its_last_day(figures, project, new_case):
    case = new_case(at=OPENED)
    case.opened()
    case.held(after=20 * DAY)
    case.resumed(after=20 * DAY)
    case.closed(after=20 * DAY)
    await project(*case.events)
    assert await figures(9, "2026-01", date(2026, 1, 29)) == (0, 1)
    assert await figures(9, "2026-01", date(2026, 1, 30)) == (0, 0)
    assert await figures(9, "2026-01", date(2026, 6, 1)) == (0, 0)
    assert await figures(9, "2026-02", date(2026, 6, 1)) == (0, 1)
    assert await figures(9, "2026-03", date(2026, 3, 10)) == (0, 1)
    assert await figures(9, "2026-03", date(2026, 3, 11)) == (0, 0)
    assert await figures(9, "2026-03", date(2026, 6, 1)) == (0, 0)


@pytest.mark.parametrize("period", ["rolling_12", "2026-03", "2026-04", "2026-05", "2026-12"])
async def test_no_day_to_come_is_in_any_period(figures, project, new_case, period):
    today = date(2026, 3, 10)
    case = new_case(at=OPENED)
    case.opened()
    case.plan_approved()
    case.follow_up_scheduled(today)
    done = case.measure_planned(due_on=today + DAY)
    case.measure_planned(due_on=date(2026, 4, 2))
    case.measure_completed(done)
    case.information_registered(today)
    young = new_case(at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    young.opened()
    await project(*case.events, *young.events)
    assert await figures(6, period, today) == (1, 1)
    assert await figures(8, period, today) == (0, 0)
    assert await figures(9, period, today) == (0, 2)
    assert await figures(21, period, today) == (0, 1)
    if period == "rolling_12":
        tomorrow, later = today + DAY, date(2026, 4, 2)
        assert await figures(8, period, tomorrow) == (1, 1)
        assert await figures(9, period, tomorrow) == (1, 2)
        assert await figures(21, period, tomorrow) == (1, 1)
        assert await figures(6, period, later) == (1, 2)
        assert await figures(8, period, later) == (1, 2)
        assert await figures(8, "2026-03", later) == (1, 1)
        assert await figures(8, "2026-04", later) == (0, 1)


async def test_what_is_told_late_changes_what_was_true_then(figures, project, new_case):
    case = new_case(at=OPENED)
    case.opened()
    item = case.follow_up_scheduled(date(2026, 1, 20))
    await project(*case.events)
    assert await figures(9, "2026-01", date(2026, 3, 1)) == (1, 1)
    case.at = datetime(2026, 1, 25, 12, tzinfo=UTC)
    await project(case.follow_up_held(item))
    assert await figures(9, "2026-01", date(2026, 3, 1)) == (0, 1)


@pytest.mark.parametrize("gone", ["merged", "erased"])
async def test_nothing_of_a_case_that_is_gone_stays_on_any_day(figures, project, engine, new_case, gone):
    case = new_case(at=OPENED)
    case.opened()
    case.follow_up_scheduled(date(2026, 1, 20))
    case.partner_added()
    case.information_registered(date(2026, 5, 10))
    await project(*case.events)
    await project(getattr(case, gone)(after=90 * DAY))
    for number, period in itertools.product((6, 8, 9, 13, 21), ("2026-01", "2026-03", "rolling_12")):
        assert await figures(number, period, date(2026, 6, 1)) == (0, 0)


async def test_a_transfer_moves_all_days_with_the_case(figures, project, new_case):
    case = new_case(at=OPENED)
    case.opened()
    case.partner_added()
    await project(*case.events)
    await project(case.transferred("troms", after=90 * DAY))
    for period in ("2026-01", "2026-03", "rolling_12"):
        assert await figures(13, period, date(2026, 6, 1)) == (0, 0)
        assert await figures(13, period, date(2026, 6, 1), unit="troms") == (1, 1)
