"""Settings of the case service: the kit's, and its own."""

from typing import Final

from forkant_kit.archive_schema import LEAST_MONTHS
from forkant_kit.audit.settings import AuditSettings
from forkant_kit.kafka_tls import KafkaSettings
from forkant_kit.settings import ApiSettings, ServiceSettings
from forkant_kit.vault_settings import TextKeySettings
from pydantic import Field

from case_service.attachment_settings import AttachmentSettings
from case_service.exchange_settings import ExchangeSettings
from case_service.object_settings import ObjectStoreSettings

SERVICE: Final = "case-service"
VERSION: Final = "0.1.0"


class ProcessSettings(ServiceSettings):
    """What every process of the case service needs to know."""

    http_port: int = 8001
    """Port that the API listens on."""
    worker_port: int = 8011
    """Port of the worker's health checks and metrics."""
    upkeep_every_s: float = 3600.0
    """Seconds between clean-ups of old idempotency keys and preparations of archive partitions."""
    archive_keep_months: int | None = Field(default=None, ge=LEAST_MONTHS)
    """Months of events that are kept before the current one, where nothing in them goes on; all of them when absent."""


class CaseSettings(
    TextKeySettings, AttachmentSettings, ObjectStoreSettings, ExchangeSettings, ApiSettings, ProcessSettings
):
    """What the API needs to know besides: keys of what people write, what may be attached, who it asks about tokens."""


class CaseWorkerSettings(KafkaSettings, AuditSettings, ObjectStoreSettings, ProcessSettings):
    """What the worker needs to know besides: how the audit trail is sealed and kept. It opens no text."""

    erasures_every_s: float = 5.0
    """Seconds between looks for erasures of many cases that were asked for."""
    object_deletions_every_s: float = 5.0
    """Seconds between looks for contents of attachments to be deleted in their store."""
    reorganisations_every_s: float = 60.0
    """Seconds between looks for reorganisations whose day has come."""
    erase_expired: bool = False
    """Whether the worker itself asks for the erasure of what has expired, once somebody decided about the archive."""
    erase_expired_most: int = Field(default=500, ge=1, le=10_000)
    """How many cases of a unit it asks for at once."""
