from collections import Counter
from datetime import date, timedelta
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.aggregation import comparison
from indicator_service.aggregation.comparison import Spell, compare, is_comparable, spell_within, together
from indicator_service.aggregation.tally import Tally
from indicator_service.definitions import Metric, load_catalogue

CATALOGUE = load_catalogue()
EVALUATED = CATALOGUE.indicator(10).at(date(2026, 1, 1))
TO_FIRST_MEASURE = CATALOGUE.indicator(4).at(date(2026, 1, 1))
UNITS = ("oslo", "ost", "troms", "agder", "vest", "sor-vest", "innlandet")


def closed(evaluated: int, count: int) -> Tally:
    return Tally(within=Counter({Metric.CLOSED: count, Metric.CLOSED_EVALUATED: evaluated}))


def everywhere(tally: Tally, **others: Tally) -> dict[str, Tally]:
    return {unit: others.get(unit, tally) for unit in UNITS}


def test_what_all_units_gained_alike_is_no_difference():
    before, after = everywhere(closed(10, 20)), everywhere(closed(14, 20))
    found = compare(EVALUATED, before, after, tried=("troms",), others=[u for u in UNITS if u != "troms"])
    assert (found.change, found.others_change, found.difference) == (0.2, 0.2, 0.0)
    assert found.interval.low < 0 < found.interval.high
    assert not found.too_few


def test_what_the_tried_units_gained_beyond_the_others_is_the_difference():
    before = everywhere(closed(100, 200))
    after = everywhere(closed(110, 200), troms=closed(170, 200), innlandet=closed(170, 200))
    others = [unit for unit in UNITS if unit not in {"troms", "innlandet"}]
    found = compare(EVALUATED, before, after, tried=("troms", "innlandet"), others=others)
    assert (found.before.numerator, found.before.denominator, found.before.value) == (200, 400, 0.5)
    assert (found.after.value, found.others_after.value) == (0.85, 0.55)
    assert found.difference == pytest.approx(0.3)
    assert found.interval.low > 0.2
    assert (found.chance.choices, found.chance.as_extreme) == (comb(7, 2), 1)


def test_a_unit_that_stands_out_for_nothing_else_is_found_as_often_as_chance_has_it():
    before, after = everywhere(closed(10, 20)), everywhere(closed(10, 20))
    others = [unit for unit in UNITS if unit not in {"troms", "vest"}]
    found = compare(EVALUATED, before, after, tried=("troms", "vest"), others=others)
    assert found.chance.as_extreme == found.chance.choices == 21


@pytest.mark.parametrize("few", ["before", "after"])
def test_with_too_few_on_one_side_there_is_neither_a_difference_nor_an_interval(few):
    sides = {"before": everywhere(closed(10, 20)), "after": everywhere(closed(10, 20))}
    sides[few] |= {"troms": closed(2, EVALUATED.minimum_n - 1)}
    others = [unit for unit in UNITS if unit != "troms"]
    found = compare(EVALUATED, **sides, tried=("troms",), others=others)
    assert found.too_few
    assert (found.difference, found.interval, found.chance) == (None, None, None)


def test_where_nothing_was_counted_there_is_no_value_and_no_difference():
    found = compare(EVALUATED, {}, everywhere(closed(1, 20)), tried=("troms",), others=("oslo",))
    assert (found.before.value, found.change, found.difference) == (None, None, None)


def test_of_one_unit_and_another_nothing_is_said_of_chance():
    before, after = everywhere(closed(10, 20)), everywhere(closed(15, 20))
    found = compare(EVALUATED, before, after, tried=("troms",), others=("oslo",))
    assert (found.difference, found.chance) == (0.0, None)


def test_of_durations_the_medians_are_compared_without_an_interval():
    def days(*values: int) -> Tally:
        return Tally(histograms={Metric.FIRST_MEASURE_DAYS: Counter(values)})

    before = everywhere(days(*[10] * 6))
    after = everywhere(days(*[9] * 6), troms=days(*[4] * 6))
    others = [unit for unit in UNITS if unit != "troms"]
    found = compare(TO_FIRST_MEASURE, before, after, tried=("troms",), others=others)
    assert (found.before.numerator, found.before.value, found.after.value) == (None, 10, 4)
    assert (found.difference, found.interval) == (-5, None)


@given(size=st.integers(1, 6), drawn=st.integers(1, 3))
def test_of_more_choices_than_are_tried_so_many_are_drawn_and_always_the_same(size, drawn):
    units = [f"u{number}" for number in range(30)]
    first = list(comparison._choices(units, 10))
    assert len(first) == comparison.MOST_CHOICES
    assert first == list(comparison._choices(units, 10))
    assert list(comparison._choices(units[:7], size)) == list(combinations(units[:7], size))
    assert all(len(set(chosen)) == 10 for chosen in first[:drawn])


@pytest.mark.parametrize(
    ("first", "last", "today", "expected"),
    [
        (date(2026, 1, 1), date(2026, 12, 31), date(2027, 5, 1), (date(2026, 1, 1), date(2026, 12, 1))),
        (date(2026, 1, 2), date(2026, 12, 30), date(2027, 5, 1), (date(2026, 2, 1), date(2026, 11, 1))),
        (date(2026, 1, 1), date(2026, 12, 31), date(2026, 3, 15), (date(2026, 1, 1), date(2026, 3, 1))),
        (date(2026, 1, 15), date(2026, 2, 10), date(2027, 1, 1), None),
        (date(2026, 1, 15), date(2026, 12, 31), date(2026, 1, 20), None),
        (date(2026, 1, 1), date(2026, 1, 31), date(2026, 1, 1), (date(2026, 1, 1), date(2026, 1, 1))),
        (date(2026, 1, 1), date(2025, 12, 31), date(2026, 6, 1), None),
    ],
)
def test_whole_months_alone_are_compared_and_the_one_that_runs(first, last, today, expected):
    found = spell_within(first, last, today=today)
    assert (None if found is None else (found.first, found.last)) == expected


@given(start=st.dates(date(2020, 1, 1), date(2029, 1, 1)), days=st.integers(0, 900), ahead=st.integers(0, 900))
def test_no_month_is_compared_that_is_not_wholly_within(start, days, ahead):
    last_day, today = start + timedelta(days=days), start + timedelta(days=ahead)
    found = spell_within(start, last_day, today=today)
    if found is not None:
        assert found.first >= start
        assert (found.last + timedelta(days=31)).replace(day=1) - timedelta(days=1) <= last_day
        assert found.last <= today


def test_flows_add_up_over_a_spell_and_a_stock_stands_at_its_end():
    def month(opened: int, active: int) -> dict[str, Tally]:
        return {
            "oslo": Tally(within=Counter({Metric.OPENED: opened}), until_end=Counter({Metric.ACTIVE: active})),
        }

    months = {date(2026, 1, 1): month(2, 7), date(2026, 2, 1): month(3, 5), date(2026, 3, 1): month(9, 9)}
    found = together(months, Spell(first=date(2026, 1, 1), last=date(2026, 2, 1)))["oslo"]
    assert (found.counted(Metric.OPENED), found.counted(Metric.ACTIVE)) == (5, 5)


def test_what_is_counted_from_cases_as_a_share_or_a_duration_can_be_compared():
    found = {i.number for i in CATALOGUE.indicators if is_comparable(i.at(date(2026, 1, 1)))}
    assert {1, 15, 16, 18, 20}.isdisjoint(found)
    assert {2, 3, 4, 5, 10, 11, 12, 17} <= found
