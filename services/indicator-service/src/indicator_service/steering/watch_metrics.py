"""Metrics of the watches."""

from typing import Final

from prometheus_client import Counter

CROSSINGS: Final = Counter("forkant_watch_crossings_total", "Crossings of a target's limits that were told of.")
FAILURES: Final = Counter("forkant_watch_failures_total", "Rounds of judging that failed and are tried again.")
