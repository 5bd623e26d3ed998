"""Settings that every service reads from its environment, with the prefix ``FORKANT_``.

A service adds its own fields by subclassing, and what must hold between them as a :func:`rule`; settings hold data and
no behaviour, and are built only in composition roots. A wrong environment stops the start with one line for everything
that is wrong, and not for the first thing alone.
"""

import difflib
import os
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from forkant_kit.secrets_in_turn import in_turn

EXIT_BAD_SETTINGS: Final = 78
"""Exit code of a process whose environment is wrong (``EX_CONFIG`` of sysexits)."""
SIGNALS: Final = frozenset({"traces", "metrics", "logs"})
"""What can be sent by OTLP."""
_RULE: Final = "_forkant_rule"
_APART: Final = "\n"
_ALIKE: Final = 0.9
DEV_CURSOR_SECRET: Final = "dev-cursor-secret-not-for-production"  # noqa: S105 - refused in production below


class Environment(StrEnum):
    """Where a process runs; ``production`` refuses everything that is for convenience."""

    DEV = "dev"
    TEST = "test"
    PRODUCTION = "production"


R = TypeVar("R", bound=Callable[[Any], Iterator[str]])


def rule(check: R) -> R:
    """Mark a method of settings that yields a line for each thing that is wrong between its fields.

    All rules of a class and of those that it is made of are asked, each by itself.
    """
    setattr(check, _RULE, True)
    return check


class ServiceSettings(BaseSettings):
    """What every service needs to know."""

    model_config = SettingsConfigDict(env_prefix="FORKANT_", frozen=True, extra="ignore", use_attribute_docstrings=True)

    env: Environment = Environment.PRODUCTION
    """``dev``, ``test`` or ``production``."""
    http_host: str = "127.0.0.1"
    """Address that the API listens on."""
    http_port: int = Field(default=8000, ge=1, le=65535)
    """Port that the API listens on."""
    worker_port: int = Field(default=8010, ge=1, le=65535)
    """Port of the worker's health checks and metrics."""
    ops_port: int | None = Field(default=None, ge=1, le=65535)
    """Port of the API's own health checks and metrics; in production the public listener shows no metrics."""
    database_url: SecretStr = Field(examples=["postgresql://app@postgres/service"])
    """PostgreSQL URL of the service's own database, as the application role."""
    database_pool_size: int = Field(default=10, ge=1, le=200)
    """Connections that one process keeps at the most."""
    kafka_bootstrap: str = "127.0.0.1:29092"
    """Kafka bootstrap servers, ``host:port`` separated by commas."""
    oidc_issuer: str = Field(examples=["https://login.example"])
    """Issuer of the access tokens; ``https`` is required in production."""
    oidc_discovery_url: str | None = None
    """Where processes find the issuer when they can't by its name: the base of ``/.well-known/openid-configuration``.

    What is found there must still name ``oidc_issuer``; ``https`` is required in production.
    """
    oidc_audience: str = "forkant"
    """Audience that an access token must name."""
    rate_limit_reads_per_minute: int = Field(default=6_000, ge=1)
    """Reads of one kind of resource that one caller may make a minute, in each process of the API."""
    rate_limit_writes_per_minute: int = Field(default=1_200, ge=1)
    """Writes of one kind of resource that one caller may make a minute, in each process of the API."""
    otlp_endpoint: str | None = None
    """OTLP/HTTP endpoint for traces, metrics and logs, without the ``/v1/traces``; nothing is sent when absent."""
    otlp_signals: str = "traces,metrics,logs"
    """What is sent there: ``traces``, ``metrics``, ``logs``, with commas between."""
    log_level: str = "INFO"
    """Lowest level that is logged: debug, info, warning or error."""
    cursor_secret: SecretStr = SecretStr(DEV_CURSOR_SECRET)
    """Key of paging cursors and of fingerprints of repeated requests; at least 32 characters in production.

    Several separated by commas, the newest first: it signs, and what an older one signed is still read.
    """

    @field_validator("log_level")
    @classmethod
    def _level_is_known(cls, level: str) -> str:
        if level.lower() not in {"debug", "info", "warning", "error"}:
            raise ValueError("must be debug, info, warning or error")
        return level

    @field_validator("otlp_signals")
    @classmethod
    def _signals_are_known(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",") if name.strip()]
        if not names or set(names) - SIGNALS:
            raise ValueError("must be some of traces, metrics and logs, with commas between")
        return ",".join(dict.fromkeys(names))

    @field_validator("database_url")
    @classmethod
    def _database_is_postgresql(cls, url: SecretStr) -> SecretStr:
        if not url.get_secret_value().startswith(("postgresql://", "postgresql+asyncpg://")):
            raise ValueError("must begin with postgresql://")
        return url

    @field_validator("oidc_issuer", "oidc_discovery_url")
    @classmethod
    def _issuer_is_a_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an http(s) URL without query and fragment")
        return url

    @model_validator(mode="after")
    def _every_rule_holds(self) -> "ServiceSettings":
        classes = reversed(type(self).__mro__)
        rules = {name: member for cls in classes for name, member in vars(cls).items() if _is_rule(member)}
        if wrong := [line for member in rules.values() for line in member(self)]:
            raise ValueError(_APART.join(wrong))
        return self

    @rule
    def _refuse_convenience_in_production(self) -> Iterator[str]:
        if self.env is not Environment.PRODUCTION:
            return
        if not self.oidc_issuer.startswith("https://"):
            yield "oidc_issuer must be https in production"
        if self.oidc_discovery_url and not self.oidc_discovery_url.startswith("https://"):
            yield "oidc_discovery_url must be https in production"
        given = in_turn(self.cursor_secret.get_secret_value())
        if DEV_CURSOR_SECRET in given or min(map(len, given)) < 32:  # noqa: PLR2004 - stated in the field's docstring
            yield "cursor_secret must be set to at least 32 characters in production"


class ApiSettings(ServiceSettings):
    """What every API needs to know besides: as whom it asks the issuer whether a token still holds (RFC 7662)."""

    introspection_client_id: str | None = Field(default=None, min_length=1)
    """Client that may introspect tokens; some issuers want it named in their audience. Must be set in production."""
    introspection_client_secret: SecretStr | None = Field(default=None, min_length=1)
    """Secret of that client; without both, a revoked token holds until it expires.

    While it is replaced, several separated by commas: the one that the issuer takes is used.
    """
    introspection_grace_seconds: float = Field(default=15.0, ge=5, le=300)
    """How long the issuer's last yes to a token counts while it does not answer; then nothing passes."""

    @rule
    def _ask_in_production(self) -> Iterator[str]:
        given = [self.introspection_client_id is not None, self.introspection_client_secret is not None]
        if any(given) and not all(given):
            yield "introspection_client_id and introspection_client_secret must be set together"
        elif self.env is Environment.PRODUCTION and not all(given):
            yield "introspection_client_id and introspection_client_secret must be set in production"


S = TypeVar("S", bound=ServiceSettings)


def load(cls: type[S]) -> S:
    """Read the settings from the environment, or say all that is wrong and end the process with exit code 78."""
    try:
        return cls()
    except ValidationError as error:
        wrong = [*_lines_of(error), *_unknown(cls)]
        if any(item["loc"] for item in error.errors(include_input=False, include_url=False)):
            wrong += _broken_rules(cls, error)
        print(f"{cls.__name__}: the environment is not right:", file=sys.stderr)  # noqa: T201 - before logging exists
        for line in dict.fromkeys(wrong):
            print(f"  {line}", file=sys.stderr)  # noqa: T201
        raise SystemExit(EXIT_BAD_SETTINGS) from None


def _is_rule(member: object) -> bool:
    return getattr(member, _RULE, False) is True


def _lines_of(error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in item["loc"]).upper()
        for text in item["msg"].removeprefix("Value error, ").split(_APART):
            yield f"FORKANT_{name}: {text}" if name else text


def _broken_rules(cls: type[ServiceSettings], error: ValidationError) -> Iterator[str]:
    """Yield what is wrong between the settings that are right each by itself; a wrong one counts as not set."""
    wrong = {str(item["loc"][0]) for item in error.errors(include_input=False, include_url=False) if item["loc"]}
    fields = {name: cls.model_fields[name] for name in wrong}
    try:
        cls(**{name: (field.examples or [field.get_default()])[0] for name, field in fields.items()})
    except ValidationError as found:
        yield from (line for line in _lines_of(found) if not any(name in line for name in wrong))


def _unknown(cls: type[ServiceSettings]) -> Iterator[str]:
    """Yield variables that nobody reads and that look like one that this process does."""
    known = {f"FORKANT_{name.upper()}" for name in cls.model_fields}
    for name in sorted(name for name in os.environ if name.startswith("FORKANT_") and name not in known):
        if meant := difflib.get_close_matches(name, known - os.environ.keys(), n=1, cutoff=_ALIKE):
            yield f"{name} is set and unknown here: is {meant[0]} meant?"
