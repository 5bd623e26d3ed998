"""Settings of the indicator service: the kit's, and its own."""

from collections.abc import Iterator
from typing import Final

from forkant_contracts.recount import MOST_RECOUNTED
from forkant_kit.audit.settings import AuditSettings
from forkant_kit.kafka_tls import KafkaSettings
from forkant_kit.settings import ApiSettings, Environment, rule
from forkant_kit.visibility import VisibilitySettings
from pydantic import Field, SecretStr

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


class IndicatorWorkerSettings(KafkaSettings, AuditSettings, VisibilitySettings):
    """What the worker needs to know: how the audit trail is sealed and kept, and how figures are held to the cases."""

    self_audit_client_id: str | None = Field(default=None, min_length=1)
    """Client by which figures are held against the case service; it has the role `recounter` of the directorate.

    Must be set in production; without it nothing is audited, and the figures say so.
    """
    self_audit_client_secret: SecretStr | None = Field(default=None, min_length=1)
    """Secret of that client; while it is replaced, several separated by commas: the one the issuer takes is used."""
    self_audit_page_size: int = Field(default=MOST_RECOUNTED, ge=1, le=MOST_RECOUNTED)
    """Cases, or concerns, that are compared at once."""
    self_audit_every_seconds: float = Field(default=2.0, ge=0.01, le=3600)
    """Seconds between two pages."""
    self_audit_round_seconds: float = Field(default=6 * 3600.0, ge=0.1)
    """Seconds between the beginnings of two rounds, at the least: each leaves an entry for each page in the trail."""

    @rule
    def _audit_itself_in_production(self) -> Iterator[str]:
        given = [self.self_audit_client_id is not None, self.self_audit_client_secret is not None]
        if any(given) and not all(given):
            yield "self_audit_client_id and self_audit_client_secret must be set together"
        elif self.env is Environment.PRODUCTION and not all(given):
            yield "self_audit_client_id and self_audit_client_secret must be set in production"
