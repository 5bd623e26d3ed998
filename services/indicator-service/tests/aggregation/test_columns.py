"""Nobody finds a small count of a month or of a category by subtracting what is shown of units, months and the nation."""

from collections import Counter
from datetime import date

import pytest
from forkant_contracts.codes import AgeBand
from forkant_contracts.units import CASE_UNITS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from indicator_service.aggregation.calendar import add_months, rolling_12
from indicator_service.aggregation.categories import masks_of_categories
from indicator_service.aggregation.columns import Counts, hide_columns
from indicator_service.aggregation.figures import mask_of
from indicator_service.aggregation.months import masks_of_months
from indicator_service.aggregation.suppression import hide_linked, is_small
from indicator_service.aggregation.tally import NATIONAL, Tally, sum_of
from indicator_service.definitions import load_catalogue

UNITS = ("oslo", "ost", "troms", "vest")
COLUMNS = ("a", "b", "c", "d")
PARTS = ("counted", "rest")
NAMES = (*PARTS, "total")
EVERY = "every"
small_or_not = st.one_of(st.integers(0, 4), st.integers(0, 9), st.integers(0, 60))
world = st.lists(st.lists(st.tuples(small_or_not, small_or_not), min_size=4, max_size=4), min_size=4, max_size=4)


def rank(name):
    return name.encode()


def tables(rows):
    """Return each count by column and unit."""
    found = {
        name: {column: {unit: rows[u][c][n] for u, unit in enumerate(UNITS)} for c, column in enumerate(COLUMNS)}
        for n, name in enumerate(PARTS)
    }
    found["total"] = {
        column: {unit: sum(found[name][column][unit] for name in PARTS) for unit in UNITS} for column in COLUMNS
    }
    return found


def everything(found):
    """Return all that is true: by name, unit or nation, and column or all of them."""
    cells = {(name, unit, column): found[name][column][unit] for name in NAMES for column in COLUMNS for unit in UNITS}
    for name in NAMES:
        for column in COLUMNS:
            cells[name, NATIONAL, column] = sum(found[name][column].values())
        for unit in (*UNITS, NATIONAL):
            cells[name, unit, EVERY] = sum(cells[name, unit, column] for column in COLUMNS)
    return cells


def shown_to_others(found, own):
    """Return what somebody is shown: their own unit, the wholes of others, and the nation by column."""
    of_unit = {name: {unit: sum(found[name][c][unit] for c in COLUMNS) for unit in UNITS} for name in NAMES}
    of_total, of_parts = hide_linked(of_unit["total"], [of_unit[name] for name in PARTS], rank=rank)
    columns = hide_columns(Counts(total=found["total"], parts=[found[name] for name in PARTS]), rank=rank, add_up=True)
    places = set()
    for name in NAMES:
        hidden, by_column = (of_total, columns.total) if name == "total" else (of_parts, columns.parts)
        places |= {(name, NATIONAL, column) for column in COLUMNS if column not in by_column}
        places |= {(name, unit, EVERY) for unit in UNITS if unit not in hidden.units}
        if not hidden.national:
            places.add((name, NATIONAL, EVERY))
        places |= {(name, own, column) for column in (*COLUMNS, EVERY) if own}
    return places


def equations():
    """Return what holds: columns add up to a whole, units to the nation, parts to their total."""
    for name in NAMES:
        for unit in (*UNITS, NATIONAL):
            yield [*((name, unit, column) for column in COLUMNS), (name, unit, EVERY)]
        for column in (*COLUMNS, EVERY):
            yield [*((name, unit, column) for unit in UNITS), (name, NATIONAL, column)]
    for unit in (*UNITS, NATIONAL):
        for column in (*COLUMNS, EVERY):
            yield [*((name, unit, column) for name in PARTS), ("total", unit, column)]


SUMS = [(places, [*[1] * (len(places) - 1), -1]) for places in equations()]


def bounded(cells, shown):
    """Return the least and the most that each count can be, as far as each sum by itself tells, again and again."""
    least = {place: cells[place] if place in shown else 0 for place in cells}
    most = {place: cells[place] if place in shown else 10_000 for place in cells}
    for _ in range(12):
        for places, _ in SUMS:
            *addends, whole = places
            least[whole] = max(least[whole], sum(least[each] for each in addends))
            most[whole] = min(most[whole], sum(most[each] for each in addends))
            for place in addends:
                others = [each for each in addends if each != place]
                least[place] = max(least[place], least[whole] - sum(most[each] for each in others))
                most[place] = min(most[place], most[whole] - sum(least[each] for each in others))
    return least, most


def theirs(cells, place, own):
    """Return what of a count is not the reader's own."""
    name, unit, column = place
    return cells[place] - (cells[name, own, column] if unit == NATIONAL and own else 0)


ONE_MONTH = [[(0, 0), (0, 0), (6, 6), (0, 0)], [(0, 0), (0, 0), (9, 9), (0, 0)], [(0, 0), (0, 0), (3, 3), (2, 2)],
             [(0, 0), (0, 0), (40, 40), (0, 0)]]  # fmt: skip
ONE_UNIT = [[(0, 0), (0, 0), (0, 0), (0, 0)], [(0, 0), (0, 0), (0, 0), (0, 0)], [(4, 9), (9, 9), (9, 9), (9, 9)],
            [(6, 6), (0, 0), (0, 0), (0, 0)]]  # fmt: skip
OWN_AND_FEW = [[(9, 30), (9, 30), (9, 30), (9, 30)], [(3, 30), (9, 30), (9, 30), (9, 30)], [(0, 30), (9, 30), (9, 30), (9, 30)],
               [(0, 30), (9, 30), (9, 30), (9, 30)]]  # fmt: skip


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(world, st.sampled_from([None, *UNITS]))
@example(ONE_MONTH, None)
@example(ONE_UNIT, "vest")
@example(OWN_AND_FEW, "oslo")
def test_no_small_count_follows_from_wholes_national_columns_and_ones_own_unit(solved, rows, own):
    cells = everything(tables(rows))
    shown = shown_to_others(tables(rows), own)
    for place in shown:
        assert place[1] == own or not is_small(theirs(cells, place, own))
    unknown = sorted(set(cells) - shown)
    places, weights = zip(*SUMS, strict=True)
    for place in solved(unknown, places, weights):
        assert not is_small(theirs(cells, place, own)), place
    least, most = bounded(cells, shown)
    for place in unknown:
        if is_small(theirs(cells, place, own)):
            assert least[place] < most[place], place
            assert most[place] >= 5, place


@given(world, st.sampled_from([None, *UNITS]))
@example([[(40, 30)] * 4, [(30, 30)] * 4, [(40, 2)] * 4, [(30, 30)] * 4], None)
def test_a_shown_column_leaves_no_few_to_anybody(rows, own):
    found = tables(rows)
    hidden = hide_columns(Counts(total=found["total"], parts=[found[name] for name in PARTS]), rank=rank, add_up=False)
    for name in NAMES:
        for column in set(COLUMNS) - (hidden.total if name == "total" else hidden.parts):
            assert not is_small(sum(found[name][column].values()) - (found[name][column][own] if own else 0))


def test_columns_with_many_of_every_unit_are_all_shown():
    found = tables([[(20, 30)] * 4] * 4)
    hidden = hide_columns(Counts(total=found["total"], parts=[found[name] for name in PARTS]), rank=rank, add_up=True)
    assert not hidden.total | hidden.parts


def test_one_small_column_takes_further_ones_with_it():
    rows = [[(20, 30)] * 4, [(20, 30)] * 4, [(20, 30)] * 4, [(20, 30)] * 4]
    rows = [[(1, 30), *row[1:]] if n == 0 else [(0, 30), *row[1:]] for n, row in enumerate(rows)]
    found = tables(rows)
    hidden = hide_columns(Counts(total=found["total"], parts=[found[name] for name in PARTS]), rank=rank, add_up=True)
    assert "a" in hidden.parts
    assert len(hidden.parts) >= 2
    assert not hidden.total


TODAY = date(2026, 11, 23)
CATALOGUE = load_catalogue()
monthly = st.lists(st.tuples(small_or_not, small_or_not, small_or_not), min_size=12, max_size=12)


def tally_of(closed, evaluated, under_18):
    opened = closed + under_18
    counted = Counter(
        opened=opened, ended=closed, closed=closed, closed_evaluated=min(evaluated, closed), under_18=under_18
    )
    return Tally(within=counted, until_end=counted)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.sampled_from(CASE_UNITS), monthly, min_size=1, max_size=4))
def test_the_national_months_never_give_the_one_that_is_hidden(by_unit):
    """Closed cases of twelve months, the twelve together, and which were evaluated."""
    first = rolling_12(today=TODAY).first_month
    months = [add_months(first, n) for n in range(12)]
    by_month = {
        month: {unit: tally_of(*by_unit[unit][n]) if unit in by_unit else Tally() for unit in CASE_UNITS}
        for n, month in enumerate(months)
    }
    masks = masks_of_months(by_month, catalogue=CATALOGUE, today=TODAY, rank=rank)
    together = {unit: sum_of(by_month[month][unit] for month in months) for unit in CASE_UNITS}
    whole = mask_of(together, catalogue=CATALOGUE, period=rolling_12(today=TODAY), rank=rank)
    hidden = [month for month in months if masks[month].hides_parts(10, NATIONAL)]
    evaluated = {month: sum(t.within["closed_evaluated"] for t in by_month[month].values()) for month in months}
    assert {month for month, count in evaluated.items() if is_small(count)} <= {*hidden}
    if not whole.hides_parts(10, NATIONAL) and any(is_small(evaluated[month]) for month in hidden):
        assert len(hidden) >= 2
    for month in months:
        assert all(masks[month].hides_total(10, unit) for unit in CASE_UNITS), "of others no month is shown"


@pytest.mark.parametrize("months", [12, 30])
def test_what_is_hidden_of_the_last_twelve_does_not_depend_on_what_is_asked_for(months):
    last = TODAY.replace(day=1)
    first = add_months(last, 1 - months)
    by_month = {
        add_months(first, n): {
            unit: tally_of(40 if (n + months) % 7 else 1, 20, 3) if unit == "oslo" or n % 3 else Tally()
            for unit in CASE_UNITS[:3]
        }
        for n in range(months)
    }
    masks = masks_of_months(by_month, catalogue=CATALOGUE, today=TODAY, rank=rank)
    window = {month: units for month, units in by_month.items() if month >= rolling_12(today=TODAY).first_month}
    again = masks_of_months(window, catalogue=CATALOGUE, today=TODAY, rank=rank)
    for month in window:
        assert masks[month] == again[month]


BANDS = [each.value for each in AgeBand]
by_band = st.dictionaries(
    st.sampled_from(UNITS), st.lists(small_or_not, min_size=len(BANDS), max_size=len(BANDS)), min_size=1
)


@settings(deadline=None, max_examples=200)
@given(by_band, st.sampled_from([None, *UNITS]))
@example({"oslo": [3, 20, 30, 7, 40, 40], "ost": [0, 20, 30, 0, 40, 40]}, None)
def test_no_small_age_band_follows_from_the_children_of_another_indicator(solved, rows, own):
    """Cases by age band; how many are about children, and how many there are, is shown of the nation elsewhere."""
    [indicator] = [each for each in CATALOGUE.indicators if each.number == 5]
    by_category = {
        band: {
            unit: Tally(within=Counter(opened=(count := rows.get(unit, [0] * len(BANDS))[n]), assessed_in_time=count))
            for unit in UNITS
        }
        for n, band in enumerate(BANDS)
    }
    masks = masks_of_categories(
        by_category, indicator, indicator.versions[0], dimension="age_band", catalogue=CATALOGUE, rank=rank
    )
    cells = {band: sum(tally.within["opened"] for tally in by_category[band].values()) for band in BANDS}
    cells["children"] = cells["under_15"] + cells["15_17"]
    cells["all"] = sum(cells[band] for band in BANDS)
    of_own = {band: by_category[band][own].within["opened"] if own else 0 for band in BANDS}
    unknown = [band for band in BANDS if masks[band].hides_total(5, NATIONAL)]
    equations = [["under_15", "15_17", "children"], [*BANDS, "all"]]
    found = solved(unknown, equations, [[1, 1, -1], [*[1] * len(BANDS), -1]])
    for band in (*found, *(band for band in BANDS if band not in unknown)):
        assert not is_small(cells[band] - of_own[band]), band
    assert all(masks[band].hides_total(5, unit) for band in BANDS for unit in UNITS)
