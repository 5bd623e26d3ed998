"""Batches side by side: which begin, in which order, and what becomes of those that fail or take too long."""

import asyncio
import time
from functools import partial

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord
from forkant_kit.consumer_lanes import Lanes as _Lanes
from forkant_kit.consumer_lanes import Polled

Lanes = partial(_Lanes, few_records=0)
ONE, TWO, THREE = (TopicPartition("topic", number) for number in range(3))


def records(partition: TopicPartition, count: int) -> list[ConsumerRecord]:
    return [
        ConsumerRecord(
            topic=partition.topic,
            partition=partition.partition,
            offset=offset,
            timestamp=0,
            timestamp_type=0,
            key=None,
            value=b"",
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            headers=(),
        )
        for offset in range(count)
    ]


class Effect:
    """Notes which offsets came in which order; a partition waits while its gate is closed."""

    def __init__(self) -> None:
        self.came: list[tuple[TopicPartition, list[int]]] = []
        self.gates: dict[TopicPartition, asyncio.Event] = {}
        self.taken_away: set[TopicPartition] = set()

    def close(self, *partitions: TopicPartition) -> None:
        for partition in partitions:
            self.gates[partition] = asyncio.Event()

    async def __call__(self, batch: Polled) -> bool:
        for partition, polled in batch.items():
            self.came.append((partition, [record.offset for record in polled]))
            if partition in self.gates:
                await self.gates[partition].wait()
        return not batch.keys() <= self.taken_away


async def settled(lanes: Lanes) -> None:
    while lanes.running:
        await asyncio.wait(lanes.running, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        lanes.settle()


async def test_batches_of_one_partition_follow_each_other_in_order_of_offset():
    lanes, effect = Lanes(lanes=2, max_records=2), Effect()
    lanes.take({ONE: records(ONE, 5)}, effect)
    await settled(lanes)
    assert effect.came == [(ONE, [0, 1]), (ONE, [2, 3]), (ONE, [4])]


async def test_no_more_than_so_many_are_under_way_and_nothing_is_polled_while_some_wait():
    lanes, effect = Lanes(lanes=2, max_records=10), Effect()
    effect.close(ONE, TWO, THREE)
    assert lanes.room == 20
    lanes.take({each: records(each, 1) for each in (ONE, TWO, THREE)}, effect)
    await asyncio.sleep(0)
    assert [partition for partition, _ in effect.came] == [ONE, TWO]
    assert lanes.room == 0
    assert all(map(lanes.busy, (ONE, TWO, THREE)))
    effect.gates[TWO].set()
    await asyncio.wait(lanes.running, return_when=asyncio.FIRST_COMPLETED)
    lanes.settle()
    await asyncio.sleep(0)
    assert [partition for partition, _ in effect.came] == [ONE, TWO, THREE]
    assert not lanes.busy(TWO)
    assert lanes.room == 0
    effect.gates[ONE].set()
    effect.gates[THREE].set()
    await settled(lanes)
    assert lanes.room == 20


async def test_of_a_partition_that_was_taken_away_nothing_more_begins():
    lanes, effect = Lanes(lanes=1, max_records=1), Effect()
    effect.taken_away.add(ONE)
    lanes.take({ONE: records(ONE, 3), TWO: records(TWO, 2)}, effect)
    await settled(lanes)
    assert effect.came == [(ONE, [0]), (TWO, [0]), (TWO, [1])]
    assert not lanes.busy(ONE)


async def test_what_ended_a_lane_is_raised_where_the_lanes_are_settled():
    lanes = Lanes(lanes=1, max_records=1)

    async def failing(_batch: Polled) -> bool:
        raise LookupError("the effect")

    lanes.take({ONE: records(ONE, 2)}, failing)
    await asyncio.wait(lanes.running)
    with pytest.raises(LookupError):
        lanes.settle()
    assert not lanes.busy(ONE)


async def test_at_the_end_what_waits_does_not_begin_and_what_fails_is_told():
    lanes, effect = Lanes(lanes=2, max_records=1), Effect()
    effect.close(ONE)

    async def failing(_batch: Polled) -> bool:
        raise LookupError("the effect")

    lanes.take({ONE: records(ONE, 1)}, effect)
    lanes.take({TWO: records(TWO, 1)}, failing)
    lanes.take({THREE: records(THREE, 1)}, effect)
    await asyncio.sleep(0)
    effect.gates[ONE].set()
    in_time, failed = await lanes.end(within_s=10)
    assert in_time
    assert [type(error) for error in failed] == [LookupError]
    assert [partition for partition, _ in effect.came] == [ONE]
    assert not any(map(lanes.busy, (ONE, TWO, THREE)))


async def test_what_does_not_end_in_time_is_cut_short():
    lanes, effect = Lanes(lanes=1, max_records=1), Effect()
    effect.close(ONE)
    lanes.take({ONE: records(ONE, 2)}, effect)
    await asyncio.sleep(0)
    assert await lanes.end(within_s=0.01) == (False, [])
    assert effect.came == [(ONE, [0])]
    assert lanes.room == 1


async def test_the_slowest_lane_says_since_when_nothing_turned():
    lanes, effect = Lanes(lanes=2, max_records=1), Effect()
    effect.close(ONE, TWO)
    lanes.take({ONE: records(ONE, 1)}, effect)
    began = lanes.since()
    assert began <= time.monotonic()
    lanes.take({TWO: records(TWO, 1)}, effect)
    lanes.turn([TWO])
    assert lanes.since() == began
    lanes.turn([ONE])
    assert lanes.since() > began
    await lanes.end(within_s=0)


async def test_when_all_lanes_are_free_nothing_is_slow():
    lanes = Lanes(lanes=1, max_records=1)
    before = time.monotonic()
    assert lanes.since() >= before
    lanes.turn([ONE])
    assert not lanes.busy(ONE)


async def test_partitions_of_which_few_records_came_share_a_batch_and_one_of_many_has_its_own():
    batches: list[dict[TopicPartition, int]] = []

    async def noting(batch: Polled) -> bool:
        batches.append({partition: len(polled) for partition, polled in batch.items()})
        return True

    lanes = Lanes(lanes=1, max_records=10, few_records=4)
    lanes.take({ONE: records(ONE, 5), TWO: records(TWO, 4), THREE: records(THREE, 1)}, noting)
    assert all(map(lanes.busy, (ONE, TWO, THREE)))
    await settled(lanes)
    assert batches == [{TWO: 4, THREE: 1}, {ONE: 5}]
    assert not any(map(lanes.busy, (ONE, TWO, THREE)))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((2, 2, 2), [[2, 2], [2]]),
        ((3, 3, 1), [[3], [3, 1]]),
        ((1, 1, 1), [[1, 1, 1]]),
        ((4, 4, 4), [[4], [4], [4]]),
    ],
)
async def test_a_shared_batch_has_no_more_records_than_a_batch_may_have(counts, expected):
    batches: list[list[int]] = []

    async def noting(batch: Polled) -> bool:
        batches.append([len(polled) for polled in batch.values()])
        return True

    lanes = Lanes(lanes=1, max_records=4, few_records=4)
    lanes.take({each: records(each, count) for each, count in zip((ONE, TWO, THREE), counts, strict=True)}, noting)
    await settled(lanes)
    assert batches == expected
