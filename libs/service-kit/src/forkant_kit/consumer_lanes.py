"""The batches that a consumer has under way: some side by side, of each partition one batch after the other.

A batch is of one partition, or of several of which few records came: what a transaction costs hardly depends on how
many records there are as long as there are few.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

Polled = Mapping[TopicPartition, Sequence[ConsumerRecord]]
Apply = Callable[[Polled], Awaitable[bool]]
"""Applies a batch; False when its partitions were taken away, and nothing of them is to be applied after."""


class Lanes:
    """Applies what was polled in so many lanes; whoever polls asks first for which partitions.

    A partition is busy until everything that was polled of it is applied. Nothing more of it is polled until then, so
    that what is dropped when it is taken away is read again by whoever has it next: from the database's offset.
    """

    def __init__(self, *, lanes: int, max_records: int, few_records: int) -> None:
        """Begin with free lanes; a batch has ``max_records`` at the most.

        Partitions of which no more than ``few_records`` came share a batch.
        """
        self._lanes = lanes
        self._size = max_records
        self._few = few_records
        self._waiting: deque[tuple[Polled, Apply]] = deque()
        self._running: dict[asyncio.Task[None], Polled] = {}
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
        turned = [self._turned[partition] for batch in self._running.values() for partition in batch]
        return min(turned, default=time.monotonic())

    def turn(self, partitions: Iterable[TopicPartition]) -> None:
        """Note that the lane of some partitions goes on, be it by trying again."""
        now = time.monotonic()
        self._turned.update((partition, now) for partition in partitions if partition in self._turned)

    def take(self, polled: Polled, apply: Apply) -> None:
        """Put what was polled into free lanes, the rest behind them."""
        self._turned.update(dict.fromkeys(polled, time.monotonic()))
        few = {partition: records for partition, records in polled.items() if len(records) <= self._few}
        self._waiting.extend((batch, apply) for batch in _packed(few, self._size))
        many = [partition for partition in polled if partition not in few]
        self._waiting.extend(({partition: polled[partition]}, apply) for partition in many)
        self._fill()

    def settle(self) -> None:
        """Free the lanes that have ended and fill them with what waits.

        Raises:
            Exception: what ended a lane, when one failed.
        """
        for task in [task for task in self._running if task.done()]:
            for partition in self._running.pop(task):
                del self._turned[partition]
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
            batch, apply = self._waiting.popleft()
            self.turn(batch)
            lane = asyncio.create_task(self._one_after_the_other(batch, apply), name="consumer-batch")
            self._running[lane] = batch

    async def _one_after_the_other(self, polled: Polled, apply: Apply) -> None:
        for start in range(0, max(map(len, polled.values())), self._size):
            batch = {partition: records[start : start + self._size] for partition, records in polled.items()}
            if not await apply(batch):
                return
            self.turn(batch)


def _packed(few: Polled, size: int) -> Iterator[Polled]:
    """Put partitions together as long as their records are no more than ``size``."""
    batch: dict[TopicPartition, Sequence[ConsumerRecord]] = {}
    count = 0
    for partition, records in few.items():
        if batch and count + len(records) > size:
            yield batch
            batch, count = {}, 0
        batch[partition] = records
        count += len(records)
    if batch:
        yield batch
