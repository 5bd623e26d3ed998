"""The SQL of what others are shown of units: one row, which the worker writes and an API reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.figures import Mask
from indicator_service.aggregation.settled import Settled
from indicator_service.aggregation.suppression import Hidden
from indicator_service.definitions import Catalogue
from indicator_service.settled_codec import from_json, to_json

_REACHED: Final = text("SELECT sequence, day, definitions FROM settled_figures")
# Whoever finds it locked leaves it to the one who works on it, and looks again.
_TAKE: Final = text("SELECT body, rank_key, sequence, day, definitions FROM settled_figures FOR UPDATE SKIP LOCKED")
_FINISH: Final = text("""
UPDATE settled_figures
SET sequence = :sequence, day = :day, definitions = :definitions,
    version = version + CASE WHEN body IS DISTINCT FROM :body THEN 1 ELSE 0 END,
    settled_at = CASE WHEN body IS DISTINCT FROM :body THEN now() ELSE settled_at END,
    body = :body
""")
_VERSION: Final = text("SELECT version FROM settled_figures")
_READ: Final = text("SELECT version, settled_at, body FROM settled_figures")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What the shown figures take into account: up to which change, on which day, by which definitions."""

    sequence: int
    day: date | None
    definitions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What others are shown, which version of it, and since when."""

    version: int
    settled_at: datetime
    settled: Settled


async def reached(conn: AsyncConnection) -> Reached:
    """Return how far it goes, without a lock."""
    row = (await conn.execute(_REACHED)).one()
    return Reached(sequence=row.sequence, day=row.day, definitions=row.definitions)


async def take(conn: AsyncConnection, now: Reached) -> tuple[Settled | None, bytes] | None:
    """Lock it, and return it with the key by which units of equal counts are ordered.

    None while another has it, or where another went as far as ``now`` in between.
    """
    row = (await conn.execute(_TAKE)).one_or_none()
    if row is None or Reached(sequence=row.sequence, day=row.day, definitions=row.definitions) == now:
        return None
    return (from_json(row.body) if row.body else None), row.rank_key.bytes


async def finish(conn: AsyncConnection, settled: Settled, done: Reached) -> None:
    """Write what others are shown from now on."""
    bind = {"sequence": done.sequence, "day": done.day, "definitions": done.definitions, "body": to_json(settled)}
    await conn.execute(_FINISH, bind)


async def version(conn: AsyncConnection) -> int:
    """Return the version of what others are shown; 0 before there is any."""
    return int((await conn.execute(_VERSION)).scalar_one_or_none() or 0)


async def read(conn: AsyncConnection, catalogue: Catalogue) -> Shown | None:
    """Return what others are shown; None before a worker has settled any. What it does not know of yet is hidden."""
    row = (await conn.execute(_READ)).one_or_none()
    if row is None or row.body is None:
        return None
    settled = from_json(row.body)
    return Shown(
        version=row.version,
        settled_at=row.settled_at,
        settled=replace(settled, mask=_completed(settled.mask, catalogue, settled)),
    )


def _completed(mask: Mask, catalogue: Catalogue, settled: Settled) -> Mask:
    """Hide what a newer release defines until it was settled."""
    everywhere = Hidden(frozenset(settled.tallies), national=True)
    numbers = [indicator.number for indicator in catalogue.indicators]

    def of_numbers(known: Mapping[int, Hidden]) -> dict[int, Hidden]:
        return dict.fromkeys((n for n in numbers if n not in mask.totals), everywhere) | dict(known)

    counts = dict.fromkeys((count.key for count in catalogue.counts), everywhere)
    return Mask(
        counts={**counts, **mask.counts},
        totals=of_numbers(mask.totals),
        parts=of_numbers(mask.parts),
        overlapping=of_numbers(mask.overlapping),
    )
