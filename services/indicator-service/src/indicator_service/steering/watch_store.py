"""The SQL of the watches; the worker's role alone sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from forkant_contracts.codes import TargetBand
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.steering.aims import Place
from indicator_service.steering.watch import Basis, Watched

# Whoever finds it locked leaves the figures to the one who judges them, and looks again.
_TAKE: Final = text("SELECT sequence, day, definitions FROM watch_round FOR UPDATE SKIP LOCKED")
_LAST: Final = text("SELECT sequence, day, definitions FROM watch_round")
_FINISH: Final = text("UPDATE watch_round SET sequence = :sequence, day = :day, definitions = :definitions")
_WATCHES: Final = text("""
SELECT id, version, unit, indicator, period, band, pending, pending_since, target_id, target_version, definition_version
FROM indicator_watch
""")
_SAVE: Final = text("""
INSERT INTO indicator_watch (id, version, unit, indicator, period, band, pending, pending_since, target_id,
                             target_version, definition_version)
SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[]), CAST(:units AS text[]),
                     CAST(:indicators AS int[]), CAST(:periods AS text[]), CAST(:bands AS text[]),
                     CAST(:pendings AS text[]), CAST(:since AS date[]), CAST(:targets AS uuid[]),
                     CAST(:target_versions AS int[]), CAST(:definition_versions AS int[]))
ON CONFLICT (id) DO UPDATE
SET version = EXCLUDED.version, band = EXCLUDED.band, pending = EXCLUDED.pending,
    pending_since = EXCLUDED.pending_since, target_id = EXCLUDED.target_id,
    target_version = EXCLUDED.target_version, definition_version = EXCLUDED.definition_version
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How far the figures were judged: up to which change, on which day, by which definitions."""

    sequence: int
    day: date | None
    definitions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The watch over one place; ``version`` counts the crossings that it told of."""

    id: UUID
    version: int
    place: Place
    watched: Watched


async def last_round(conn: AsyncConnection) -> Round:
    """Return how far the figures were judged, without a lock: whoever looks often changes nothing by it."""
    row = (await conn.execute(_LAST)).one()
    return Round(sequence=row.sequence, day=row.day, definitions=row.definitions)


async def take_round(conn: AsyncConnection) -> Round | None:
    """Lock the one row that says how far the figures were judged; nothing while another worker judges them."""
    row = (await conn.execute(_TAKE)).one_or_none()
    return None if row is None else Round(sequence=row.sequence, day=row.day, definitions=row.definitions)


async def finish_round(conn: AsyncConnection, done: Round) -> None:
    """Write how far the figures are judged now."""
    await conn.execute(_FINISH, {"sequence": done.sequence, "day": done.day, "definitions": done.definitions})


async def load_watches(conn: AsyncConnection) -> Mapping[Place, Watch]:
    """Return all watches by place."""
    found = {}
    for row in await conn.execute(_WATCHES):
        basis = None
        if row.target_id is not None:
            basis = Basis(
                target_id=row.target_id,
                target_version=row.target_version,
                definition_version=row.definition_version,
            )
        watched = Watched(
            band=None if row.band is None else TargetBand(row.band),
            basis=basis,
            pending=None if row.pending is None else TargetBand(row.pending),
            pending_since=row.pending_since,
        )
        place = (row.unit, row.indicator, row.period)
        found[place] = Watch(id=row.id, version=row.version, place=place, watched=watched)
    return found


async def save_watches(conn: AsyncConnection, changed: Sequence[Watch]) -> None:
    """Write how watches stand now."""
    if not changed:
        return
    kept = [watch.watched for watch in changed]
    bases = [each.basis for each in kept]
    bind = {
        "ids": [watch.id for watch in changed],
        "versions": [watch.version for watch in changed],
        "units": [watch.place[0] for watch in changed],
        "indicators": [watch.place[1] for watch in changed],
        "periods": [watch.place[2] for watch in changed],
        "bands": [each.band for each in kept],
        "pendings": [each.pending for each in kept],
        "since": [each.pending_since for each in kept],
        "targets": [None if basis is None else basis.target_id for basis in bases],
        "target_versions": [None if basis is None else basis.target_version for basis in bases],
        "definition_versions": [None if basis is None else basis.definition_version for basis in bases],
    }
    await conn.execute(_SAVE, bind)
