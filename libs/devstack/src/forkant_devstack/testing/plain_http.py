"""HTTP to this machine's own services, without the certificates that a client else reads each time it is made."""

import ssl
from typing import Any, Final

import httpx

# Reading the machine's certificates takes longer than a request does.
_NO_CERTIFICATES: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def plain_client(**options: Any) -> httpx.AsyncClient:
    """Make a client for plain HTTP, which trusts no certificate at all; options as for httpx's own."""
    return httpx.AsyncClient(verify=_NO_CERTIFICATES, trust_env=False, **options)
