"""Prometheus metrics of the consumer; times in seconds."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

APPLIED: Final = Counter("forkant_consumer_applied_total", "Events applied and committed.", ["group"])
REPEATS: Final = Counter("forkant_consumer_repeats_total", "Records dropped as repeats by version.", ["group"])
SKIPPED: Final = Counter("forkant_consumer_unknown_types_total", "Events of unknown type passed over.", ["group"])
PARKED: Final = Counter("forkant_consumer_parked_total", "Records parked.", ["group", "reason"])
FOREIGN: Final = Counter(
    "forkant_consumer_foreign_total", "Records parked since they are not their topic's producer's.", ["group", "topic"]
)
PARKED_AGGREGATES: Final = Gauge("forkant_consumer_parked_aggregates", "Aggregates with parked events.", ["group"])
RETRIES: Final = Counter("forkant_consumer_retries_total", "Batches tried again after a passing fault.", ["group"])
LAG_RECORDS: Final = Gauge("forkant_consumer_lag_records", "Records not yet applied.", ["group", "topic", "partition"])
SECONDS_BEHIND: Final = Gauge(
    "forkant_consumer_seconds_behind",
    "Time since everything on Kafka was applied; 0 when it is, infinite while that is unknown.",
    ["group"],
)
STALE_GAPS: Final = Gauge(
    "forkant_consumer_stale_gaps", "Aggregates that have long waited for a version, which may be lost.", ["group"]
)
PARKED_ACTIONS: Final = Counter(
    "forkant_consumer_parked_actions_total", "Requests about parked events that are done.", ["group", "kind", "outcome"]
)
BATCH_SECONDS: Final = Histogram(
    "forkant_consumer_batch_seconds",
    "Time to process and commit one batch.",
    ["group"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
