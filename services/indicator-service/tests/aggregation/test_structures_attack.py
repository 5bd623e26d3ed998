"""Nobody finds a small count by subtracting what is shown in one structure of units from what is shown in another."""

from collections import Counter
from datetime import date
from uuid import UUID

import pytest
from forkant_contracts.codes import UnitChange
from forkant_contracts.units import UnitKind
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from indicator_service.aggregation.calendar import parse_period
from indicator_service.aggregation.register import Change, Register
from indicator_service.aggregation.snapshot import Reader, take_snapshot
from indicator_service.aggregation.structure import Structure, every_unit
from indicator_service.aggregation.suppression import hide_linked, is_small
from indicator_service.aggregation.tally import NATIONAL, Known, Tally
from indicator_service.definitions import Series, load_catalogue

JULY, OCTOBER, LATER = date(2026, 7, 1), date(2026, 10, 1), date(2026, 12, 1)


def merged(new, *units, on):
    ended = [
        Change(unit=each, kind=UnitKind.DISTRICT, what=UnitChange.ENDED, on=on, successors=(new,)) for each in units
    ]
    return [*ended, Change(unit=new, kind=UnitKind.DISTRICT, what=UnitChange.ESTABLISHED, on=on, predecessors=units)]


def split(unit, *parts, on):
    made = [
        Change(unit=each, kind=UnitKind.DISTRICT, what=UnitChange.ESTABLISHED, on=on, predecessors=(unit,))
        for each in parts
    ]
    return [Change(unit=unit, kind=UnitKind.DISTRICT, what=UnitChange.ENDED, on=on, successors=parts), *made]


MERGED = merged("sor", "agder", "sor-vest", on=JULY)
INTO_ONE_THAT_STAYS = [
    *merged("sor", "agder", "sor-vest", on=JULY),
    Change(unit="sor", kind=UnitKind.DISTRICT, what=UnitChange.ENDED, on=OCTOBER, successors=("vest",)),
    Change(unit="vest", kind=UnitKind.DISTRICT, what=UnitChange.GAINED, on=OCTOBER, predecessors=("sor",)),
]
SPLIT = split("trondelag", "dovre", "nidaros", on=JULY)
CHANGES = {
    "merged": MERGED,
    "merged, and again": INTO_ONE_THAT_STAYS,
    "split": SPLIT,
    "split, and together again": [*SPLIT, *merged("midt", "dovre", "nidaros", on=OCTOBER)],
}
IMPORT = UUID(int=1)
UNITS = ("agder", "sor-vest", "sor", "vest", "oslo", "trondelag", "nidaros", "dovre", "midt", "finnmark")
STRUCTURES = (None, JULY, OCTOBER)
NAMES = ("counted", "rest", "total")
small_or_not = st.one_of(st.just(0), st.integers(0, 4), st.integers(0, 9), st.integers(0, 60))
world = st.lists(st.tuples(small_or_not, small_or_not), min_size=len(UNITS), max_size=len(UNITS))


def rank(name):
    return name.encode()


def truth(rows, there):
    """Return all that is true: by name, structure, and unit or nation."""
    counts = {name: {unit: rows[u][n] for u, unit in enumerate(UNITS)} for n, name in enumerate(NAMES[:2])}
    counts["total"] = {unit: counts["counted"][unit] + counts["rest"][unit] for unit in UNITS}
    cells = {(name, None, NATIONAL): sum(counts[name].values()) for name in NAMES}
    for day in STRUCTURES:
        structure = Structure(register=there, day=day)
        for name in NAMES:
            for unit in UNITS:
                place = (name, day, structure.holder(unit))
                cells[place] = cells.get(place, 0) + counts[name][unit]
    return counts, cells


def equations(cells, there):
    """Yield what holds: units add up to the nation and to those that they are told in, parts to their total."""
    for day in STRUCTURES:
        structure = Structure(register=there, day=day)
        units = [unit for name, on, unit in cells if name == "total" and on == day and unit != NATIONAL]
        for name in NAMES:
            yield [*((name, day, unit) for unit in units), (name, None, NATIONAL)]
            for unit in units:
                members = [each for each in UNITS if structure.holder(each) == unit]
                yield [*((name, None, each) for each in members), (name, day, unit)]
        for unit in units:
            yield [("counted", day, unit), ("rest", day, unit), ("total", day, unit)]
    yield [("counted", None, NATIONAL), ("rest", None, NATIONAL), ("total", None, NATIONAL)]


def theirs(cells, place, own):
    name, _, unit = place
    return cells[place] - (sum(cells[name, None, each] for each in own) if unit == NATIONAL else 0)


MERGED_WITH_FEW = [(2, 9), (30, 30), (0, 0), (9, 9), (8, 8), *[(0, 0)] * 4, (7, 7)]
ALL_BUT_ONE = [(3, 30), (30, 30), (30, 30), (40, 40), (50, 50), *[(0, 0)] * 4, (60, 60)]
TWO_FEW_ARE_MANY = [(4, 4), (4, 4), (0, 0), (9, 9), (0, 0), *[(0, 0)] * 4, (3, 3)]


@pytest.mark.parametrize("changes", CHANGES)
@settings(
    deadline=None,
    max_examples=150,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(world, st.sampled_from([None, *UNITS]))
@example(MERGED_WITH_FEW, None)
@example(MERGED_WITH_FEW, "sor")
@example(ALL_BUT_ONE, None)
@example(ALL_BUT_ONE, "vest")
@example(TWO_FEW_ARE_MANY, "finnmark")
def test_no_small_count_follows_from_the_old_structure_less_the_new_one(solved, changes, rows, own_unit):
    there = Register.of(CHANGES[changes])
    counts, cells = truth(rows, there)
    own = there.known_to(own_unit) if own_unit else frozenset()
    total, parts = hide_linked(counts["total"], [counts["counted"], counts["rest"]], rank=rank, kin=there.kin)

    def shown(name, unit):
        hidden = total if name == "total" else parts
        return not hidden.national if unit == NATIONAL else unit in own or unit not in hidden.units

    for place in cells:
        if shown(place[0], place[2]) and place[2] not in own:
            assert not is_small(theirs(cells, place, own)), place
    sums = list(equations(cells, there))
    weights = [[*[1] * (len(places) - 1), -1] for places in sums]
    unknown = sorted((p for p in cells if not shown(p[0], p[2])), key=str)
    numbers = {place: number for number, place in enumerate(cells)}
    found = solved([numbers[p] for p in unknown], [[numbers[p] for p in places] for places in sums], weights)
    places = {number: place for place, number in numbers.items()}
    for number in found:
        assert not is_small(theirs(cells, places[number], own)), places[number]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(world, st.sampled_from(STRUCTURES))
def test_what_is_shown_of_others_in_any_structure_is_the_sum_of_what_is_shown_of_units_as_they_were(rows, day):
    there, period = Register.of(INTO_ONE_THAT_STAYS), parse_period("rolling_12", today=LATER)
    tallies = {
        unit: Tally(within=Counter(opened=a + b, decided=a + b, decided_case=a))
        for unit, (a, b) in zip(UNITS, rows, strict=True)
    }
    catalogue = load_catalogue()

    def snapshot(structure):
        return take_snapshot(tallies, period=period, catalogue=catalogue, rank=rank, structure=structure)

    then, other = snapshot(Structure(register=there)), snapshot(Structure(register=there, day=day))
    assert then.figures(NATIONAL, exact=False) == other.figures(NATIONAL, exact=False)
    for unit in other.units:
        told = other.figures(unit, exact=False).counts["opened"]
        members = [then.figures(each, exact=False).counts["opened"] for each in other.structure.members(unit)]
        if told.suppressed:
            assert all(each.suppressed for each in members)
        else:
            assert told.value == sum(each.value for each in members)


@pytest.mark.parametrize("few", [1, 3, 4, 7])
def test_what_the_nation_has_beyond_its_units_is_no_small_number(few):
    """Of units that were there for part of the time no imported figure is whole, but the nation's holds their part."""
    there, period = Register.of(SPLIT), parse_period("2026", today=date(2027, 12, 1))
    catalogue, structure = load_catalogue(), Structure(register=Register.of(SPLIT))
    tallies = {}
    for unit in every_unit({}, there):
        months = [date(2026, month, 1) for month in range(1, 13)]
        amounts = {month: few if (unit, month.month) == ("dovre", 9) else 9 for month in months}
        if unit in {"dovre", "nidaros", "trondelag"}:
            amounts = {month: amount if amount != 9 else 0 for month, amount in amounts.items()}
        stands = [month for month in months if unit in there.on(month)]
        tallies[unit] = Tally(
            imported={unit: {(each, month): Known(amounts[month], IMPORT) for each in Series for month in stands}}
        )
    found = take_snapshot(tallies, period=period, catalogue=catalogue, rank=rank, structure=structure)
    number = next(n for n, each in enumerate(catalogue.indicators) if each.number == 15)
    nation = found.figures(NATIONAL, exact=False).indicators[number].denominator
    assert found.figures(NATIONAL, exact=True).indicators[number].denominator.value
    units = [found.figures(unit, exact=False).indicators[number].denominator for unit in found.units]
    if not nation.suppressed:
        assert not is_small(nation.value - sum(each.value or 0 for each in units))


def test_people_of_a_successor_see_its_predecessors_exactly_and_no_others():
    known = Register.of(MERGED).known_to("sor")
    reader = Reader(unit="sor", before=known - {"sor"})
    assert reader.sees_exact("agder")
    assert reader.sees_exact("sor")
    assert not reader.sees_exact("oslo")
    assert not reader.sees_exact(NATIONAL)
