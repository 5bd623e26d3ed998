"""Prometheus metrics of the chores."""

from typing import Final

from prometheus_client import Counter

FAILURES: Final = Counter("forkant_chore_failures_total", "Chores that failed and are done again later.", ["kind"])
