"""The topic registry: the one place that says which topics there are, how Kafka keeps them, and who may use them.

Topics, Kubernetes resources and the reference pages are made from it. A topic's partition count is fixed for its major
version, because the partition is computed when an event is written.
"""

import re
from dataclasses import dataclass, field
from typing import Final

CASE_TOPIC: Final = "forkant.case.v1"
CONCERN_TOPIC: Final = "forkant.concern.v1"
CATALOGUE_TOPIC: Final = "forkant.catalogue.v1"
STEERING_TOPIC: Final = "forkant.steering.v1"
ACCESS_TOPIC: Final = "forkant.access.v1"
CASE_OPERATIONS_TOPIC: Final = "forkant.case-operations.v1"
INDICATOR_OPERATIONS_TOPIC: Final = "forkant.indicator-operations.v1"

SUBSCRIBER_GROUPS: Final = "subscriber."
"""Consumer groups of clients outside the platform start with this and the client's name."""

GENERATIONS: Final = ".g"
"""What follows a service's name in the groups under which it reads the events anew, and then a number."""

_DAY_MS: Final = 24 * 60 * 60 * 1000
_CLIENT: Final = re.compile(r"[a-z][a-z0-9-]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic.

    ``producer`` is the service that writes it and ``consumers`` are the services that read it: each is both the name
    of a Kafka user and, for a reader, its consumer group. Readers refuse events whose source is not the producer.
    ``replicas`` and ``min_insync_replicas`` are for production; with them an acknowledged event survives the loss of a
    broker, and writing goes on.
    """

    name: str
    description: str
    partitions: int
    retention_ms: int
    producer: str
    consumers: tuple[str, ...]
    key: str = "aggregate id"
    """What the records' key is, which also chooses the partition."""
    cleanup_policy: str = "delete"
    """Every event is kept until it is too old; compaction would keep only an aggregate's last."""
    max_message_bytes: int = 1024 * 1024
    """Largest batch that Kafka takes, in bytes; the relay sends up to half of it at a time."""
    replicas: int = 3
    min_insync_replicas: int = 2
    sources: frozenset[str] = field(init=False, repr=False, compare=False)
    """The forms in which an event's ``source`` may name the producer."""

    def __post_init__(self) -> None:
        """Make ready what readers ask of every record."""
        object.__setattr__(self, "sources", frozenset((f"urn:forkant:{self.producer}", f"/{self.producer}")))

    @property
    def config(self) -> dict[str, str | int]:
        """The topic's configuration under Kafka's names, save how many replicas must have a record."""
        return {
            "cleanup.policy": self.cleanup_policy,
            "max.message.bytes": self.max_message_bytes,
            "retention.ms": self.retention_ms,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A client outside the platform that reads topics: the name of its Kafka user, and what it may read.

    Kafka can't hide some units' events from a reader, so a subscriber gets a topic only when it may know every unit's.
    """

    client: str
    topics: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a name that could be the beginning of another's groups."""
        if not _CLIENT.fullmatch(self.client):
            raise ValueError(f"{self.client!r} can't name a client: use lower-case letters, digits and hyphens")

    @property
    def group_prefix(self) -> str:
        """What the client's consumer groups start with; it ends in a dot, so that no other client's begin so."""
        return f"{SUBSCRIBER_GROUPS}{self.client}."


TOPICS: Final[dict[str, Topic]] = {
    topic.name: topic
    for topic in (
        Topic(
            name=CASE_TOPIC,
            description="Preventive cases and everything that belongs to them.",
            key="case id",
            partitions=12,
            retention_ms=30 * _DAY_MS,
            producer="case-service",
            consumers=("indicator-service", "notification-service"),
        ),
        Topic(
            name=CONCERN_TOPIC,
            description="Concerns before they become cases.",
            key="concern id",
            partitions=6,
            retention_ms=30 * _DAY_MS,
            producer="case-service",
            consumers=("indicator-service", "notification-service"),
        ),
        Topic(
            name=CATALOGUE_TOPIC,
            description="National methods, examples of best practice, and changes of units.",
            key="method id, example id or unit's id",
            partitions=3,
            retention_ms=30 * _DAY_MS,
            producer="case-service",
            consumers=("indicator-service", "notification-service"),
        ),
        Topic(
            name=STEERING_TOPIC,
            description="Crossed thresholds, prevention plans and pilots.",
            key="watch id, plan id or pilot id",
            partitions=3,
            retention_ms=30 * _DAY_MS,
            producer="indicator-service",
            consumers=("case-service", "notification-service"),
        ),
        Topic(
            name=ACCESS_TOPIC,
            description="Looks into cases by broken glass, and their reviews.",
            key="review id",
            partitions=1,
            retention_ms=30 * _DAY_MS,
            producer="case-service",
            consumers=("notification-service",),
        ),
        Topic(
            name=CASE_OPERATIONS_TOPIC,
            description="Alarms of the case service, for those who run the platform.",
            key="alarm id",
            partitions=1,
            retention_ms=30 * _DAY_MS,
            producer="case-service",
            consumers=("notification-service",),
        ),
        Topic(
            name=INDICATOR_OPERATIONS_TOPIC,
            description="Alarms of the indicator service, for those who run the platform.",
            key="alarm id",
            partitions=1,
            retention_ms=30 * _DAY_MS,
            producer="indicator-service",
            consumers=("notification-service",),
        ),
    )
}
"""All topics by name."""


def watermark_group(producer: str) -> str:
    """Return the consumer group that nobody joins, whose offsets state how far a producer's outbox is published."""
    return f"{producer}.watermark"


SUBSCRIBERS: Final[dict[str, Subscriber]] = {
    subscriber.client: subscriber
    for subscriber in (
        # Who looked into which case is for the people of its unit, and alarms are for those who run the platform.
        Subscriber(
            client="downstream-demo",
            topics=tuple(
                name for name in TOPICS if name not in (ACCESS_TOPIC, CASE_OPERATIONS_TOPIC, INDICATOR_OPERATIONS_TOPIC)
            ),
        ),
    )
}
"""All clients outside the platform by name."""
