"""The Kafka client of a consumer: how it is set up and started, and its records as the batch takes them."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from forkant_kit.gate import Record
from forkant_kit.kafka_tls import KafkaTls, security

_value_of = itemgetter(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerConfig:
    """How the consumer paces itself; times in seconds.

    ``partitions_at_once`` batches of other partitions are applied side by side, each in a transaction of its own, as
    several processes of the group would: while the database works on one, the next is read. The effect must bear that.
    Partitions of which no more than ``few_records`` came share a batch, and after so few altogether the next come
    together for ``gather_s``: a batch of twenty costs hardly more than one of one. The client fetches little while it
    holds something that was not taken, so that what lies at the broker behind it is awaited for ``hand_over_s``.
    Memory is bounded by the fetch sizes, in bytes: nothing more of a partition is fetched before what came was taken.
    When told to stop, the batch in hand has ``batch_stop_s`` to end before it is rolled back, to be read again by
    whoever has the partition next, and leaving the group has ``leave_stop_s``.
    """

    max_records: int = 5_000
    few_records: int = 200
    partitions_at_once: int = 1
    gather_s: float = 0.05
    hand_over_s: float = 0.01
    poll_s: float = 0.5
    fetch_bytes: int = 32 * 1024 * 1024
    partition_fetch_bytes: int = 4 * 1024 * 1024
    session_timeout_s: float = 10.0
    commit_every_s: float = 1.0
    observe_every_s: float = 2.0
    stuck_after_s: float = 60.0
    retry_s: float = 0.5
    max_retry_s: float = 10.0
    parked_every_s: float = 1.0
    stale_gap_s: float = 60.0
    batch_stop_s: float = 5.0
    leave_stop_s: float = 3.0


def new_client(*, bootstrap: str, group: str, tls: KafkaTls | None, config: ConsumerConfig) -> AIOKafkaConsumer:
    """Return a client that commits nothing by itself; it does not connect yet."""
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_bytes=config.fetch_bytes,
        max_partition_fetch_bytes=config.partition_fetch_bytes,
        session_timeout_ms=int(config.session_timeout_s * 1000),
        heartbeat_interval_ms=int(config.session_timeout_s * 1000 / 4),
        metadata_max_age_ms=30_000,
        # A tenth of a second, the client's default, fills the log while the broker is away.
        retry_backoff_ms=500,
        **security(tls),
    )


async def started(consumer: AIOKafkaConsumer, stopping: "asyncio.Task[bool]") -> bool:
    """Start a client; tell whether it was before the order to stop, since a Kafka that says nothing takes its time."""
    starting = asyncio.ensure_future(consumer.start())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        with suppress(asyncio.CancelledError, KafkaError):
            await starting
        return False
    starting.result()
    return True


def to_record(item: ConsumerRecord) -> Record:
    """Return a record as the gate reads it."""
    headers = tuple(item.headers)
    if None in map(_value_of, headers):
        headers = tuple((name, value or b"") for name, value in headers)
    return Record(item.topic, item.partition, item.offset, item.key, headers, item.value)
