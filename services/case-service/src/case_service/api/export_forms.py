"""The forms in which a list of cases is handed out, each written part by part."""

import csv
import io
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final, Protocol

import orjson
from sqlalchemy import Boolean, Column, Date, Integer, Label, RowMapping
from sqlalchemy.dialects.postgresql import TIMESTAMP

from case_service.queries.listing import EXPORTED

NAMES: Final = tuple(str(column.name) for column in EXPORTED)
ROW_GROUP: Final = 20_000
"""Cases in a row group of a Parquet file, which is held in memory until it is whole."""
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")

Rows = Sequence[RowMapping]


class Form(StrEnum):
    """How a list can be had."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


MEDIA: Final[Mapping[Form, str]] = {
    Form.CSV: "text/csv",
    Form.NDJSON: "application/x-ndjson",
    Form.PARQUET: "application/vnd.apache.parquet",
}


class Writer(Protocol):
    """Writes a list; no method waits for anything."""

    @abstractmethod
    def part(self, rows: Rows) -> bytes:
        """Return what some rows become, which may come with a later part."""

    @abstractmethod
    def end(self) -> bytes:
        """Return what is left, and what a list ends with."""


def writer_of(form: Form) -> Writer:
    """Return a new writer."""
    match form:
        case Form.CSV:
            return CsvWriter()
        case Form.NDJSON:
            return NdjsonWriter()
        case Form.PARQUET:
            return ParquetWriter()


class CsvWriter(Writer):
    """Lines of cells below a header; no cell is a formula to a spreadsheet."""

    def __init__(self) -> None:
        """Begin with the header."""
        self._rows: list[Sequence[str]] = [NAMES]

    def part(self, rows: Rows) -> bytes:
        """Return the rows as lines."""
        held = io.StringIO(newline="")
        csv.writer(held).writerows((*self._rows, *([_cell(row[name]) for name in NAMES] for row in rows)))
        self._rows = []
        return held.getvalue().encode()

    def end(self) -> bytes:
        """Return the header, where no row came."""
        return self.part(()) if self._rows else b""


class NdjsonWriter(Writer):
    """An object a line."""

    def part(self, rows: Rows) -> bytes:
        """Return the rows as lines."""
        return b"".join(orjson.dumps({name: row[name] for name in NAMES}, default=str, option=_LINE) for row in rows)

    def end(self) -> bytes:
        """Return nothing."""
        return b""


_LINE: Final = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z


class ParquetWriter(Writer):
    """Row groups, and at the end what makes a file of them: without it no reader opens what came."""

    def __init__(self) -> None:
        """Load the library, which takes 55 MB of memory that most processes never need."""
        import pyarrow as pa
        from pyarrow import parquet

        self._pa, self._held = pa, io.BytesIO()
        self._schema = pa.schema([(str(column.name), _arrow_type(pa, column)) for column in EXPORTED])
        self._file = parquet.ParquetWriter(pa.PythonFile(self._held, mode="w"), self._schema, compression="zstd")
        self._rows: list[RowMapping] = []
        self._sent = 0

    def part(self, rows: Rows) -> bytes:
        """Return a row group once it is whole."""
        self._rows += rows
        if len(self._rows) >= ROW_GROUP:
            self._flush()
        return self._taken()

    def end(self) -> bytes:
        """Return the last row group and the footer."""
        if self._rows:
            self._flush()
        self._file.close()
        return self._taken()

    def _flush(self) -> None:
        columns = [self._pa.array([_plain(row[name]) for row in self._rows], self._schema.field(name).type)
                   for name in NAMES]  # fmt: skip
        self._file.write_table(self._pa.Table.from_arrays(columns, schema=self._schema), row_group_size=ROW_GROUP)
        self._rows = []

    def _taken(self) -> bytes:
        # The file says by what it has written where its parts are, so that what was sent is not taken out of it.
        found = self._held.getvalue()
        self._held.seek(0)
        self._held.truncate()
        return found


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    # A moment reads the same in each form, so that a program that knows one can compare it with another.
    text = orjson.dumps(value, option=orjson.OPT_UTC_Z).decode().strip('"') if isinstance(value, date) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, date)) or value is None else str(value)


def _arrow_type(pa: Any, column: Column[Any] | Label[Any]) -> Any:
    match column.type:
        case Boolean():
            return pa.bool_()
        case Integer():
            return pa.int32()
        case TIMESTAMP():
            return pa.timestamp("us", tz="UTC")
        case Date():
            return pa.date32()
    return pa.string()
