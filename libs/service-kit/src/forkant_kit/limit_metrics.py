"""Prometheus metrics of the rate limits."""

from typing import Final

from prometheus_client import Counter

LIMITED: Final = Counter("forkant_http_limited_total", "Requests refused since their caller asked too often.")
