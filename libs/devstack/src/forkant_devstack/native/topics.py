"""Makes the registry's topics on a broker and asks a broker whether it is there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from forkant_contracts.topics import TOPICS, Topic

from forkant_devstack.process import DevstackError

_POLL_S = 0.05
_LEADERS_DEADLINE_S = 15.0


async def broker_answers(bootstrap: str) -> bool:
    """Say whether a broker takes requests at `bootstrap` now."""
    host, _, port = bootstrap.rpartition(":")
    # First a bare connection: aiokafka logs an error for each that is refused.
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        async with _admin(bootstrap) as admin:
            return bool((await admin.describe_cluster())["brokers"])
    return False


async def create_topics(bootstrap: str, topics: Iterable[Topic] = tuple(TOPICS.values())) -> None:
    """Make the topics that are missing and wait until they have leaders; refuse another partition count.

    A topic that is there gets the registry's configuration, so that a changed retention holds at the next start.
    """
    wanted = {topic.name: topic for topic in topics}
    async with _admin(bootstrap) as admin:
        answer = await admin.create_topics([_new(topic) for topic in wanted.values()])
        codes = {name: code for name, code, *_ in answer.topic_errors}
        there = [wanted[name] for name, code in codes.items() if for_code(code) is TopicAlreadyExistsError]
        _refuse_errors({name: code for name, code in codes.items() if wanted[name] not in there})
        if there:
            await _configure(admin, there)
        deadline = asyncio.get_running_loop().time() + _LEADERS_DEADLINE_S
        while not _all_led(found := await admin.describe_topics(list(wanted))):
            if asyncio.get_running_loop().time() > deadline:
                raise DevstackError("Kafka gave its topics no leader", hint="look at the broker's log")
            await asyncio.sleep(_POLL_S)
    _check_partitions({each["topic"]: len(each["partitions"]) for each in found}, wanted)


async def _configure(admin: AIOKafkaAdminClient, topics: Iterable[Topic]) -> None:
    wished = [ConfigResource(ConfigResourceType.TOPIC, topic.name, _config(topic)) for topic in topics]
    for response in await admin.alter_configs(wished):
        _refuse_errors({name: code for code, _, _, name in response.resources})


def _refuse_errors(codes: Mapping[str, int]) -> None:
    for name, code in codes.items():
        if code != 0:
            raise DevstackError(f"Kafka refused to make or configure topic {name}: {for_code(code).description}")


def _check_partitions(found: dict[str, int], wanted: dict[str, Topic]) -> None:
    wrong = [
        f"{name} has {found[name]} partitions, the registry says {topic.partitions}"
        for name, topic in wanted.items()
        if found[name] != topic.partitions
    ]
    if wrong:
        raise DevstackError(
            f"topics differ from the registry: {'; '.join(wrong)}",
            hint="a partition count never changes within a topic's major version, since events carry their partition; "
            "start over with `make reset`",
        )


def _all_led(topics: list[dict[str, object]]) -> bool:
    return all(
        each["error_code"] == 0
        and isinstance(partitions := each["partitions"], list)
        and all(partition["leader"] >= 0 for partition in partitions)
        for each in topics
    )


def _new(topic: Topic) -> NewTopic:
    return NewTopic(
        name=topic.name,
        num_partitions=topic.partitions,
        replication_factor=1,
        topic_configs=_config(topic),
    )


def _config(topic: Topic) -> dict[str, str]:
    # One broker has one replica of each topic, so the production's replicas are not asked for.
    return {name: str(value) for name, value in topic.config.items()}


@contextlib.asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
