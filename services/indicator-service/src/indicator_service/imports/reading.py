"""Reading the rows of an import, as JSON by lines or as CSV: each by itself, so that one says nothing of another."""

import csv
import io
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from forkant_kit.asgi.body import strict_json
from forkant_kit.problems import ProblemError

from indicator_service.definitions.series import Form as Columns
from indicator_service.imports.checking import PERIOD, UNIT, Read, RowCode
from indicator_service.imports.refusals import Code, Refusal

MOST_BYTES_OF_A_ROW: Final = 4 * 1024
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")


class Form(StrEnum):
    """In which form rows come."""

    NDJSON = "application/x-ndjson"
    CSV = "text/csv"


def read_rows(body: bytes, form: Form, columns: Columns, *, most: int) -> list[Read]:
    """Return the rows of a body, those that can't be read with the reason.

    Raises:
        Refusal: there is none, or there are more than ``most``.
    """
    found: list[Read] = []
    for row in _json_lines(body) if form is Form.NDJSON else _csv_rows(body, columns):
        if len(found) == most:
            raise Refusal(Code.TOO_MANY_ROWS, most=str(most))
        found.append(row)
    if not found:
        raise Refusal(Code.NOTHING_TO_IMPORT)
    return found


def _json_lines(body: bytes) -> Iterator[Read]:
    lines = body.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, start=1):
        yield number, _document(line)


def _document(line: bytes) -> dict[str, Any] | RowCode:
    if len(line) > MOST_BYTES_OF_A_ROW:
        return RowCode.ROW_TOO_LARGE
    try:
        document = strict_json(line)
    except ProblemError:
        return RowCode.INVALID_JSON
    return document if isinstance(document, dict) else RowCode.NOT_A_ROW


def _csv_rows(body: bytes, columns: Columns) -> Iterator[Read]:
    """Yield the rows below the header, from 1; an error of the header is row 0's, and after a broken one comes none."""
    number = 0
    try:
        table = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        header = next(table, None)
        if header is None:
            return
        if len(set(header)) != len(header) or not set(header) <= {UNIT, PERIOD, *columns.series}:
            yield 0, RowCode.INVALID_CSV
            return
        for number, cells in enumerate(table, start=1):
            yield number, _of_cells(header, cells)
    except UnicodeDecodeError as error:
        yield body[: error.start].count(b"\n"), RowCode.INVALID_CSV
    except csv.Error:
        yield number + 1, RowCode.INVALID_CSV


def _of_cells(header: list[str], cells: list[str]) -> dict[str, Any] | RowCode:
    if len(cells) != len(header):
        return RowCode.INVALID_CSV
    if sum(map(len, cells)) > MOST_BYTES_OF_A_ROW:
        return RowCode.ROW_TOO_LARGE
    given = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
    return {name: cell if name in {UNIT, PERIOD} else _number(cell) for name, cell in given.items()}


def _number(cell: str) -> int | str:
    return int(cell) if _NUMBER.fullmatch(cell) else cell
