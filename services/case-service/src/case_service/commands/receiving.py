"""Receiving the content of an attachment: looked at, scanned, sealed and stored as it comes, never whole in memory."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import structlog
from forkant_kit.clamd import Scan, Verdict
from forkant_kit.sealed_stream import segments_of

from case_service.commands.attachments import Awaited, Came, NewAttachment
from case_service.domain.attachments import HEAD, MediaType, PlainText, ScanState, begins_as
from case_service.domain.refusals import Code, Refusal

Put = Callable[[int, bytes], Awaitable[None]]
"""Keeps a sealed segment at its position."""
Get = Callable[[int], Awaitable[bytes]]
"""Returns the sealed segment at a position."""

_PLACE: Final = "attachment/content"

_log = structlog.get_logger(__name__)


async def receive(
    pieces: AsyncIterator[bytes], new: NewAttachment, awaited: Awaited, *, put: Put, scan: Scan | None
) -> Came:
    """Take a content in and return what is known of it; no byte of it is kept in clear.

    Raises:
        Refusal: it is not of its type, does not have its digest, or the scanner found something in it.
        ScannerUnavailableError: there is no verdict.
    """
    look, digest, size, position = _Look(new.media_type), hashlib.sha256(), 0, 0
    sealer = awaited.key.sealer(_place(awaited))
    async for piece in pieces:
        size += len(piece)
        digest.update(piece)
        look.at(piece)
        if scan is not None:
            await scan.add(piece)
        for segment in sealer.add(piece):
            await put(position, segment)
            position += 1
    look.at_end()
    if digest.digest() != new.sha256:
        raise Refusal(Code.DIGEST_MISMATCH)
    verdict = None if scan is None else await scan.verdict()
    if verdict is Verdict.INFECTED:
        _log.warning("attachment_infected", attachment_id=str(awaited.id))
        raise Refusal(Code.ATTACHMENT_INFECTED)
    await put(position, sealer.end())
    return Came(size=size, scan=ScanState.NOT_SCANNED if verdict is None else ScanState.CLEAN)


async def send(awaited: Awaited, *, size: int, get: Get) -> AsyncIterator[bytes]:
    """Give the content of an attachment again, piece by piece, each checked before it is given.

    Raises:
        ContentGoneError: it was removed.
        UnsealError: it is not what was stored.
    """
    opener, last = awaited.key.opener(_place(awaited)), segments_of(size) - 1
    for position in range(last + 1):
        yield opener.open(await get(position), last=position == last)


def _place(awaited: Awaited) -> str:
    return f"{_PLACE}/{awaited.id}"


class _Look:
    """Looks at a content as it comes: its beginning, and of text all of it."""

    def __init__(self, media_type: MediaType) -> None:
        self._media_type = media_type
        self._text = PlainText() if media_type is MediaType.TEXT else None
        self._head: bytes | None = b""

    def at(self, piece: bytes) -> None:
        if self._text is not None and not self._text.fits(piece):
            raise Refusal(Code.CONTENT_NOT_OF_TYPE)
        if self._head is not None:
            self._head = (self._head + piece[:HEAD])[:HEAD]
            if len(self._head) == HEAD:
                self._judge(self._head)

    def at_end(self) -> None:
        if self._text is not None and not self._text.fits(b"", last=True):
            raise Refusal(Code.CONTENT_NOT_OF_TYPE)
        if self._head is not None:
            self._judge(self._head)

    def _judge(self, head: bytes) -> None:
        if not begins_as(self._media_type, head):
            raise Refusal(Code.CONTENT_NOT_OF_TYPE)
        self._head = None
