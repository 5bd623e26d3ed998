"""Nobody finds a few cases by subtracting what others are shown at one moment from what they are shown at another."""

from collections import Counter
from datetime import date
from itertools import pairwise

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from indicator_service.aggregation.calendar import parse_period
from indicator_service.aggregation.register import OF_THE_RELEASE
from indicator_service.aggregation.settled import FEWEST_MOVED, families_of, settle
from indicator_service.aggregation.snapshot import take_snapshot, with_settled
from indicator_service.aggregation.structure import every_unit
from indicator_service.aggregation.suppression import is_small
from indicator_service.aggregation.tally import NATIONAL, Tally
from indicator_service.definitions import Metric, load_catalogue
from indicator_service.settled_codec import from_json, to_json

EVERYTHING = load_catalogue()
CATALOGUE = EVERYTHING.only(EVERYTHING.indicator(10), wholes=False).model_copy(
    update={"counts": tuple(count for count in EVERYTHING.counts if count.key == "closed")}
)
PERIOD = parse_period("rolling_12", today=date(2026, 11, 20))
UNITS = ("oslo", "vest", "troms", "finnmark")
WHAT = ("closed", "evaluated")

# What happens: cases of one unit are closed, some of them with an evaluation; or are found never to have been.
happening = st.lists(st.tuples(st.sampled_from(UNITS), st.booleans(), st.booleans()), min_size=1, max_size=7)
history = st.lists(happening, min_size=1, max_size=12)
beginning = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=len(UNITS), max_size=len(UNITS))
BECOMES_FEW = ([(20, 0), (30, 0), (9, 0), (40, 0)], [[("troms", True, True)] * 6])
WAS_FEW = ([(20, 0), (30, 0), (3, 0), (40, 0)], [[("troms", True, False)] * 6])
SEARCH = settings(
    deadline=None,
    max_examples=60,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


def rank(unit):
    return unit.encode()


class World:
    """Cases that are closed in some units, and what others are shown of them after each moment."""

    def __init__(self, rows):
        self.cases = {unit: {} for unit in UNITS}
        self.names = iter(range(10**6))
        for unit, (with_evaluation, without) in zip(UNITS, rows, strict=True):
            for n in range(with_evaluation + without):
                self.cases[unit][next(self.names)] = n < with_evaluation
        self.settled = None
        self.moments = []

    def happens(self, unit, *, evaluated, undone):
        held = self.cases[unit]
        found = next((case for case, how in held.items() if how == evaluated), None) if undone else None
        if found is None:
            held[next(self.names)] = evaluated
        else:
            del held[found]

    def tally(self, unit):
        how = self.cases.get(unit, {}).values()
        return Tally(within=Counter({Metric.CLOSED: len(how), Metric.CLOSED_EVALUATED: sum(how)}))

    def show(self):
        tallies = every_unit({unit: self.tally(unit) for unit in UNITS})
        arguments = {"catalogue": CATALOGUE, "period": PERIOD, "rank": rank, "register": OF_THE_RELEASE}
        self.settled = from_json(to_json(settle(self.settled, tallies, **arguments)))
        live = take_snapshot(tallies, period=PERIOD, catalogue=CATALOGUE, rank=rank)
        self.moments.append(Moment(with_settled(live, self.settled), self))


class Moment:
    """What was shown at a moment, beside what was true when each unit last moved."""

    def __init__(self, snapshot, world):
        self.held = {unit: snapshot.settled.tallies[unit].within for unit in UNITS}
        self.truly = {unit: dict(cases) for unit, cases in world.cases.items()}
        self.shown = {place: self._of(snapshot, place) for place in (*UNITS, NATIONAL)}

    @staticmethod
    def _of(snapshot, place):
        figures = snapshot.figures(place, exact=False)
        tenth = next(each for each in figures.indicators if each.number == 10)
        assert figures.counts["closed"].value == tenth.denominator.value
        return {"closed": tenth.denominator.value, "evaluated": tenth.numerator.value}

    def counts(self, unit):
        closed, evaluated = self.held[unit][Metric.CLOSED], self.held[unit][Metric.CLOSED_EVALUATED]
        return {"closed": closed, "evaluated": evaluated, "rest": closed - evaluated}


def played(rows, moments):
    world = World(rows)
    world.show()
    for happenings in moments:
        for unit, evaluated, undone in happenings:
            world.happens(unit, evaluated=evaluated, undone=undone)
        world.show()
    return world.moments


def pairs(moments):
    return pairwise(moments)


@SEARCH
@given(beginning, history)
def test_what_is_shown_of_a_unit_stands_still_or_moves_by_many_cases(rows, moments):
    last = dict.fromkeys(UNITS)
    for moment in played(rows, moments):
        for unit in UNITS:
            shown = moment.shown[unit]
            if None in shown.values():
                continue
            before, then = last[unit] or (shown, moment.truly[unit])
            if shown != before:
                changed = set(then.items()) ^ set(moment.truly[unit].items())
                assert len({case for case, _ in changed}) >= FEWEST_MOVED, (before, shown)
            if shown != before or last[unit] is None:
                last[unit] = (shown, moment.truly[unit])


@SEARCH
@given(beginning, history)
def test_the_nation_moves_with_what_moves_of_its_units_alone(rows, moments):
    for before, after in pairs(played(rows, moments)):
        moves = [after.counts(unit)["closed"] - before.counts(unit)["closed"] for unit in UNITS]
        if before.shown[NATIONAL]["closed"] is not None and after.shown[NATIONAL]["closed"] is not None:
            assert after.shown[NATIONAL]["closed"] - before.shown[NATIONAL]["closed"] == sum(moves)
        small = [m for m in moves if 0 < abs(m) < FEWEST_MOVED]
        # What moves by few is a unit that has few, and shows none of it, or one in which parts moved by many.
        for unit, move in zip(UNITS, moves, strict=True):
            if move in small:
                parts = (after.counts(unit)[each] - before.counts(unit)[each] for each in ("evaluated", "rest"))
                assert after.counts(unit)["closed"] < FEWEST_MOVED or max(map(abs, parts)) >= FEWEST_MOVED


@SEARCH
@given(beginning, history)
@example(*BECOMES_FEW)
@example(*WAS_FEW)
def test_no_few_are_found_from_what_another_moment_showed_of_the_hidden(rows, moments):
    """The attacker knows what each unit showed before and after, and takes what may have stood still as standing still."""
    shown = played(rows, moments)
    for n, moment in enumerate(shown):
        for what in WHAT:
            if moment.shown[NATIONAL][what] is None:
                continue
            hidden = [unit for unit in UNITS if moment.shown[unit][what] is None]
            few = [unit for unit in hidden if is_small(moment.counts(unit)[what])]
            open_to_it = [unit for unit in hidden if not stood_still_in_the_open(shown, n, unit, what)]
            for unit in few:
                assert unit in open_to_it
                assert len(open_to_it) > 1, (n, what, unit)


def stood_still_in_the_open(shown, n, unit, what):
    """Say whether a value that is hidden at a moment was shown at another, and did not move in between."""
    counts = shown[n].counts(unit)
    for step in (-1, 1):
        at = n + step
        while 0 <= at < len(shown) and shown[at].counts(unit) == counts:
            if shown[at].shown[unit][what] is not None:
                return True
            at += step
    return False


@SEARCH
@given(beginning, history)
@example(*WAS_FEW)
def test_a_value_is_not_shown_the_moment_after_it_was_few(rows, moments):
    """The nation's move would be its own, and what it was before would follow."""
    for before, after in pairs(played(rows, moments)):
        for unit in UNITS:
            if before.shown[unit]["closed"] is None and after.shown[unit]["closed"] is not None:
                assert not is_small(before.counts(unit)["closed"])
                assert before.counts(unit) != after.counts(unit)


def test_what_is_linked_moves_together():
    families = families_of(EVERYTHING, PERIOD.last_day)
    slots = [slot for family in families for slot in family.slots]
    assert len(slots) == len(set(slots))
    together = {key for family in families for key in family.keys if ("counts", "opened") in family.keys}
    assert {("totals", number) for number in (1, 4, 5, 14)} <= together
    assert ("counts", "open") not in together
    assert any({("totals", 2), ("totals", 3)} <= family.keys for family in families)


def test_a_year_of_single_cases_is_seen_in_steps_of_five():
    world = World([(20, 20)] * len(UNITS))
    world.show()
    for _ in range(23):
        world.happens("troms", evaluated=True, undone=False)
        world.show()
    seen = [moment.shown["troms"]["closed"] for moment in world.moments]
    assert sorted(set(seen)) == [40, 45, 50, 55, 60]
    assert [moment.shown[NATIONAL]["closed"] for moment in world.moments] == [value + 120 for value in seen]
