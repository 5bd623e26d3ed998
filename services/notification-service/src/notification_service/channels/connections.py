"""Connections of the webhook channel: each carries one request at a time and is kept a short while for the next.

The client's own pool looks at all of its connections at every request, which costs more than the request itself once
there are a hundred receivers. Here a receiver's connections stand by themselves, so none waits for another's.
"""

import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpcore
from httpcore import AsyncHTTPConnection, AsyncNetworkBackend

_MOST_IDLE: Final = 100
_IDLE_S: Final = 15.0
_Key = tuple[bytes, bytes, int]


class Connections:
    """Opens connections and keeps a bounded number of idle ones; the caller bounds how many are in use."""

    def __init__(self, *, network: AsyncNetworkBackend, tls: ssl.SSLContext) -> None:
        """Take the network that connects and what TLS trusts."""
        self._network = network
        self._tls = tls
        self._idle: OrderedDict[AsyncHTTPConnection, _Key] = OrderedDict()
        self._by_key: dict[_Key, list[AsyncHTTPConnection]] = {}

    @asynccontextmanager
    async def to(self, url: httpcore.URL) -> AsyncIterator[AsyncHTTPConnection]:
        """Give a connection to the URL's origin, and keep it afterwards if it can be used again."""
        origin = url.origin
        key = (origin.scheme, origin.host, origin.port)
        connection = await self._take(key) or AsyncHTTPConnection(
            origin, ssl_context=self._tls, keepalive_expiry=_IDLE_S, network_backend=self._network
        )
        try:
            yield connection
        finally:
            if connection.is_idle() and not connection.has_expired():
                self._idle[connection] = key
                self._by_key.setdefault(key, []).append(connection)
                await self._shrink()
            else:
                await connection.aclose()

    async def aclose(self) -> None:
        """Close the idle connections."""
        while self._idle:
            await self._drop(next(iter(self._idle)))

    async def _take(self, key: _Key) -> AsyncHTTPConnection | None:
        while waiting := self._by_key.get(key):
            connection = waiting[-1]
            if connection.is_idle() and not connection.has_expired():
                self._forget(connection)
                return connection
            await self._drop(connection)
        return None

    async def _shrink(self) -> None:
        while self._idle:
            oldest = next(iter(self._idle))
            if len(self._idle) <= _MOST_IDLE and not oldest.has_expired():
                return
            await self._drop(oldest)

    async def _drop(self, connection: AsyncHTTPConnection) -> None:
        self._forget(connection)
        await connection.aclose()

    def _forget(self, connection: AsyncHTTPConnection) -> None:
        key = self._idle.pop(connection)
        kept = self._by_key[key]
        kept.remove(connection)
        if not kept:
            del self._by_key[key]
