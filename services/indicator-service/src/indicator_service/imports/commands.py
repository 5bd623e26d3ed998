"""Importing figures, all of a file or nothing; and taking an import back."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from forkant_kit.audit.record import Entry, Trail
from forkant_kit.etag import stale_version
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import audit_names
from indicator_service import store as changes
from indicator_service.aggregation.register import Register
from indicator_service.definitions.series import FORMS, ImportKind
from indicator_service.imports import store
from indicator_service.imports.checking import Checked, Read, RowError, Terms, check
from indicator_service.imports.refusals import Code, Refusal
from indicator_service.policy import IMPORT_FIGURES, WITHDRAW_IMPORT

OBJECT: Final = "aggregate_import"
MOST_ERRORS: Final = 1000
"""How many errors are told at once; how many there are is told besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who imports; ``national`` is whoever acts for the directorate, and so for every unit."""

    subject: str
    unit: str
    national: bool
    today: date
    new_id: Callable[[], UUID]
    trail: Trail
    units: Register
    """The units that there are or were."""

    @property
    def reach(self) -> tuple[str, ...]:
        """The units that the caller may import figures of."""
        return tuple(self.units.units) if self.national else (self.unit,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the figures of a file come from, in codes."""

    kind: ImportKind
    source: str
    source_date: date
    method: str
    sha256: bytes
    corrects: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an import; no id of one that was only tried."""

    import_id: UUID | None
    rows: int
    superseded: int


async def import_figures(
    conn: AsyncConnection, context: Context, given: Provenance, read: Sequence[Read], *, dry_run: bool
) -> Outcome:
    """Take the figures of a file over, in the caller's transaction, or try whether they would be.

    Raises:
        Refusal: something is wrong with it; nothing is kept.
    """
    if given.source_date > context.today:
        raise Refusal(Code.SOURCE_DATE_AHEAD)
    await store.lock(conn)
    before = await store.same_file(conn, given.kind, given.sha256)
    if before is not None:
        raise Refusal(Code.ALREADY_IMPORTED, import_id=str(before))
    stands = await store.keys(conn, given.kind)
    terms = Terms(
        form=FORMS[given.kind],
        reach=context.reach,
        source_date=given.source_date,
        corrects=given.corrects,
        stands=stands,
        units=context.units,
    )
    checked = check(read, terms)
    if checked.errors:
        raise _refused(checked.errors, rows=len(read))
    superseded = sum((row.unit, row.start) in stands for row in checked.rows)
    import_id = None if dry_run else await _keep(conn, context, given, checked)
    kept = () if import_id is None else (import_id,)
    ids = (*kept, *_units(row.unit for row in checked.rows))
    await context.trail.record(conn, Entry(action=IMPORT_FIGURES, object_kind=OBJECT, object_ids=ids))
    return Outcome(import_id=import_id, rows=len(checked.rows), superseded=superseded)


async def withdraw(conn: AsyncConnection, context: Context, import_id: UUID, *, version: int, reason: str) -> int:
    """Take an import back: what it superseded stands again. Return the import's new version.

    Raises:
        Refusal: ``unknown-import``, also of one that another unit made; ``already-withdrawn``.
        ProblemError: 412 ``stale-version``.
    """
    await store.lock(conn)
    found = await store.one(conn, import_id)
    if found is None or not (context.national or found["unit"] == context.unit):
        raise Refusal(Code.UNKNOWN_IMPORT)
    if found["withdrawn_at"] is not None:
        raise Refusal(Code.ALREADY_WITHDRAWN)
    if not await store.withdraw(conn, import_id, version=version, by=context.subject, reason=reason):
        raise stale_version()
    units = await store.units_of(conn, import_id)
    await changes.add_changes(conn, units)
    entry = Entry(action=WITHDRAW_IMPORT, object_kind=OBJECT, object_ids=(import_id, *_units(units)))
    await context.trail.record(conn, entry)
    return version + 1


async def _keep(conn: AsyncConnection, context: Context, given: Provenance, checked: Checked) -> UUID:
    import_id = context.new_id()
    provenance = {
        "id": import_id,
        "kind": given.kind.value,
        "source": given.source,
        "source_date": given.source_date,
        "method": given.method,
        "unit": context.unit,
        "sha256": given.sha256,
        "row_count": len(checked.rows),
        "corrects": given.corrects,
        "imported_by": context.subject,
    }
    await store.add(conn, provenance, checked.rows)
    await changes.add_changes(conn, (row.unit for row in checked.rows))
    return import_id


def _units(units: Iterable[str]) -> tuple[UUID, ...]:
    """Return how the trail names units: those of a unit see what was done to its figures."""
    return tuple(audit_names.id_of_unit(unit) for unit in sorted(set(units)))


def _refused(errors: Sequence[RowError], *, rows: int) -> Refusal:
    told = [{"row": e.row, "place": e.place, "code": e.code.value} for e in sorted(errors)[:MOST_ERRORS]]
    wrong = len({each.row for each in errors})
    return Refusal(Code.IMPORT_REFUSED, errors=told, errors_total=len(errors), rows=rows, rows_wrong=wrong)
