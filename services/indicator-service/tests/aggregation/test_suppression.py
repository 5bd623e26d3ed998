"""What is shown never lets anyone find a small count, however they add and subtract."""

import itertools
from collections import Counter, defaultdict
from datetime import date
from uuid import UUID

from forkant_contracts.units import CASE_UNITS
from hypothesis import example, given, settings
from hypothesis import strategies as st
from indicator_service.aggregation.calendar import parse_period
from indicator_service.aggregation.figures import mask_of
from indicator_service.aggregation.imported_figures import hide_imported
from indicator_service.aggregation.suppression import Hidden, hide, hide_linked, is_small
from indicator_service.aggregation.tally import Known, Tally
from indicator_service.definitions import Series, load_catalogue

counts = st.one_of(st.integers(0, 8), st.integers(0, 100))
by_unit = st.dictionaries(st.sampled_from(CASE_UNITS), counts, min_size=1)
linked = st.sampled_from([2, 3, 4]).flatmap(
    lambda parts: st.dictionaries(
        st.sampled_from(CASE_UNITS), st.lists(counts, min_size=parts, max_size=parts), min_size=1
    )
)


def rank(unit):
    return unit.encode()


def test_nothing_is_hidden_where_nothing_is_small():
    assert hide({"oslo": 0, "troms": 5, "vest": 900}, rank=rank) == Hidden()


def test_the_smallest_others_are_hidden_with_a_small_count():
    found = hide({"oslo": 90, "ost": 80, "agder": 7, "troms": 2, "vest": 6, "up": 0}, rank=rank)
    assert found == Hidden(frozenset({"troms", "vest", "agder"}))


def test_the_national_total_is_hidden_where_too_few_others_could_be():
    assert hide({"oslo": 90, "troms": 2, "up": 0}, rank=rank) == Hidden(frozenset({"troms"}), national=True)


def test_all_parts_of_a_unit_are_hidden_when_one_is_small():
    parts = [{"oslo": 2, "ost": 30, "vest": 40, "agder": 50}, {"oslo": 60, "ost": 60, "vest": 60, "agder": 60}]
    total = {unit: parts[0][unit] + parts[1][unit] for unit in parts[0]}
    of_total, of_parts = hide_linked(total, parts, rank=rank)
    assert of_total == Hidden()
    assert of_parts == Hidden(frozenset({"oslo", "ost", "vest"}))


@given(by_unit)
def test_every_small_count_is_hidden(values):
    found = hide(values, rank=rank)
    assert {unit for unit, count in values.items() if is_small(count)} <= found.units
    assert found.national or not is_small(sum(values.values()))


@given(by_unit, st.sampled_from([None, *CASE_UNITS]))
@example({"oslo": 1, "ost": 1, "vest": 1, "agder": 5, "troms": 9}, "agder")
def test_the_sum_of_the_hidden_leaves_each_open_also_to_one_who_knows_their_own_unit(values, own):
    found = hide(values, rank=rank)
    unknown = [values[unit] for unit in found.units if unit != own]
    if found.national or not any(map(is_small, unknown)):
        return
    remainder = sum(values.values()) - sum(n for u, n in values.items() if u not in found.units or u == own)
    assert remainder == sum(unknown)
    # Each hidden count is at least 1, so this is the most that any of them can be: not a small count.
    assert remainder - (len(unknown) - 1) >= 5
    assert len(unknown) >= 2


def test_one_who_knows_the_method_finds_no_small_count_by_trying_all_that_fit():
    units = ["a", "b", "c", "d"]
    fitting = defaultdict(list)
    orders = [dict(zip(units, map(bytes, zip(order)), strict=True)) for order in itertools.permutations(range(4))]
    for vector in itertools.product(range(8), repeat=4):
        values = dict(zip(units, vector, strict=True))
        for found in {hide(values, rank=order.__getitem__) for order in orders}:
            shown = tuple((u, n) for u, n in values.items() if u not in found.units)
            fitting[found, None if found.national else sum(vector), shown].append(values)
    for (found, _, _), candidates in fitting.items():
        for values, own in itertools.product(candidates, [None, *units]):
            possible = [other for other in candidates if own is None or other[own] == values[own]]
            for unit in found.units - {own}:
                assert not is_small(values[unit]) or len({other[unit] for other in possible}) > 1


@given(linked, st.sampled_from([None, *CASE_UNITS]))
def test_no_small_part_follows_from_totals_and_the_other_parts(solved, rows, own):
    """A share has two parts, the first measure three, and effects four: achieved, harm, not known and the rest."""
    count = len(next(iter(rows.values())))
    parts = [{unit: row[n] for unit, row in rows.items()} for n in range(count)]
    total = {unit: sum(row) for unit, row in rows.items()}
    of_total, of_parts = hide_linked(total, parts, rank=rank)
    columns = [*parts, total]
    hidden = [*[of_parts] * count, of_total]
    every = range(count + 1)
    cells = {(unit, n): columns[n][unit] for unit in rows for n in every}
    national = {("national", n): sum(columns[n].values()) for n in every}
    cells |= national
    unknown = {
        (unit, n)
        for unit, n in cells
        if unit != own and (hidden[n].national if unit == "national" else unit in hidden[n].units)
    }
    equations = [[(unit, n) for n in every] for unit in [*rows, "national"]]
    weights = [[*[1] * count, -1]] * len(equations)
    equations += [[*((unit, n) for unit in rows), ("national", n)] for n in every]
    weights += [[*([1] * len(rows)), -1]] * (count + 1)
    for unit, n in solved(sorted(unknown), equations, weights):
        # A total that holds only the reader's own small count tells them nothing of anybody else.
        theirs = cells[own, n] if unit == "national" and own in rows else 0
        assert not is_small(cells[unit, n] - theirs)


nested = st.dictionaries(st.sampled_from(CASE_UNITS), st.tuples(counts, counts, counts), min_size=1)
OF_WHOLE = ("recorded", "not_recorded", "children", "rest", "whole")


@given(nested, st.sampled_from([None, *CASE_UNITS]))
@example({"oslo": (30, 10, 2), "ost": (30, 10, 30), "vest": (30, 10, 40)}, None)
@example({"oslo": (30, 2, 30), "ost": (30, 10, 30), "vest": (30, 10, 40)}, "ost")
def test_no_small_part_follows_where_a_total_is_part_of_a_whole_that_is_shown(solved, rows, own):
    """Children of whom the view is recorded or not, the others, and all cases opened, which every answer shows."""
    columns = {
        name: {unit: row[n] for unit, row in rows.items()} for n, name in enumerate(("recorded", "not_recorded"))
    }
    columns["children"] = {unit: row[0] + row[1] for unit, row in rows.items()}
    columns["rest"] = {unit: row[2] for unit, row in rows.items()}
    columns["whole"] = {unit: sum(row) for unit, row in rows.items()}
    parts = [columns["recorded"], columns["not_recorded"]]
    of_total, of_parts = hide_linked(columns["children"], parts, wholes=[columns["whole"]], rank=rank)
    hidden = dict(
        zip(OF_WHOLE, (of_parts, of_parts, of_total, of_total, hide(columns["whole"], rank=rank)), strict=True)
    )
    everywhere = [*rows, "national"]
    cells = {(unit, name): columns[name][unit] for unit in rows for name in OF_WHOLE}
    cells |= {("national", name): sum(columns[name].values()) for name in OF_WHOLE}
    unknown = {
        (unit, name)
        for unit, name in cells
        if unit != own and (hidden[name].national if unit == "national" else unit in hidden[name].units)
    }
    sums = (("recorded", "not_recorded", "children"), ("children", "rest", "whole"))
    equations = [[(unit, name) for name in names] for unit in everywhere for names in sums]
    weights = [[1, 1, -1]] * len(equations)
    equations += [[(unit, name) for unit in everywhere] for name in OF_WHOLE]
    weights += [[*([1] * len(rows)), -1]] * len(OF_WHOLE)
    for unit, name in solved(sorted(unknown), equations, weights):
        theirs = cells[own, name] if unit == "national" and own in rows else 0
        assert not is_small(cells[unit, name] - theirs)
    assert hidden["whole"].units <= of_total.units <= of_parts.units


[COHORTS] = [i.versions[0] for i in load_catalogue().indicators if i.number == 15]
[PLACES] = [i.versions[0] for i in load_catalogue().indicators if i.number == 16]
OF_COHORT = ("within_6", "within_12", "closed", "later", "never")
MONTH = date(2025, 3, 1)


def imported(unit, **amounts):
    return Tally(imported={unit: {(Series[name], MONTH): Known(n, UUID(int=1)) for name, n in amounts.items()}})


@given(nested, st.sampled_from([None, *CASE_UNITS]))
@example({"oslo": (30, 2, 30), "ost": (30, 10, 30), "vest": (30, 10, 40)}, None)
@example({"oslo": (30, 10, 2), "ost": (30, 10, 30), "vest": (30, 10, 40)}, "ost")
@example({"oslo": (3, 10, 9), "ost": (30, 10, 30), "vest": (30, 10, 40)}, "vest")
def test_no_small_number_follows_from_new_offences_within_six_and_within_twelve_months(solved, rows, own):
    """Both are of the same people: few who offended in between must not follow from the two, nor few who never did."""
    columns = {
        "within_6": {unit: row[0] for unit, row in rows.items()},
        "within_12": {unit: row[0] + row[1] for unit, row in rows.items()},
        "closed": {unit: sum(row) for unit, row in rows.items()},
        "later": {unit: row[1] for unit, row in rows.items()},
        "never": {unit: row[2] for unit, row in rows.items()},
    }
    tallies = {
        unit: imported(
            unit,
            OFFENCE_WITHIN_6_MONTHS=columns["within_6"][unit],
            OFFENCE_WITHIN_12_MONTHS=columns["within_12"][unit],
            SUBJECTS_CLOSED=columns["closed"][unit],
        )
        for unit in rows
    }
    period = parse_period("2025-03", today=date(2026, 11, 23))
    of_total, of_parts = hide_imported(COHORTS, tallies, period=period, rank=rank)
    # What is in between is shown nowhere: it is hidden as far as it does not follow.
    everything = Hidden(frozenset(rows), national=True)
    hidden = dict(zip(OF_COHORT, (of_parts, of_parts, of_total, everything, everything), strict=True))
    everywhere = [*rows, "national"]
    cells = {(unit, name): columns[name][unit] for unit in rows for name in OF_COHORT}
    cells |= {("national", name): sum(columns[name].values()) for name in OF_COHORT}
    unknown = {
        (unit, name)
        for unit, name in cells
        if unit != own and (hidden[name].national if unit == "national" else unit in hidden[name].units)
    }
    sums = (("within_6", "later", "within_12"), ("within_12", "never", "closed"))
    equations = [[(unit, name) for name in names] for unit in everywhere for names in sums]
    weights = [[1, 1, -1]] * len(equations)
    equations += [[(unit, name) for unit in everywhere] for name in OF_COHORT]
    weights += [[*([1] * len(rows)), -1]] * len(OF_COHORT)
    for unit, name in solved(sorted(unknown), equations, weights):
        theirs = cells[own, name] if unit == "national" and own in rows else 0
        assert not is_small(cells[unit, name] - theirs)


@given(st.dictionaries(st.sampled_from(CASE_UNITS), st.tuples(counts, counts), min_size=1))
def test_few_incidents_before_or_after_are_hidden_with_the_ratio(rows):
    tallies = {u: imported(u, INCIDENTS_BEFORE=n, INCIDENTS_AFTER=m) for u, (n, m) in rows.items()}
    period = parse_period("2025-03", today=date(2026, 11, 23))
    before, rest = hide_imported(PLACES, tallies, period=period, rank=rank)
    assert {unit for unit, (n, _) in rows.items() if is_small(n)} <= before.units <= rest.units
    assert {unit for unit, (_, m) in rows.items() if is_small(m)} <= rest.units
    assert rest.national or not is_small(sum(m for _, m in rows.values()))


stock = st.tuples(counts, counts, counts, st.tuples(counts, counts, counts, counts), counts)
SHOWN_BY = {
    "open": lambda mask: mask.counts["open"],
    "active": lambda mask: mask.totals[9],
    "long": lambda mask: mask.totals[6],
    "approved": lambda mask: mask.parts[6],
    "overdue": lambda mask: mask.parts[9],
    "with": lambda mask: mask.parts[13],
    "school": lambda mask: mask.parts[13] | mask.overlapping[13],
    "health": lambda mask: mask.parts[13] | mask.overlapping[13],
}
FOLLOWS = [
    ({"active": 1, "on_hold": 1}, "open"),
    ({"long": 1, "short": 1}, "active"),
    ({"approved": 1, "unapproved": 1}, "long"),
    ({"overdue": 1, "on_time": 1}, "active"),
    ({"with": 1, "without": 1}, "active"),
    ({"school": 1, "health_alone": 1}, "with"),
    ({"health": 1, "school_alone": 1}, "with"),
    ({"school": 1, "health": 1, "both": -1}, "with"),
]


def stock_of(on_hold, long, approved, partners, overdue):
    """Return all that is true of a unit's open cases, what is shown of it and what is not."""
    school_alone, health_alone, both, without = partners
    active = sum(partners)
    long = min(long, active)
    found = {
        "open": active + on_hold, "active": active, "on_hold": on_hold, "long": long, "short": active - long,
        "approved": min(approved, long), "unapproved": long - min(approved, long), "overdue": min(overdue, active),
        "on_time": active - min(overdue, active), "with": active - without, "without": without,
        "school": school_alone + both, "health": health_alone + both, "school_alone": school_alone,
        "health_alone": health_alone, "both": both,
    }  # fmt: skip
    within = Counter(opened=found["open"])
    until_end = Counter(
        opened=found["open"], active=active, active_long=long, active_long_approved=found["approved"],
        active_overdue=found["overdue"], active_with_partner=found["with"], partner_school=found["school"],
        partner_health=found["health"],
    )  # fmt: skip
    return found, Tally(within=within, until_end=until_end)


@settings(deadline=None, max_examples=300)
@given(
    st.dictionaries(st.sampled_from(CASE_UNITS), stock, min_size=1, max_size=5), st.sampled_from([None, *CASE_UNITS])
)
@example({"oslo": (2, 30, 20, (10, 10, 10, 10), 9), "ost": (9, 30, 20, (10, 10, 10, 10), 9)}, None)
@example({"oslo": (9, 30, 20, (10, 10, 2, 10), 9), "ost": (9, 30, 20, (10, 10, 10, 10), 9)}, "ost")
@example({"oslo": (9, 38, 20, (10, 2, 10, 18), 9), "ost": (9, 30, 20, (10, 10, 10, 10), 9)}, None)
def test_no_small_number_follows_from_what_is_shown_of_the_open_cases(solved, rows, own):
    """Who is on hold, active, over 30 days, overdue, with which partners: all are parts of the same open cases."""
    known = {unit: stock_of(*row) for unit, row in rows.items()}
    catalogue, period = load_catalogue(), parse_period("2025-03", today=date(2026, 11, 23))
    tallies = {unit: tally for unit, (_, tally) in known.items()}
    mask = mask_of(tallies, catalogue=catalogue, period=period, rank=rank)
    names = sorted({name for parts, whole in FOLLOWS for name in (*parts, whole)})
    cells = {(unit, name): found[name] for unit, (found, _) in known.items() for name in names}
    cells |= {("national", name): sum(found[name] for found, _ in known.values()) for name in names}
    # What is shown nowhere is hidden as far as it does not follow.
    everything = Hidden(frozenset(rows), national=True)
    hidden = {name: SHOWN_BY[name](mask) if name in SHOWN_BY else everything for name in names}
    unknown = {
        (unit, name)
        for unit, name in cells
        if unit != own and (hidden[name].national if unit == "national" else unit in hidden[name].units)
    }
    everywhere = [*rows, "national"]
    equations = [[(unit, name) for name in (*parts, whole)] for unit in everywhere for parts, whole in FOLLOWS]
    weights = [[*parts.values(), -1] for _ in everywhere for parts, _ in FOLLOWS]
    equations += [[(unit, name) for unit in everywhere] for name in names]
    weights += [[*([1] * len(rows)), -1]] * len(names)
    for unit, name in solved(sorted(unknown), equations, weights):
        theirs = cells[own, name] if unit == "national" and own in rows else 0
        assert not is_small(cells[unit, name] - theirs), (unit, name)
