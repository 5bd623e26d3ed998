"""Which URLs may be registered; where their names lead is checked each time a connection is made."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from notification_service.domain.addresses import refusal
from notification_service.domain.refusals import Code, Refusal

MAX_URL: Final = 2_000


def check_url(url: str, *, allow_local: bool) -> None:
    """Check a URL; ``allow_local`` lets plain http and this machine through, for development.

    Raises:
        Refusal: ``url-not-allowed`` with the reason as a code.
    """
    reason = _refused(url, allow_local=allow_local)
    if reason is not None:
        raise Refusal(Code.URL_NOT_ALLOWED, reason=reason)


def _refused(url: str, *, allow_local: bool) -> str | None:
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or any(c in url for c in ' "<>\\^`{|}'):
        return "malformed"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "malformed"
    if parts.scheme not in (("https", "http") if allow_local else ("https",)):
        return "https-required"
    if not host or port == 0:
        return "malformed"
    if "@" in parts.netloc or "#" in url:
        return "credentials-or-fragment"
    address = _literal(host)
    return None if address is None else refusal(address, allow_loopback=allow_local)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """Read a host as an address in any form that the system's resolver would read as one: 2130706433, 0x7f.1, 127.1."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None
