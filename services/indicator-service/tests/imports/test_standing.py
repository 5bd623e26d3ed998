"""What stands of many imports: of each unit and period the whole row of the newest that has one."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from indicator_service.definitions.series import FORM_OF, Series
from indicator_service.imports.standing import Line, newest, standing

STARTS = [date(2026, 1, 1), date(2026, 2, 1)]
UNITS = ["oslo", "troms"]
ROWS = {
    "hours": (Series.PREVENTION_HOURS, Series.TOTAL_HOURS),
    "cohort": (Series.SUBJECTS_CLOSED, Series.OFFENCE_WITHIN_6_MONTHS, Series.OFFENCE_WITHIN_12_MONTHS),
    "young cohort": (Series.SUBJECTS_CLOSED, Series.OFFENCE_WITHIN_6_MONTHS),
}
row = st.tuples(st.sampled_from(sorted(ROWS)), st.sampled_from(UNITS), st.sampled_from(STARTS), st.integers(0, 9))
imports = st.lists(st.lists(row, max_size=4), max_size=6)


def lines_of(every):
    for number, rows in enumerate(every, start=1):
        # One import has one row of a kind for each unit and period.
        unique = {(name.rpartition(" ")[2], unit, start): (name, amount) for name, unit, start, amount in rows}
        for (_, unit, start), (name, amount) in unique.items():
            for series in ROWS[name]:
                yield Line(UUID(int=number), unit, series, start, amount)


@given(imports)
def test_the_newest_row_stands_whole_and_no_other(every):
    lines = list(lines_of(every))
    found = standing(lines)
    for unit in UNITS:
        for start in STARTS:
            for kind in {FORM_OF[series].kind for series in Series}:
                of_row = [
                    line for line in lines if (FORM_OF[line.series].kind, line.unit, line.start) == (kind, unit, start)
                ]
                last = max((line.import_id for line in of_row), default=None)
                expected = {line.series: (line.amount, last) for line in of_row if line.import_id == last}
                shown = {
                    series: (known.amount, known.import_id)
                    for (series, first), known in found.get(unit, {}).items()
                    if first == start and FORM_OF[series].kind is kind
                }
                assert shown == expected


@given(imports)
def test_to_take_the_newest_import_back_is_as_if_it_had_never_come(every):
    lines = list(lines_of(every))
    without = [line for line in lines if line.import_id != UUID(int=len(every))]
    assert standing(without) == standing(lines_of(every[:-1]))


@given(imports)
def test_what_is_known_of_a_past_moment_does_not_depend_on_what_came_later(every):
    for known in range(len(every) + 1):
        by_then = [line for line in lines_of(every) if line.import_id.int <= known]
        assert standing(by_then) == standing(lines_of(every[:known]))


@given(imports)
def test_each_row_that_stands_names_the_import_that_it_is_from(every):
    lines = list(lines_of(every))
    stands = newest(lines)
    for unit, imported in standing(lines).items():
        for (series, start), known in imported.items():
            assert known.import_id == stands[FORM_OF[series].kind, unit, start]
