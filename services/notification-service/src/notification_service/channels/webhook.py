"""Sends one signed message to one URL and says how that went; the receiver's body is not kept.

The client is httpcore, on which httpx is built: it follows no redirect, keeps no cookie and reads no proxy from the
environment, so there is nothing to switch off.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

import httpcore
import httpx
from httpcore import AsyncNetworkBackend

from notification_service.channels.connections import Connections
from notification_service.channels.guard import AddressRefusedError
from notification_service.domain.attempts import Answer, Outcome, judge_status
from notification_service.domain.retries import parse_retry_after

USER_AGENT: Final = "Forkant-Webhooks/1"
MAX_ANSWER_BYTES: Final = 16 * 1024
_SCHEMES: Final = frozenset({"http", "https"})
_DRAIN_S: Final = 1.0


class WebhookSender:
    """Sends webhooks; what runs at the same time is bounded by whoever calls."""

    def __init__(
        self,
        *,
        network: AsyncNetworkBackend,
        now: Callable[[], datetime],
        timeout_s: float = 10.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take the guarded network; ``tls`` by default trusts what the system's settings for certificates say."""
        self._now = now
        self._timeout_s = timeout_s
        self._connections = Connections(network=network, tls=tls or httpx.create_ssl_context())

    async def send(self, *, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST a body; every way to fail is an answer, and the whole takes no longer than the time limit."""
        answer: Answer | None = None
        try:
            async with asyncio.timeout(self._timeout_s):
                request = _request(url, {**headers, "user-agent": USER_AGENT}, body, self._timeout_s)
                async with self._connections.to(request.url) as connection:
                    response = await connection.handle_async_request(request)
                    try:
                        answer = self._judge(response)
                        await _drain(response)
                    finally:
                        await response.aclose()
        except (TimeoutError, httpcore.TimeoutException):
            failure = Outcome.TIMED_OUT
        except AddressRefusedError:
            failure = Outcome.ADDRESS_REFUSED
        except (httpcore.NetworkError, OSError):
            failure = Outcome.UNREACHABLE
        except (httpcore.ProtocolError, httpx.InvalidURL, UnicodeError, ValueError):
            failure = Outcome.BROKEN_ANSWER
        # A status that came counts, even when the rest of the answer did not.
        return answer if answer is not None else Answer(outcome=failure)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    def _judge(self, response: httpcore.Response) -> Answer:
        named = {name.lower(): value for name, value in response.headers}
        retry_after = named.get(b"retry-after", b"").decode("latin-1")
        return judge_status(response.status, retry_after=parse_retry_after(retry_after or None, now=self._now()))


def _request(url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> httpcore.Request:
    parsed = httpx.URL(url)
    if parsed.scheme not in _SCHEMES or not parsed.host:
        raise httpx.InvalidURL("not an http URL with a host")
    target = httpcore.URL(
        scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path or b"/"
    )
    all_headers: dict[str | bytes, str | bytes] = {
        "host": parsed.netloc,
        "content-type": "application/json",
        "content-length": str(len(body)),
        "accept-encoding": "identity",
    }
    all_headers.update(headers)
    limits = dict.fromkeys(("connect", "read", "write"), timeout_s)
    return httpcore.Request("POST", target, headers=all_headers, content=body, extensions={"timeout": limits})


async def _drain(response: httpcore.Response) -> None:
    """Read a small rest, so that the connection can be used again; a large or slow one is cut off."""
    size = 0
    with suppress(TimeoutError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        async with asyncio.timeout(_DRAIN_S):
            async for part in response.aiter_stream():
                size += len(part)
                if size > MAX_ANSWER_BYTES:
                    return
