"""Settings of the indicator service: the kit's, and its own."""

from typing import Final

from forkant_kit.audit.settings import AuditSettings
from forkant_kit.kafka_tls import KafkaSettings
from forkant_kit.settings import ApiSettings
from forkant_kit.visibility import VisibilitySettings
from pydantic import Field

SERVICE: Final = "indicator-service"


class IndicatorSettings(ApiSettings, VisibilitySettings):
    """What the API needs to know, with the prefix ``FORKANT_``."""

    stream_poll_seconds: float = Field(default=0.2, gt=0, le=5)
    """How often the process looks for changed figures, for all of its streams together."""
    stream_client_limit: int = Field(default=2_000, ge=1)
    """How many streams one process keeps open."""
    import_max_bytes: int = Field(default=1024 * 1024, ge=1, le=64 * 1024 * 1024)
    """Bytes that one import of figures may have; it is held in memory until it is done."""
    import_max_rows: int = Field(default=5_000, ge=1, le=100_000)
    """Rows that one import may have: all of them are written by one transaction."""
    import_upload_seconds: float = Field(default=60.0, ge=1, le=3600)
    """Seconds within which an import must have come."""


class IndicatorWorkerSettings(KafkaSettings, AuditSettings):
    """What the worker needs to know: what every process does, and how the audit trail is sealed and kept."""
