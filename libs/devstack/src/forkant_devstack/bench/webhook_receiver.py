"""Receivers of webhooks in a process of their own: ``python -m forkant_devstack.bench.webhook_receiver PORT``.

It answers by the first word of the path: ``/ok`` at once, ``/slow`` after 20 ms, ``/fail`` with 500, ``/hang`` never.
``GET /counts`` tells how many it has answered and how many it had before it at once. It parses no more than it
needs, so that the sender sets the rate.
"""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from typing import Final, cast

import uvloop
from forkant_kit.web import stop_on_signals

SLOW_S: Final = 0.02
_NO_CONTENT: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
_FAILED: Final = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"
_END: Final = b"\r\n\r\n"


@dataclass
class Counts:
    """What came so far: webhooks that were answered well, those under way, and the most at once."""

    answered: int = 0
    under_way: int = 0
    most_at_once: int = 0

    def begin(self) -> None:
        """Note that one came."""
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)

    def end(self, *, well: bool) -> None:
        """Note that one was answered."""
        self.under_way -= 1
        self.answered += well


class Receiver(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, counts: Counts) -> None:
        """Take what counts for all connections."""
        self._counts = counts
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by its methods, not by its class

    def data_received(self, data: bytes) -> None:
        """Answer once the request is whole."""
        self._buffer += data
        head, found, rest = self._buffer.partition(_END)
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        self._answer(head.split(b" ", 2)[1])

    def _answer(self, path: bytes) -> None:
        if path == b"/counts":
            self._write(_told(asdict(self._counts)))
        elif path.startswith(b"/health"):
            self._write(_told({"status": "ready"}))
        elif path.startswith(b"/fail"):
            self._write(_FAILED)
        elif path.startswith(b"/slow"):
            self._counts.begin()
            asyncio.get_running_loop().call_later(SLOW_S, self._accept)
        elif not path.startswith(b"/hang"):
            self._counts.begin()
            self._accept()

    def _accept(self) -> None:
        self._counts.end(well=True)
        self._write(_NO_CONTENT)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _told(what: object) -> bytes:
    body = json.dumps(what).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


async def _serve(port: int) -> None:
    counts, stop = Counts(), stop_on_signals()
    server = await asyncio.get_running_loop().create_server(lambda: Receiver(counts), "127.0.0.1", port, backlog=1024)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
