"""Prometheus metrics of the virus scanner."""

from typing import Final

from prometheus_client import Counter

from forkant_kit.metrics import METRICS

SCANS: Final = Counter("forkant_scans_total", METRICS["forkant_scans_total"], ["outcome"])
