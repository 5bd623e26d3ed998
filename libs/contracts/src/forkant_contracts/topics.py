"""The topic registry: the one place that names topics, their partitions and how long they keep events.

A topic's partition count is fixed for its major version, because the partition is computed when an event is written.
"""

from dataclasses import dataclass
from typing import Final

CASE_TOPIC: Final = "forkant.case.v1"
CONCERN_TOPIC: Final = "forkant.concern.v1"
CATALOGUE_TOPIC: Final = "forkant.catalogue.v1"
STEERING_TOPIC: Final = "forkant.steering.v1"

_DAY_MS: Final = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic: who writes it, who reads it, its partition count and retention in milliseconds."""

    name: str
    description: str
    partitions: int
    retention_ms: int
    producer: str
    consumers: tuple[str, ...]


TOPICS: Final[dict[str, Topic]] = {
    topic.name: topic
    for topic in (
        Topic(
            name=CASE_TOPIC,
            description="Preventive cases and everything that belongs to them; key = case id.",
            partitions=12,
            retention_ms=30 * _DAY_MS,
            producer="case-service",
            consumers=("indicator-service", "notification-service"),
        ),
        Topic(
            name=CONCERN_TOPIC,
            description="Concerns before they become cases; key = concern id.",
            partitions=6,
            retention_ms=30 * _DAY_MS,
            producer="case-service",
            consumers=("indicator-service", "notification-service"),
        ),
        Topic(
            name=CATALOGUE_TOPIC,
            description="National methods and examples of best practice; key = method id or example id.",
            partitions=3,
            retention_ms=30 * _DAY_MS,
            producer="case-service",
            consumers=(),
        ),
        Topic(
            name=STEERING_TOPIC,
            description="Crossed thresholds, prevention plans and pilots; key = watch id, plan id or pilot id.",
            partitions=3,
            retention_ms=30 * _DAY_MS,
            producer="indicator-service",
            consumers=(),
        ),
    )
}
"""All topics by name."""
