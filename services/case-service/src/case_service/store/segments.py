"""Where the sealed segments of contents are: behind one small protocol, which the database fills.

A store is given what is sealed already, and learns of a content its id, how many segments it has and how long they
are. Whether somebody may write or read is decided before, by the ledger and the attachment.

Errors::

    ContentGoneError    the content is awaited or there no more: given up, removed, or erased with its case
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import insert, literal, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.store.attachments import ContentState
from case_service.tables import attachment_content, attachment_segment

Transact = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
"""Opens a transaction of the caller; each segment has one of its own, so that none stays open for a slow client."""

_s: Final = attachment_segment.c
_c: Final = attachment_content.c


class ContentGoneError(Exception):
    """There is nothing to write to or read from."""


class SegmentStore(Protocol):
    """Holds sealed segments by content and position."""

    async def put(self, transact: Transact, content_id: UUID, position: int, sealed: bytes) -> None:
        """Keep a segment.

        Raises:
            ContentGoneError: see the class.
        """

    async def get(self, transact: Transact, content_id: UUID, position: int) -> bytes:
        """Return a segment.

        Raises:
            ContentGoneError: see the class.
        """


class DatabaseSegments:
    """Holds segments as rows of the service's own database, which go with their line of the ledger."""

    async def put(self, transact: Transact, content_id: UUID, position: int, sealed: bytes) -> None:
        """Insert a segment, as long as its content is awaited."""
        awaited: Any = select(_c.id, literal(position), literal(sealed)).where(
            _c.id == content_id, _c.state == ContentState.ARRIVING.value
        )
        try:
            async with transact() as conn:
                put = await conn.execute(
                    insert(attachment_segment).from_select(["content_id", "position", "sealed"], awaited)
                )
        except IntegrityError:
            # It was given up between the look and the write.
            raise ContentGoneError from None
        if put.rowcount != 1:
            raise ContentGoneError

    async def get(self, transact: Transact, content_id: UUID, position: int) -> bytes:
        """Read a segment."""
        query = select(_s.sealed).where(_s.content_id == content_id, _s.position == position)
        async with transact() as conn:
            found: bytes | None = (await conn.execute(query)).scalar_one_or_none()
        if found is None:
            raise ContentGoneError
        return found
