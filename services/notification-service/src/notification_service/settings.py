"""Settings of the notification service: the kit's, and its own."""

from collections.abc import Iterator
from typing import Final

from forkant_kit.audit.settings import AuditSettings
from forkant_kit.kafka_tls import KafkaSettings
from forkant_kit.keyring import read_keys
from forkant_kit.settings import ApiSettings, Environment, rule
from forkant_kit.visibility import VisibilitySettings
from pydantic import Field, SecretStr, field_validator

from notification_service.letter_settings import LetterSettings, ReturnsSettings, SmsSettings

DEV_SECRET_KEY: Final = "Zm9ya2FudC1kZXZlbG9wbWVudC1vbmx5LTMyLWJ5dGU="  # noqa: S105 - refused in production below


class ProcessSettings(LetterSettings):
    """What every process of the notification service needs to know, with the prefix ``FORKANT_``."""

    endpoint_secret_keys: SecretStr = SecretStr(DEV_SECRET_KEY)
    """Keys that encrypt webhook secrets: base64 of 32 random bytes each, separated by commas, the newest first."""
    webhook_allow_loopback: bool = False
    """Whether webhooks may go to this machine and over plain http; for development and tests, refused in production."""
    webhook_timeout_seconds: float = Field(default=10.0, gt=0, le=30)
    """How long a receiver may take to answer."""
    webhook_lease_seconds: float = Field(default=30.0, ge=1, le=300)
    """How long a worker that died keeps what it was delivering from the others."""
    webhook_concurrency: int = Field(default=256, ge=1, le=2_000)
    """Webhooks that one worker sends at the same time."""
    webhook_endpoint_concurrency: int = Field(default=8, ge=1, le=100)
    """Webhooks that one endpoint is sent at the same time."""
    endpoint_standing_days: int = Field(default=90, ge=30, le=1_000)
    """How long a webhook endpoint goes on since somebody who may change it did so last, or sent a ping."""
    standing_days: int = Field(default=30, ge=1, le=365)
    """How long a person's letters go on since they used this service last with a token of their own."""
    letter_retention_days: int = Field(default=90, ge=1, le=1_000)
    """How long ended letters stay in the log of their person, and dead ones can be sent again."""
    inbox_retention_days: int = Field(default=90, ge=1, le=1_000)
    """How long inbox entries are kept."""
    delivery_retention_days: int = Field(default=90, ge=31, le=1_000)
    """How long ended deliveries are kept; longer than the topics keep events, since they tell what was sent before."""

    @field_validator("endpoint_secret_keys")
    @classmethod
    def _keys_are_readable(cls, value: SecretStr) -> SecretStr:
        read_keys(value.get_secret_value())
        return value

    @rule
    def _lease_outlasts_an_attempt(self) -> Iterator[str]:
        if self.webhook_lease_seconds <= self.webhook_timeout_seconds + 1:
            yield "webhook_lease_seconds must be more than a second longer than webhook_timeout_seconds"

    @rule
    def _refuse_own_development_in_production(self) -> Iterator[str]:
        if self.env is not Environment.PRODUCTION:
            return
        if self.webhook_allow_loopback:
            yield "webhook_allow_loopback must be false in production"
        if DEV_SECRET_KEY in self.endpoint_secret_keys.get_secret_value():
            yield "endpoint_secret_keys must be set in production"


class NotificationSettings(ApiSettings, VisibilitySettings, ProcessSettings):
    """What the API needs to know besides: as whom it asks whether a token holds, and where what a person may see."""

    inbox_stream_poll_seconds: float = Field(default=0.25, gt=0, le=5)
    """How often the process looks for changed inboxes, for all of its streams together."""
    inbox_stream_limit: int = Field(default=500, ge=1)
    """How many live inboxes one process keeps open."""
    inbox_stream_person_limit: int = Field(default=10, ge=1)
    """How many of them are one person's."""


class CourierSettings(VisibilitySettings, LetterSettings):
    """As whom the worker asks what the people may see whom it writes to."""

    courier_client_id: str | None = Field(default=None, min_length=1)
    """Client by which it is asked what people may see who are sent letters; it has the directorate's role `courier`.

    Must be set in production when there are channels; without it letters about cases wait.
    """
    courier_client_secret: SecretStr | None = Field(default=None, min_length=1)
    """Secret of that client; while it is replaced, several separated by commas: the one the issuer takes is used."""

    @rule
    def _courier_is_whole(self) -> Iterator[str]:
        given = [self.courier_client_id is not None, self.courier_client_secret is not None]
        if any(given) and not all(given):
            yield "courier_client_id and courier_client_secret must be set together"
        elif self.env is Environment.PRODUCTION and self.letter_channels and not all(given):
            yield "courier_client_id and courier_client_secret must be set in production"


class NotificationWorkerSettings(
    CourierSettings, KafkaSettings, AuditSettings, ReturnsSettings, SmsSettings, ProcessSettings
):
    """What the worker needs to know besides: how the audit trail is sealed and kept, and how letters are sent."""
