"""Where the sealed segments of contents are: behind one small protocol, which the database fills, or an object store.

A store is given what is sealed already, and learns of a content its id, how many segments it has and how long they
are. Whether somebody may write or read is decided before, by the ledger and the attachment.

Errors::

    ContentGoneError         the content is awaited or there no more: given up, removed, or erased with its case
    StoreUnavailableError    its store does not answer, refuses, or is not known to this process
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import structlog
from sqlalchemy import and_, insert, literal, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.store.attachments import ContentState
from case_service.tables import attachment_content, attachment_segment

Transact = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
"""Opens a transaction of the caller; each segment has one of its own, so that none stays open for a slow client."""

_log: Final = structlog.get_logger(__name__)
_s: Final = attachment_segment.c
_c: Final = attachment_content.c


class ContentGoneError(Exception):
    """There is nothing to write to or read from."""


class StoreUnavailableError(OSError):
    """The store of a content can't be used now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a segment is: its object's name, or else the segment itself, if it is there."""

    object_name: UUID | None
    sealed: bytes | None


async def find(transact: Transact, content_id: UUID, position: int) -> Place:
    """Look up a segment, in one statement: a content may be moved out of the database meanwhile.

    Raises:
        ContentGoneError: the content is not there.
    """
    its = and_(_s.content_id == _c.id, _s.position == position)
    query = select(_c.object_name, _s.sealed).outerjoin_from(attachment_content, attachment_segment, its)
    async with transact() as conn:
        row = (await conn.execute(query.where(_c.id == content_id))).one_or_none()
    if row is None:
        raise ContentGoneError
    return Place(object_name=row.object_name, sealed=row.sealed)


class SegmentStore(Protocol):
    """Holds sealed segments by content and position."""

    def new_name(self) -> UUID | None:
        """Return the name of the objects that a new content will be; nothing where it will be rows."""

    async def put(self, transact: Transact, content_id: UUID, position: int, sealed: bytes) -> None:
        """Keep a segment.

        Raises:
            ContentGoneError, StoreUnavailableError: see the module.
        """

    async def get(self, transact: Transact, content_id: UUID, position: int) -> bytes:
        """Return a segment.

        Raises:
            ContentGoneError, StoreUnavailableError: see the module.
        """


class DatabaseSegments:
    """Holds segments as rows of the service's own database, which go with their line of the ledger."""

    def new_name(self) -> UUID | None:
        """Return nothing."""
        return None

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
        place = await find(transact, content_id, position)
        if place.object_name is not None:
            _log.error("no_object_store_configured", content_id=str(content_id))
            raise StoreUnavailableError
        if place.sealed is None:
            raise ContentGoneError
        return place.sealed
