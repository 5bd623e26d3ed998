"""Measures by method and arena: whatever comes, the categories add up, equal a plain recount, and give no small one."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from forkant_contracts.codes import Arena, MeasureKind
from forkant_contracts.events import measure as measure_events
from forkant_contracts.units import CASE_UNITS
from hypothesis import example, given, settings
from hypothesis import strategies as st
from indicator_service.aggregation.calendar import day_of, rolling_12
from indicator_service.aggregation.categories import masks_of_categories
from indicator_service.aggregation.cells import cells_of
from indicator_service.aggregation.facts import NO_CASE
from indicator_service.aggregation.figures import mask_of
from indicator_service.aggregation.fold import fold, streams_of
from indicator_service.aggregation.measure_cells import WITHOUT_METHOD, measure_cells_of, total_of_measures
from indicator_service.aggregation.suppression import is_small
from indicator_service.aggregation.tally import NATIONAL, Tally, sum_of
from indicator_service.definitions import load_catalogue
from indicator_service.definitions.metrics import BY_ARENA, BY_METHOD
from indicator_service.queries_breakdown import CATEGORIES

UNITS = ("oslo", "troms", "oslo/gde-sentrum")
SPLIT = {"method": BY_METHOD, "arena": BY_ARENA}
CATALOGUE = load_catalogue()
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def plan(case, *, kind=MeasureKind.HOME_VISIT, arena=Arena.PHYSICAL, version=None, due_in=20):
    data = measure_events.MeasurePlanned(
        measure_id=uuid4(), kind=kind, arena=arena, due_on=day_of(case.at) + due_in * DAY, method_version=version
    )
    case.add(data, after=timedelta(hours=1))
    return data


def act(case, name, planned, draw):
    after = timedelta(hours=draw(st.integers(1, 24 * 40)))
    if name == "planned":
        kind, arena = draw(st.sampled_from(list(MeasureKind))), draw(st.sampled_from(list(Arena)))
        version = draw(st.sampled_from([None, 1, 2]))
        planned.append(plan(case, kind=kind, arena=arena, version=version, due_in=draw(st.integers(0, 60))))
    elif name == "transferred":
        case.transferred(draw(st.sampled_from(UNITS)), after=after)
    elif name in {"completed", "cancelled"}:
        if planned:
            measure = planned.pop(draw(st.integers(0, len(planned) - 1)))
            met = {} if name == "cancelled" else {"met": draw(st.booleans()) if measure.method_version else None}
            getattr(case, f"measure_{name}")(measure, after=after, **met)
    else:
        getattr(case, name)(after=after)


@st.composite
def history(draw, case):
    case.opened()
    steps = ["planned", "planned", "completed", "cancelled", "transferred", "held", "resumed"]
    planned = []
    for name in draw(st.lists(st.sampled_from(steps), max_size=9)):
        act(case, name, planned, draw)
    end = draw(st.sampled_from([None, None, "erased", "merged"]))
    if end:
        getattr(case, end)(after=DAY)
    return case.events


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_in_any_batches_each_dimension_adds_up_to_what_counts_whole(new_case, data):
    streams = [data.draw(history(new_case(unit=data.draw(st.sampled_from(UNITS))))) for _ in range(3)]
    events = [event for stream in streams for event in stream]
    size = data.draw(st.integers(1, 9))
    cases, split = {}, Counter()
    for start in range(0, len(events), size):
        folded = fold(streams_of(events[start : start + size]), cases=cases, concerns={})
        delta = total_of_measures(cases, folded.cases)
        assert 0 not in delta.values()
        split.update(delta)
        cases.update(folded.cases)
        assert min(split.values(), default=0) >= 0
    assert +split == Counter(cell for fact in cases.values() for cell in measure_cells_of(fact))
    whole = Counter()
    for fact in cases.values():
        for cell, amount in cells_of(fact):
            whole[cell.unit, cell.metric, cell.month, cell.bucket] += amount
    for dimension, metrics in SPLIT.items():
        added = Counter()
        for cell, amount in split.items():
            if cell.dimension == dimension:
                assert cell.category in CATEGORIES[dimension]
                added[cell.unit, cell.metric, cell.month, cell.bucket] += amount
        assert +added == Counter({key: n for key, n in whole.items() if key[1] in metrics and n})


def test_a_method_is_told_by_its_code_whichever_the_version_and_apart_from_a_measure_without_one(new_case):
    case = new_case(at=datetime(2026, 3, 2, 12, tzinfo=UTC))
    case.opened()
    first = plan(case, kind=MeasureKind.MEDIATION, arena=Arena.DIGITAL, version=1)
    plan(case, kind=MeasureKind.MEDIATION, version=2)
    plan(case, kind=MeasureKind.MEDIATION)
    case.measure_completed(first, met=True, after=DAY)
    [fact] = fold(streams_of(case.events), cases={}, concerns={}).cases.values()
    found = Counter()
    for cell in measure_cells_of(fact):
        found[cell.metric.value, cell.dimension, cell.category] += 1
    assert found == {
        ("measures", "method", "mediation"): 2,
        ("measures", "method", WITHOUT_METHOD): 1,
        ("digital_measures", "method", "mediation"): 1,
        ("measures_due", "method", "mediation"): 2,
        ("measures_due", "method", WITHOUT_METHOD): 1,
        ("measures_due", "arena", "physical"): 2,
        ("measures_due", "arena", "digital"): 1,
        ("measures_in_time", "method", "mediation"): 1,
        ("measures_in_time", "arena", "digital"): 1,
        ("standard_measures", "method", "mediation"): 1,
        ("standard_measures", "arena", "digital"): 1,
        ("standard_measures_met", "method", "mediation"): 1,
        ("standard_measures_met", "arena", "digital"): 1,
    }


def test_an_event_about_something_else_changes_no_cell_of_measures(new_case):
    case = new_case()
    case.opened()
    plan(case, version=1)
    before = fold(streams_of(case.events), cases={}, concerns={}).cases
    case.assessed(after=DAY)
    after = fold(streams_of(case.events[-1:]), cases=before, concerns={}).cases
    assert total_of_measures(before, after) == {}
    assert total_of_measures({case.id: NO_CASE}, after)


small_or_not = st.one_of(st.integers(0, 4), st.integers(0, 9), st.integers(0, 60))


@pytest.mark.parametrize(
    ("number", "dimension"), [(8, "method"), (8, "arena"), (12, "method"), (12, "arena"), (17, "method")]
)
@settings(deadline=None, max_examples=60)
@given(data=st.data(), own=st.sampled_from([None, *CASE_UNITS[:3]]))
@example(data=None, own=None)
def test_no_small_category_follows_from_the_others_the_whole_and_ones_own_unit(solved, number, dimension, data, own):
    """Of the nation by method or arena beside its whole, by which the attacker subtracts; nothing of other units."""
    indicator = CATALOGUE.indicator(number)
    version = indicator.versions[-1]
    names = CATEGORIES[dimension]
    counts = st.lists(st.tuples(small_or_not, small_or_not), min_size=len(names), max_size=len(names))
    world = data.draw(st.fixed_dictionaries(dict.fromkeys(CASE_UNITS[:3], counts))) if data else {}
    by_category = {
        name: {
            unit: _tally(version, *(world[unit][n] if unit in world else ((1, 30) if n == 0 else (30, 30))))
            for unit in CASE_UNITS[:3]
        }
        for n, name in enumerate(names)
    }
    masks = masks_of_categories(
        by_category, indicator, version, dimension=dimension, catalogue=CATALOGUE, rank=lambda name: name.encode()
    )
    together = {unit: sum_of(by_category[name][unit] for name in names) for unit in CASE_UNITS[:3]}
    period = rolling_12(today=TODAY)
    whole = mask_of(together, catalogue=CATALOGUE, period=period, rank=lambda name: name.encode())
    for hides, metric in (("hides_total", version.denominator), ("hides_parts", version.numerator)):
        cells = {name: sum(tally.within[metric] for tally in by_category[name].values()) for name in names}
        of_own = {name: by_category[name][own].within[metric] if own else 0 for name in names}
        unknown = [name for name in names if getattr(masks[name], hides)(number, NATIONAL)]
        equations = [] if getattr(whole, hides)(number, NATIONAL) else [[*names, "all"]]
        follows = solved(unknown, equations, [[*[1] * len(names), -1]] * len(equations))
        for name in (*follows, *(name for name in names if name not in unknown)):
            assert not is_small(cells[name] - of_own[name]), (metric, name)
        assert all(getattr(masks[name], hides)(number, unit) for name in names for unit in CASE_UNITS[:3])


def _tally(version, counted, rest):
    within = Counter({version.numerator: counted, version.denominator: counted + rest})
    return Tally(within=within, until_end=within)
