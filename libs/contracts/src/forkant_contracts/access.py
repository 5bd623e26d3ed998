"""Who may do what on Kafka, from the topic registry: one principal for each service and each subscriber.

A principal that is not here may do nothing, since the cluster denies what no rule allows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from forkant_contracts.topics import GENERATIONS, SUBSCRIBERS, TOPICS, Subscriber, Topic, watermark_group

_READ: Final = ("Read", "Describe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Operations that a principal may do on topics or groups of this name, or of names that start with it."""

    resource: Literal["topic", "group"]
    name: str
    operations: tuple[str, ...]
    prefix: bool = False


def rules(
    topics: Mapping[str, Topic] = TOPICS, subscribers: Mapping[str, Subscriber] = SUBSCRIBERS
) -> dict[str, tuple[Rule, ...]]:
    """Return what each principal may do, by its name.

    Raises:
        ValueError: a subscriber has the name of a service, or reads a topic that there is not.
    """
    services = {name for topic in topics.values() for name in (topic.producer, *topic.consumers)}
    for subscriber in subscribers.values():
        if subscriber.client in services:
            raise ValueError(f"{subscriber.client} is a service: give the subscriber another name")
        if missing := set(subscriber.topics) - set(topics):
            raise ValueError(f"{subscriber.client} reads {', '.join(sorted(missing))}: not in the registry")
    found = {name: tuple(_of_service(name, topics.values())) for name in sorted(services)}
    return found | {name: tuple(_of_subscriber(subscribers[name])) for name in sorted(subscribers)}


def _of_service(name: str, topics: Iterable[Topic]) -> Iterable[Rule]:
    written = [topic.name for topic in topics if topic.producer == name]
    read = [topic for topic in topics if name in topic.consumers]
    for each in written:
        # To state in a group's offsets how far a topic is published takes the right to read it.
        yield Rule(resource="topic", name=each, operations=("Write", *_READ))
    if written:
        yield Rule(resource="group", name=watermark_group(name), operations=_READ)
    for topic in read:
        yield Rule(resource="topic", name=topic.name, operations=_READ)
    if read:
        yield Rule(resource="group", name=name, operations=_READ)
        yield Rule(resource="group", name=name + GENERATIONS, operations=_READ, prefix=True)
    for producer in sorted({topic.producer for topic in read} - {name}):
        yield Rule(resource="group", name=watermark_group(producer), operations=("Describe",))


def _of_subscriber(subscriber: Subscriber) -> Iterable[Rule]:
    for each in subscriber.topics:
        yield Rule(resource="topic", name=each, operations=_READ)
    yield Rule(resource="group", name=subscriber.group_prefix, operations=_READ, prefix=True)
