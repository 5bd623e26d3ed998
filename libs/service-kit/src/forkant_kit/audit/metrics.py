"""Prometheus metrics of the audit trail."""

from typing import Final

from prometheus_client import Counter, Gauge

FAILURES: Final = Counter(
    "forkant_audit_failures_total",
    "Times that the audit trail could not be written, read, sealed or published.",
    ["kind"],
)
SEALED: Final = Counter("forkant_audit_sealed_total", "Audit entries sealed into the chain.")
SEAL_LAG: Final = Gauge(
    "forkant_audit_seal_lag_seconds", "Age of the oldest audit entry that is not sealed; 0 when all are."
)
UNSEALED: Final = Gauge("forkant_audit_unsealed_entries", "Audit entries that are committed and not sealed.")
HEAD_POSITION: Final = Gauge("forkant_audit_head_position", "Position of the last head that was published.")
HELD: Final = Gauge("forkant_audit_held_months", "Months past their time that are kept since their seal is not right.")
