"""Planted bug: the consumer moves its offset in a transaction of its own, before the effect."""

import runpy
from typing import Any

from forkant_devstack.faults.order import Order
from forkant_devstack.faults.points import CONSUMER_IN_BUG, Points
from forkant_kit.batch import BatchProcessor
from forkant_kit.consumer_store import ConsumerStore
from forkant_kit.gate import read

_process = BatchProcessor.process
_lock_offset = ConsumerStore.lock_offset
_points = Points(Order.given().trigger)


async def _commit_then_process(self: BatchProcessor, records: Any) -> Any:
    first, last = records[0], records[-1]
    async with self._engine.begin() as conn:
        position = await _lock_offset(self._store, conn, first.topic, first.partition)
        verdict = await self._judge(conn, [read(record) for record in records if record.offset >= position])
        if position <= last.offset:
            await self._store.advance(conn, first.topic, first.partition, next_offset=last.offset + 1, recorded_at=None)
    if verdict.events:
        _points.passing(CONSUMER_IN_BUG)

    async def as_before(*_args: Any) -> int:
        return int(position)

    self._store.lock_offset = as_before  # type: ignore[method-assign]
    return await _process(self, records)


BatchProcessor.process = _commit_then_process  # type: ignore[method-assign]
runpy.run_module("forkant_devstack.faults.worker", run_name="__main__")
