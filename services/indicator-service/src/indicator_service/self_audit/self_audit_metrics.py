"""Metrics of the self-audit, of the worker that does it; an age is infinite while no round has ended."""

from collections.abc import Mapping
from typing import Final

from prometheus_client import Counter, Gauge

from indicator_service.self_audit.judging import DRIFT

DRIFTED: Final = Gauge(
    "forkant_self_audit_drift",
    "Cases, concerns and units' sums found to differ from the case service twice.",
    ["reason"],
)
WAITING: Final = Gauge("forkant_self_audit_waiting", "Cases and concerns of which the stream has to tell first.")
ROUND_AGE: Final = Gauge("forkant_self_audit_round_age_seconds", "Time since everything had been compared.")
FOUND: Final = Counter("forkant_self_audit_found_total", "Drifts that were found, by what they are.", ["reason"])
COMPARED: Final = Counter("forkant_self_audit_compared_total", "What was compared.", ["kind"])
FAILURES: Final = Counter("forkant_self_audit_failures_total", "Looks that failed and are done again.", ["reason"])

ROUND_AGE.set(float("inf"))


def show_standing(standing: Mapping[str, int], *, age_s: float | None) -> None:
    """Publish what has drifted, and how old what is known is."""
    for reason in DRIFT:
        DRIFTED.labels(reason.value).set(standing.get(reason.value, 0))
    WAITING.set(standing.get("waiting", 0))
    ROUND_AGE.set(float("inf") if age_s is None else age_s)
