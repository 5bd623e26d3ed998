"""Reading the rows of an import, as JSON by lines or as CSV: each by itself, so that one says nothing of another."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from forkant_kit.asgi.body import strict_json
from forkant_kit.problems import ProblemError, place_of
from pydantic import ValidationError

from case_service.api.import_bodies import ImportedCase
from case_service.commands.importing import Row
from case_service.domain.importing import RowCode, RowError
from case_service.domain.refusals import Code, Refusal

MOST_BYTES_OF_A_ROW: Final = 64 * 1024
_TRUTH: Final[Mapping[str, bool]] = {"true": True, "false": False}


class Form(StrEnum):
    """In which form rows come."""

    NDJSON = "application/x-ndjson"
    CSV = "text/csv"


@dataclass(slots=True)
class Read:
    """The rows that could be read, and what is wrong with the others."""

    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    count: int = 0


def read_rows(body: bytes, form: Form, *, most: int) -> Read:
    """Return the rows of a body.

    Raises:
        Refusal: there is none, or there are more than ``most``.
    """
    found = Read()
    for number, document in _json_lines(body) if form is Form.NDJSON else _csv_rows(body):
        found.count += 1
        if found.count > most:
            raise Refusal(Code.TOO_MANY_ROWS, most=str(most))
        if isinstance(document, RowCode):
            found.errors.append(RowError(number, "", document.value))
            continue
        try:
            found.rows.append(ImportedCase.model_validate(document).row(number))
        except ValidationError as error:
            found.errors += _errors(number, error)
    if not found.count:
        raise Refusal(Code.NOTHING_TO_IMPORT)
    return found


def _json_lines(body: bytes) -> Iterator[tuple[int, Any]]:
    start, number = 0, 0
    while start < len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        number += 1
        yield number, _document(body[start:end])
        start = end + 1


def _document(line: bytes) -> Any:
    if len(line) > MOST_BYTES_OF_A_ROW:
        return RowCode.ROW_TOO_LARGE
    try:
        return strict_json(line)
    except ProblemError:
        return RowCode.INVALID_JSON


def _csv_rows(body: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the rows below the header, from 1; an error of the header is row 0's, and after a broken one comes none."""
    number = 0
    try:
        table = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        header = next(table, None)
        if header is None:
            return
        if len(set(header)) != len(header) or not set(header) <= ImportedCase.model_fields.keys():
            yield 0, RowCode.INVALID_CSV
            return
        for number, cells in enumerate(table, start=1):
            yield number, _of_cells(header, cells)
    except UnicodeDecodeError as error:
        yield body[: error.start].count(b"\n"), RowCode.INVALID_CSV
    except csv.Error:
        yield number + 1, RowCode.INVALID_CSV


def _of_cells(header: list[str], cells: list[str]) -> Any:
    if len(cells) != len(header):
        return RowCode.INVALID_CSV
    if sum(map(len, cells)) > MOST_BYTES_OF_A_ROW:
        return RowCode.ROW_TOO_LARGE
    # What is left empty is left out: no text of a case is empty.
    given: dict[str, Any] = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
    if (level := given.get("level", "")).isdecimal() and level.isascii():
        given["level"] = int(level[:9])
    if given.get("special_category") in _TRUTH:
        given["special_category"] = _TRUTH[given["special_category"]]
    return given


def _errors(number: int, error: ValidationError) -> Iterator[RowError]:
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        named: dict[str, Any] = dict(item)
        place = place_of(named) if item["loc"] else ""
        yield RowError(number, "".join(f"/{part}" for part in place.split(".") if part), item["type"].replace("_", "-"))
