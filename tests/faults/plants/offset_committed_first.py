"""Planted bug: the consumer moves its offset in a transaction of its own, before the effect."""

import runpy
from typing import Any

from forkant_devstack.faults.order import Order
from forkant_devstack.faults.points import CONSUMER_IN_BUG, Points
from forkant_kit.batch import BatchProcessor
from forkant_kit.consumer_store import ConsumerStore, Reached
from forkant_kit.gate import read

_process = BatchProcessor.process
_lock_offsets, _advance = ConsumerStore.lock_offsets, ConsumerStore.advance
_points = Points(Order.given().trigger)


async def _commit_then_process(self: BatchProcessor, *partitions: Any) -> Any:
    by_place = {(records[0].topic, records[0].partition): records for records in partitions}
    async with self._engine.begin() as conn:
        positions = await _lock_offsets(self._store, conn, by_place)
        left = {place: [r for r in records if r.offset >= positions[place]] for place, records in by_place.items()}
        fresh = {place: records for place, records in left.items() if records}
        verdict = await self._judge(conn, [read(record) for records in fresh.values() for record in records])
        if fresh:
            await _advance(
                self._store, conn, {place: Reached(records[-1].offset + 1) for place, records in fresh.items()}
            )
    if verdict.events:
        _points.passing(CONSUMER_IN_BUG)

    async def as_before(*_args: Any) -> dict[Any, int]:
        return positions

    self._store.lock_offsets = as_before  # type: ignore[method-assign]
    return await _process(self, *partitions)


async def _moved_already(*_args: Any, **_fields: Any) -> None:
    # Moved here too, it could go back to where another consumer had it before.
    pass


ConsumerStore.advance = _moved_already  # type: ignore[method-assign]
BatchProcessor.process = _commit_then_process  # type: ignore[method-assign]
runpy.run_module("forkant_devstack.faults.worker", run_name="__main__")
