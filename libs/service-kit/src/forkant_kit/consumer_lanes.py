"""The batches that a consumer has under way: some partitions side by side, of each one batch after the other."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

Batch = Sequence[ConsumerRecord]
Apply = Callable[[TopicPartition, Batch], Awaitable[bool]]
"""Applies a batch of a partition; False when the partition was taken away, and nothing of it is to be applied after."""


class Lanes:
    """Applies what was polled in so many lanes; whoever polls asks first for which partitions.

    A partition is busy until everything that was polled of it is applied. Nothing more of it is polled until then, so
    that what is dropped when it is taken away is read again by whoever has it next: from the database's offset.
    """

    def __init__(self, *, lanes: int, max_records: int) -> None:
        """Begin with free lanes; a batch has ``max_records`` at the most."""
        self._lanes = lanes
        self._size = max_records
        self._waiting: deque[tuple[TopicPartition, Batch, Apply]] = deque()
        self._running: dict[asyncio.Task[None], TopicPartition] = {}
        self._turned: dict[TopicPartition, float] = {}

    @property
    def running(self) -> frozenset["asyncio.Task[None]"]:
        """What is under way, to be waited for."""
        return frozenset(self._running)

    @property
    def room(self) -> int:
        """How many records may be polled: none while some that were polled wait for a lane."""
        return 0 if self._waiting else (self._lanes - len(self._running)) * self._size

    def busy(self, partition: TopicPartition) -> bool:
        """Whether something of a partition is under way or waits for a lane."""
        return partition in self._turned

    def since(self) -> float:
        """Return since when, by the monotonic clock, the lane that is slowest has not turned; now when all are free."""
        turned = [self._turned[partition] for partition in self._running.values()]
        return min(turned, default=time.monotonic())

    def turn(self, partition: TopicPartition) -> None:
        """Note that the lane of a partition goes on, be it by trying again."""
        if partition in self._turned:
            self._turned[partition] = time.monotonic()

    def take(self, polled: Mapping[TopicPartition, Batch], apply: Apply) -> None:
        """Put what was polled into free lanes, the rest behind them."""
        for partition, records in polled.items():
            self._turned[partition] = time.monotonic()
            self._waiting.append((partition, records, apply))
        self._fill()

    def settle(self) -> None:
        """Free the lanes that have ended and fill them with what waits.

        Raises:
            Exception: what ended a lane, when one failed.
        """
        for task in [task for task in self._running if task.done()]:
            del self._turned[self._running.pop(task)]
            task.result()
        self._fill()

    async def end(self, *, within_s: float) -> tuple[bool, list[BaseException]]:
        """Begin nothing more, give what is under way some seconds to end, and cut short what does not.

        What is cut short rolls back, and its offset with it.

        Returns:
            Whether all of it ended by itself, and with what the lanes ended that failed.
        """
        self._waiting.clear()
        running = self.running
        _, late = await asyncio.wait(running, timeout=within_s) if running else (running, frozenset())
        for task in late:
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
        self._running.clear()
        self._turned.clear()
        failed = [each for each in ended if each is not None and not isinstance(each, asyncio.CancelledError)]
        return not late, failed

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self._lanes:
            partition, records, apply = self._waiting.popleft()
            self.turn(partition)
            lane = asyncio.create_task(self._one_after_the_other(partition, records, apply), name="consumer-batch")
            self._running[lane] = partition

    async def _one_after_the_other(self, partition: TopicPartition, records: Batch, apply: Apply) -> None:
        for start in range(0, len(records), self._size):
            if not await apply(partition, records[start : start + self._size]):
                return
            self.turn(partition)
