"""What is shown of every kind of figure over time: shares, medians, stocks, parts that overlap, and since when they stand."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from indicator_service.aggregation.calendar import rolling_12
from indicator_service.aggregation.figures import figures_of
from indicator_service.aggregation.register import OF_THE_RELEASE
from indicator_service.aggregation.settled import FEWEST_MOVED, families_of, settle
from indicator_service.aggregation.snapshot import take_snapshot, with_settled
from indicator_service.aggregation.structure import every_unit
from indicator_service.aggregation.suppression import is_small
from indicator_service.aggregation.tally import NATIONAL, Tally
from indicator_service.definitions import Metric, load_catalogue
from indicator_service.definitions.metrics import HISTOGRAMS, PARTNER_METRICS, STOCKS
from indicator_service.settled_codec import from_json, to_json

CATALOGUE = load_catalogue()
FIRST_DAY = date(2026, 11, 2)
FAMILIES = families_of(CATALOGUE, FIRST_DAY)
FAMILY_OF = {name: family for family in FAMILIES for kind, name in family.keys if kind in ("counts", "totals")}
UNITS = ("oslo", "vest", "troms", "finnmark")
PARTNERS = tuple(PARTNER_METRICS.values())
SEARCH = settings(
    deadline=None,
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def thing(bits, bucket):
    """Return what one case, concern, measure or piece of information counts in, and the length of a duration."""
    one, two, three, four, five = (bool(bits >> n & 1) for n in range(5))
    case = [Metric.OPENED]
    case += [Metric.FIRST_MEASURE_DAYS] if one else [Metric.NOT_STARTED if two else Metric.ENDED_WITHOUT_MEASURE]
    case += (
        [Metric.ASSESSED_IN_TIME] * three + [Metric.UNDER_18] * four + [Metric.CHILD_VIEW_RECORDED] * (four and five)
    )
    long = [Metric.ACTIVE_LONG] + [Metric.ACTIVE_LONG_APPROVED] * four
    partners = [Metric.ACTIVE_WITH_PARTNER, *PARTNERS[: bucket + 1]]
    active = [Metric.OPENED, Metric.NOT_STARTED, Metric.ACTIVE]
    active += long * one + [Metric.ACTIVE_OVERDUE] * two + partners * three + [Metric.ACTIVE_TIED] * five
    ended = [Metric.OPENED, Metric.ENDED, Metric.FIRST_MEASURE_DAYS] + [Metric.CLOSED] * one
    ended += [Metric.CLOSED_EVALUATED] * (one and two) + [Metric.EVALUATED] * three
    ended += [Metric.EFFECT_HARM if four else Metric.EFFECT_ACHIEVED] * (three and five)
    concern = [Metric.CONCERNS_RECEIVED] + [Metric.CONCERNS_DECIDED, Metric.DECISION_HOURS] * one
    concern += [Metric.BECAME_CASE] * (one and two)
    measure = [Metric.MEASURES] + [Metric.DIGITAL_MEASURES] * one + [Metric.MEASURES_DUE] * two
    measure += [Metric.MEASURES_IN_TIME] * (two and three) + [Metric.STANDARD_MEASURES] * four
    measure += [Metric.STANDARD_MEASURES_MET] * (four and five)
    information = [Metric.INFORMATION] + [Metric.INFORMATION_PAST_DEADLINE] * one
    plan = [Metric.PLANS] + [Metric.PLANS_WITH_BASELINE] * one
    kinds = (case, active, ended, concern, measure, information, plan)
    return frozenset(kinds[bits // 32 % len(kinds)]), bucket


things = st.builds(thing, st.integers(0, 32 * 7 - 1), st.sampled_from([0, 1, 5, 8]))
happening = st.tuples(st.sampled_from(UNITS), things, st.integers(1, 6), st.booleans())
history = st.lists(st.lists(happening, min_size=1, max_size=4), min_size=1, max_size=6)
beginning = st.lists(st.tuples(st.sampled_from(UNITS), things, st.integers(1, 30)), min_size=4, max_size=14)

WITH_PARTNER = thing(0b00101 + 32, 0)
WITH_EVERY_PARTNER = thing(0b00101 + 32, len(PARTNERS) - 1)
MANY_PARTNERS = ([(unit, WITH_PARTNER, 20) for unit in UNITS], [[("troms", WITH_EVERY_PARTNER, 1, False)]])
QUICK, SLOW = thing(0b00001, 1), thing(0b00001, 60)
MEDIAN = ([(unit, QUICK, 20) for unit in UNITS], [[("troms", SLOW, 1, False)]] * 6)


class World:
    """Things of every kind in some units, and what others are shown of them after each moment."""

    def __init__(self, rows):
        self.held = {unit: {} for unit in UNITS}
        self.names = iter(range(10**6))
        self.settled, self.moments, self.day = None, [], FIRST_DAY
        for unit, what, count in rows:
            self.happens(unit, what, count, undone=False)
        self.show()

    def happens(self, unit, what, count, *, undone):
        there = [name for name, each in self.held[unit].items() if each == what]
        for n in range(count):
            if undone and n < len(there):
                del self.held[unit][there[n]]
            else:
                self.held[unit][next(self.names)] = what

    def show(self):
        period = rolling_12(today=self.day)
        tallies = every_unit({unit: tally_of(things.values()) for unit, things in self.held.items()})
        arguments = {"catalogue": CATALOGUE, "period": period, "rank": str.encode, "register": OF_THE_RELEASE}
        self.settled = from_json(to_json(settle(self.settled, tallies, **arguments)))
        snapshot = take_snapshot(tallies, period=period, catalogue=CATALOGUE, rank=str.encode)
        self.moments.append(Moment(self, with_settled(snapshot, self.settled), period))
        self.day += timedelta(days=1)


def tally_of(found):
    within, until_end = Counter(), Counter()
    histograms = {metric: Counter() for metric in HISTOGRAMS}
    for metrics, bucket in found:
        for metric in metrics:
            within[metric] += metric not in STOCKS
            until_end[metric] += 1
            if metric in HISTOGRAMS:
                histograms[metric][bucket] += 1
    return Tally(within=within, until_end=until_end, histograms=histograms)


class Moment:
    """What others saw at a moment, what it was taken from, and what was true."""

    def __init__(self, world, snapshot, period):
        self.day = world.day
        self.truly = {unit: dict(there) for unit, there in world.held.items()}
        self.held = {unit: world.settled.tallies[unit] for unit in UNITS}
        found = {place: snapshot.figures(place, exact=False) for place in (*UNITS, NATIONAL)}
        self.shown = {place: told(figures) for place, figures in found.items()}
        self.since = {
            place: {each.number: each.settled_on for each in figures.indicators} | dict(figures.counts_settled_on)
            for place, figures in found.items()
        }
        exact = {unit: figures_of(unit, self.held[unit], catalogue=CATALOGUE, period=period) for unit in UNITS}
        self.exact = {unit: told(figures) for unit, figures in exact.items()}

    def sums(self, unit, family):
        """Return what is held of a family."""
        return {
            (kind, metric): (getattr(self.held[unit], kind)[metric], self.held[unit].histogram(metric))
            for kind, metric in family.slots
        }

    def touching(self, unit, family):
        """Return the things that count in a family, with how."""
        metrics = {metric for _, metric in family.slots}
        found = {name: (what & metrics, bucket) for name, (what, bucket) in self.truly[unit].items()}
        return {name: each for name, each in found.items() if each[0]}


def told(figures):
    """Return what is told: by count or indicator and field, a number or why there is none."""
    found = {(key, "count"): each for key, each in figures.counts.items()}
    for each in figures.indicators:
        fields = {"numerator": each.numerator, "denominator": each.denominator, "value": each.value}
        fields |= {"median": each.median, "p90": each.p90, **each.extra}
        found |= {(each.number, name): figure for name, figure in fields.items() if figure is not None}
    return {key: "hidden" if figure.suppressed else figure.value for key, figure in found.items()}


def played(rows, moments):
    world = World(rows)
    for happenings in moments:
        for unit, what, count, undone in happenings:
            world.happens(unit, what, count, undone=undone)
        world.show()
    return world.moments


def counted(number, field):
    """Whether a field counts things, so that the units add up to the nation: no median, share or figure of imports."""
    if isinstance(number, str):
        return True
    version = CATALOGUE.indicator(number).at(FIRST_DAY)
    return not version.series and field not in ("value", "median", "p90")


@SEARCH
@given(beginning, history)
@example(*MANY_PARTNERS)
@example(*MEDIAN)
def test_what_is_linked_moves_with_five_things_at_least_or_is_few_and_hidden(rows, moments):
    moments = played(rows, moments)
    last = {(unit, family): moments[0] for unit in UNITS for family in FAMILIES}
    for before, after in pairwise(moments):
        for (unit, family), moved in [*last.items()]:
            if before.sums(unit, family) == after.sums(unit, family):
                continue
            then, now = moved.touching(unit, family), after.touching(unit, family)
            changed = {name for name in then.keys() | now.keys() if then.get(name) != now.get(name)}
            if len(changed) < FEWEST_MOVED:
                names = {name for _, name in family.keys}
                shown = {after.shown[unit][key] for key in after.shown[unit] if key[0] in names}
                assert shown <= {"hidden", 0, None}, (unit, shown)
            last[unit, family] = after


@SEARCH
@given(beginning, history)
@example(*MEDIAN)
def test_a_figure_that_others_see_changes_with_its_family_alone(rows, moments):
    """A median or a part that overlaps must not follow what is true while the counts beside it stand still."""
    for before, after in pairwise(played(rows, moments)):
        for unit in UNITS:
            for (name, field), shown in after.shown[unit].items():
                was = before.shown[unit][name, field]
                if name in FAMILY_OF and shown != was and "hidden" not in (shown, was):
                    assert before.sums(unit, FAMILY_OF[name]) != after.sums(unit, FAMILY_OF[name])


@SEARCH
@given(beginning, history)
def test_nothing_few_is_left_alone_under_a_shown_nation_by_any_moment(rows, moments):
    shown = played(rows, moments)
    for n, moment in enumerate(shown):
        for name, field in moment.shown[NATIONAL]:
            if not counted(name, field) or moment.shown[NATIONAL][name, field] == "hidden" or name not in FAMILY_OF:
                continue
            hidden = [unit for unit in UNITS if moment.shown[unit][name, field] == "hidden"]
            few = {unit for unit in hidden if is_small(moment.exact[unit][name, field])}
            unknown = [unit for unit in hidden if not stood_still_in_the_open(shown, n, unit, (name, field))]
            assert few <= set(unknown)
            assert not few or len(unknown) > 1, (n, name, field)


def stood_still_in_the_open(shown, n, unit, key):
    """Say whether a value that is hidden at a moment was shown at another, and did not move in between."""
    family = FAMILY_OF[key[0]]
    for step in (-1, 1):
        at = n + step
        while 0 <= at < len(shown) and shown[at].sums(unit, family) == shown[n].sums(unit, family):
            if shown[at].shown[unit][key] != "hidden":
                return True
            at += step
    return False


@SEARCH
@given(beginning, history)
@example(*MEDIAN)
def test_since_when_a_figure_stands_says_what_who_kept_asking_has_seen_and_no_more(rows, moments):
    """The day follows from what was shown alone, so whatever moved behind it, the day can't tell."""
    moments = played(rows, moments)
    for place in (*UNITS, NATIONAL):
        for name in moments[0].shown[place]:
            seen = [
                [moment.shown[place][key] for key in moment.shown[place] if key[0] == name[0]] for moment in moments
            ]
            day = moments[0].day
            for n, moment in enumerate(moments):
                if n and seen[n] != seen[n - 1]:
                    day = moment.day
                expected = None if set(seen[n]) <= {"hidden", None} else day
                assert moment.since[place].get(name[0]) == expected
