"""The guard on where webhooks connect to: names are resolved here, every address is checked, and the checked one used.

The check stands at the connection, not at registration: a name may resolve to something else each time it is asked.

Errors::

    AddressRefusedError    a name or address leads to where webhooks may not go
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

import httpcore
from httpcore import AsyncNetworkBackend, AsyncNetworkStream

from notification_service.domain.addresses import refusal

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

_DEFAULT_TIMEOUT_S: Final = 10.0
_ONE_ADDRESS_S: Final = 3.0
_RESOLVER_THREADS: Final = 32


class AddressRefusedError(Exception):
    """The address is not one that webhooks may go to; ``reason`` is a code and never the address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SystemResolver:
    """Asks the system's resolver on threads of its own, so that a slow name server holds up nothing else."""

    def __init__(self) -> None:
        """Start no thread before the first question."""
        self._threads = ThreadPoolExecutor(_RESOLVER_THREADS, thread_name_prefix="resolver")

    async def __call__(self, host: str, port: int) -> list[Address]:
        """Return the addresses of a host, each once.

        Raises:
            OSError: the name can't be resolved.
        """
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _lookup, host, port)
        return list(dict.fromkeys(ip_address(sockaddr[0]) for *_, sockaddr in found))

    def close(self) -> None:
        """Let the threads go without awaiting answers that hang."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedBackend(AsyncNetworkBackend):
    """Network backend of the HTTP client that connects to checked addresses only.

    TLS still names and verifies the host of the URL, since the client starts it on the connection made here.
    """

    def __init__(self, *, allow_loopback: bool, resolve: Resolve, connector: AsyncNetworkBackend | None = None) -> None:
        """Take what resolves names and what connects to an address."""
        self._allow_loopback = allow_loopback
        self._resolve = resolve
        self._connector = connector or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of the class above
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> AsyncNetworkStream:
        """Resolve, check every address, and connect to the first that answers.

        Raises:
            AddressRefusedError: one of the addresses is refused; then none is used.
            httpcore.ConnectError, httpcore.ConnectTimeout: there is no address, or none answers.
        """
        deadline = time.monotonic() + (timeout or _DEFAULT_TIMEOUT_S)
        addresses = await self._checked(host, port, deadline)
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            left = deadline - time.monotonic()
            last = address == addresses[-1]
            try:
                return await self._connector.connect_tcp(
                    str(address),
                    port,
                    timeout=max(left if last else min(left, _ONE_ADDRESS_S), 0.001),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[SocketOption] | None = None,  # noqa: ARG002
    ) -> AsyncNetworkStream:
        """Refuse: a webhook never goes to a local socket."""
        raise AddressRefusedError("unix-socket")

    async def sleep(self, seconds: float) -> None:
        """Wait between attempts of the client's own, which are switched off."""
        await asyncio.sleep(seconds)

    async def _checked(self, host: str, port: int, deadline: float) -> Sequence[Address]:
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from None
        except (OSError, UnicodeError, ValueError):
            raise httpcore.ConnectError("the name can't be resolved") from None
        for address in addresses:
            reason = refusal(address, allow_loopback=self._allow_loopback)
            if reason is not None:
                raise AddressRefusedError(reason)
        return addresses


def _lookup(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)  # type: ignore[return-value]
