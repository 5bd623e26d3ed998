"""Prometheus metrics of the database: the connections of this process, and whether the schema fits its code."""

from typing import Final

from prometheus_client import Counter, Gauge

from forkant_kit.metrics import METRICS

CONNECTIONS: Final = Gauge("forkant_database_connections", METRICS["forkant_database_connections"])
IN_USE: Final = Gauge("forkant_database_in_use", METRICS["forkant_database_in_use"])
WAITING: Final = Gauge("forkant_database_waiting", METRICS["forkant_database_waiting"])
REFUSED: Final = Counter("forkant_database_refused_total", METRICS["forkant_database_refused_total"])
SCHEMA_MISMATCH: Final = Gauge("forkant_schema_mismatch", METRICS["forkant_schema_mismatch"], ["state"])
