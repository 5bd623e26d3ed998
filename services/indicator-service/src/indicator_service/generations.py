"""Generations: whole projections side by side, of which one is live.

A rebuild reads the events anew into the next generation, while every answer is made from the live one; then the two
change places in one transaction. Each generation reads under a consumer group of its own. Its states::

    building    reads the events from the beginning and is shown to nobody; there is one at the most. Until it has
                read everything it holds facts alone; then its cells are counted (see :mod:`.counting`)
    live        what every answer is made from; there is always exactly one
    kept        was live before, and goes on reading, so that it can be live again at once
    dropped     reads no more; its rows are removed
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from forkant_contracts.topics import CASE_TOPIC, CATALOGUE_TOPIC, CONCERN_TOPIC, GENERATIONS, TOPICS
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.settings import SERVICE

FIRST: Final = 1
READ: Final = (CASE_TOPIC, CONCERN_TOPIC, CATALOGUE_TOPIC)
"""The topics that every generation reads."""

_LIVE: Final = text("SELECT number FROM generation WHERE state = 'live'")
_ALL: Final = text(
    "SELECT number, state, facts_alone, begun_by, begun_at, changed_at, removed_at FROM generation ORDER BY number DESC"
)
# The lock makes a change of places wait for the batches under way, so that none is told of as what it is no longer.
_HELD: Final = text("SELECT state, facts_alone FROM generation WHERE number = :number FOR SHARE")
# Waits for the batches under way, whose facts are then seen.
_HELD_TO_COUNT: Final = text("SELECT number FROM generation WHERE number = :number AND facts_alone FOR UPDATE")
_COUNTED: Final = text("UPDATE generation SET facts_alone = false WHERE number = :number")
_BEGIN: Final = text("""
INSERT INTO generation (number, state, begun_by, facts_alone)
SELECT max(number) + 1, 'building', :by, true FROM generation RETURNING number
""")
_MOVE: Final = text("""
UPDATE generation SET state = :to, changed_at = clock_timestamp() WHERE number = :number AND state = ANY(:among)
""")
_REMOVED: Final = text("""
UPDATE generation SET removed_at = clock_timestamp()
WHERE number = :number AND changed_at < clock_timestamp() - make_interval(secs => :seconds)
""")
_FEW: Final = 1_000
"""Events that a generation may have to read and still have caught up: what is new goes on coming in."""
_PARTITIONS: Final = sum(TOPICS[name].partitions for name in READ)
_READ: Final = text("""
SELECT count(caught_up_at) FILTER (WHERE observed_at > clock_timestamp() - interval '10 seconds') AS reached,
       coalesce(sum(greatest(end_offset - next_offset, 0)), 0) AS to_read
FROM consumer_offset WHERE consumer_group = :group
""")
_BATCH: Final = 5_000
_CELLS: Final = ("cell", "district_cell", "district_day", "measure_cell")
_ROWS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("case_fact", "concern_fact", *_CELLS), "generation = :number"),
    **dict.fromkeys(("consumer_offset", "aggregate_version"), "consumer_group = :group"),
    # What operators asked for about one of these stays on record, and the event with it.
    "parked_event": "consumer_group = :group AND NOT EXISTS (SELECT FROM parked_action AS a WHERE a.parked_id = id)",
}
_LET_GO: Final = text("""
UPDATE parked_event SET status = 'superseded', settled_at = clock_timestamp(), requested_action = NULL
WHERE consumer_group = :group AND status = 'parked'
""")


class State(StrEnum):
    """What a generation is for."""

    BUILDING = "building"
    LIVE = "live"
    KEPT = "kept"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One generation."""

    number: int
    state: State
    facts_alone: bool
    """Whether its cells are not counted yet."""
    begun_by: str
    begun_at: datetime
    changed_at: datetime
    """When it came into its state."""
    removed_at: datetime | None
    """When the last row of a dropped one was removed."""

    @property
    def group(self) -> str:
        """Return the consumer group under which it reads."""
        return group_of(self.number)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a generation has read."""

    reached: int
    """Partitions whose end it has reached and still watches; one that has not begun to read has reached none."""
    to_read: int
    """Events that it has yet to read, of the partitions that it has seen."""

    @property
    def read_all(self) -> bool:
        """Whether it has read all that there was, and only what is new waits, if anything."""
        return self.reached == _PARTITIONS and self.to_read < _FEW


def group_of(number: int) -> str:
    """Return the consumer group of a generation; its offsets, versions and parked events stand under it."""
    return SERVICE if number == FIRST else f"{SERVICE}{GENERATIONS}{number}"


async def live(conn: AsyncConnection) -> int:
    """Return the number of the live generation.

    A transaction that reads figures asks once and stays with the answer: both generations are there until one is
    dropped, so that what it reads belongs together whatever changes places meanwhile.
    """
    return int((await conn.execute(_LIVE)).scalar_one())


async def list_all(conn: AsyncConnection) -> list[Generation]:
    """Return every generation that there ever was, the newest first."""
    rows = await conn.execute(_ALL)
    return [Generation(**{**row._mapping, "state": State(row.state)}) for row in rows]  # noqa: SLF001  a public name


@dataclass(frozen=True, slots=True)
class Held:
    """How a generation stands until the transaction ends."""

    state: State
    facts_alone: bool


async def hold(conn: AsyncConnection, number: int) -> Held:
    """Return how a generation stands, which stays so until the transaction ends."""
    row = (await conn.execute(_HELD, {"number": number})).one()
    return Held(State(row.state), row.facts_alone)


async def hold_to_count(conn: AsyncConnection, number: int) -> bool:
    """Keep batches out of a generation until the transaction ends; return whether it holds facts alone."""
    return (await conn.execute(_HELD_TO_COUNT, {"number": number})).one_or_none() is not None


async def clear_cells(conn: AsyncConnection, number: int) -> None:
    """Remove the cells of a generation."""
    for table in _CELLS:
        await conn.execute(text(f"DELETE FROM {table} WHERE generation = :number"), {"number": number})  # noqa: S608


async def note_counted(conn: AsyncConnection, number: int) -> None:
    """Note that a generation's cells are counted, so that from now on batches change them."""
    await conn.execute(_COUNTED, {"number": number})


async def progress(conn: AsyncConnection, number: int) -> Progress:
    """Return how far a generation has read."""
    row = (await conn.execute(_READ, {"group": group_of(number)})).one()
    return Progress(row.reached, int(row.to_read))


async def begin(conn: AsyncConnection, *, by: str) -> int:
    """Begin the next generation, and return its number.

    Raises:
        sqlalchemy.exc.IntegrityError: one is building already.
    """
    return int((await conn.execute(_BEGIN, {"by": by})).scalar_one())


async def make_live(conn: AsyncConnection, number: int) -> bool:
    """Let a generation take the place of the live one, which is kept; return whether it could: it is as it was."""
    before = await live(conn)
    await _move(conn, before, to=State.KEPT, among=(State.LIVE,))
    return await _move(conn, number, to=State.LIVE, among=(State.BUILDING, State.KEPT))


async def drop(conn: AsyncConnection, number: int) -> bool:
    """Let a generation go that is not live; return whether there was one. The worker removes its rows."""
    return await _move(conn, number, to=State.DROPPED, among=(State.BUILDING, State.KEPT))


async def _move(conn: AsyncConnection, number: int, *, to: State, among: tuple[State, ...]) -> bool:
    bind = {"number": number, "to": to.value, "among": [each.value for each in among]}
    return (await conn.execute(_MOVE, bind)).rowcount == 1


async def remove_some(conn: AsyncConnection, number: int) -> int:
    """Remove some thousand rows of a dropped generation from each table, and return how many they were."""
    removed = 0
    for table, whose in _ROWS.items():
        some = f"SELECT ctid FROM {table} WHERE {whose} LIMIT {_BATCH}"  # noqa: S608  names of ours
        statement = text(f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({some}))")  # noqa: S608
        bind = {"number": number} if "number" in whose else {"group": group_of(number)}
        removed += (await conn.execute(statement, bind)).rowcount
    await conn.execute(_LET_GO, {"group": group_of(number)})
    return removed


async def note_removed(conn: AsyncConnection, number: int, *, after_s: float) -> None:
    """Note that nothing of a generation is left, once it was dropped so many seconds ago."""
    await conn.execute(_REMOVED, {"number": number, "seconds": after_s})
