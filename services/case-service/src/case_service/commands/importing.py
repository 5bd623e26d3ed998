"""Taking over cases from another system: every row is checked as if its case were opened, then all are opened or none.

Nothing is written before every row has passed, so that the transaction is short, and what is found wrong is found of
all rows at once. While a part of the rows is written, a thread seals and encodes the next.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.context import Context
from case_service.commands.opening import Bound, NewCase, bound, check_new, opening_of, write
from case_service.domain.importing import PLACES, Known, RowCode, RowError, digest_of, retired_codes, unit_of
from case_service.domain.moments import local_day, when
from case_service.domain.refusals import Code, Refusal
from case_service.store import imports, subjects

AT_A_TIME: Final = 500
"""How many cases are written by one round of statements."""
ACTION: Final = "case.import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it was read: its place in the file, the case, and how the other system knows it."""

    number: int
    new: NewCase
    opened_at: datetime
    reference: str
    unit: str | None
    owner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A row that may become a case of a unit."""

    row: Row
    unit: str
    at: datetime
    digest: bytes


async def check(
    conn: AsyncConnection, context: Context, rows: Sequence[Row], *, source: str
) -> tuple[list[Checked], list[RowError]]:
    """Return the rows that may become cases, and everything that is wrong with the others."""
    known = await imports.known(conn)
    checked, errors = await asyncio.to_thread(_checked, context, rows, known)
    for unit, of_unit in by_unit(checked).items():
        await imports.act_for(conn, unit)
        before = await imports.before(conn, unit=unit, source=source, digests=[each.digest for each in of_unit])
        again = (each.row for each in of_unit if each.digest in before)
        errors += [_wrong(row, "/source_reference", Code.ALREADY_IMPORTED) for row in again]
    return checked, errors


async def open_all(conn: AsyncConnection, context: Context, checked: Sequence[Checked], *, source: str) -> list[UUID]:
    """Open the case of every row, in the caller's transaction, and return their ids in the order of the rows.

    Raises:
        Refusal: the database found what a check did not, because it changed meanwhile.
    """
    ids = {each.row.number: context.new_id() for each in checked}
    parts = list(_parts(checked))
    coming = asyncio.create_task(asyncio.to_thread(_bound, context, *parts[0], ids))
    try:
        for number, (unit, rows) in enumerate(parts):
            ready = await coming
            if number + 1 < len(parts):
                coming = asyncio.create_task(asyncio.to_thread(_bound, context, *parts[number + 1], ids))
            await imports.act_for(conn, unit)
            await write(conn, context, ready)
            await subjects.add(conn, _marks(context, rows, ids))
            kept = {each.digest: ids[each.row.number] for each in rows}
            await imports.keep(conn, unit=unit, source=source, cases=kept)
    finally:
        # A thread can't be stopped, and must not go on unseen.
        await asyncio.wait([coming])
    return list(ids.values())


def by_unit(checked: Sequence[Checked]) -> Mapping[str, list[Checked]]:
    """Return rows by the unit whose cases they become, in the order of the units."""
    found: dict[str, list[Checked]] = defaultdict(list)
    for each in checked:
        found[each.unit].append(each)
    return dict(sorted(found.items()))


def _parts(checked: Sequence[Checked]) -> Iterator[tuple[str, Sequence[Checked]]]:
    for unit, rows in by_unit(checked).items():
        for start in range(0, len(rows), AT_A_TIME):
            yield unit, rows[start : start + AT_A_TIME]


def _bound(context: Context, unit: str, rows: Sequence[Checked], ids: Mapping[int, UUID]) -> Bound:
    acting = replace(context, scope=replace(context.scope, unit=unit))
    openings = [
        opening_of(acting, each.row.new, at=each.at, case_id=ids[each.row.number], owner=each.row.owner)
        for each in rows
    ]
    return bound(acting, openings, action=ACTION)


def _marks(context: Context, rows: Sequence[Checked], ids: Mapping[int, UUID]) -> dict[UUID, list[bytes]]:
    forms = {ids[each.row.number]: each.row.new.subject_form for each in rows}
    return {case_id: context.vault.marker.marks(form) for case_id, form in forms.items() if form is not None}


def _checked(context: Context, rows: Sequence[Row], known: Known) -> tuple[list[Checked], list[RowError]]:
    good: list[Checked] = []
    errors: list[RowError] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        found = list(_problems(context, row, known, seen))
        wrong = [each for each in found if isinstance(each, RowError)]
        errors += wrong
        if not wrong:
            good += [each for each in found if isinstance(each, Checked)]
    return good, errors


def _problems(context: Context, row: Row, known: Known, seen: set[tuple[str, str]]) -> Iterator[RowError | Checked]:
    """Yield everything that is wrong with a row; and the row itself, checked, where its unit and moment are right."""
    unit = at = None
    try:
        unit = unit_of(row.unit, own=context.unit)
        if unit is None:
            yield _wrong(row, "/unit", RowCode.UNIT_REQUIRED)
    except Refusal as refusal:
        yield _refused(row, refusal)
    try:
        at = when(occurred_at=row.opened_at, now=context.now)
    except Refusal as refusal:
        yield _refused(row, refusal)
    try:
        check_new(context, row.new)
    except Refusal as refusal:
        yield _refused(row, refusal)
    yield from _unfit_codes(row, known)
    if unit is not None and at is not None:
        try:
            known.pilots.check(row.new.case_type, unit=unit, day=local_day(at))
        except Refusal as refusal:
            yield _refused(row, refusal)
        if (unit, row.reference) in seen:
            yield _wrong(row, "/source_reference", RowCode.REPEATED_REFERENCE)
        seen.add((unit, row.reference))
        yield Checked(row=row, unit=unit, at=at, digest=digest_of(row.reference))


def _unfit_codes(row: Row, known: Known) -> Iterator[RowError]:
    number = row.new.municipality_number
    if number is not None and number not in known.municipalities:
        yield _wrong(row, PLACES[Code.UNKNOWN_MUNICIPALITY], Code.UNKNOWN_MUNICIPALITY)
    codes = {"theme": row.new.theme, "case_type": row.new.case_type, "legal_basis": row.new.legal_basis}
    for name in retired_codes(codes, known, day=local_day(row.opened_at)):
        yield _wrong(row, f"/{name}", Code.CODE_RETIRED)


def _wrong(row: Row, place: str, code: RowCode | Code) -> RowError:
    return RowError(row.number, place, code.value)


def _refused(row: Row, refusal: Refusal) -> RowError:
    return _wrong(row, PLACES[refusal.code], refusal.code)
