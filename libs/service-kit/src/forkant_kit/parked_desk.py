"""Looking at parked events and asking for something to be done about them, across the databases of some services.

Of a well-formed event everything may be shown, since events hold ids and codes only. A malformed record may hold
anything: of it only what has the form of an id or a code is shown unless the body is asked for.

Each look and each request is written into the service's audit trail before anything is shown or asked for, with the
cases and concerns that it is about: an operator is no user of the platform, and yet sees what happens to whom.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from forkant_contracts.units import DIRECTORATE
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from forkant_kit import parked_store as store
from forkant_kit.audit.record import Actor, Entry, write
from forkant_kit.db import create_engine
from forkant_kit.parked_store import Answer, ParkedEvent

MOST_LISTED: Final = 10_000
"""How many parked events are listed at the most: an entry of the audit trail names no more."""
OPERATOR: Final = "operator"
"""What stands in the trail for a role: whoever works at the desk has a login to the database, and no token."""
WAIT_S: Final = 30.0
"""How long a caller usually waits for the worker to do what was asked, in seconds."""
_NOT_RECORDED: Final = (
    "The audit trail of the service's database takes no entry, so nothing was shown or done: is the database migrated, "
    "and may the login write audit_entry, as the worker's may?"
)
_PAUSE_S: Final = 0.2
_CODE: Final = re.compile(r"[A-Za-z0-9_.:/+-]{1,128}")
_OUR_HEADERS: Final = re.compile(r"ce_[a-z]+|content-type|traceparent")
_HIDDEN: Final = "(not shown: use --body)"


class NoSuchParkedEventError(LookupError):
    """An id names no parked event; the text says how to find one."""


class NotRecordedError(RuntimeError):
    """The audit trail takes no entry, so that nothing is shown or done; the text says what to look at."""


@dataclass(frozen=True, slots=True)
class Place:
    """A parked event's id within one of the databases."""

    database: str
    id: int

    def __str__(self) -> str:
        """Write it as it is given on the command line."""
        return f"{self.database}:{self.id}" if self.database else str(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The databases to look into: names and URLs, as the worker's role; a single one may have the name ``''``."""

    databases: Mapping[str, str]
    by: str
    """Who looks and asks; it is kept."""

    def place(self, given: str) -> Place:
        """Read an id, ``12`` or ``indicator:12``.

        Raises:
            NoSuchParkedEventError: it is not the id of anything.
        """
        name, _, number = given.rpartition(":")
        if not number.isdecimal() or name not in self.databases:
            known = " or ".join(str(Place(each, 12)) for each in self.databases)
            raise NoSuchParkedEventError(f"{given!r} is no id: give one as the list shows it, like {known}")
        return Place(name, int(number))

    async def find(
        self, *, group: str | None = None, aggregate: UUID | None = None, limit: int = 200
    ) -> tuple[list[dict[str, Any]], int]:
        """Return the parked events as JSON values, up to 10,000, and how many there are in all."""
        found: list[dict[str, Any]] = []
        in_all = 0
        for name in self.databases:
            async with self._connected(name) as conn:
                left = min(limit, MOST_LISTED) - len(found)
                events, total = await store.find(conn, group=group, aggregate=aggregate, limit=max(left, 1))
                events = events[:left]
                await self._record(conn, "parked.list", [event.aggregate_id for event in events])
            found += [_line(Place(name, event.id), event) for event in events]
            in_all += total
        return found, in_all

    async def show(self, place: Place, *, body: bool = False) -> dict[str, Any]:
        """Return one parked event with its headers, its body and what was asked for about it, as JSON values.

        Raises:
            NoSuchParkedEventError: it is not parked, or not any more.
        """
        async with self._connected(place.database) as conn:
            found = await store.show(conn, place.id)
            if found is not None:
                await self._record(conn, "parked.read_body" if body else "parked.read", [found[0].aggregate_id])
        if found is None:
            raise NoSuchParkedEventError(f"{place} is not parked: the list shows what is")
        event, history = found
        open_to_all = body or event.read.problem is None
        return _line(place, event) | {
            "headers": _headers(event, everything=open_to_all),
            "body": _text(event.read.record.value) if open_to_all else _HIDDEN,
            "requests": [_json(each._asdict()) for each in history],
        }

    async def select(self, *, group: str | None = None, aggregate: UUID | None = None) -> list[Place]:
        """Return all parked events, or those of a group or an aggregate."""
        found: list[Place] = []
        for name in self.databases:
            async with self._connected(name) as conn:
                found += [Place(name, each) for each in await store.parked_ids(conn, group=group, aggregate=aggregate)]
        return found

    async def ask(
        self, action: str, places: Sequence[Place], *, reason: str | None = None, wait_s: float = WAIT_S
    ) -> tuple[list[tuple[Place, Answer]], int]:
        """Ask the workers to ``replay`` or ``discard`` parked events, and wait for them.

        Returns:
            The answers, and how many requests nobody has done yet; these stand, and are done when the worker runs.
        """
        answered: list[tuple[Place, Answer]] = []
        waiting = 0
        for name in self.databases:
            ids = [place.id for place in places if place.database == name]
            if not ids:
                continue
            async with self._connected(name) as conn:
                requests, about = await store.request(conn, ids, action=action, by=self.by, reason=reason)
                await self._record(conn, f"parked.{action}", about)
                answers = await _answers(conn, requests, wait_s=wait_s)
            answered += [(Place(name, answer.parked_id), answer) for answer in answers]
            waiting += len(requests) - len(answers)
        return answered, waiting

    async def _record(self, conn: AsyncConnection, action: str, about: Sequence[UUID | None]) -> None:
        """Write down what is shown or asked for, and commit it with the request.

        Raises:
            NotRecordedError: nothing was asked for, and nothing may be shown.
        """
        actor = Actor(subject=self.by, client_id="parked-desk", unit=DIRECTORATE, roles=(OPERATOR,))
        named = list(dict.fromkeys(each for each in about if each is not None))
        for first in range(0, max(len(named), 1), MOST_LISTED):
            objects = named[first : first + MOST_LISTED]
            try:
                await write(conn, actor, Entry(action=action, object_kind="parked", object_ids=objects))
            except DBAPIError as error:
                raise NotRecordedError(_NOT_RECORDED) from error
        await conn.commit()

    @asynccontextmanager
    async def _connected(self, name: str) -> AsyncIterator[AsyncConnection]:
        engine = create_engine(self.databases[name], application_name="parked", pool_size=1)
        try:
            async with engine.connect() as conn:
                yield conn
        finally:
            await engine.dispose()


async def _answers(conn: AsyncConnection, requests: Sequence[int], *, wait_s: float) -> list[Answer]:
    deadline = asyncio.get_running_loop().time() + wait_s
    while True:
        found = await store.answers(conn, requests)
        # Each look is a transaction of its own, or it would see the same for ever and hold back vacuum.
        await conn.rollback()
        if len(found) == len(requests) or asyncio.get_running_loop().time() >= deadline:
            return found
        await asyncio.sleep(_PAUSE_S)


def _line(place: Place, event: ParkedEvent) -> dict[str, Any]:
    record = event.read.record
    named = dict(record.headers)
    kind = named.get("ce_type", b"").decode("utf-8", "replace")
    return _json(
        {
            "id": str(place),
            "group": event.group,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "type": kind if _CODE.fullmatch(kind) else None,
            "aggregate": event.aggregate_id,
            "version": event.version,
            "reason": event.reason,
            "detail": event.detail,
            "since": event.parked_at,
            "asked_for": event.waiting_for,
        }
    )


def _headers(event: ParkedEvent, *, everything: bool) -> dict[str, str]:
    pairs = [(name, _text(value)) for name, value in event.read.record.headers]
    if everything:
        return dict(pairs)
    return {name: value if _CODE.fullmatch(value) else _HIDDEN for name, value in pairs if _OUR_HEADERS.fullmatch(name)}


def _text(value: bytes | None) -> str:
    # Control characters would reach the terminal of who looks at it.
    raw = (value or b"").decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in raw)


def _json(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str | int | None) else getattr(value, "isoformat", value.__str__)()
        for name, value in values.items()
    }
