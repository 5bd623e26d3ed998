"""Sealed segments as objects of a bucket: the ledger names them at random, and no name says anything of a case."""

from typing import Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy import select

from case_service.store.attachments import ContentState
from case_service.store.bucket import Bucket
from case_service.store.segments import ContentGoneError, StoreUnavailableError, Transact, find
from case_service.tables import attachment_content

_log: Final = structlog.get_logger(__name__)
_c: Final = attachment_content.c


def segment_name(object_name: UUID, position: int) -> str:
    """Return the name of the object that is one segment of a content."""
    return f"{object_name}/{position:06d}"


def content_of(name: str) -> UUID | None:
    """Return of which content an object is a segment; nothing when the name is none of ours."""
    first, _, last = name.partition("/")
    try:
        found = UUID(first)
    except ValueError:
        return None
    return found if last.isdecimal() and segment_name(found, int(last)) == name else None


class ObjectSegments:
    """Holds each segment as an object; what is in the database since before is read from there."""

    def __init__(self, bucket: Bucket) -> None:
        """Hold them in a bucket."""
        self._bucket = bucket

    def new_name(self) -> UUID | None:
        """Return a random name."""
        return uuid4()

    async def put(self, transact: Transact, content_id: UUID, position: int, sealed: bytes) -> None:
        """Write a segment, as long as its content is awaited; no transaction waits for the store."""
        awaited = select(_c.object_name).where(_c.id == content_id, _c.state == ContentState.ARRIVING.value)
        async with transact() as conn:
            name: UUID | None = (await conn.execute(awaited)).scalar_one_or_none()
        if name is None:
            raise ContentGoneError
        await self._bucket.put(segment_name(name, position), sealed)

    async def get(self, transact: Transact, content_id: UUID, position: int) -> bytes:
        """Read a segment."""
        place = await find(transact, content_id, position)
        if place.object_name is None:
            if place.sealed is None:
                raise ContentGoneError
            return place.sealed
        sealed = await self._bucket.get(segment_name(place.object_name, position))
        if sealed is None:
            # Removed meanwhile, or else lost: that must not look like a removal.
            await find(transact, content_id, position)
            _log.error("segment_not_in_store", content_id=str(content_id), position=position)
            raise StoreUnavailableError
        return sealed
