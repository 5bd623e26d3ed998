"""What is counted of the objects in a store."""

from typing import Final

from prometheus_client import Counter, Gauge

WAITING: Final = Gauge("forkant_objects_to_delete", "Contents of attachments that wait to be deleted in the store.")
FAILURES: Final = Counter(
    "forkant_object_deletion_failures_total", "Attempts to delete a content that the store failed."
)
SWEPT: Final = Counter("forkant_objects_swept_total", "Objects deleted since no row named them.")
