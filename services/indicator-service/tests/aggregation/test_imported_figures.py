"""Figures that rest on imports: which periods they take, that they are whole or none, and what they show to whom."""

from collections import Counter
from datetime import date
from uuid import UUID

import pytest
from forkant_contracts.units import CASE_UNITS, UNITS
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.aggregation.calendar import add_months, parse_period
from indicator_service.aggregation.imported import (
    Covers,
    Missing,
    basis_of,
    has_series,
    label_of,
    reach_of,
    ready_on,
    starts_of,
)
from indicator_service.aggregation.snapshot import take_snapshot
from indicator_service.aggregation.tally import NATIONAL, Known, Tally
from indicator_service.definitions import Metric, Series, load_catalogue
from indicator_service.definitions.series import FORM_OF, FORMS, ImportKind

CATALOGUE = load_catalogue()
TODAY = date(2026, 11, 23)
ROLLING = parse_period("rolling_12", today=TODAY)
FIXED = {
    ("2026-Q1", Series.TOTAL_HOURS): ["2026-01", "2026-02", "2026-03"],
    ("2026-Q1", Series.INHABITANTS): ["2026"],
    ("2026-Q1", Series.MUNICIPALITIES): ["2026-03"],
    ("2025", Series.OFFENCE_WITHIN_6_MONTHS): [f"2025-{month:02}" for month in range(1, 13)],
    ("2025", Series.MUNICIPALITIES): ["2025-12"],
}
"""What figures of quarters and years rest on, whether it can be complete or not."""
DISTRICTS = [unit for unit in CASE_UNITS if UNITS[unit].population_thousands]
BY = UUID(int=1)
HOURS = (Series.PREVENTION_HOURS, Series.TOTAL_HOURS)
WITHIN_6 = (Series.OFFENCE_WITHIN_6_MONTHS, Series.SUBJECTS_CLOSED)
WITHIN_12 = (Series.OFFENCE_WITHIN_12_MONTHS, Series.SUBJECTS_CLOSED)


def month(text):
    return parse_period(text, today=TODAY)


def first(year, number):
    return date(year, number, 1)


def standing(series, *starts, amount=10, by=BY):
    return {(each, start): Known(amount, by) for each in series for start in starts}


def indicator(figures, number):
    return next(item for item in figures.indicators if item.number == number)


def snapshot(by_unit, period=ROLLING):
    return take_snapshot(by_unit, period=period, catalogue=CATALOGUE, rank=str.encode)


@pytest.mark.parametrize(
    ("series", "period", "oldest", "newest", "count"),
    [
        # The month under way has no figure, so the twelve newest whole months count.
        (HOURS, "rolling_12", first(2025, 11), first(2026, 10), 12),
        (HOURS, "2026-03", first(2026, 3), first(2026, 3), 1),
        # The cohort of April is followed until the end of October, that of a year until the end of October too.
        (WITHIN_6, "rolling_12", first(2025, 5), first(2026, 4), 12),
        (WITHIN_12, "rolling_12", first(2024, 11), first(2025, 10), 12),
        (WITHIN_12, "2026-03", first(2026, 3), first(2026, 3), 1),
        # The 90 days after the last of July end on 29 October, those after the last of August in November.
        ((Series.INCIDENTS_AFTER,), "rolling_12", first(2025, 8), first(2026, 7), 12),
        ((Series.MUNICIPALITIES,), "rolling_12", first(2026, 10), first(2026, 10), 1),
        ((Series.INHABITANTS,), "rolling_12", first(2026, 1), first(2026, 1), 1),
        ((Series.INHABITANTS,), "2026-01", first(2026, 1), first(2026, 1), 1),
        ((Series.INHABITANTS,), "2025-12", first(2025, 1), first(2025, 1), 1),
    ],
)
def test_the_periods_that_a_figure_rests_on(series, period, oldest, newest, count):
    for each, starts in starts_of(series, month(period)).items():
        assert (starts[0], starts[-1], len(starts)) == (oldest, newest, count), each


@given(st.dates(date(2001, 1, 1), date(2199, 12, 31)))
def test_any_twelve_months_take_the_one_first_of_january_that_is_in_them(today):
    period = parse_period("rolling_12", today=today)
    [taken] = starts_of([Series.INHABITANTS], period)[Series.INHABITANTS]
    assert period.first_month <= taken <= period.last_month
    assert (taken.month, taken.day) == (1, 1)


@given(st.sampled_from(Series), st.dates(date(2003, 1, 1), date(2199, 12, 31)))
def test_the_last_twelve_months_are_the_newest_that_can_be_known_when_the_last_month_begins(series, today):
    period = parse_period("rolling_12", today=today)
    newest = starts_of([series], period)[series][-1]
    assert ready_on(series, newest) <= period.last_month
    if not FORM_OF[series].yearly:
        assert ready_on(series, add_months(newest, 1)) > period.last_month


@given(st.sampled_from(["rolling_12", "2026-05"]))
def test_all_that_any_definition_takes_lies_within_the_reach_that_is_read(text):
    period = month(text)
    groups = [i.at(period.last_day).series for i in CATALOGUE.indicators]
    oldest, newest = reach_of([*groups, WITHIN_12], period)
    for group in groups:
        assert all(oldest <= start <= newest for starts in starts_of(group, period).values() for start in starts)


def test_a_rate_is_given_for_a_thousand_inhabitants():
    oslo = Tally(
        within=Counter({Metric.OPENED: 189}),
        imported={"oslo": standing((Series.INHABITANTS,), first(2026, 1), amount=945_000)},
    )
    item = indicator(snapshot({"oslo": oslo}).figures("oslo", exact=True), 1)
    assert (item.value.value, item.numerator.value, item.denominator.value) == (0.2, 189, 945_000)
    assert item.imported.imports == (BY,)
    assert item.imported.covers == Covers(first_day=first(2026, 1), last_day=first(2026, 1))


def test_what_is_not_imported_is_named_and_never_taken_for_zero():
    oslo = Tally(within=Counter({Metric.OPENED: 189}))
    item = indicator(snapshot({"oslo": oslo}).figures("oslo", exact=True), 1)
    assert (item.value.value, item.denominator.value, item.numerator.value) == (None, None, 189)
    assert item.imported.missing == (
        Missing(kind=ImportKind.POPULATIONS, reason="not_imported", periods=("2026",), units=("oslo",)),
    )


def test_a_longer_period_of_which_a_month_is_missing_has_no_figure():
    months = [add_months(first(2025, 11), n) for n in range(12)]
    whole, torn = standing(HOURS, *months), standing(HOURS, *months[:4], *months[6:])
    found = snapshot({"oslo": Tally(imported={"oslo": whole}), "troms": Tally(imported={"troms": torn})})
    assert indicator(found.figures("oslo", exact=True), 18).value.value == 1
    item = indicator(found.figures("troms", exact=True), 18)
    assert (item.value.value, item.numerator.value, item.denominator.value) == (None, None, None)
    lacks = {"kind": ImportKind.HOURS, "reason": "not_imported"}
    assert item.imported.missing == (Missing(**lacks, periods=("2026-03", "2026-04"), units=("troms",)),)
    national = indicator(found.figures(NATIONAL, exact=True), 18).imported.missing
    assert (
        Missing(**lacks, periods=("2026-03", "2026-04"), units=tuple(u for u in CASE_UNITS if u != "oslo")) in national
    )


def test_a_cohort_that_is_still_followed_is_not_yet_complete():
    row = standing((Series.SUBJECTS_CLOSED, Series.OFFENCE_WITHIN_6_MONTHS), first(2026, 3), amount=20)
    found = snapshot({"oslo": Tally(imported={"oslo": row})}, month("2026-03"))
    item = indicator(found.figures("oslo", exact=True), 15)
    assert (item.value.value, item.imported.missing) == (1, ())
    further = item.further["within_12_months"]
    assert (further.value.value, further.numerator.value, further.denominator.value) == (None, None, None)
    [lack] = further.imported.missing
    assert (lack.reason, lack.complete_on) == ("not_yet_complete", date(2027, 4, 1))
    young = indicator(snapshot({}, month("2026-09")).figures("oslo", exact=True), 15)
    assert [(each.reason, each.complete_on) for each in young.imported.missing] == [
        ("not_yet_complete", date(2027, 4, 1))
    ]


def test_a_special_body_has_no_population_and_its_cases_are_in_the_national_rate():
    by_unit = {unit: Tally(within=Counter({Metric.OPENED: 17})) for unit in CASE_UNITS}
    for unit in DISTRICTS:
        known = standing((Series.INHABITANTS,), first(2026, 1), amount=17_000)
        by_unit[unit] = Tally(within=by_unit[unit].within, imported={unit: known})
    found = snapshot(by_unit)
    body = indicator(found.figures("kripos", exact=True), 1)
    assert [each.reason for each in body.imported.missing] == ["not_for_this_unit"]
    national = indicator(found.figures(NATIONAL, exact=True), 1)
    assert national.value.value == round(1000 * 17 * 17 / (12 * 17_000), 4)


def test_incidents_may_be_more_than_before_and_a_state_is_not_added_up():
    oslo = {
        **standing((Series.INCIDENTS_BEFORE,), *[add_months(first(2025, 8), n) for n in range(12)], amount=10),
        **standing((Series.INCIDENTS_AFTER,), *[add_months(first(2025, 8), n) for n in range(12)], amount=12),
        **standing((Series.COOPERATING_MUNICIPALITIES,), first(2026, 9), first(2026, 10), amount=1),
        **standing((Series.MUNICIPALITIES,), first(2026, 9), first(2026, 10), amount=3),
    }
    found = snapshot({"oslo": Tally(imported={"oslo": oslo})}).figures("oslo", exact=True)
    assert (indicator(found, 16).value.value, indicator(found, 16).numerator.value) == (1.2, 144)
    assert (indicator(found, 20).value.value, indicator(found, 20).denominator.value) == (0.3333, 3)


def test_hours_and_municipalities_hide_nobody():
    oslo = {
        **standing((Series.COOPERATING_MUNICIPALITIES,), first(2026, 10), amount=2),
        **standing((Series.MUNICIPALITIES,), first(2026, 10), amount=3),
    }
    item = indicator(snapshot({"oslo": Tally(imported={"oslo": oslo})}).figures("oslo", exact=False), 20)
    assert (item.numerator.value, item.value.value, item.value.suppressed) == (2, 0.6667, False)


@st.composite
def rows(draw, series):
    """Draw what stands of each unit in three years, whole or with holes."""
    months = [add_months(first(2024, 1), n) for n in range(36)]
    starts = [start for start in months if not FORM_OF[series[0]].yearly or start.month == 1]
    holes = draw(st.sets(st.tuples(st.sampled_from(CASE_UNITS), st.sampled_from(starts)), max_size=3))
    amount = draw(st.integers(0, 60))
    return {
        unit: {
            (each, start): Known(amount + len(unit) + start.month, UUID(int=start.year))
            for each in series
            for start in starts
            if (unit, start) not in holes
        }
        for unit in CASE_UNITS
    }


@pytest.mark.parametrize("kind", ImportKind)
@given(data=st.data())
def test_the_national_figure_is_the_sum_of_its_parts_or_none(kind, data):
    form = FORMS[kind]
    imported = data.draw(rows(form.series))
    period = data.draw(st.sampled_from([ROLLING, month("2026-03"), month("2025-12")]))
    units = [unit for unit in CASE_UNITS if has_series(unit, form.series[0])]
    parts = [basis_of(form.series, imported, unit=unit, period=period) for unit in units]
    whole = basis_of(form.series, imported, unit=NATIONAL, period=period)
    assert bool(whole.missing) is any(part.missing for part in parts)
    if not whole.missing:
        assert whole.amounts == {each: sum(part.amounts[each] for part in parts) for each in form.series}
        assert set(whole.imports) == {by for part in parts for by in part.imports}
    wanted = starts_of(form.series, period)
    lacking = {(unit, label_of(s, start)) for s, days in wanted.items() for start in days for unit in units
               if (s, start) not in imported[unit]}  # fmt: skip
    assert {(unit, label) for each in whole.missing for unit in each.units for label in each.periods} == lacking


@pytest.mark.parametrize(("asked", "series"), FIXED)
def test_quarters_and_years_rest_on_their_own_months(asked, series):
    [starts] = starts_of([series], parse_period(asked, today=TODAY)).values()
    assert [label_of(series, start) for start in starts] == FIXED[asked, series]


@pytest.mark.parametrize(("today", "months"), [(date(2026, 5, 20), 4), (date(2026, 2, 1), 1), (date(2026, 1, 9), 1)])
def test_the_year_to_date_ends_with_the_newest_month_that_is_over(today, months):
    [starts] = starts_of([Series.TOTAL_HOURS], parse_period("year_to_date", today=today)).values()
    assert starts == tuple(date(2026, month, 1) for month in range(1, months + 1))
