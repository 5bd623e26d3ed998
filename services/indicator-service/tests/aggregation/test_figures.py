"""Figures follow their definitions, and show no more than the reader may see."""

from collections import Counter
from datetime import date

import pytest
from forkant_contracts.units import CASE_UNITS
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.aggregation.calendar import parse_period
from indicator_service.aggregation.snapshot import Reader, take_snapshot
from indicator_service.aggregation.tally import NATIONAL, Tally
from indicator_service.definitions import Metric, load_catalogue

CATALOGUE = load_catalogue()
PERIOD = parse_period("2026-03", today=date(2026, 11, 23))


def tally(*, days=(), hours=(), **amounts):
    within = Counter({Metric(name): amount for name, amount in amounts.items()})
    return Tally(
        within=within,
        until_end=within,
        histograms={Metric.FIRST_MEASURE_DAYS: Counter(days), Metric.DECISION_HOURS: Counter(hours)},
    )


def snapshot(by_unit):
    return take_snapshot(by_unit, period=PERIOD, catalogue=CATALOGUE, rank=str.encode)


def shown(found, unit, *, exact=False):
    return snapshot(found).figures(unit, exact=exact)


def indicator(figures, number):
    return next(item for item in figures.indicators if item.number == number)


EVERYWHERE = {
    unit: tally(
        opened=40, ended=5, closed=20, closed_evaluated=15, not_started=10, ended_without_measure=10, days=[n] * 20,
        concerns_decided=20, became_case=8, hours=range(20), concerns_received=25,
        assessed_in_time=30, under_18=20, child_view_recorded=10, plans=20, plans_with_baseline=15, measures=40,
        digital_measures=10, standard_measures=20, standard_measures_met=5,
        evaluated=30, effect_achieved=10, effect_harm=6, effect_not_known=7, measures_due=20, measures_in_time=12,
        information=50, information_past_deadline=5, active=30, active_long=20, active_long_approved=10,
        active_overdue=6, active_with_partner=24, partner_school=14, partner_health=18,
    )
    for n, unit in enumerate(CASE_UNITS)
}  # fmt: skip


def test_figures_follow_their_definitions():
    found = shown(EVERYWHERE, "troms")
    assert {key: figure.value for key, figure in found.counts.items()} == {
        "open": 35,
        "opened": 40,
        "closed": 20,
        "concerns_received": 25,
    }
    assert (indicator(found, 2).median.value, indicator(found, 2).p90.value) == (9, 17)
    assert indicator(found, 3).value.value == 0.4
    assert indicator(found, 4).extra["not_started"].value == 10
    assert indicator(found, 10).value.value == 0.75
    shares = {item.number: item.value.value for item in found.indicators if item.kind == "share" and item.value.value}
    assert shares == {3: 0.4, 5: 0.75, 7: 0.75, 10: 0.75, 11: 0.3333, 12: 0.25, 14: 0.5, 17: 0.25} | {
        6: 0.5,
        8: 0.6,
        9: 0.2,
        13: 0.8,
        21: 0.1,
    }
    assert {name: figure.value for name, figure in indicator(found, 11).extra.items()} == {
        "effect_harm": 6,
        "effect_not_known": 7,
    }
    partners = {name: figure.value for name, figure in indicator(found, 13).extra.items() if figure.value}
    assert partners == {"partner_school": 14, "partner_health": 18}
    assert not any(figure.suppressed for figure in found.counts.values())
    assert not any(item.value.suppressed for item in found.indicators)


def test_the_national_figures_are_those_of_all_cases_together():
    found = shown(EVERYWHERE, NATIONAL)
    assert found.counts["opened"].value == 40 * 17
    assert indicator(found, 4).denominator.value == 20 * 17
    assert indicator(found, 4).median.value == 8


def test_nothing_to_compute_from_is_no_value_and_not_suppressed():
    found = shown({}, "oslo")
    for item in found.indicators:
        denominator = None if item.imported.missing else 0
        assert (item.value.value, item.value.suppressed, item.denominator.value) == (None, False, denominator)


def test_a_small_unit_is_suppressed_for_others_and_exact_for_its_own():
    small = EVERYWHERE | {"finnmark": tally(opened=3, closed=3, closed_evaluated=1, days=[4] * 3)}
    hidden, exact = shown(small, "finnmark"), shown(small, "finnmark", exact=True)
    assert hidden.counts["opened"].suppressed
    assert indicator(hidden, 10).value.suppressed
    assert indicator(hidden, 4).median.suppressed
    assert indicator(hidden, 4).denominator.suppressed
    assert exact.counts["opened"].value == 3
    assert indicator(exact, 10).value.value == 0.3333
    assert indicator(exact, 4).median.value == 4


def test_a_share_that_tells_of_few_others_is_suppressed_too():
    nearly_all = EVERYWHERE | {"finnmark": tally(closed=40, closed_evaluated=38)}
    found = indicator(shown(nearly_all, "finnmark"), 10)
    assert (found.numerator.suppressed, found.value.suppressed) == (True, True)
    assert found.denominator.value == 40


@pytest.mark.parametrize(("count", "hidden"), [(0, False), (3, True), (5, False)])
def test_small_counts_are_hidden_also_of_a_unit_that_should_hold_no_cases(count, hidden):
    assert shown({"pod": tally(opened=count)}, "pod").counts["opened"].suppressed is hidden


def test_the_directorate_sees_all_and_a_district_its_own():
    assert Reader(unit="oslo").sees_exact("oslo")
    assert not Reader(unit="oslo").sees_exact("troms")
    assert not Reader(unit="pod").sees_exact(NATIONAL)
    assert Reader(unit="pod", sees_all=True).sees_exact(NATIONAL)


def test_a_count_and_the_total_of_an_indicator_are_hidden_alike():
    """Closed is both a count and the denominator of indicator 10: one shown would give the other away."""
    some = {unit: tally(closed=n, closed_evaluated=n // 2) for n, unit in enumerate(CASE_UNITS)}
    mask = snapshot(some).mask
    assert mask.counts["closed"] == mask.totals[10]


@pytest.mark.parametrize("number", [3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 21])
@given(data=st.data())
def test_no_share_is_shown_of_a_unit_whose_numbers_are_hidden(number, data):
    amounts = st.integers(0, 30)
    by_unit = {
        unit: tally(
            closed=n,
            concerns_decided=n,
            closed_evaluated=min(k, n),
            became_case=min(k, n),
            opened=n,
            assessed_in_time=min(k, n),
            under_18=n,
            child_view_recorded=min(k, n),
            plans=n,
            evaluated=n,
            plans_with_baseline=min(k, n),
            effect_achieved=min(k, n),
            standard_measures=n,
            measures=n,
            standard_measures_met=min(k, n),
            digital_measures=min(k, n),
            measures_due=n,
            measures_in_time=min(k, n),
            information=n,
            information_past_deadline=min(k, n),
            active=n,
            active_overdue=min(k, n),
            active_with_partner=min(k, n),
            partner_school=min(k, n),
            active_long=n,
            active_long_approved=min(k, n),
        )
        for unit in CASE_UNITS
        for n, k in [(data.draw(amounts), data.draw(amounts))]
    }
    found = snapshot(by_unit)
    for unit in (*CASE_UNITS, NATIONAL):
        item = indicator(found.figures(unit, exact=False), number)
        if item.numerator.suppressed or item.denominator.suppressed:
            assert item.value.suppressed


@pytest.mark.parametrize(
    "small", [{"effect_achieved": 2}, {"effect_harm": 1}, {"effect_not_known": 3}, {"effect_harm": 11}]
)
def test_all_effects_of_a_unit_are_hidden_when_one_is_small(small):
    """Of 30 evaluated with 10 achieved and 7 not known, 11 with harm leave two partial or without effect."""
    effects = {"evaluated": 30, "effect_achieved": 10, "effect_harm": 6, "effect_not_known": 7} | small
    item = indicator(shown(EVERYWHERE | {"finnmark": tally(**effects)}, "finnmark"), 11)
    assert item.denominator.value == 30
    assert item.numerator.suppressed
    assert item.value.suppressed
    assert all(figure.suppressed for figure in item.extra.values())


def test_few_who_are_not_children_can_not_be_found_from_the_cases_opened():
    nearly_all = EVERYWHERE | {"finnmark": tally(opened=40, days=[1] * 40, under_18=38, child_view_recorded=20)}
    found = shown(nearly_all, "finnmark")
    assert found.counts["opened"].value == indicator(found, 5).denominator.value == 40
    item = indicator(found, 14)
    assert all(figure.suppressed for figure in (item.denominator, item.numerator, item.value))
    exact = indicator(shown(nearly_all, "finnmark", exact=True), 14)
    assert (exact.numerator.value, exact.denominator.value) == (20, 38)


def test_opened_is_hidden_alike_wherever_it_is_shown():
    some = {unit: tally(opened=n, under_18=n // 2, not_started=n) for n, unit in enumerate(CASE_UNITS)}
    mask = snapshot(some).mask
    assert mask.counts["opened"] == mask.totals[5] == mask.totals[4]
    assert mask.counts["opened"].units <= mask.totals[14].units


def test_what_is_not_counted_yet_has_no_figure_and_says_so():
    found = take_snapshot(
        EVERYWHERE, period=PERIOD, catalogue=CATALOGUE, rank=str.encode, uncounted=frozenset({Metric.EFFECT_HARM})
    )
    for exact in (True, False):
        figures = found.figures("troms", exact=exact)
        assert {item.number for item in figures.indicators if not item.counted} == {11}
        item = indicator(figures, 11)
        nothing = [item.numerator, item.denominator, item.value, *item.extra.values()]
        assert [(figure.value, figure.suppressed) for figure in nothing] == [(None, False)] * 5


@pytest.mark.parametrize(
    ("change", "hidden"),
    [
        ({}, set()),
        ({"active": 33}, {6, 9, 13}),  # Of 35 open, two are on hold.
        ({"active_long": 28}, {6}),  # Of 30 active, two are so for no more than 30 days.
        ({"active_with_partner": 28}, {13}),
        ({"active_overdue": 2}, {9}),
    ],
)
def test_few_who_are_left_of_a_whole_can_not_be_found_from_what_is_active(change, hidden):
    """Of other units everything is shown: the open, the active, those over 30 days, the overdue, those with a partner."""
    few = tally(**{
        "opened": 40, "ended": 5, "active": 30, "active_long": 20, "active_long_approved": 10, "active_overdue": 6,
        "active_with_partner": 24, **change,
    })  # fmt: skip
    found = shown(EVERYWHERE | {"finnmark": few}, "finnmark")
    assert found.counts["open"].value == 35
    assert {number for number in (6, 9, 13) if indicator(found, number).value.suppressed} == hidden
    denominators = {number for number in (6, 9, 13) if indicator(found, number).denominator.suppressed}
    assert denominators == (hidden if change.keys() & {"active", "active_long"} else set())


@pytest.mark.parametrize(
    ("school", "health", "hidden"),
    [
        (14, 18, False),
        (22, 10, True),  # Of 24 with a partner, two have others than the school alone.
        (14, 12, True),  # Two have both.
        (24, 3, True),
    ],
)
def test_kinds_of_partner_are_hidden_together_and_not_the_share(school, health, hidden):
    few = tally(
        opened=40, ended=5, active=30, active_long=20, active_long_approved=10, active_overdue=6,
        active_with_partner=24, partner_school=school, partner_health=health,
    )  # fmt: skip
    item = indicator(shown(EVERYWHERE | {"finnmark": few}, "finnmark"), 13)
    assert item.value.value == 0.8
    assert {figure.suppressed for figure in item.extra.values()} == {hidden}
    exact = indicator(shown(EVERYWHERE | {"finnmark": few}, "finnmark", exact=True), 13)
    assert exact.extra["partner_school"].value == school
