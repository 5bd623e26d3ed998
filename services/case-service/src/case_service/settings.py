"""Settings of the case service; it needs no more than every service does."""

from typing import Final

from forkant_kit.settings import ServiceSettings

SERVICE: Final = "case-service"
VERSION: Final = "0.1.0"


class CaseSettings(ServiceSettings):
    """What the case service needs to know."""

    http_port: int = 8001
    """Port that the API listens on."""
    worker_port: int = 8011
    """Port of the worker's health checks and metrics."""
    upkeep_every_s: float = 3600.0
    """Seconds between clean-ups of old idempotency keys and preparations of archive partitions."""
