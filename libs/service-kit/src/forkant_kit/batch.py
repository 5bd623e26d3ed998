"""One batch of a consumer, of one or several partitions: gate, effect, versions and offset in one transaction.

Errors::

    HandlerBrokenError    every event of a batch failed: the handler is at fault, not the events
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from forkant_contracts import Event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from forkant_kit import consumer_metrics as metrics
from forkant_kit.consumer_store import ConsumerStore, Place, Reached
from forkant_kit.gate import Parked, ParkReason, Read, Record, Verdict, judge, merge_waiting, read

Apply = Callable[[AsyncConnection, Sequence[Event]], Awaitable[None]]
"""The service's effect: gets fresh events, each exactly once, those of one aggregate in order of version."""

Learn = Callable[[AsyncConnection, Sequence[Event]], Awaitable[None]]
"""What a service takes from events that it has applied already; gets each as often as it comes, in any order."""

_log = structlog.get_logger(__name__)
_PASSING_SQLSTATES: Final = ("08", "40", "53", "55", "57", "58")
_BROKEN_AFTER: Final = 10


class HandlerBrokenError(RuntimeError):
    """Every one of many events failed to apply, so nothing was parked; the process should stop and be looked at."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: the events applied, where they stood, and the offset that each partition stands at."""

    applied: tuple[Event, ...]
    next_offsets: Mapping[Place, int]
    accepted: Sequence[Read] = ()


def is_passing(error: BaseException) -> bool:
    """Whether an error comes from the surroundings and may go away, rather than from an event."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or state.startswith(_PASSING_SQLSTATES)
    return isinstance(error, OSError | TimeoutError)


async def apply_each(conn: AsyncConnection, verdict: Verdict, *, apply: Apply, group: str) -> Verdict:
    """Apply all but the events that fail, park those, and with them what comes after them in their aggregates.

    What fails is found by halves under savepoints, so that one bad event among thousands costs a few attempts.

    Raises:
        sqlalchemy.exc.DBAPIError, OSError: the surroundings failed (see :func:`is_passing`).
    """
    result = Verdict(park=list(verdict.park), repeated=list(verdict.repeated))
    await _Halves(conn, apply, group, result).apply(verdict.accept)
    return result


class _Halves:
    def __init__(self, conn: AsyncConnection, apply: Apply, group: str, result: Verdict) -> None:
        self._conn, self._apply, self._group, self._result = conn, apply, group, result
        self._failed: set[UUID | None] = set()

    async def apply(self, items: Sequence[Read]) -> None:
        """Add to the result what was applied and what is parked, in order."""
        free = [item for item in items if item.aggregate_id not in self._failed]
        held = [item for item in items if item.aggregate_id in self._failed]
        self._result.park += [
            Parked(item, ParkReason.BEHIND_PARKED, "an earlier version failed to apply") for item in held
        ]
        error = await self._try(free)
        if error is None:
            self._result.accept += free
        elif len(free) == 1:
            self._failed.add(free[0].aggregate_id)
            # The type alone: an error's text may repeat what the event held.
            detail = f"the handler raised {type(error).__name__}"
            self._result.park.append(Parked(free[0], ParkReason.APPLY_FAILED, detail))
        else:
            middle = len(free) // 2
            await self.apply(free[:middle])
            await self.apply(free[middle:])

    async def _try(self, items: Sequence[Read]) -> Exception | None:
        events = [item.event for item in items if item.event is not None]
        if not events:
            return None
        try:
            async with self._conn.begin_nested():
                await self._apply(self._conn, events)
        except Exception as error:
            if is_passing(error):
                raise
            if len(items) == 1:
                _log.error("event_parked", group=self._group, type=events[0].type, error=type(error).__name__)
            return error
        return None


class BatchProcessor:
    """Applies batches of records for one consumer group."""

    def __init__(self, *, engine: AsyncEngine, group: str, apply: Apply, learn: Learn | None = None) -> None:
        """Bind the group's database, its effect, and what it learns from events that it has applied before."""
        self._engine = engine
        self._group = group
        self._apply = apply
        self._learn = learn
        self._store = ConsumerStore(group)

    async def process(self, *partitions: Sequence[Record]) -> Outcome:
        """Apply records of some partitions, of each in order of offset, and move their offsets; all or nothing.

        Raises:
            HandlerBrokenError: see the class.
            sqlalchemy.exc.DBAPIError, OSError: the surroundings failed (see :func:`is_passing`); nothing changed.
        """
        by_place = {(records[0].topic, records[0].partition): records for records in partitions}
        try:
            return await self._in_one_transaction(by_place, in_halves=False)
        except Exception as error:
            if is_passing(error):
                raise
            _log.warning("batch_failed_trying_halves", group=self._group, error=type(error).__name__)
        return await self._in_one_transaction(by_place, in_halves=True)

    async def _in_one_transaction(self, by_place: Mapping[Place, Sequence[Record]], *, in_halves: bool) -> Outcome:
        async with self._engine.begin() as conn:
            positions = await self._store.lock_offsets(conn, by_place)
            left = {place: _from(records, positions[place]) for place, records in by_place.items()}
            fresh = {place: records for place, records in left.items() if records}
            if not fresh:
                return Outcome((), positions)
            verdict = await self._judge(conn, [read(record) for records in fresh.values() for record in records])
            if in_halves:
                verdict = await self._apply_each(conn, verdict)
            events = verdict.events
            if events and not in_halves:
                await self._apply(conn, events)
            await self._learn_from(conn, verdict.repeated_events)
            newest = _newest(verdict.accept, fresh)
            reached = {place: Reached(records[-1].offset + 1, newest.get(place)) for place, records in fresh.items()}
            await self._settle(conn, verdict, reached)
        self._count(verdict, events=len(events))
        next_offsets = {place: each.next_offset for place, each in reached.items()}
        return Outcome(tuple(events), positions | next_offsets, verdict.accept)

    async def _learn_from(self, conn: AsyncConnection, repeated: Sequence[Event]) -> None:
        """Learn from repeats; what fails there holds nothing up, since their effect is done."""
        if self._learn is None or not repeated:
            return
        try:
            async with conn.begin_nested():
                await self._learn(conn, repeated)
        except Exception as error:
            if is_passing(error):
                raise
            _log.error("repeats_not_learnt_from", group=self._group, error=type(error).__name__)

    async def _judge(self, conn: AsyncConnection, reads: Sequence[Read]) -> Verdict:
        ids = {item.aggregate_id for item in reads if item.aggregate_id is not None}
        held = await self._store.held(conn, ids)
        waiting = await self._store.waiting(conn, held) if held else []
        versions = await self._store.versions(conn, ids)
        return judge(merge_waiting(reads, waiting), versions, held)

    async def _apply_each(self, conn: AsyncConnection, verdict: Verdict) -> Verdict:
        result = await apply_each(conn, verdict, apply=self._apply, group=self._group)
        failed = {p.read.aggregate_id for p in result.park if p.reason is ParkReason.APPLY_FAILED}
        if len(failed) >= _BROKEN_AFTER and not result.events:
            raise HandlerBrokenError(f"all events of {len(failed)} aggregates failed in group {self._group}")
        return result

    async def _settle(self, conn: AsyncConnection, verdict: Verdict, reached: Mapping[Place, Reached]) -> None:
        await self._store.park(conn, [p for p in verdict.park if p.read.record.parked_id is None])
        versions = verdict.versions
        if versions:
            await self._store.store_versions(conn, versions)
            released = [r.record.parked_id for r in verdict.accept if r.record.parked_id is not None]
            await self._store.settle(conn, versions, released)
        await self._store.advance(conn, reached)

    def _count(self, verdict: Verdict, *, events: int) -> None:
        metrics.APPLIED.labels(self._group).inc(events)
        metrics.SKIPPED.labels(self._group).inc(len(verdict.accept) - events)
        metrics.REPEATS.labels(self._group).inc(verdict.repeats)
        for parked in verdict.park:
            if parked.read.record.parked_id is None:
                metrics.PARKED.labels(self._group, parked.reason.value).inc()
                if parked.read.foreign:
                    metrics.FOREIGN.labels(self._group, parked.read.record.topic).inc()
                _log.error(
                    "record_parked", group=self._group, reason=parked.reason.value, topic=parked.read.record.topic
                )


def _from(records: Sequence[Record], position: int) -> Sequence[Record]:
    """Return those at an offset and after it."""
    if records[0].offset >= position:
        return records
    return [record for record in records if record.offset >= position]


def _newest(accepted: Sequence[Read], places: Iterable[Place]) -> dict[Place, datetime]:
    """Return when the newest event of each partition was recorded; of a partition without events nothing."""
    one, *others = places
    if not others:
        recorded = [item.event.recorded_at for item in accepted if item.event is not None]
        return {one: max(recorded)} if recorded else {}
    newest: dict[Place, datetime] = {}
    for item in accepted:
        if item.event is not None:
            place, recorded_at = (item.record.topic, item.record.partition), item.event.recorded_at
            newest[place] = max(newest.get(place, recorded_at), recorded_at)
    return newest
