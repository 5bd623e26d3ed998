"""Prometheus metrics of the event archive."""

from typing import Final

from prometheus_client import Gauge

PARTITIONS: Final = Gauge("forkant_archive_months", "Months that the event archive holds or has made ready.")
BYTES: Final = Gauge("forkant_archive_bytes", "Size of the event archive with its indexes.")
OLDEST: Final = Gauge("forkant_archive_oldest_month_seconds", "Age of the beginning of the oldest month kept.")
STRAYS: Final = Gauge("forkant_archive_strays", "Events that are in no month, since it was not made in time.")
HELD: Final = Gauge("forkant_archive_held_months", "Months past their time that are kept for what goes on in them.")
