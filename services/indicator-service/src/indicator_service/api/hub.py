"""The hub of a process's streams: one poller reads what changed, every stream is told, each reads at its own pace.

A stream is told that something changed, not what: it takes the newest document of each unit it wants when it gets
there. So a slow client holds back nothing, needs no queue, and what it misses in between was out of date.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Final

import structlog
from forkant_kit.db import transaction
from forkant_kit.freshness import Freshness, read_freshness
from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from indicator_service import generations, queries
from indicator_service.aggregation.calendar import day_of, rolling_12
from indicator_service.aggregation.figures import UnitFigures
from indicator_service.aggregation.register import OF_THE_RELEASE, Register
from indicator_service.aggregation.snapshot import Snapshot, take_snapshot
from indicator_service.aggregation.structure import Structure
from indicator_service.aggregation.suppression import Rank
from indicator_service.aggregation.tally import NATIONAL, Tally
from indicator_service.api.models import Fresh, PeriodDocument
from indicator_service.api.structure_documents import document_of
from indicator_service.definitions import Catalogue
from indicator_service.generations import group_of
from indicator_service.row_security import EVERY_DISTRICT
from indicator_service.steering.aims import Aims
from indicator_service.steering.aims_store import read_aims
from indicator_service.units import read_register

_FRESHNESS_EVERY_S: Final = 1.0
_RETRY_S: Final = 1.0
_FIGURES: Final = TypeAdapter(UnitFigures)

_log = structlog.get_logger(__name__)

Key = tuple[str, bool]
"""A unit, and whether its figures are exact."""


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
        self._tallies: dict[str, Tally] = {}
        self._documents: dict[Key, str] = {}
        self._written: dict[Key | None, bytes] = {}
        self._freshness: Freshness | None = None
        self._read_at = float("-inf")
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

    def document(self, key: Key) -> str:
        """Return the newest document, as JSON without its braces."""
        return self._documents[key]

    def event(self, key: Key | None) -> bytes:
        """Return the newest document as an event of a stream, or without a key how fresh all documents are.

        Written once for all streams, until the next look at the database: ``as_of`` is that much older at the most.
        """
        found = self._written.get(key)
        if found is None:
            fresh = self.fresh().model_dump_json()
            name, data = ("freshness", fresh) if key is None else ("metrics", f"{fresh[:-1]},{self._documents[key]}}}")
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
        """Bring the documents up to date, also with a new day, and tell the streams when one changed."""
        today = day_of(self._now())
        period = rolling_12(today=today)
        self._written.clear()
        async with transaction(self._engine, EVERY_DISTRICT) as conn:
            generation = await generations.live(conn)
            if time.monotonic() - self._read_at > _FRESHNESS_EVERY_S:
                self._freshness = await read_freshness(conn, group=group_of(generation))
                self._read_at = time.monotonic()
            newest = (await queries.change_range(conn)).newest
            # A target begins and ends with a day, and what depends on the day is counted until today.
            if newest == self.sequence and today == self.day:
                return
            units = await self._stale_units(conn, newest, same_day=today == self.day)
            uncounted = await queries.uncounted_metrics(conn, generation=generation)
            found = await queries.tallies(
                conn, generation=generation, units=units, period=period, catalogue=self._catalogue
            )
            aims = await read_aims(conn, period=period, today=today)
            register = await read_register(conn)
        self._tallies = found if units is None else self._tallies | found
        self.sequence, self.day = newest, today
        snapshot = take_snapshot(
            self._tallies,
            period=period,
            catalogue=self._catalogue,
            rank=self._rank,
            uncounted=uncounted,
            structure=Structure(register=register),
        )
        replaced = self._replace(snapshot, aims)
        self.units = register
        if replaced:
            self._written.clear()
            for changed in self._listeners:
                changed.set()
        self.ready.set()

    async def _stale_units(self, conn: AsyncConnection, newest: int, *, same_day: bool) -> Collection[str] | None:
        # A smaller number than before is a database that was made anew.
        if not same_day or newest < self.sequence:
            return None
        return await queries.changed_since(conn, self.sequence)

    def _replace(self, snapshot: Snapshot, aims: Aims) -> bool:
        period = PeriodDocument.of(snapshot.period).model_dump_json()
        changed = False
        for key in (
            (unit, exact) for unit in (*snapshot.structure.register.units, NATIONAL) for exact in (True, False)
        ):
            unit, exact = key
            found = aims.cited(unit, snapshot.figures(unit, exact=exact), snapshot.period)
            figures = _FIGURES.dump_json(found).decode()
            structure = document_of(snapshot.structure, [unit], snapshot.period).model_dump_json()
            body = f'"unit":"{unit}","period":{period},{figures[1:-1]},"structure":{structure}'
            if self._documents.get(key) != body:
                self._documents[key] = body
                changed = True
        return changed


def units_with_others(changed: frozenset[str], units: Register = OF_THE_RELEASE) -> frozenset[str]:
    """Return the units whose exact documents may have changed with some units: themselves and the total."""
    return changed | {NATIONAL} if any(units.holds_cases(unit) for unit in changed) else changed
