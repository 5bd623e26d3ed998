"""Whom a process trusts when it asks others over TLS."""

import ssl
from functools import cache


@cache
def system_trust() -> ssl.SSLContext:
    """Return what trusts the authorities of the system's certificates, which are read once for all clients.

    Reading them takes 20 ms, and each client that holds its own keeps a hundred and more certificates in memory.
    Nobody may change what others share.
    """
    return ssl.create_default_context()
