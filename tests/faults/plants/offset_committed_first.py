"""Planted bug: the consumer moves its offset in a transaction of its own, before the effect."""

import runpy
from typing import Any

from forkant_devstack.faults.order import Order
from forkant_devstack.faults.points import CONSUMER_IN_BUG, Points
from forkant_kit.batch import BatchProcessor
from forkant_kit.consumer_store import ConsumerStore
from forkant_kit.gate import read

_process = BatchProcessor.process
_lock_offset, _advance = ConsumerStore.lock_offset, ConsumerStore.advance
_points = Points(Order.given().trigger)


async def _commit_then_process(self: BatchProcessor, records: Any) -> Any:
    place = (records[0].topic, records[0].partition)
    async with self._engine.begin() as conn:
        position = await _lock_offset(self._store, conn, *place)
        fresh = [record for record in records if record.offset >= position]
        verdict = await self._judge(conn, [read(record) for record in fresh])
        if fresh:
            await _advance(self._store, conn, *place, next_offset=fresh[-1].offset + 1, recorded_at=None)
    if verdict.events:
        _points.passing(CONSUMER_IN_BUG)

    async def as_before(*_args: Any) -> int:
        return int(position)

    self._store.lock_offset = as_before  # type: ignore[method-assign]
    return await _process(self, records)


async def _moved_already(*_args: Any, **_fields: Any) -> None:
    # Moved here too, it could go back to where another consumer had it before.
    pass


ConsumerStore.advance = _moved_already  # type: ignore[method-assign]
BatchProcessor.process = _commit_then_process  # type: ignore[method-assign]
runpy.run_module("forkant_devstack.faults.worker", run_name="__main__")
