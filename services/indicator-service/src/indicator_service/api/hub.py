"""The hub of a process: it reads what changed once for all who ask, every stream is told, each reads at its own pace.

A stream is told that something changed, not what: it takes the newest document of each unit it wants when it gets
there. So a slow client holds back nothing, needs no queue, and what it misses in between was out of date. A document is
written when somebody wants it for the first time since it may have changed.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Final

import structlog
from forkant_kit.db import transaction
from forkant_kit.freshness import Freshness, read_freshness
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from indicator_service import generations, queries, settled_store
from indicator_service.aggregation.calendar import day_of, rolling_12
from indicator_service.aggregation.register import OF_THE_RELEASE, Register
from indicator_service.aggregation.suppression import Rank
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.api.models import Fresh
from indicator_service.api.newest import Key, Newest
from indicator_service.definitions import Catalogue
from indicator_service.generations import group_of
from indicator_service.row_security import EVERY_DISTRICT
from indicator_service.settled_store import Shown
from indicator_service.steering.aims_store import read_aims
from indicator_service.units import read_register

_FRESHNESS_EVERY_S: Final = 1.0
_RETRY_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Hub:
    """Keeps the newest documents of all units, in both the exact and the suppressed form."""

    def __init__(
        self, *, engine: AsyncEngine, catalogue: Catalogue, rank: Rank, now: Callable[[], datetime], poll_s: float
    ) -> None:
        """Remember where to read; :meth:`run` reads."""
        self._engine = engine
        self._catalogue = catalogue
        self._rank = rank
        self._now = now
        self._poll_s = poll_s
        self.sequence = -1
        """The newest change that the documents include."""
        self.day: date | None = None
        """The day until which the documents count; a new one changes figures without an event."""
        self.units: Register = OF_THE_RELEASE
        """The units that there are or were, of which there are documents."""
        self._known: Newest | None = None
        self._documents: dict[Key, str] = {}
        self._before: dict[Key, str] = {}
        self._reading = asyncio.Lock()
        self._written: dict[Key | None, bytes] = {}
        self._freshness: Freshness | None = None
        self._read_at = float("-inf")
        self._looked_at = float("-inf")
        self._listeners: set[asyncio.Event] = set()
        self.ready = asyncio.Event()

    @property
    def streams(self) -> int:
        """How many streams listen."""
        return len(self._listeners)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever a document changes, for as long as the block lasts."""
        changed = asyncio.Event()
        self._listeners.add(changed)
        try:
            yield changed
        finally:
            self._listeners.discard(changed)

    @property
    def _settled(self) -> Shown | None:
        """What others are shown; None before a worker has settled any."""
        return None if self._known is None else self._known.settled

    @property
    def settled_version(self) -> int:
        """Which version of what others are shown the documents show; 0 before a worker has settled any."""
        return 0 if self._settled is None else self._settled.version

    @property
    def reached(self) -> str:
        """What says how far the documents go: a client that comes back with it is sent what changed since."""
        settled = f"/{self.settled_version}" if self.settled_version else ""
        return f"{self.day}/{self.sequence}{settled}"

    def document(self, key: Key) -> str:
        """Return the newest document, as JSON without its braces; the same object until it changes.

        Raises:
            KeyError: the unit is none of :attr:`units`.
        """
        found = self._documents.get(key)
        if found is None:
            if self._known is None or not (key[0] == NATIONAL or key[0] in self.units.units):
                raise KeyError(key)
            found, before = self._known.write(key), self._before.pop(key, None)
            found = self._documents[key] = before if found == before else found
        return found

    def age(self) -> float:
        """Return how many seconds ago the documents were last seen to include every change."""
        return time.monotonic() - self._looked_at

    def event(self, key: Key | None) -> bytes:
        """Return the newest document as an event of a stream, or without a key how fresh all documents are.

        Written once for all streams, until the next look at the database: ``as_of`` is that much older at the most.
        """
        found = self._written.get(key)
        if found is None:
            fresh = self.fresh().model_dump_json()
            name, data = ("freshness", fresh) if key is None else ("metrics", f"{fresh[:-1]},{self.document(key)}}}")
            found = self._written[key] = f"event: {name}\ndata: {data}\n\n".encode()
        return found

    def fresh(self) -> Fresh:
        """Return how fresh the documents are; time in which the database did not answer counts as being behind."""
        found = self._freshness
        if found is None:
            return Fresh(as_of=self._now(), watermark=None, seconds_behind=None)
        silent = time.monotonic() - self._read_at
        behind = found.seconds_behind
        if behind is not None and silent > _FRESHNESS_EVERY_S + _RETRY_S:
            behind += silent
        return Fresh(as_of=self._now(), watermark=found.watermark, seconds_behind=behind)

    async def changed_since(self, sequence: int) -> frozenset[str] | None:
        """Return the units that changed after a change number, or None when that is no longer known."""
        async with self._engine.connect() as conn:
            kept = await queries.change_range(conn)
            return await queries.changed_since(conn, sequence) if kept.covers(sequence) else None

    async def run(self) -> None:
        """Read what changed, again and again, until cancelled."""
        while True:
            try:
                await self.refresh()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                _log.warning("stream_poll_failed", error=type(error).__name__)
                await asyncio.sleep(_RETRY_S)
            else:
                await asyncio.sleep(self._poll_s)

    async def refresh(self) -> None:
        """Bring what is known up to the newest change and to the day, and tell the streams when there was one.

        Every change that was committed before the call is then included.
        """
        async with self._reading:
            await self._refresh()

    async def _refresh(self) -> None:
        today, looked_at = day_of(self._now()), time.monotonic()
        self._written.clear()
        async with transaction(self._engine, EVERY_DISTRICT) as conn:
            generation = await generations.live(conn)
            if time.monotonic() - self._read_at > _FRESHNESS_EVERY_S:
                self._freshness = await read_freshness(conn, group=group_of(generation))
                self._read_at = time.monotonic()
            newest = (await queries.change_range(conn)).newest
            # A target begins and ends with a day, and what depends on the day is counted until today.
            settled = await self._settled_now(conn)
            if (newest, today, settled) == (self.sequence, self.day, self._settled):
                self._looked_at = looked_at
                return
            units = await self._stale_units(conn, newest, same_day=today == self.day)
            known = await self._read(conn, units, generation=generation, today=today, settled=settled)
        self._forget(known, units)
        self._known, self.units = known, known.register
        self.sequence, self.day, self._looked_at = newest, today, looked_at
        self._written.clear()
        for changed in self._listeners:
            changed.set()
        self.ready.set()

    async def _settled_now(self, conn: AsyncConnection) -> Shown | None:
        if await settled_store.version(conn) == self.settled_version:
            return self._settled
        return await settled_store.read(conn, self._catalogue)

    async def _stale_units(self, conn: AsyncConnection, newest: int, *, same_day: bool) -> frozenset[str] | None:
        # A smaller number than before is a database that was made anew.
        if not same_day or newest < self.sequence:
            return None
        return await queries.changed_since(conn, self.sequence)

    async def _read(
        self,
        conn: AsyncConnection,
        units: frozenset[str] | None,
        *,
        generation: int,
        today: date,
        settled: Shown | None,
    ) -> Newest:
        period, before = rolling_12(today=today), self._known
        uncounted = await queries.uncounted_metrics(conn, generation=generation)
        found = await queries.tallies(
            conn,
            generation=generation,
            # What is aimed for may change for the nation, which has no cells.
            units=None if units is None else units - {NATIONAL},
            period=period,
            catalogue=self._catalogue,
        )
        return Newest(
            tallies=found if units is None or before is None else {**before.tallies, **found},
            period=period,
            catalogue=self._catalogue,
            rank=self._rank,
            uncounted=uncounted,
            aims=await read_aims(conn, period=period, today=today),
            register=await read_register(conn),
            settled=settled,
        )

    def _forget(self, known: Newest, units: frozenset[str] | None) -> None:
        """Let go of what may have changed; what is hidden of one unit depends on all others."""
        keeps = units is not None and self._known is not None and known.stands_as(self._known)
        stale = units_with_others(units or frozenset(), known.register)
        kept = {key: body for key, body in self._documents.items() if keeps and key[1] and key[0] not in stale}
        self._before |= {key: body for key, body in self._documents.items() if key not in kept}
        self._documents = kept


def units_with_others(changed: frozenset[str], units: Register = OF_THE_RELEASE) -> frozenset[str]:
    """Return the units whose exact documents may have changed with some units: themselves and the total."""
    return changed | {NATIONAL} if any(units.holds_cases(unit) for unit in changed) else changed
