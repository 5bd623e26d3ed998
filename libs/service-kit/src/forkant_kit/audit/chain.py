"""The sealer's one step: links what is settled, in order, and misses nothing that commits late.

Entries are taken by transaction id below the oldest transaction that still runs, so that whatever commits later comes
later. A month is closed before the next one begins: once it is over, the chain waits until every transaction that might
have written in it has ended. Thereby each month's positions stand together, and can go together.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from forkant_kit.audit.entries import COLUMNS, entry_of
from forkant_kit.audit.standalone import link

BATCH: Final = 2_000
_MARGIN: Final = timedelta(seconds=5)

_LOCK: Final = text("SELECT * FROM audit_chain FOR UPDATE SKIP LOCKED")
# The transaction's own id is greater than every id that was given before it began, at ``now()``. The snapshot's upper
# end is not: transactions that still run may lie above it.
_SNAPSHOT: Final = text("""
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS settled, pg_current_xact_id()::text::bigint AS coming,
       now() AS now
""")
_UNSEALED: Final = """
    (e.xid, e.seq) > (CAST(:sealed_xid AS bigint), CAST(:sealed_seq AS bigint))
    AND (e.at >= CAST(:begin AS timestamptz) OR e.xid >= CAST(:opened_xid AS bigint))
"""
_NEXT: Final = text(f"""
SELECT {COLUMNS} FROM audit_entry AS e
WHERE {_UNSEALED} AND e.at < CAST(:end AS timestamptz) AND e.xid < CAST(:settled AS bigint)
ORDER BY e.xid, e.seq LIMIT :batch
""")  # noqa: S608 - fixed texts of ours
_LINK: Final = text("""
INSERT INTO audit_link (position, segment, at, seq, hash)
SELECT position, CAST(:segment AS date), at, seq, hash
FROM unnest(CAST(:positions AS bigint[]), CAST(:ats AS timestamptz[]), CAST(:seqs AS bigint[]),
            CAST(:hashes AS bytea[])) AS l (position, at, seq, hash)
""")
_MOVE: Final = text("""
UPDATE audit_chain SET position = :position, hash = :hash, sealed_xid = :sealed_xid, sealed_seq = :sealed_seq
""")
_CLOSE: Final = text("UPDATE audit_chain SET closing_xid = :coming")
_TURN: Final = text("""
UPDATE audit_chain
SET segment = :next, opened_xid = closing_xid, closing_xid = NULL, sealed_xid = 0, sealed_seq = 0
""")
# The second part is empty but for the days around a month's turn.
_LEFT: Final = text(f"""
SELECT coalesce(sum(n), 0)::bigint AS entries, extract(epoch FROM clock_timestamp() - min(oldest))::float8 AS age_s
FROM (
    SELECT count(*) AS n, min(e.at) AS oldest FROM audit_entry AS e WHERE {_UNSEALED}
    UNION ALL
    SELECT count(*), min(e.at) FROM audit_entry AS e
    WHERE e.at >= CAST(:end AS timestamptz)
      AND (e.xid, e.seq) <= (CAST(:sealed_xid AS bigint), CAST(:sealed_seq AS bigint))
) AS parts
""")  # noqa: S608 - fixed texts of ours
_STATE: Final = text("SELECT * FROM audit_chain")


class ForeignClusterError(RuntimeError):
    """The database's transaction ids are behind those of the chain: it was restored from a dump, not from a backup."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is committed and not sealed: how many entries, and how old the oldest is."""

    entries: int
    age_s: float


async def seal(engine: AsyncEngine, *, batch: int = BATCH) -> int:
    """Seal what is settled, at the most one batch; return how many entries, or 0 when another process seals.

    Raises:
        ForeignClusterError: see there.
    """
    async with engine.begin() as conn:
        chain = (await conn.execute(_LOCK)).mappings().one_or_none()
        if chain is None:
            return 0
        snapshot = (await conn.execute(_SNAPSHOT)).mappings().one()
        if max(chain["sealed_xid"], chain["opened_xid"]) > snapshot["coming"]:
            raise ForeignClusterError(
                "restore the database from a physical backup: after a dump, transaction ids begin anew, and the "
                "sealer can't tell what it has sealed"
            )
        bounds = {**_bounds(chain), "settled": snapshot["settled"], "batch": batch}
        rows = (await conn.execute(_NEXT, bounds)).mappings().all()
        if rows:
            await _link(conn, chain, rows)
        else:
            await _turn(conn, chain, snapshot)
    return len(rows)


async def left_to_seal(engine: AsyncEngine) -> Left:
    """Return what is not sealed."""
    async with engine.connect() as conn:
        chain = (await conn.execute(_STATE)).mappings().one()
        row = (await conn.execute(_LEFT, _bounds(chain))).one()
    return Left(row.entries, max(row.age_s or 0.0, 0.0))


async def _link(conn: AsyncConnection, chain: RowMapping, rows: Any) -> None:
    hashed, first = bytes(chain["hash"]), chain["position"] + 1
    hashes = []
    for position, row in enumerate(rows, first):
        hashed = link(hashed, position, entry_of(row))
        hashes.append(hashed)
    last = first + len(rows) - 1
    links = {
        "segment": chain["segment"],
        "positions": list(range(first, last + 1)),
        "ats": [row["at"] for row in rows],
        "seqs": [row["seq"] for row in rows],
        "hashes": hashes,
    }
    await conn.execute(_LINK, links)
    await conn.execute(
        _MOVE, {"position": last, "hash": hashed, "sealed_xid": rows[-1]["xid"], "sealed_seq": rows[-1]["seq"]}
    )


async def _turn(conn: AsyncConnection, chain: RowMapping, snapshot: RowMapping) -> None:
    following = next_month(chain["segment"])
    if chain["closing_xid"] is None:
        if snapshot["now"] >= _midnight(following) + _MARGIN:
            await conn.execute(_CLOSE, {"coming": snapshot["coming"]})
    elif snapshot["settled"] >= chain["closing_xid"]:
        await conn.execute(_TURN, {"next": following})


def _bounds(chain: RowMapping) -> dict[str, Any]:
    segment: date = chain["segment"]
    return {
        "sealed_xid": chain["sealed_xid"],
        "sealed_seq": chain["sealed_seq"],
        "opened_xid": chain["opened_xid"],
        "begin": _midnight(segment),
        "end": _midnight(next_month(segment)),
    }


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
