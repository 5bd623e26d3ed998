"""An answer of server-sent events that goes on: slow clients are dropped, and a stop or a lost right is said."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import anyio
import structlog
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

_SEND_TIMEOUT_S: Final = 10.0
_SHUTDOWN_GRACE_S: Final = 3.0
_log = structlog.get_logger(__name__)


class EventStream(EventSourceResponse):
    """The response, with a client that reads too slowly dropped rather than reported as a fault."""

    def __init__(self, events: AsyncIterator[bytes], *, stopping: anyio.Event) -> None:
        """Take the events as they are sent; ``stopping`` is set when the process is told to stop, and they end then."""
        super().__init__(
            events,
            ping=0,
            sep="\n",
            send_timeout=_SEND_TIMEOUT_S,
            shutdown_event=stopping,
            shutdown_grace_period=_SHUTDOWN_GRACE_S,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the events end or nobody takes them."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            # It may come back with the id of the last event that it got.
            _log.info("stream_client_too_slow")


def end_event(reason: str | None) -> bytes:
    """Return the last event of a stream: why the right to it ended, or that the process stops."""
    return ServerSentEvent(f'{{"reason":"{reason or "shutting-down"}"}}', event="end").encode()


async def wait_for_change(changed: asyncio.Event, seconds: float) -> None:
    """Wait until something changed, so many seconds at the most."""
    try:
        await asyncio.wait_for(changed.wait(), seconds)
    except TimeoutError:
        return
