"""Prometheus metrics of the relay; ages in seconds."""

from collections.abc import Sequence
from typing import Final

from prometheus_client import Counter, Gauge

PUBLISHED: Final = Counter("forkant_relay_published_total", "Events acknowledged by Kafka and removed from the outbox.")
FENCED: Final = Counter("forkant_relay_fenced_total", "Events sent under a lease that was lost before their removal.")
ROUND_FAILURES: Final = Counter("forkant_relay_round_failures_total", "Rounds that failed and are retried.", ["error"])
LEASES_HELD: Final = Gauge("forkant_relay_leases_held", "Partitions that this process publishes.")
BACKLOG: Final = Gauge("forkant_outbox_backlog", "Events waiting in the outbox.", ["topic", "partition"])
OLDEST: Final = Gauge("forkant_outbox_oldest_seconds", "Age of the oldest event waiting in the outbox.")

ORPHANS: Final = Gauge(
    "forkant_outbox_orphans",
    "Rows at the head of the outbox whose event is gone from the archive, so that they can't be sent.",
)


def show_backlog(rows: Sequence[tuple[str, int, int, float]]) -> None:
    """Publish waiting events by partition, and the age of the oldest of all; partitions not named are empty."""
    BACKLOG.clear()
    for topic, partition, waiting, _oldest in rows:
        BACKLOG.labels(topic, str(partition)).set(waiting)
    OLDEST.set(max((oldest for *_, oldest in rows), default=0.0))
