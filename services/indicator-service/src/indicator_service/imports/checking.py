"""What is asked of the rows of an import: pure. Every error of a file is found at once; none repeats what was sent.

The order in which a value is looked at is that of what its sender has to mend: whose it is, of which period, the
numbers, then how the rows fit together and with what stands.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from indicator_service.aggregation.calendar import FIRST_YEAR, LAST_YEAR, add_months
from indicator_service.aggregation.imported import has_series, ready_on
from indicator_service.aggregation.register import OF_THE_RELEASE, Register
from indicator_service.definitions.series import Form, Series

MOST: Final = 10**12
"""The largest figure that is taken."""
UNIT: Final = "unit"
PERIOD: Final = "period"
_YEAR: Final = re.compile(r"(\d{4})", re.ASCII)
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_MONTHS: Final = 12


class RowCode(StrEnum):
    """What is wrong with a row; clients build on these, so a code is never renamed."""

    INVALID_JSON = "invalid-json"
    INVALID_CSV = "invalid-csv"
    ROW_TOO_LARGE = "row-too-large"
    NOT_A_ROW = "not-a-row"
    UNKNOWN_FIELD = "unknown-field"
    MISSING = "missing"
    UNKNOWN_UNIT = "unknown-unit"
    ANOTHER_UNIT = "another-unit"
    UNIT_NOT_THERE = "unit-not-there"
    UNIT_HAS_NO_SUCH_FIGURES = "unit-has-no-such-figures"
    WRONG_PERIOD = "wrong-period"
    PERIOD_NOT_OVER = "period-not-over"
    FOLLOW_UP_NOT_OVER = "follow-up-not-over"
    NOT_A_WHOLE_NUMBER = "not-a-whole-number"
    NEGATIVE = "negative"
    TOO_LARGE = "too-large"
    PART_EXCEEDS_WHOLE = "part-exceeds-whole"
    REPEATED_ROW = "repeated-row"
    ALREADY_STANDS = "already-stands"
    GAP = "gap"


@dataclass(frozen=True, slots=True, order=True)
class RowError:
    """What is wrong where: the number of the row, from 1; the place in it, a JSON pointer; a stable code. No input."""

    row: int
    place: str
    code: RowCode


Read = tuple[int, Mapping[str, Any] | RowCode]
"""The number of a row with what it holds, or why it could not be read."""
Key = tuple[str, date]
"""A unit, and the first day of a period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the rows of one import are held against.

    Attributes:
        form: what a row of its kind holds.
        reach: the units that the caller may import figures of.
        source_date: the day of which the source gives its figures: nothing is known then that ends later.
        corrects: whether rows may take the place of what stands.
        stands: what stands of the kind.
        units: the units that there are or were.
    """

    form: Form
    reach: Collection[str]
    source_date: date
    corrects: bool
    stands: Collection[Key]
    units: Register = OF_THE_RELEASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The figures of one unit and period."""

    number: int
    unit: str
    start: date
    amounts: Mapping[Series, int]


@dataclass(slots=True)
class Checked:
    """The rows of a file that are right by themselves, and everything that is wrong."""

    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def check(read: Iterable[Read], terms: Terms) -> Checked:
    """Return the rows of a file, and everything that is wrong with it."""
    found = Checked()
    for number, document in read:
        if isinstance(document, RowCode):
            found.errors.append(RowError(number, "", document))
            continue
        errors = list(_wrong(number, document, terms))
        found.errors += errors
        if not errors:
            found.rows.append(_row(number, document, terms.form))
    found.errors += _misfits(found.rows, terms)
    return found


def start_of(text: object, *, yearly: bool) -> date | None:
    """Return the first day of a period written ``2026`` or ``2026-03``; None when it is none."""
    match = (_YEAR if yearly else _MONTH).fullmatch(text) if isinstance(text, str) else None
    if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        return None
    month = 1 if yearly else int(match[2])
    return date(int(match[1]), month, 1) if 1 <= month <= _MONTHS else None


def _wrong(number: int, document: Mapping[str, Any], terms: Terms) -> Iterator[RowError]:
    form = terms.form
    if not document.keys() <= {UNIT, PERIOD, *form.series}:
        yield RowError(number, "", RowCode.UNKNOWN_FIELD)
    for place, code in (_wrong_unit(document, terms), _wrong_period(document, terms)):
        if code is not None:
            yield RowError(number, f"/{place}", code)
    start = start_of(document.get(PERIOD), yearly=form.yearly)
    for series in form.series:
        code = _wrong_amount(document.get(series), series, start, terms)
        if code is not None:
            yield RowError(number, f"/{series}", code)
    amounts = _amounts(document, form)
    for part, whole in form.bounds:
        if part in amounts and whole in amounts and amounts[part] > amounts[whole]:
            yield RowError(number, f"/{part}", RowCode.PART_EXCEEDS_WHOLE)


def _wrong_unit(document: Mapping[str, Any], terms: Terms) -> tuple[str, RowCode | None]:
    unit = document.get(UNIT)
    if unit is None:
        return UNIT, RowCode.MISSING
    if not isinstance(unit, str) or not terms.units.knows(unit) or not terms.units.holds_cases(unit):
        return UNIT, RowCode.UNKNOWN_UNIT
    if unit not in terms.reach:
        return UNIT, RowCode.ANOTHER_UNIT
    if not has_series(unit, terms.form.series[0], terms.units):
        return UNIT, RowCode.UNIT_HAS_NO_SUCH_FIGURES
    # A figure counts for the units that are there when its period begins.
    start = start_of(document.get(PERIOD), yearly=terms.form.yearly)
    there = start is None or terms.units.units[unit].there(start)
    return UNIT, None if there else RowCode.UNIT_NOT_THERE


def _wrong_period(document: Mapping[str, Any], terms: Terms) -> tuple[str, RowCode | None]:
    if document.get(PERIOD) is None:
        return PERIOD, RowCode.MISSING
    start = start_of(document[PERIOD], yearly=terms.form.yearly)
    if start is None:
        return PERIOD, RowCode.WRONG_PERIOD
    first = min(ready_on(series, start) for series in terms.form.series)
    return PERIOD, RowCode.PERIOD_NOT_OVER if first > terms.source_date else None


def _wrong_amount(value: object, series: Series, start: date | None, terms: Terms) -> RowCode | None:
    observed = start is None or ready_on(series, start) <= terms.source_date
    if value is None:
        return RowCode.MISSING if observed else None
    if isinstance(value, bool) or not isinstance(value, int):
        return RowCode.NOT_A_WHOLE_NUMBER
    if value < 0:
        return RowCode.NEGATIVE
    if value > MOST:
        return RowCode.TOO_LARGE
    period_over = start is not None and min(ready_on(s, start) for s in terms.form.series) <= terms.source_date
    return RowCode.FOLLOW_UP_NOT_OVER if period_over and not observed else None


def _amounts(document: Mapping[str, Any], form: Form) -> dict[Series, int]:
    given = ((series, document.get(series)) for series in form.series)
    return {each: n for each, n in given if isinstance(n, int) and not isinstance(n, bool) and n >= 0}


def _row(number: int, document: Mapping[str, Any], form: Form) -> Row:
    start = start_of(document[PERIOD], yearly=form.yearly)
    assert start is not None  # noqa: S101 - it was looked at before
    return Row(number=number, unit=document[UNIT], start=start, amounts=_amounts(document, form))


def _misfits(rows: Iterable[Row], terms: Terms) -> Iterator[RowError]:
    """Yield what is wrong with how rows fit together and with what stands."""
    numbers: dict[Key, int] = {}
    for row in rows:
        key = (row.unit, row.start)
        if key in numbers:
            yield RowError(row.number, "", RowCode.REPEATED_ROW)
            continue
        numbers[key] = row.number
        if key in terms.stands and not terms.corrects:
            yield RowError(row.number, f"/{PERIOD}", RowCode.ALREADY_STANDS)
    for unit in dict.fromkeys(unit for unit, _ in numbers):
        yield from _gaps(unit, numbers, terms)


def _gaps(unit: str, numbers: Mapping[Key, int], terms: Terms) -> Iterator[RowError]:
    step = _MONTHS if terms.form.yearly else 1
    starts = sorted({start for owner, start in (*numbers, *terms.stands) if owner == unit})
    for before, after in pairwise(starts):
        # A gap between two that stand was left by a withdrawal, and is not this file's.
        row = numbers.get((unit, after), numbers.get((unit, before)))
        if add_months(before, step) != after and row is not None:
            yield RowError(row, f"/{PERIOD}", RowCode.GAP)
