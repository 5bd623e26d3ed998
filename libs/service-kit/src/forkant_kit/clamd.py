"""A virus scanner asked over TCP: ClamAV's daemon, by its command ``INSTREAM``.

Its protocol (``clamd(8)``): the command, then pieces that are preceded by their length, then a length of nothing; the
answer is one line. Whatever is not a clear answer counts as none: nothing passes that was not scanned.

Errors::

    ScannerUnavailableError    the scanner is away, too slow, or did not scan what it was sent
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self
from urllib.parse import urlsplit

import structlog

from forkant_kit.clamd_metrics import SCANS

_SCHEME: Final = "clamd"
_COMMAND: Final = b"zINSTREAM\0"
_END: Final = bytes(4)
_MAX_ANSWER: Final = 4096
_CLEAN: Final = b"stream: OK"
_FOUND: Final = b" FOUND"

_log = structlog.get_logger(__name__)


class Verdict(StrEnum):
    """What a scanner says."""

    CLEAN = "clean"
    INFECTED = "infected"


class ScannerUnavailableError(Exception):
    """There is no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClamdAddress:
    """Where the daemon listens; it is reached without encryption, so it belongs on the same machine or beside it."""

    host: str
    port: int

    @classmethod
    def read(cls, url: str) -> Self:
        """Read ``clamd://host:port``.

        Raises:
            ValueError: it is not of that form.
        """
        parts = urlsplit(url)
        if parts.scheme != _SCHEME or not parts.hostname or parts.port is None or parts.path.strip("/"):
            raise ValueError(f"must be {_SCHEME}://host:port")
        return cls(host=parts.hostname, port=parts.port)


class Scan:
    """One scan: takes pieces as they come, then gives the verdict. Close it in any case."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, timeout_s: float) -> None:
        """Scan over a connection on which the command was sent; made by :func:`begin_scan`."""
        self._reader, self._writer, self._timeout_s = reader, writer, timeout_s

    async def add(self, piece: bytes) -> None:
        """Send a piece.

        Raises:
            ScannerUnavailableError: see the class.
        """
        if piece:
            await self._send(len(piece).to_bytes(4, "big") + piece)

    async def verdict(self) -> Verdict:
        """Say that nothing follows, and return the verdict.

        Raises:
            ScannerUnavailableError: see the class.
        """
        await self._send(_END)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = (await self._reader.readuntil(b"\0")).rstrip(b"\0\n")
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise _unavailable(type(error).__name__) from None
        verdict = Verdict.CLEAN if answer == _CLEAN else Verdict.INFECTED if answer.endswith(_FOUND) else None
        if verdict is None:
            raise _unavailable("another answer")
        SCANS.labels(verdict.value).inc()
        return verdict

    async def close(self) -> None:
        """Hang up; the scanner forgets what it has."""
        # Not politely: one that takes nothing more would keep us waiting.
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _send(self, what: bytes) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                self._writer.write(what)
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise _unavailable(type(error).__name__) from None


async def begin_scan(address: ClamdAddress, *, timeout_s: float = 30.0) -> Scan:
    """Begin a scan.

    Raises:
        ScannerUnavailableError: see the class.
    """
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(address.host, address.port, limit=_MAX_ANSWER)
    except (OSError, TimeoutError) as error:
        raise _unavailable(type(error).__name__) from None
    scan = Scan(reader, writer, timeout_s=timeout_s)
    writer.write(_COMMAND)
    return scan


def _unavailable(reason: str) -> ScannerUnavailableError:
    SCANS.labels("unavailable").inc()
    _log.error("scanner_unavailable", reason=reason)
    return ScannerUnavailableError(reason)
