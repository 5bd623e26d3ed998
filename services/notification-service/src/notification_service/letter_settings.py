"""Settings of letters: by which channels people are told, and what each channel needs."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from forkant_kit.settings import Environment, ServiceSettings, rule
from pydantic import Field, FilePath, SecretStr, field_validator

from notification_service.channels.smtp import SmtpSecurity
from notification_service.domain.recipients import is_email

CHANNELS: Final = ("email", "sms")
"""Names of the channels that there are."""


class LetterSettings(ServiceSettings):
    """What every process needs to know about letters, with the prefix ``FORKANT_``."""

    letter_channels: str = ""
    """By which channels people can be told besides the inbox: ``email``, ``sms``, with commas between; empty: none."""
    letter_site_url: str = "http://127.0.0.1:8003"
    """Where the links of letters lead: the address of the pages that people read on; ``https`` in production."""

    letter_preferences_url: str | None = Field(default=None, pattern=r"^https?://[!-;=?-~]+$", max_length=500)
    """Where letters say that people change what they are sent: a page of yours, `https` in production.

    Unless set, it is the API's own page `/docs` while developing, and letters say nothing of it in production.
    """

    @field_validator("letter_channels")
    @classmethod
    def _channels_are_known(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",") if name.strip()]
        if unknown := sorted(set(names) - set(CHANNELS)):
            raise ValueError(f"no such channel: {', '.join(unknown)}")
        return ",".join(dict.fromkeys(names))

    @field_validator("letter_site_url")
    @classmethod
    def _site_is_a_url(cls, value: str) -> str:
        return _checked_url(value).rstrip("/")

    @rule
    def _links_are_safe_in_production(self) -> Iterator[str]:
        production = self.env is Environment.PRODUCTION and self.letter_channels
        if production and not self.letter_site_url.startswith("https://"):
            yield "letter_site_url must be https in production"
        if production and not (self.letter_preferences_url or "https://").startswith("https://"):
            yield "letter_preferences_url must be https in production"

    @property
    def preferences_page(self) -> str | None:
        """Where people change what they are sent; None where no page is known that does it."""
        if self.letter_preferences_url is not None or self.env is Environment.PRODUCTION:
            return self.letter_preferences_url
        return f"{self.letter_site_url}/docs#/preferences"

    def tells_by(self, channel: str) -> bool:
        """Return whether people are told by a channel."""
        return channel in self.letter_channels.split(",")


class SmtpSettings(LetterSettings):
    """What the channel ``email`` needs to know."""

    smtp_host: str = "127.0.0.1"
    """Name of the mail relay; its certificate must bear it."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """Port of the relay: 587 for STARTTLS, 465 for TLS from the first byte."""
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    """``starttls``, ``implicit``, or ``none`` while developing."""
    smtp_ca_file: FilePath | None = None
    """File with the authority of the relay's certificate, in PEM; without it the system's authorities count."""
    smtp_username: str | None = Field(default=None, min_length=1)
    """As whom the relay is logged in to; without it nobody logs in."""
    smtp_password: SecretStr | None = Field(default=None, min_length=1)
    """Password of that user."""
    smtp_sender: str | None = None
    """Address that e-mail comes from; must be set in production with the channel ``email``."""
    smtp_return_path: str | None = None
    """Address that e-mail which can't arrive comes back to, with a plus sign and the letter's id in it."""
    smtp_timeout_seconds: float = Field(default=30.0, gt=0, le=300)
    """How long handing one letter over may take."""
    smtp_connections: int = Field(default=4, ge=1, le=50)
    """Connections to the relay that one worker has at the same time."""

    @field_validator("smtp_sender", "smtp_return_path")
    @classmethod
    def _addresses_are_addresses(cls, value: str | None) -> str | None:
        if value is not None and not is_email(value):
            raise ValueError("must be one e-mail address")
        return value

    @rule
    def _login_is_whole_and_hidden(self) -> Iterator[str]:
        if (self.smtp_username is None) != (self.smtp_password is None):
            yield "smtp_username and smtp_password must be set together"
        if self.env is Environment.PRODUCTION and self.smtp_security is SmtpSecurity.NONE:
            yield "smtp_security must be starttls or implicit in production"
        if self.env is Environment.PRODUCTION and self.tells_by("email") and self.smtp_sender is None:
            yield "smtp_sender must be set in production"


class ReturnsSettings(SmtpSettings):
    """Where e-mail that can't arrive comes back to."""

    returns_port: int | None = Field(default=None, ge=1, le=65535)
    """Port on which the worker takes notices of mail servers over SMTP; none are taken when absent."""
    returns_certificate_file: FilePath | None = None
    """File with the certificate of that port, in PEM; with it nothing is taken without TLS, as in production."""
    returns_key_file: FilePath | None = None
    """File with the key of that certificate, in PEM and without a password."""
    soft_bounce_days: int = Field(default=3, ge=1, le=31)
    """On how many days letters come back for now until their address is no longer confirmed."""
    soft_bounce_window_days: int = Field(default=14, ge=1, le=90)
    """Within how many days these lie."""

    @rule
    def _notices_come_hidden_to_one_address(self) -> Iterator[str]:
        if (self.returns_certificate_file is None) != (self.returns_key_file is None):
            yield "returns_certificate_file and returns_key_file must be set together"
        if self.soft_bounce_days > self.soft_bounce_window_days:
            yield "soft_bounce_days must not be more than soft_bounce_window_days"
        if self.returns_port is None:
            return
        if self.smtp_return_path is None:
            yield "smtp_return_path must be set with returns_port"
        if self.env is Environment.PRODUCTION and self.returns_certificate_file is None:
            yield "returns_certificate_file must be set in production with returns_port"


class SmsSettings(LetterSettings):
    """What the channel ``sms`` needs to know."""

    sms_gateway_url: str | None = None
    """Where text messages are posted to; must be set with the channel ``sms``, ``https`` in production."""
    sms_gateway_token: SecretStr | None = Field(default=None, min_length=1)
    """Bearer token of the gateway."""
    sms_gateway_is_internal: bool = False
    """Whether the gateway stands in a network of the operator's own, whose addresses are else refused."""
    sms_timeout_seconds: float = Field(default=10.0, gt=0, le=60)
    """How long the gateway may take to answer."""

    @field_validator("sms_gateway_url")
    @classmethod
    def _gateway_is_a_url(cls, value: str | None) -> str | None:
        return None if value is None else _checked_url(value)

    @rule
    def _gateway_is_whole_and_hidden(self) -> Iterator[str]:
        if not self.tells_by("sms"):
            return
        if self.sms_gateway_url is None or self.sms_gateway_token is None:
            yield "sms_gateway_url and sms_gateway_token must be set with the channel sms"
        if self.env is Environment.PRODUCTION and not (self.sms_gateway_url or "https://").startswith("https://"):
            yield "sms_gateway_url must be https in production"


def _checked_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("must be an http(s) URL without credentials, query and fragment")
    return value
