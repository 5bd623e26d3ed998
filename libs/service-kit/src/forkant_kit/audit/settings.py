"""Settings of whoever seals and keeps an audit trail: a worker's, since the API needs no signing key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, field_validator

from forkant_kit.audit.heads import read_seed
from forkant_kit.audit.upkeep_schema import LEAST_MONTHS, MOST_MONTHS
from forkant_kit.settings import Environment, ServiceSettings, rule

DEV_SIGNING_KEY: Final = "Zm9ya2FudC1kZXZlbG9wbWVudC1hdWRpdC1zZWVkLTE="


class AuditSettings(ServiceSettings):
    """What sealing needs to know."""

    audit_keep_months: int = Field(default=24, ge=LEAST_MONTHS, le=MOST_MONTHS)
    """Months that audit entries are kept; a month goes when its last entry is so old, and its first is older then."""
    audit_signing_key: SecretStr = SecretStr(DEV_SIGNING_KEY)
    """Key that signs the heads of the chain: base64 of 32 random bytes; must be set in production."""
    audit_head_file: Path | None = None
    """File that signed heads are appended to, where the database's owner can't write; they are logged in any case."""
    audit_seal_every_s: float = Field(default=1.0, gt=0, le=60)
    """Seconds from one sealing to the next."""
    audit_publish_every_s: float = Field(default=30.0, gt=0, le=3_600)
    """Seconds after which a chain that went on is published again."""

    @field_validator("audit_signing_key")
    @classmethod
    def _signing_key_is_readable(cls, value: SecretStr) -> SecretStr:
        read_seed(value.get_secret_value())
        return value

    @rule
    def _refuse_development_signing_key_in_production(self) -> Iterator[str]:
        known = self.audit_signing_key.get_secret_value() == DEV_SIGNING_KEY
        if self.env is Environment.PRODUCTION and known:
            yield "audit_signing_key must be set in production"
