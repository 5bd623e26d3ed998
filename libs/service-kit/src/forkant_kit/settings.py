"""Settings that every service reads from the environment, prefix ``FORKANT_``; frozen, and built only where a process starts."""

import sys
from typing import Annotated, Final, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "FORKANT_"
DEV_CURSOR_SECRET: Final = "development-only-cursor-secret-000"  # noqa: S105 - refused in production
EXIT_BAD_CONFIGURATION: Final = 78
_MIN_SECRET_LENGTH: Final = 32

Environment = Literal["dev", "test", "production"]
Port = Annotated[int, Field(ge=0, le=65535)]


class ServiceSettings(BaseSettings):
    """What every service needs to know about the place it runs in; a service subclasses it only to add fields."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    env: Environment = "production"
    """Where it runs; the default is the strictest."""
    service: str = "forkant"
    """Name in logs, traces and the database's application_name; each service sets its own default."""
    http_host: str = "127.0.0.1"
    """Address the API listens on."""
    http_port: Port = 8000
    """Port the API listens on."""
    worker_port: Port = 8010
    """Port of the worker's health and metrics listener."""
    ops_port: Port | None = None
    """Port of the API's own health and metrics listener; in production it is the only place of /metrics."""
    database_url: SecretStr
    """postgresql://role:password@host:port/database of the application role."""
    database_pool_size: Annotated[int, Field(ge=1, le=200)] = 10
    """Connections of one process."""
    database_statement_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 15.0
    """Longest that one statement may run."""
    kafka_bootstrap: str = "127.0.0.1:29092"
    """Kafka bootstrap servers, comma separated."""
    oidc_issuer: str
    """Issuer of the access tokens, exactly as it stands in their ``iss`` claim."""
    oidc_audience: str = "forkant"
    """Audience that access tokens must name."""
    otlp_endpoint: str = ""
    """Base URL of an OTLP http/protobuf collector; empty turns tracing off."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is logged."""
    cursor_secret: SecretStr = SecretStr(DEV_CURSOR_SECRET)
    """Key that signs list cursors; at least 32 characters."""

    @field_validator("database_url")
    @classmethod
    def _database_is_postgresql(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if parts.scheme not in {"postgresql", "postgresql+asyncpg"} or not parts.username or len(parts.path) <= 1:
            raise ValueError("must be postgresql://role:password@host:port/database")
        return url

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer_is_safe(cls, issuer: str, info: ValidationInfo) -> str:
        parts = urlsplit(issuer)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an http(s) URL without query or fragment")
        if parts.scheme == "http" and info.data.get("env", "production") == "production":
            raise ValueError("must be https in production")
        return issuer

    @field_validator("otlp_endpoint")
    @classmethod
    def _collector_is_a_url(cls, endpoint: str) -> str:
        if endpoint and urlsplit(endpoint).scheme not in {"http", "https"}:
            raise ValueError("must be empty or an http(s) URL")
        return endpoint.rstrip("/")

    @field_validator("cursor_secret")
    @classmethod
    def _secret_is_long(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value()) < _MIN_SECRET_LENGTH:
            raise ValueError(f"must have at least {_MIN_SECRET_LENGTH} characters")
        return secret

    @field_validator("cursor_secret", mode="after")
    @classmethod
    def _secret_is_not_public(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("env", "production") == "production" and secret.get_secret_value() == DEV_CURSOR_SECRET:
            raise ValueError("must be set in production; the development value is public")
        return secret

    @property
    def is_production(self) -> bool:
        """Whether the strict rules for production hold."""
        return self.env == "production"

    def with_changes(self, **changes: object) -> Self:
        """Return checked settings with some fields changed."""
        return type(self).model_validate({**self.model_dump(), **changes})


S = TypeVar("S", bound=ServiceSettings)


def load(cls: type[S]) -> S:
    """Read settings from the environment; when they are wrong, say so one line a setting and exit with code 78."""
    try:
        return cls()
    except ValidationError as error:
        for line in explain(error):
            print(line, file=sys.stderr)  # noqa: T201 - logging is not set up yet
        raise SystemExit(EXIT_BAD_CONFIGURATION) from None


def explain(error: ValidationError) -> list[str]:
    """Return one line for each wrong setting: its environment variable and what is wrong, never its value."""
    return [
        f"{'.'.join(str(part) for part in item['loc']).upper().join((PREFIX, ''))}: "
        f"{'is not set' if item['type'] == 'missing' else item['msg'].removeprefix('Value error, ')}"
        for item in error.errors(include_input=False, include_url=False, include_context=False)
    ]
