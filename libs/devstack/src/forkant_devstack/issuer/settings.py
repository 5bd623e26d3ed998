"""The issuer's settings, read from the environment, and the rule that keeps it on the developer's machine."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ALLOWED_ENVIRONMENTS: Final = frozenset({"dev", "test"})


class RefusedError(Exception):
    """The issuer won't start here; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerSettings:
    """Where the issuer listens, what it calls itself and where its keys are."""

    host: str
    port: int
    url: str
    key_file: Path | None


def is_loopback(host: str) -> bool:
    """Say whether an address is this machine's alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_settings(environment: Mapping[str, str] = os.environ) -> IssuerSettings:
    """Return the settings, or raise ``RefusedError`` outside development or loopback."""
    if environment.get("FORKANT_ENV") not in ALLOWED_ENVIRONMENTS:
        raise RefusedError("the development issuer starts only with FORKANT_ENV=dev or FORKANT_ENV=test.")
    host = environment.get("FORKANT_HTTP_HOST", "127.0.0.1")
    if not is_loopback(host):
        raise RefusedError("the development issuer listens on loopback only; FORKANT_HTTP_HOST is another address.")
    try:
        port = int(environment.get("FORKANT_HTTP_PORT", "8009"))
    except ValueError:
        raise RefusedError("FORKANT_HTTP_PORT is not a number.") from None
    key_file = environment.get("FORKANT_ISSUER_KEY_FILE")
    return IssuerSettings(
        host=host,
        port=port,
        url=environment.get("FORKANT_OIDC_ISSUER", f"http://127.0.0.1:{port}"),
        key_file=Path(key_file) if key_file else None,
    )
