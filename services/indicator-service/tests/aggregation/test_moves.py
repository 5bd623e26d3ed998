"""What moved a figure: the events between two moments add up to how it differs."""

from datetime import UTC, datetime, timedelta

from forkant_contracts.codes import AgeBand, Arena, Effect, PartnerKind
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indicator_service.aggregation.calendar import parse_period
from indicator_service.aggregation.cells import cells_of, district_of
from indicator_service.aggregation.contributions import contribution_of
from indicator_service.aggregation.facts import NO_CASE
from indicator_service.aggregation.fold_case import fold_case
from indicator_service.aggregation.moves import Figured, History, moves_of, total_of
from indicator_service.definitions import load_catalogue

CATALOGUE = load_catalogue()
TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
OF_CASES = [each for each in CATALOGUE.indicators if each.number in {4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 21}]
START = TODAY - timedelta(days=300)
DAY = timedelta(days=1)


def happen(case, steps):  # noqa: C901, PLR0912  one branch for each thing that may happen
    """Let things happen to a case, as far as they can."""
    case.opened(age_band=AgeBand.UNDER_15)
    planned, item, part = None, None, None
    for step, days in steps:
        after = timedelta(days=days)
        match step:
            case 0:
                case.assessed(child_view=days % 2 == 0, after=after)
            case 1:
                case.planned(with_baseline=days % 2, after=after)
            case 2:
                planned = case.measure_planned(
                    arena=Arena.DIGITAL, version=1, due_on=(case.at + 9 * DAY).date(), after=after
                )
            case 3 if planned:
                case.measure_completed(planned, met=days % 2 == 0, after=after)
            case 4:
                item = case.follow_up_scheduled((case.at + 5 * DAY).date(), after=after)
            case 5 if item:
                case.follow_up_held(item, after=after)
            case 6:
                part = case.partner_added(PartnerKind.SCHOOL, after=after)
            case 7 if part:
                case.partner_removed(part, after=after)
            case 8:
                case.evaluated(effect=Effect.ACHIEVED, after=after)
                case.closed(after=after)
            case 9:
                case.reopened(after=after)
            case 10:
                case.transferred("troms" if case.unit == "oslo" else "oslo", after=after)
            case 11:
                case.merged(after=after)
            case 12:
                case.information_registered((case.at + 20 * DAY).date(), after=after)


lives = st.lists(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 40)), max_size=9), min_size=1, max_size=5)


def history(case, *, base=NO_CASE, since=0):
    return History(key=case.id, base=base, events=case.events[since:])


def figure(cases, figured, *, until):
    """Count what is known at a moment, as the projection does: all cases by their facts."""
    counted = []
    for case in cases:
        fact = fold_case(NO_CASE, [event for event in case.events if event.recorded_at <= until])
        counted += [(cell, amount) for cell, amount in cells_of(fact) if district_of(cell.unit) == figured.unit]
    return contribution_of(counted, figured.version, figured.period)


moments = st.tuples(st.integers(0, 300), st.integers(1, 300))
figures = st.tuples(st.sampled_from(OF_CASES), st.sampled_from(["oslo", "troms"]))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(lives, figures, moments)
def test_the_moves_add_up_to_how_the_figure_differs(new_case, worlds, of, between):
    cases = []
    for steps in worlds:
        case = new_case(unit="oslo", at=START)
        happen(case, steps)
        cases.append(case)
    since = START + between[0] * DAY
    until = since + between[1] * DAY
    period = parse_period("rolling_12", today=TODAY.date())
    version, unit = of[0].at(period.last_day), of[1]
    figured = Figured(unit=unit, version=version, period=period)
    moves = [move for case in cases for move in moves_of(history(case), figured, since=since, until=until)]
    before, after = (figure(cases, figured, until=moment) for moment in (since, until))
    assert (total_of(moves) or contribution_of((), version, period)) == after - before
    for move in moves:
        assert move.change
        assert since < move.event.recorded_at <= until


def test_a_transfer_lowers_the_one_and_raises_the_other(new_case):
    case = new_case(unit="oslo", at=TODAY - 5 * DAY)
    case.opened()
    case.transferred("troms", after=DAY)
    period = parse_period("rolling_12", today=TODAY.date())
    [indicator] = [each for each in CATALOGUE.indicators if each.number == 5]
    for unit, expected in (("oslo", -1), ("troms", 1)):
        figured = Figured(unit=unit, version=indicator.versions[0], period=period)
        [move] = moves_of(history(case), figured, since=TODAY - 4.5 * DAY, until=TODAY)
        assert (move.event.type, move.change.denominator) == ("no.forkant.case.transferred.v1", expected)


def test_what_lacks_its_beginning_is_not_whole_but_for_a_fact_that_stands_for_it(new_case):
    case = new_case(at=TODAY - 5 * DAY)
    case.opened()
    case.assessed(after=DAY)
    base = fold_case(NO_CASE, case.events[:1])
    assert history(case).whole
    assert not history(case, since=1).whole
    assert history(case, base=base, since=1).whole
    period = parse_period("rolling_12", today=TODAY.date())
    [indicator] = [each for each in CATALOGUE.indicators if each.number == 5]
    figured = Figured(unit="oslo", version=indicator.versions[0], period=period)
    [move] = moves_of(history(case, base=base, since=1), figured, since=TODAY - 4.5 * DAY, until=TODAY)
    assert (move.change.numerator, move.change.denominator) == (1, 0)


def test_what_is_erased_takes_back_what_it_counted(new_case):
    case = new_case(at=TODAY - 5 * DAY)
    case.opened()
    case.erased(after=DAY)
    period = parse_period("rolling_12", today=TODAY.date())
    [indicator] = [each for each in CATALOGUE.indicators if each.number == 5]
    figured = Figured(unit="oslo", version=indicator.versions[0], period=period)
    [move] = moves_of(history(case), figured, since=TODAY - 4.5 * DAY, until=TODAY)
    assert move.change.denominator == -1
