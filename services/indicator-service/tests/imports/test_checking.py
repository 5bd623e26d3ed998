"""What is asked of the rows of an import, by tables; and that a file is told everything that is wrong with it."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.definitions.series import FORMS, ImportKind, Series
from indicator_service.imports.checking import MOST, RowCode, Terms, check
from indicator_service.imports.reading import Form, read_rows
from indicator_service.imports.refusals import Code, Refusal

SOURCE_DATE = date(2026, 5, 10)
OF = {
    "hours": {"prevention_hours": 10, "total_hours": 100},
    "populations": {"inhabitants": 945_000},
    "offences": {"subjects_closed": 20, "offence_within_6_months": 3, "offence_within_12_months": 5},
    "incidents": {"incidents_before": 9, "incidents_after": 4},
    "cooperations": {"cooperating_municipalities": 2, "municipalities": 3},
}
PERIODS = {"hours": "2026-03", "populations": "2026", "offences": "2025-03", "incidents": "2026-01",
           "cooperations": "2026-04"}  # fmt: skip


def row(kind="hours", /, **fields):
    given = {"unit": "oslo", "period": PERIODS[kind], **OF[kind], **fields}
    return {name: value for name, value in given.items() if value is not None}


def terms(kind="hours", *, stands=(), corrects=False, reach=("oslo", "troms", "kripos")):
    return Terms(
        form=FORMS[ImportKind(kind)],
        reach=reach,
        source_date=SOURCE_DATE,
        corrects=corrects,
        stands={(unit, date.fromisoformat(f"{start}-01")) for unit, start in stands},
    )


def wrong(found):
    return [(error.row, error.place, error.code.value) for error in sorted(found.errors)]


@pytest.mark.parametrize("kind", ImportKind)
def test_a_row_of_each_kind_is_taken(kind):
    found = check([(1, row(kind))], terms(kind))
    assert found.errors == []
    assert found.rows[0].amounts == {Series(name): amount for name, amount in OF[kind].items()}


WRONG = {
    "no unit": (row(unit=None), "/unit", "missing"),
    "a unit that is none": (row(unit="atlantis"), "/unit", "unknown-unit"),
    "the directorate": (row(unit="pod"), "/unit", "unknown-unit"),
    "an operational unit": (row(unit="oslo/gde-sentrum"), "/unit", "unknown-unit"),
    "a unit as number": (row(unit=3), "/unit", "unknown-unit"),
    "a unit out of reach": (row(unit="vest"), "/unit", "another-unit"),
    "no period": (row(period=None), "/period", "missing"),
    "a year for a month": (row(period="2026"), "/period", "wrong-period"),
    "a thirteenth month": (row(period="2026-13"), "/period", "wrong-period"),
    "a month of one digit": (row(period="2026-3"), "/period", "wrong-period"),
    "other digits": (row(period="２０２６-03"), "/period", "wrong-period"),
    "a year before all": (row(period="1999-03"), "/period", "wrong-period"),
    "a period as number": (row(period=202603), "/period", "wrong-period"),
    "the month of the source's date": (row(period="2026-05"), "/period", "period-not-over"),
    "no figure": (row(total_hours=None), "/total_hours", "missing"),
    "a figure in words": (row(total_hours="many"), "/total_hours", "not-a-whole-number"),
    "a figure in quotes": (row(total_hours="100"), "/total_hours", "not-a-whole-number"),
    "a broken figure": (row(total_hours=100.5), "/total_hours", "not-a-whole-number"),
    "true": (row(prevention_hours=True), "/prevention_hours", "not-a-whole-number"),
    "a negative figure": (row(prevention_hours=-1), "/prevention_hours", "negative"),
    "a figure too large": (row(total_hours=MOST + 1), "/total_hours", "too-large"),
    "more prevention than hours": (row(prevention_hours=101), "/prevention_hours", "part-exceeds-whole"),
    "a field that is none": (row(name="Kari"), "", "unknown-field"),
    "a figure of another kind": (row(inhabitants=3), "", "unknown-field"),
    "what could not be read": (RowCode.INVALID_JSON, "", "invalid-json"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_row_among_right_ones_is_named(kind):
    document, place, code = WRONG[kind]
    found = check([(1, row()), (2, document), (3, row(unit="troms"))], terms())
    assert wrong(found) == [(2, place, code)]
    assert [each.number for each in found.rows] == [1, 3]


OF_KINDS = [
    ("populations", {"unit": "kripos"}, "/unit", "unit-has-no-such-figures"),
    ("populations", {"period": "2026-01"}, "/period", "wrong-period"),
    ("populations", {"period": "2027"}, "/period", "period-not-over"),
    ("cooperations", {"cooperating_municipalities": 4}, "/cooperating_municipalities", "part-exceeds-whole"),
    ("incidents", {"period": "2026-02"}, "/period", "period-not-over"),
    ("offences", {"offence_within_12_months": 2}, "/offence_within_6_months", "part-exceeds-whole"),
    ("offences", {"offence_within_12_months": None}, "/offence_within_12_months", "missing"),
    ("offences", {"period": "2025-06"}, "/offence_within_12_months", "follow-up-not-over"),
]


@pytest.mark.parametrize(("kind", "fields", "place", "code"), OF_KINDS)
def test_what_single_kinds_ask(kind, fields, place, code):
    assert wrong(check([(1, row(kind, **fields))], terms(kind))) == [(1, place, code)]


def test_incidents_may_be_more_afterwards():
    assert check([(1, row("incidents", incidents_after=30))], terms("incidents")).errors == []


def test_a_cohort_that_is_still_followed_comes_without_what_is_not_over():
    young = row("offences", period="2025-10", offence_within_12_months=None)
    found = check([(1, young)], terms("offences"))
    assert found.errors == []
    assert Series.OFFENCE_WITHIN_12_MONTHS not in found.rows[0].amounts
    fresh = row("offences", period="2025-12", offence_within_6_months=None, offence_within_12_months=None)
    assert check([(1, fresh)], terms("offences")).errors == []


def test_a_row_that_stands_twice_is_named_where_it_comes_again():
    assert wrong(check([(1, row()), (2, row(total_hours=200))], terms())) == [(2, "", "repeated-row")]


def test_what_stands_is_superseded_only_by_an_import_that_corrects():
    stands = [("oslo", "2026-02"), ("oslo", "2026-03")]
    assert wrong(check([(1, row())], terms(stands=stands))) == [(1, "/period", "already-stands")]
    assert check([(1, row())], terms(stands=stands, corrects=True)).errors == []
    assert check([(1, row(unit="troms"))], terms(stands=stands)).errors == []


@pytest.mark.parametrize(
    ("stands", "periods", "expected"),
    [
        ([], ["2025-11", "2025-12", "2026-01"], []),
        ([], ["2025-11", "2026-01"], [2]),
        (["2025-12"], ["2026-01"], []),
        (["2025-12"], ["2026-02", "2026-03"], [1]),
        (["2026-01"], ["2025-10", "2025-11"], [2]),
        (["2026-01"], ["2025-11", "2025-12"], []),
        # What a withdrawal left open is no fault of a file that comes later, and can be filled.
        (["2025-10", "2026-01"], ["2026-02"], []),
        (["2025-10", "2026-01"], ["2025-11", "2025-12"], []),
        (["2025-10", "2026-01"], ["2025-11"], [1]),
    ],
)
def test_a_gap_is_named_where_a_file_leaves_it(stands, periods, expected):
    rows = [(number, row(period=period)) for number, period in enumerate(periods, start=1)]
    found = check(rows, terms(stands=[("oslo", start) for start in stands]))
    assert wrong(found) == [(number, "/period", "gap") for number in expected]


def test_years_without_the_one_between_are_a_gap():
    rows = [(1, row("populations", period="2023")), (2, row("populations", period="2025"))]
    assert wrong(check(rows, terms("populations"))) == [(2, "/period", "gap")]


CSV_HEADER = "unit,period,prevention_hours,total_hours"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (f"{CSV_HEADER}\noslo,2026-03,10,100\n", []),
        (f"\ufeff{CSV_HEADER}\r\noslo,2026-03,10,100\r\n", []),
        (f'{CSV_HEADER}\n"oslo","2026-03","10","100"', []),
        (f"{CSV_HEADER}\noslo,2026-03,10\n", [(1, "invalid-csv")]),
        (f"{CSV_HEADER}\noslo,2026-03,,100\n", [(1, "missing")]),
        (f"{CSV_HEADER}\noslo,2026-03,1 0,100\n", [(1, "not-a-whole-number")]),
        (f"{CSV_HEADER}\noslo,2026-03,1e1,100\n", [(1, "not-a-whole-number")]),
        (f"{CSV_HEADER}\noslo,2026-03,-10,100\n", [(1, "negative")]),
        (f"{CSV_HEADER}\noslo,2026-03,{'9' * 30},100\n", [(1, "not-a-whole-number")]),
        (f"{CSV_HEADER}\noslo,2026-03,10,{'1' * 5000}\n", [(1, "row-too-large")]),
        ("unit,period,name\noslo,2026-03,Kari\n", [(0, "invalid-csv")]),
        ("unit,unit,period\noslo,oslo,2026-03\n", [(0, "invalid-csv")]),
        (f'{CSV_HEADER}\noslo,2026-03,10,"100', [(1, "invalid-csv")]),
    ],
)
def test_rows_of_csv(body, codes):
    form = FORMS[ImportKind.HOURS]
    found = check(read_rows(body.encode(), Form.CSV, form, most=10), terms())
    assert [(error.row, error.code.value) for error in found.errors] == codes


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", "invalid-json"),
        (b"[]", "not-a-row"),
        (b"3", "not-a-row"),
        (b'{"unit": "oslo", "unit": "troms"}', "invalid-json"),
        (b'{"total_hours": NaN}', "invalid-json"),
        (b"\xff", "invalid-json"),
        (b'"' + b"a" * 5000 + b'"', "row-too-large"),
        (b'{"total_hours": 9223372036854775808}', "invalid-json"),
    ],
)
def test_rows_of_json(line, code):
    body = b"\n".join([json.dumps(row()).encode(), line, b""])
    found = check(read_rows(body, Form.NDJSON, FORMS[ImportKind.HOURS], most=10), terms())
    assert wrong(found) == [(2, "", code)]


@pytest.mark.parametrize(("body", "code"), [(b"", Code.NOTHING_TO_IMPORT), (b"{}\n" * 11, Code.TOO_MANY_ROWS)])
def test_a_file_of_nothing_or_of_too_much_is_refused(body, code):
    with pytest.raises(Refusal) as refused:
        read_rows(body, Form.NDJSON, FORMS[ImportKind.HOURS], most=10)
    assert refused.value.code is code


values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8))
documents = st.dictionaries(st.sampled_from(["unit", "period", "prevention_hours", "total_hours", "x"]), values)


@given(st.lists(st.one_of(documents, st.sampled_from(RowCode)), max_size=4))
def test_whatever_comes_is_either_a_row_or_an_error_and_nothing_is_repeated(given_rows):
    found = check(list(enumerate(given_rows, start=1)), terms())
    assert {row.number for row in found.rows} | {error.row for error in found.errors} == set(
        range(1, len(given_rows) + 1)
    )
    places = {"", "/unit", "/period", "/prevention_hours", "/total_hours"}
    assert {error.place for error in found.errors} <= places
