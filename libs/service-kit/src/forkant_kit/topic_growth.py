"""Gives a topic more partitions, behind a barrier: ``python -m forkant_kit.topic_growth forkant.case.v1 --to 24``.

An event's partition is computed when it is written, from the count that the release knows. With another count the next
event of a case may go to another partition, and a reader could meet it before those that still wait in the old one. So
nothing may be under way: writers and relay are stopped, the outbox is empty, and every reader has read to the end. Then
the topic grows, and the release whose registry says the new count is started.

Exit codes: 0 grown, 1 not done, 2 wrong options, 78 no database in the environment.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError, for_code
from aiokafka.structs import OffsetAndMetadata
from forkant_contracts.topics import SUBSCRIBER_GROUPS, TOPICS, Topic

from forkant_kit.kafka_tls import KafkaTls, security
from forkant_kit.settings import EXIT_BAD_SETTINGS

_RUNS: Final = "SELECT count(*) FROM relay_member WHERE seen_at > clock_timestamp() - interval '10 seconds'"
_TRIES: Final = 40
_PAUSE_S: Final = 0.5
_WAIT: Final = "SELECT count(*) FROM outbox WHERE topic = $1"


class NotDrainedError(RuntimeError):
    """Something of the topic is still under way, so that it was not grown; the text says what to wait for."""


class WriterRunsError(RuntimeError):
    """Somebody wrote while the topic grew; the text says what to do."""


async def grow(
    topic: Topic,
    *,
    to: int,
    database_url: str,
    kafka_bootstrap: str,
    kafka_tls: KafkaTls | None = None,
) -> int:
    """Grow a topic that nothing is under way in, and return how many partitions it had.

    Args:
        topic: which; its consumers must have read to its end.
        to: how many partitions it is to have.
        database_url: the database of the service that writes it, as its worker.
        kafka_bootstrap: the brokers.
        kafka_tls: how they are reached; in clear without it.

    Raises:
        NotDrainedError, WriterRunsError: see there.
        ValueError: it has as many already, or more: partitions never go.
        KafkaError, asyncpg.PostgresError, OSError: Kafka or the database failed; repeating is harmless.
    """
    connection = await asyncpg.connect(database_url.replace("postgresql+asyncpg://", "postgresql://"))
    try:
        await _require_silence(connection, topic)
        ends = await _ends(topic, kafka_bootstrap, kafka_tls)
        if to <= len(ends):
            raise ValueError(f"{topic.name} has {len(ends)} partitions, and they only become more")
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap, **security(kafka_tls))
        await admin.start()
        try:
            await _require_read(admin, topic, ends)
            await _create(admin, topic, to)
        finally:
            await admin.close()
        if await connection.fetchval(_WAIT, topic.name):
            raise WriterRunsError(
                "the topic has grown, and events were written meanwhile by the old count: stop the APIs, start the old "
                "release's worker until the outbox is empty, and wait until all is read before the new one starts"
            )
    finally:
        await connection.close()
    return len(ends)


async def _require_silence(connection: "asyncpg.Connection[asyncpg.Record]", topic: Topic) -> None:
    if waiting := await connection.fetchval(_WAIT, topic.name):
        raise NotDrainedError(f"{waiting} events wait in the outbox: stop the APIs, and let the worker publish them")
    if await connection.fetchval(_RUNS):
        raise NotDrainedError("a worker of the service runs, or did ten seconds ago: stop it, too, now that all is out")


async def _ends(topic: Topic, bootstrap: str, tls: KafkaTls | None) -> Mapping[TopicPartition, int]:
    consumer = AIOKafkaConsumer(topic.name, bootstrap_servers=bootstrap, group_id=None, **security(tls))
    await consumer.start()
    try:
        numbers = consumer.partitions_for_topic(topic.name) or ()
        ends: Mapping[TopicPartition, int] = await consumer.end_offsets(
            [TopicPartition(topic.name, n) for n in numbers]
        )
        return ends
    finally:
        await consumer.stop()


async def _require_read(admin: AIOKafkaAdminClient, topic: Topic, ends: Mapping[TopicPartition, int]) -> None:
    # What a group has committed on Kafka is never ahead of its database.
    groups = [name for name, *_ in await admin.list_consumer_groups()]
    outside = [name for name in groups if name.startswith(SUBSCRIBER_GROUPS)]
    for group in (*topic.consumers, *outside):
        read = await _committed(admin, group, ends)
        known = {place: found.offset for place, found in read.items() if found.offset >= 0}
        if group in outside and not known:
            continue
        if behind := sum(max(end - known.get(place, 0), 0) for place, end in ends.items()):
            raise NotDrainedError(f"{group} has yet to read {behind} events of {topic.name}: wait, or start its worker")


async def _committed(
    admin: AIOKafkaAdminClient, group: str, places: Iterable[TopicPartition]
) -> Mapping[TopicPartition, OffsetAndMetadata]:
    """Return what a group has committed; a broker that has just started may need some time to say."""
    for _ in range(_TRIES):
        with suppress(GroupCoordinatorNotAvailableError):
            found: Mapping[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(
                group, partitions=list(places)
            )
            return found
        await asyncio.sleep(_PAUSE_S)
    raise GroupCoordinatorNotAvailableError("Kafka does not say what its groups have read")


async def _create(admin: AIOKafkaAdminClient, topic: Topic, to: int) -> None:
    answer = await admin.create_partitions({topic.name: NewPartitions(total_count=to)})
    for _name, code, *_ in answer.topic_errors:
        if code != 0:
            raise for_code(code)(f"Kafka did not grow {topic.name}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m forkant_kit.topic_growth",
        description="Give a topic more partitions while nothing of it is under way. Reads FORKANT_DATABASE_URL, of the "
        "worker of the service that writes the topic, and FORKANT_KAFKA_BOOTSTRAP.",
    )
    parser.add_argument("topic", choices=sorted(TOPICS))
    parser.add_argument("--to", type=int, required=True, help="how many partitions it is to have")
    given = parser.parse_args(arguments)
    url = os.environ.get("FORKANT_DATABASE_URL")
    if not url:
        print("set FORKANT_DATABASE_URL to the writing service's database, as its worker", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    ca, certificate, key = (os.environ.get(f"FORKANT_KAFKA_{name}_FILE") for name in ("CA", "CERTIFICATE", "KEY"))
    tls = None if ca is None else KafkaTls(ca_file=Path(ca))
    if tls is not None and certificate and key:
        tls = replace(tls, certificate_file=Path(certificate), key_file=Path(key))
    bootstrap = os.environ.get("FORKANT_KAFKA_BOOTSTRAP", "127.0.0.1:29092")
    growing = grow(TOPICS[given.topic], to=given.to, database_url=url, kafka_bootstrap=bootstrap, kafka_tls=tls)
    try:
        before = asyncio.run(growing)
    except (NotDrainedError, WriterRunsError, ValueError, KafkaError, asyncpg.PostgresError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(f"{given.topic}: {before} partitions became {given.to}. Start the release whose registry says so.")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
