"""Units as reorganisations change them: which are there on a day, and in which one work is told."""

from datetime import date

import pytest
from forkant_contracts.codes import UnitChange
from forkant_contracts.units import CASE_UNITS, UnitKind
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.aggregation.calendar import parse_period
from indicator_service.aggregation.register import OF_THE_RELEASE, Change, Register
from indicator_service.aggregation.structure import Structure, every_unit
from indicator_service.aggregation.tally import NATIONAL, Tally, sum_of

JULY, OCTOBER = date(2026, 7, 1), date(2026, 10, 1)
EARLIER, LATER = date(2026, 6, 30), date(2026, 12, 1)
YEAR = parse_period("2026", today=LATER)
MERGED = [
    ("agder", UnitChange.ENDED, JULY, (), ("sor",)),
    ("sor-vest", UnitChange.ENDED, JULY, (), ("sor",)),
    ("sor", UnitChange.ESTABLISHED, JULY, ("agder", "sor-vest"), ()),
]
SPLIT = [
    ("trondelag", UnitChange.ENDED, JULY, (), ("dovre", "nidaros")),
    ("dovre", UnitChange.ESTABLISHED, JULY, ("trondelag",), ()),
    ("nidaros", UnitChange.ESTABLISHED, JULY, ("trondelag",), ()),
]
TOGETHER_AGAIN = [
    ("dovre", UnitChange.ENDED, OCTOBER, (), ("midt",)),
    ("nidaros", UnitChange.ENDED, OCTOBER, (), ("midt",)),
    ("midt", UnitChange.ESTABLISHED, OCTOBER, ("dovre", "nidaros"), ()),
]
MERGED_AGAIN = [
    ("sor", UnitChange.ENDED, OCTOBER, (), ("vest",)),
    ("vest", UnitChange.GAINED, OCTOBER, ("sor",), ()),
]
MOVED = [
    ("ost", UnitChange.LOST, JULY, (), ("innlandet",)),
    ("innlandet", UnitChange.GAINED, JULY, ("ost",), ()),
]


def register(*changes):
    return Register.of(
        Change(unit=unit, kind=UnitKind.DISTRICT, what=what, on=on, predecessors=before, successors=after)
        for unit, what, on, before, after in changes
    )


def test_without_changes_the_units_of_the_release_are_there_on_every_day():
    assert OF_THE_RELEASE.on(date(1990, 1, 1)) == OF_THE_RELEASE.on(LATER) == CASE_UNITS
    assert OF_THE_RELEASE.kin == {}


def test_a_merger_ends_two_units_the_day_before_a_new_one_begins():
    found = register(*MERGED)
    assert {"agder", "sor-vest"} <= {*found.on(EARLIER)}
    assert "sor" not in found.on(EARLIER)
    assert "sor" in found.on(JULY)
    assert not {"agder", "sor-vest"} & {*found.on(JULY)}
    assert found.on(EARLIER, JULY) == (*CASE_UNITS, "sor")
    assert (found.units["agder"].valid_until, found.units["sor"].valid_from) == (EARLIER, JULY)


@pytest.mark.parametrize(
    ("changes", "unit", "day", "told_in"),
    [
        (MERGED, "agder", EARLIER, "agder"),
        (MERGED, "agder", JULY, "sor"),
        (MERGED, "sor", EARLIER, "sor"),
        (MERGED, "oslo", LATER, "oslo"),
        (SPLIT, "trondelag", LATER, "trondelag"),
        (SPLIT, "dovre", LATER, "dovre"),
        ([*SPLIT, *TOGETHER_AGAIN], "trondelag", JULY, "trondelag"),
        ([*SPLIT, *TOGETHER_AGAIN], "trondelag", OCTOBER, "midt"),
        ([*MERGED, *MERGED_AGAIN], "agder", JULY, "sor"),
        ([*MERGED, *MERGED_AGAIN], "agder", OCTOBER, "vest"),
        (MOVED, "ost", LATER, "ost"),
        (MERGED, "never-told-of", LATER, "never-told-of"),
    ],
)
def test_work_is_told_in_the_unit_that_all_of_it_went_to(changes, unit, day, told_in):
    assert register(*changes).holder(unit, day) == told_in


@pytest.mark.parametrize(
    ("changes", "unit", "day", "told"),
    [
        (MERGED, "sor", LATER, True),
        (MERGED, "agder", LATER, False),
        (MERGED, "sor", EARLIER, False),
        (SPLIT, "nidaros", LATER, False),
        (SPLIT, "trondelag", LATER, False),
        (SPLIT, "trondelag", EARLIER, True),
        ([*SPLIT, *TOGETHER_AGAIN], "midt", LATER, False),
        (MOVED, "ost", LATER, False),
        (MOVED, "innlandet", LATER, False),
        (MOVED, "innlandet", EARLIER, True),
        (MOVED, "oslo", LATER, True),
    ],
)
def test_what_can_not_be_told_from_sums_is_said(changes, unit, day, told):
    assert register(*changes).told(unit, day, since=date(2026, 1, 1)) is told


def test_a_period_that_begins_with_the_change_is_told_whole():
    assert register(*MOVED).told("ost", LATER, since=JULY)


def test_the_order_in_which_changes_become_known_does_not_matter():
    every = [*MERGED, *MERGED_AGAIN, *SPLIT, *TOGETHER_AGAIN, *MOVED]
    assert register(*every).units == register(*reversed(every)).units


def test_changes_that_lead_in_a_ring_end_all_the_same():
    found = register(("agder", UnitChange.ENDED, JULY, (), ("vest",)), ("vest", UnitChange.ENDED, JULY, (), ("agder",)))
    assert found.holder("agder", LATER) == "vest"


def test_people_of_a_unit_know_those_that_went_wholly_into_it_and_no_share():
    assert register(*MERGED).known_to("sor") == {"sor", "agder", "sor-vest"}
    assert register(*MERGED).known_to("agder") == set()
    assert register(*SPLIT).known_to("nidaros") == {"nidaros"}
    assert register(*MERGED, *MERGED_AGAIN).known_to("vest") == {"vest", "sor", "agder", "sor-vest"}


def test_imported_figures_of_the_nation_are_of_the_units_that_are_there_when_their_period_begins():
    structure = Structure(register=register(*MERGED))
    assert {"agder", "sor-vest"} <= {*structure.owners(NATIONAL, date(2026, 1, 1))}
    assert "sor" in structure.owners(NATIONAL, JULY)
    assert Structure(register=structure.register, day=LATER).owners("sor", EARLIER) == ("agder", "sor-vest")
    assert Structure(register=structure.register, day=LATER).owners("sor", JULY) == ("sor",)


kinds = st.sampled_from([MERGED, SPLIT, MOVED, [*MERGED, *MERGED_AGAIN], [*SPLIT, *TOGETHER_AGAIN]])
days = st.sampled_from([None, EARLIER, JULY, OCTOBER, LATER])
names = st.sampled_from([*CASE_UNITS, "sor", "nidaros", "dovre", "midt", "never-told-of"])


@given(st.lists(kinds, max_size=3), days, st.dictionaries(names, st.integers(1, 500)))
def test_the_nation_is_the_same_in_every_structure_and_no_unit_is_told_twice(changes, day, counts):
    structure = Structure(register=register(*[each for some in changes for each in some]), day=day)
    tallies = every_unit({unit: Tally(within={"opened": n}) for unit, n in counts.items()}, structure.register)
    told = structure.regrouped(tallies)
    listed = structure.units(YEAR.first_month, YEAR.last_day, counted=counts)
    assert sum_of(told.values()).within == sum_of(tallies.values()).within
    assert sum(told[unit].within.get("opened", 0) for unit in listed) == sum(counts.values())
    assert len(listed) == len(set(listed))
    for unit in listed:
        assert sum(counts.get(each, 0) for each in structure.members(unit)) == told[unit].within.get("opened", 0)
