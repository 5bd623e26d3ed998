"""Ends a trial in order and gathers what it left, by plain SQL and a plain Kafka consumer."""

import asyncio
import time
from collections.abc import Mapping
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from forkant_devstack.faults.checker import Breach, Finding, Judgement, judge
from forkant_devstack.faults.evidence import Change, Evidence, OnKafka
from forkant_devstack.faults.history import read_histories
from forkant_devstack.faults.mishaps import unexpected_errors
from forkant_devstack.faults.order import NoPatienceError
from forkant_devstack.faults.trial import Trial

_MADE = "SELECT aggregate_id, version, change FROM change_made"
_ARCHIVED = "SELECT aggregate_id, aggregate_version, event_id FROM event_archive"
_LEDGER = "SELECT aggregate_id, version, change FROM ledger ORDER BY position"
_READ_UP_TO = "SELECT partition, next_offset FROM consumer_offset WHERE topic = $1"


async def conclude(trial: Trial) -> Judgement:
    """Stop the writers, wait until the rest has caught up, stop that too, and judge."""
    await _stop(trial, "writer")
    try:
        await trial.caught_up(time.time())
        await trial.until(lambda: _empty(trial), what="the outbox empty", within_s=trial.settle_s)
    except NoPatienceError as error:
        trial.findings.append(Finding(Breach.STANDS_STILL, f"after the writers ended: {error}"))
    await _stop(trial, "relay")
    try:
        ends = await kafka_ends(trial)
        await trial.until(lambda: _read_to(trial, ends), what="the topic read to its end", within_s=trial.settle_s)
    except NoPatienceError as error:
        trial.findings.append(Finding(Breach.STANDS_STILL, f"after the relays ended: {error}"))
    await _stop(trial, "consumer")
    trial.findings += unexpected_errors(trial.folder.glob("*.log"))
    judged = judge(await collect(trial))
    trial.note("judged", findings=len(judged.findings) + len(trial.findings))
    return Judgement(
        operations=judged.operations,
        acknowledged=judged.acknowledged,
        refused=judged.refused,
        unknown=judged.unknown,
        duplicated=judged.duplicated,
        findings=[*trial.findings, *judged.findings],
    )


async def collect(trial: Trial) -> Evidence:
    """Read the tables, the topic and the clients' histories."""
    records = await read_topic(trial)
    return Evidence(
        attempts=read_histories(sorted(trial.folder.glob("*.history.jsonl"))),
        versions={
            row["id"]: row["version"] for row in await trial.fetch("SELECT id, version FROM thing WHERE version > 0")
        },
        made=[Change(*row) for row in await trial.fetch(_MADE)],
        archived=[Change(*row) for row in await trial.fetch(_ARCHIVED)],
        waiting=[row["event_id"] for row in await trial.fetch("SELECT event_id FROM outbox")],
        kafka=[on_kafka(record) for record in records if (record.partition, record.offset) not in trial.forged],
        ledger=[Change(*row) for row in await trial.fetch(_LEDGER)],
        planted=trial.planted,
    )


def on_kafka(record: ConsumerRecord) -> OnKafka:
    """Read the headers that say which change a record tells of."""
    named: Mapping[str, bytes] = dict(record.headers)
    change = Change(
        UUID(named["ce_partitionkey"].decode()), int(named["ce_aggregateversion"]), UUID(named["ce_id"].decode())
    )
    return OnKafka(partition=record.partition, offset=record.offset, change=change)


async def kafka_ends(trial: Trial) -> dict[int, int]:
    """Return where each partition of the topic ends."""
    consumer = await _plain(trial)
    try:
        ends = await consumer.end_offsets(_partitions(consumer, trial))
        return {partition.partition: end for partition, end in ends.items()}
    finally:
        await consumer.stop()


async def read_topic(trial: Trial) -> list[ConsumerRecord]:
    """Return every record of the topic, by partition and offset."""
    consumer = await _plain(trial)
    found: list[ConsumerRecord] = []
    try:
        partitions = _partitions(consumer, trial)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while [part for part in partitions if await consumer.position(part) < ends[part]]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += records
    finally:
        await consumer.stop()
    return sorted(found, key=lambda record: (record.partition, record.offset))


async def _plain(trial: Trial) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(
        trial.topic, bootstrap_servers=trial.servers.kafka.bootstrap, enable_auto_commit=False, group_id=None
    )
    await consumer.start()
    return consumer


def _partitions(consumer: AIOKafkaConsumer, trial: Trial) -> list[TopicPartition]:
    numbers = consumer.partitions_for_topic(trial.topic) or ()
    consumer.unsubscribe()
    return [TopicPartition(trial.topic, number) for number in sorted(numbers)]


async def _stop(trial: Trial, role: str) -> None:
    names = [name for name in trial.children if name.startswith(f"{role}-")]
    await asyncio.gather(*[trial.stop(name) for name in names])


async def _empty(trial: Trial) -> bool:
    return int(await trial.value("SELECT count(*) FROM outbox")) == 0


async def _read_to(trial: Trial, ends: Mapping[int, int]) -> bool:
    reached = {row["partition"]: row["next_offset"] for row in await trial.fetch(_READ_UP_TO, trial.topic)}
    return all(reached.get(partition, 0) >= end for partition, end in ends.items())
