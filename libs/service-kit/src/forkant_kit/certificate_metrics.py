"""Prometheus metrics of certificates."""

from typing import Final

from prometheus_client import Gauge

from forkant_kit.metrics import METRICS

EXPIRY: Final = Gauge("forkant_certificate_expiry_seconds", METRICS["forkant_certificate_expiry_seconds"], ["kind"])
