"""The registry of what may be measured: the metrics of the kit, and the labels that any metric may have.

A service makes its metrics in a module named ``metrics``; a check in the tests reads the source of all packages and
refuses a metric made elsewhere, a name that is out of form or used twice, and a label that is not listed. Labels hold
codes with few values, never ids: an id would make one series for each case and tell who is dealt with.
"""

import re
from typing import Final

from prometheus_client import Histogram

NAME: Final = re.compile(r"forkant_[a-z]+(_[a-z]+)*")
"""Form of every name; a counter ends in ``_total``, and a time in ``_seconds``."""

METRICS: Final[dict[str, str]] = {
    "forkant_http_request_seconds": "Time until an answer was sent.",
    "forkant_http_limited_total": "Requests refused since their caller asked too often.",
    "forkant_token_questions_total": "Questions to the issuer whether a token still holds.",
    "forkant_answers_ended_total": "Answers broken off since the right to them had ended, by reason.",
    "forkant_relay_published_total": "Events acknowledged by Kafka and removed from the outbox.",
    "forkant_relay_fenced_total": "Events sent under a lease that was lost before their removal.",
    "forkant_relay_round_failures_total": "Rounds that failed and are retried.",
    "forkant_relay_leases_held": "Partitions that this process publishes.",
    "forkant_outbox_backlog": "Events waiting in the outbox.",
    "forkant_outbox_oldest_seconds": "Age of the oldest event waiting in the outbox.",
    "forkant_outbox_orphans": (
        "Rows at the head of the outbox whose event is gone from the archive, so that they can't be sent."
    ),
    "forkant_consumer_applied_total": "Events applied and committed.",
    "forkant_consumer_repeats_total": "Records dropped as repeats by version.",
    "forkant_consumer_unknown_types_total": "Events of unknown type passed over.",
    "forkant_consumer_parked_total": "Records parked.",
    "forkant_consumer_foreign_total": "Records parked since they are not their topic's producer's.",
    "forkant_consumer_parked_aggregates": "Aggregates with parked events.",
    "forkant_consumer_retries_total": "Batches tried again after a passing fault.",
    "forkant_consumer_lag_records": "Records not yet applied.",
    "forkant_consumer_seconds_behind": "Time since everything on Kafka was applied; 0 when it is, "
    "infinite while that is unknown.",
    "forkant_consumer_stale_gaps": "Aggregates that have long waited for a version, which may be lost.",
    "forkant_consumer_parked_actions_total": "Requests about parked events that are done.",
    "forkant_consumer_batch_seconds": "Time to process and commit one batch.",
    "forkant_archive_months": "Months that the event archive holds or has made ready.",
    "forkant_archive_bytes": "Size of the event archive with its indexes.",
    "forkant_archive_oldest_month_seconds": "Age of the beginning of the oldest month kept.",
    "forkant_archive_strays": "Events that are in no month, since it was not made in time.",
    "forkant_archive_held_months": "Months past their time that are kept for what goes on in them.",
    "forkant_audit_failures_total": "Times that the audit trail could not be written, read, sealed or published.",
    "forkant_audit_sealed_total": "Audit entries sealed into the chain.",
    "forkant_audit_seal_lag_seconds": "Age of the oldest audit entry that is not sealed; 0 when all are.",
    "forkant_audit_unsealed_entries": "Audit entries that are committed and not sealed.",
    "forkant_audit_head_position": "Position of the last head that was published.",
    "forkant_audit_held_months": "Months past their time that are kept since their seal is not right.",
    "forkant_scans_total": "Contents that the virus scanner was asked about, by what came of it.",
    "forkant_database_connections": "Connections to the database that this process may have.",
    "forkant_database_in_use": "Connections to the database that are in use.",
    "forkant_database_waiting": "Askers that wait for a connection to the database.",
    "forkant_database_refused_total": "Times that no connection to the database came free in time.",
    "forkant_schema_mismatch": "Whether the database is behind the code, or ahead of it: 1 when it is, 0 when not.",
    "forkant_certificate_expiry_seconds": "End of a certificate in seconds since 1970; 0 when it can't be read.",
    "forkant_chore_failures_total": "Chores that failed and are done again later.",
}
"""The metrics that every service shares, and what they say."""

LABELS: Final = frozenset(
    {"channel", "error", "group", "indicator", "job", "kind", "method", "outcome", "partition", "purpose"}
    | {"reason", "route", "state", "status", "topic", "unit"}
)
"""The labels that a metric may have."""

HTTP_REQUEST_SECONDS: Final = Histogram(
    "forkant_http_request_seconds",
    METRICS["forkant_http_request_seconds"],
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
