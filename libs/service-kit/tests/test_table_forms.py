"""A table says the same in each form, and no text in it is a formula to a spreadsheet."""

import csv
import io
import json
from datetime import UTC, date, datetime

import pytest
from forkant_kit.table_forms import MEDIA, ROW_GROUP, Form, Kind, TableColumn, accepted_form, writer_of
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

COLUMNS = tuple(TableColumn(kind.value, kind) for kind in Kind)
NAMES = [column.name for column in COLUMNS]
ROW = {
    "text": "oslo", "boolean": False, "integer": -4, "number": 0.25, "day": date(2026, 3, 1),
    "moment": datetime(2026, 3, 1, 12, 30, 0, 5, tzinfo=UTC),
}  # fmt: skip
NOTHING = dict.fromkeys(NAMES)


def written(form, *parts, about=None):
    writer = writer_of(form, COLUMNS, about=about)
    return b"".join([*(writer.part(part) for part in parts), writer.end()])


def cells(content):
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_each_form_says_the_same():
    assert cells(written(Form.CSV, [ROW], [NOTHING])) == [
        NAMES, ["oslo", "false", "-4", "0.25", "2026-03-01", "2026-03-01T12:30:00.000005Z"], [""] * 6
    ]  # fmt: skip
    first, second = map(json.loads, written(Form.NDJSON, [ROW, NOTHING]).splitlines())
    assert first == {**ROW, "day": "2026-03-01", "moment": "2026-03-01T12:30:00.000005Z"}
    assert second == NOTHING
    table = parquet.read_table(io.BytesIO(written(Form.PARQUET, [ROW], [NOTHING], about={"license": "free"})))
    assert table.to_pylist() == [ROW, NOTHING]
    assert table.schema.metadata[b"license"] == b"free"


@pytest.mark.parametrize("form", Form)
def test_a_table_without_rows_can_be_read(form):
    content = written(form)
    if form is Form.PARQUET:
        assert parquet.read_table(io.BytesIO(content)).num_rows == 0
    else:
        assert content == (",".join(NAMES).encode() + b"\r\n" if form is Form.CSV else b"")


def test_a_large_table_is_written_by_groups():
    parts = [[{**ROW, "integer": n} for n in range(start, start + 700)] for start in range(0, 3 * ROW_GROUP, 700)]
    file = parquet.ParquetFile(io.BytesIO(written(Form.PARQUET, *parts)))
    assert file.num_row_groups > 2
    assert [row["integer"] for row in file.read().to_pylist()] == [row["integer"] for part in parts for row in part]


@pytest.mark.parametrize("begun", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_no_text_is_a_formula_to_a_spreadsheet(begun):
    assert cells(written(Form.CSV, [{**NOTHING, "text": begun}]))[1][0] == f"'{begun}"


def test_a_number_below_zero_is_a_number():
    assert cells(written(Form.CSV, [{**NOTHING, "number": -0.5}]))[1][3] == "-0.5"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=20), max_size=5))
def test_every_text_comes_back_from_the_cells(texts):
    found = [line[0] for line in cells(written(Form.CSV, [{**NOTHING, "text": text} for text in texts]))[1:]]
    assert [text.removeprefix("'") for text in found] == [text.removeprefix("'") for text in texts]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", Form.CSV),
        ("*/*", Form.CSV),
        (MEDIA[Form.PARQUET], Form.PARQUET),
        ("text/csv;q=0.2, application/x-ndjson", Form.NDJSON),
        ("text/html", None),
        ("text/csv;q=0", None),
        ("text/csv;q=x", None),
    ],
)
def test_the_form_is_the_first_that_is_accepted(accept, form):
    assert accepted_form(accept) is form
