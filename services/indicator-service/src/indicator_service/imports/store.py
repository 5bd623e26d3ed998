"""The SQL of imports: rows only come; what an import said stays there when it was superseded or withdrawn."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.definitions.series import FORMS, ImportKind, Series
from indicator_service.imports.checking import Row
from indicator_service.imports.standing import Line

_KNOWN: Final = frozenset(series.value for series in Series)

# Imports come one after the other, so that their numbers are in the order of their commits, and none is checked against
# what another changes meanwhile.
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('aggregate_import'))")
# As of a moment: what had come by then, and was not withdrawn yet.
_STOOD: Final = """
i.imported_at <= coalesce(CAST(:known_at AS timestamptz), 'infinity')
AND coalesce(i.withdrawn_at, 'infinity') > coalesce(CAST(:known_at AS timestamptz), clock_timestamp())
"""
_LINES: Final = text(
    f"""
SELECT i.id, v.unit, v.series, v.start, v.amount
FROM imported_value AS v JOIN aggregate_import AS i ON i.id = v.import_id
WHERE v.start BETWEEN :first AND :last AND (CAST(:units AS text[]) IS NULL OR v.unit = ANY(CAST(:units AS text[])))
  AND {_STOOD}
ORDER BY i.sequence
"""  # noqa: S608  the condition above
)
_KEYS: Final = text("""
SELECT DISTINCT v.unit, v.start FROM imported_value AS v JOIN aggregate_import AS i ON i.id = v.import_id
WHERE v.series = ANY(:series) AND i.withdrawn_at IS NULL
""")
_SAME_FILE: Final = text(
    "SELECT id FROM aggregate_import WHERE kind = :kind AND sha256 = :sha256 AND withdrawn_at IS NULL"
)
_ADD: Final = text("""
INSERT INTO aggregate_import (id, kind, source, source_date, method, unit, sha256, row_count, corrects, imported_by)
VALUES (:id, :kind, :source, :source_date, :method, :unit, :sha256, :row_count, :corrects, :imported_by)
RETURNING imported_at
""")
_ADD_VALUES: Final = text("""
INSERT INTO imported_value (import_id, unit, series, start, amount)
SELECT :id, v.unit, v.series, v.start, v.amount
FROM unnest(CAST(:units AS text[]), CAST(:series AS text[]), CAST(:starts AS date[]), CAST(:amounts AS bigint[]))
     AS v (unit, series, start, amount)
""")
_COLUMNS: Final = """
id, sequence, kind, source, source_date, method, unit, sha256, row_count, corrects, imported_by, imported_at, version,
withdrawn_by, withdrawn_at, withdrawal_reason
"""
_ONE: Final = text(f"SELECT {_COLUMNS} FROM aggregate_import WHERE id = :id")  # noqa: S608  the columns above
_LIST: Final = text(
    f"SELECT {_COLUMNS} FROM aggregate_import"  # noqa: S608  the columns above
    " WHERE (CAST(:kind AS text) IS NULL OR kind = CAST(:kind AS text)) AND sequence < :before"
    " ORDER BY sequence DESC LIMIT :most"
)
_WITHDRAW: Final = text("""
UPDATE aggregate_import
SET version = version + 1, withdrawn_by = :by, withdrawn_at = clock_timestamp(), withdrawal_reason = :reason
WHERE id = :id AND version = :version AND withdrawn_at IS NULL
""")
_UNITS: Final = text("SELECT DISTINCT unit FROM imported_value WHERE import_id = :id")
_VALUES: Final = text("""
SELECT unit, series, start, amount FROM imported_value WHERE import_id = :id ORDER BY unit, start, series
""")


async def lock(conn: AsyncConnection) -> None:
    """Let no other import or withdrawal go on until this transaction ends."""
    await conn.execute(_LOCK)


async def lines(
    conn: AsyncConnection,
    *,
    first: date,
    last: date,
    units: Collection[str] | None = None,
    known_at: datetime | None = None,
) -> list[Line]:
    """Return every figure that stands or was superseded, in the order of the imports.

    Args:
        conn: a transaction that may see the units.
        first: the first day of the first period.
        last: the first day of the last period.
        units: whose figures; None: everybody's.
        known_at: as it was known at a moment; None: as it is known now.
    """
    bind = {"first": first, "last": last, "units": None if units is None else [*units], "known_at": known_at}
    rows = await conn.execute(_LINES, bind)
    # A later release may have brought more series.
    return [Line(r.id, r.unit, Series(r.series), r.start, r.amount) for r in rows if r.series in _KNOWN]


async def keys(conn: AsyncConnection, kind: ImportKind) -> set[tuple[str, date]]:
    """Return of which units and periods something of a kind stands."""
    rows = await conn.execute(_KEYS, {"series": [series.value for series in FORMS[kind].series]})
    return {(row.unit, row.start) for row in rows}


async def same_file(conn: AsyncConnection, kind: ImportKind, sha256: bytes) -> UUID | None:
    """Return the import that the same file was taken by and that was not withdrawn since."""
    found: UUID | None = (await conn.execute(_SAME_FILE, {"kind": kind.value, "sha256": sha256})).scalar()
    return found


async def add(conn: AsyncConnection, provenance: dict[str, Any], rows: Sequence[Row]) -> datetime:
    """Keep an import with its figures; return the moment from which they are known."""
    every = [(row.unit, series.value, row.start, amount) for row in rows for series, amount in row.amounts.items()]
    units, series, starts, amounts = zip(*every, strict=True)
    moment: datetime = (await conn.execute(_ADD, provenance)).scalar_one()
    bind = {"units": [*units], "series": [*series], "starts": [*starts], "amounts": [*amounts]}
    await conn.execute(_ADD_VALUES, {"id": provenance["id"], **bind})
    return moment


async def one(conn: AsyncConnection, import_id: UUID) -> dict[str, Any] | None:
    """Return the provenance of an import."""
    found = (await conn.execute(_ONE, {"id": import_id})).mappings().one_or_none()
    return None if found is None else {**found}


async def page(conn: AsyncConnection, *, kind: ImportKind | None, before: int, most: int) -> list[dict[str, Any]]:
    """Return imports that came before a number, newest first."""
    bind = {"kind": None if kind is None else kind.value, "before": before, "most": most}
    return [{**row} for row in (await conn.execute(_LIST, bind)).mappings()]


async def withdraw(conn: AsyncConnection, import_id: UUID, *, version: int, by: str, reason: str) -> bool:
    """Take an import back unless it changed since; return whether it was."""
    bind = {"id": import_id, "version": version, "by": by, "reason": reason}
    return (await conn.execute(_WITHDRAW, bind)).rowcount == 1


async def units_of(conn: AsyncConnection, import_id: UUID) -> list[str]:
    """Return the units that an import has figures of."""
    return list((await conn.execute(_UNITS, {"id": import_id})).scalars())


async def values_of(conn: AsyncConnection, import_id: UUID) -> list[Line]:
    """Return the figures of an import, as it brought them."""
    rows = await conn.execute(_VALUES, {"id": import_id})
    return [Line(import_id, r.unit, Series(r.series), r.start, r.amount) for r in rows if r.series in _KNOWN]
