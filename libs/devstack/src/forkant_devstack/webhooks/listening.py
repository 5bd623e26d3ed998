"""Listens for webhooks on this machine: registers an endpoint on a running platform, and removes it at the end.

Errors::

    DevstackError    the platform is not on this machine, refuses, or does not answer
"""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from forkant_devstack.process import DevstackError
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.webhooks.inspection import Inspector, Seen

_MOST_HEAD: Final = 16 * 1024
_MOST_BODY: Final = 64 * 1024
_REQUEST_S: Final = 10.0

Show = Callable[[Seen], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to ask for, and the status to answer with."""

    event_types: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ("v1", "v1a")
    status: int = 204


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The notification service, and where a token for it comes from each time that one is needed."""

    url: str
    token: Callable[[], str]

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request; raises DevstackError for what is not a success."""
        headers = {"Authorization": f"Bearer {await asyncio.to_thread(self.token)}", **options.pop("headers", {})}
        try:
            async with plain_client(base_url=self.url, timeout=_REQUEST_S) as client:
                answer = await client.request(method, path, headers=headers, **options)
        except httpx.TransportError:
            raise DevstackError(f"{self.url} does not answer", hint="is the platform up? (make up)") from None
        if not answer.is_success:
            raise DevstackError(f"{method} {path} was refused: {answer.status_code} {answer.text}")
        return answer


def must_be_here(url: str) -> None:
    """Refuse a URL that does not lead to this machine: there no development token may go.

    Raises:
        DevstackError: it leads elsewhere.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        here = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here or parts.scheme != "http":
        raise DevstackError(
            f"{url} is not on this machine",
            hint="this listens to a development platform that runs here; elsewhere register an endpoint by API",
            exit_code=2,
        )


async def listen(
    api: Api, wanted: Wanted, *, show: Show, began: Callable[[str], None], stop: asyncio.Event
) -> list[int]:
    """Show each webhook that comes until ``stop`` is set; return the numbers that did not come.

    ``began`` is told the endpoint's id once it is registered.
    """
    must_be_here(api.url)
    handling: list[Callable[[Mapping[str, str], bytes], None]] = []
    async with _server(handling, status=wanted.status) as url:
        endpoint = await _register(api, wanted, url)
        try:
            inspector = _inspector(endpoint)
            handling.append(lambda headers, body: show(inspector.inspect(headers, body, now=time.time())))
            began(endpoint["id"])
            await stop.wait()
            return inspector.missing()
        finally:
            await asyncio.shield(_unregister(api, endpoint["id"]))


async def _register(api: Api, wanted: Wanted, url: str) -> dict[str, Any]:
    body = {
        "url": url,
        "event_types": list(wanted.event_types),
        "units": list(wanted.units),
        "signatures": list(wanted.signatures),
    }
    answer = await api.call("POST", "/v1/endpoints", json=body, headers={"Idempotency-Key": str(uuid4())})
    made: dict[str, Any] = answer.json()
    return made


async def _unregister(api: Api, endpoint_id: str) -> None:
    path = f"/v1/endpoints/{endpoint_id}"
    etag = (await api.call("GET", path)).headers["etag"]
    await api.call("DELETE", path, headers={"If-Match": etag})


def _inspector(endpoint: Mapping[str, Any]) -> Inspector:
    keys = [each["public_key"] for each in endpoint["secrets"] if each["version"] == "v1a"]
    return Inspector(
        secret=base64.b64decode(endpoint["secret"].removeprefix("whsec_")),
        public_keys=[base64.b64decode(key.removeprefix("whpk_")) for key in keys],
    )


@asynccontextmanager
async def _server(handling: list[Callable[[Mapping[str, str], bytes], None]], *, status: int) -> AsyncIterator[str]:
    """Accept POSTs on a free port of this machine, and of nobody else's."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_REQUEST_S):
                headers, body = await _request(reader)
                for handle in handling:
                    handle(headers, body)
                writer.write(f"HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
                await writer.drain()
        except (TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # what is no webhook gets no answer
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=_MOST_HEAD)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = [line.partition(":") for line in head.split("\r\n")[1:] if line]
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _MOST_BODY:
        raise ValueError("too large")
    return headers, await reader.readexactly(length)
