"""The forms in which a table of codes, days and numbers is handed out, each written part by part.

Parquet needs the library pyarrow, which a service that offers it depends on.
"""

import csv
import io
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, Protocol

import orjson

ROW_GROUP: Final = 20_000
"""Rows in a row group of a Parquet file, which is held in memory until it is whole."""
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_ANY: Final = frozenset({"*/*", ""})

Row = Mapping[Any, Any]
"""The cells of a row by the names of their columns."""


class Form(StrEnum):
    """How a table can be had."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


MEDIA: Final[Mapping[Form, str]] = {
    Form.CSV: "text/csv",
    Form.NDJSON: "application/x-ndjson",
    Form.PARQUET: "application/vnd.apache.parquet",
}


class Kind(StrEnum):
    """What the cells of a column are; moments are in UTC."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table."""

    name: str
    kind: Kind


class Writer(Protocol):
    """Writes a table; no method waits for anything."""

    @abstractmethod
    def part(self, rows: Sequence[Row]) -> bytes:
        """Return what some rows become, which may come with a later part."""

    @abstractmethod
    def end(self) -> bytes:
        """Return what is left, and what a table ends with."""


def writer_of(form: Form, columns: Sequence[TableColumn], *, about: Mapping[str, str] | None = None) -> Writer:
    """Return a new writer; ``about`` is kept with the table where its form has a place for it, which Parquet's has."""
    match form:
        case Form.CSV:
            return CsvWriter(columns)
        case Form.NDJSON:
            return NdjsonWriter(columns)
        case Form.PARQUET:
            return ParquetWriter(columns, about=about or {})


def accepted_form(header: str) -> Form | None:
    """Return the form that a client's ``Accept`` puts first: CSV if it takes any, None if it takes none of these."""
    by_media = {media: form for form, media in MEDIA.items()}
    accepted = [part.partition(";") for part in header.lower().split(",")]
    for media, _, weight in sorted(accepted, key=lambda part: -_weight(part[2])):
        if media.strip() in _ANY:
            return Form.CSV
        if (form := by_media.get(media.strip())) is not None and _weight(weight) > 0:
            return form
    return None


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


class CsvWriter(Writer):
    """Lines of cells below a header; no text is a formula to a spreadsheet."""

    def __init__(self, columns: Sequence[TableColumn]) -> None:
        """Begin with the header."""
        self._names = tuple(column.name for column in columns)
        self._rows: list[Sequence[str]] = [self._names]

    def part(self, rows: Sequence[Row]) -> bytes:
        """Return the rows as lines."""
        held = io.StringIO(newline="")
        csv.writer(held).writerows((*self._rows, *([_cell(row[name]) for name in self._names] for row in rows)))
        self._rows = []
        return held.getvalue().encode()

    def end(self) -> bytes:
        """Return the header, where no row came."""
        return self.part(()) if self._rows else b""


class NdjsonWriter(Writer):
    """An object a line."""

    def __init__(self, columns: Sequence[TableColumn]) -> None:
        """Begin with nothing."""
        self._names = tuple(column.name for column in columns)

    def part(self, rows: Sequence[Row]) -> bytes:
        """Return the rows as lines."""
        return b"".join(
            orjson.dumps({name: row[name] for name in self._names}, default=str, option=_LINE) for row in rows
        )

    def end(self) -> bytes:
        """Return nothing."""
        return b""


_LINE: Final = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z


class ParquetWriter(Writer):
    """Row groups, and at the end what makes a file of them: without it no reader opens what came."""

    def __init__(self, columns: Sequence[TableColumn], *, about: Mapping[str, str]) -> None:
        """Load the library, which takes 55 MB of memory that most processes never need."""
        import pyarrow as pa
        from pyarrow import parquet

        types = {
            Kind.TEXT: pa.string(),
            Kind.BOOLEAN: pa.bool_(),
            Kind.INTEGER: pa.int64(),
            Kind.NUMBER: pa.float64(),
            Kind.DAY: pa.date32(),
            Kind.MOMENT: pa.timestamp("us", tz="UTC"),
        }
        self._pa, self._held = pa, io.BytesIO()
        self._names = tuple(column.name for column in columns)
        self._schema = pa.schema([(column.name, types[column.kind]) for column in columns], metadata=dict(about))
        self._file = parquet.ParquetWriter(pa.PythonFile(self._held, mode="w"), self._schema, compression="zstd")
        self._rows: list[Row] = []

    def part(self, rows: Sequence[Row]) -> bytes:
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
                   for name in self._names]  # fmt: skip
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
    if isinstance(value, int | float):
        return str(value)
    # A moment reads the same in each form, so that a program that knows one can compare it with another.
    text = orjson.dumps(value, option=orjson.OPT_UTC_Z).decode().strip('"') if isinstance(value, date) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, date)) or value is None else str(value)
