"""Helpers for the tests of services: events and records as they may come, a look into a database, and awaiting."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
from forkant_contracts import Event, encode
from forkant_contracts.events.case import CaseAssessmentStarted
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit.db import new_id
from forkant_kit.gate import Record
from forkant_kit.rls.stance import PREFIX

DEADLINE_S: Final = 120.0


@dataclass(frozen=True)
class Stage:
    """One service's database, as its owner and as its application role."""

    engine: AsyncEngine
    app_url: str
    owner_url: str
    _owners: list[asyncpg.Pool] = field(default_factory=list, repr=False)

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Run one query as the owner, who says that the system acts, so that every row is there."""
        if not self._owners:
            # A connection costs more than most queries, and one that is given back keeps nothing of its last user.
            system = {f"{PREFIX}.system": "on"}
            self._owners.append(
                asyncpg.create_pool(
                    self.owner_url, min_size=0, max_size=4, statement_cache_size=0, server_settings=system
                )
            )
        return list(await (await self._owners[0]).fetch(query, *values))

    async def close(self) -> None:
        """Close every connection to the database."""
        await self.engine.dispose()
        while self._owners:
            await self._owners.pop().close()


def an_event(aggregate: UUID, version: int) -> Event:
    """Return a small event of an aggregate, recorded now."""
    now = datetime.now(UTC)
    return Event(
        id=new_id(),
        source="/test",
        aggregate_id=aggregate,
        aggregate_version=version,
        unit="oslo",
        occurred_at=now,
        recorded_at=now,
        data=CaseAssessmentStarted(),
    )


def a_record(aggregate: UUID, version: int, offset: int = 0) -> Record:
    """Return a good record."""
    message = encode(an_event(aggregate, version))
    return Record("t", 0, offset, message.key, tuple(message.headers), message.value)


def unknown_type(aggregate: UUID, version: int) -> Record:
    """Return a record of a type from the future."""
    good = a_record(aggregate, version)
    headers = tuple((n, b"no.forkant.case.painted-blue.v9" if n == "ce_type" else v) for n, v in good.headers)
    return Record(good.topic, good.partition, good.offset, good.key, headers, good.value)


def broken(aggregate: UUID | None, version: int | None) -> Record:
    """Return an unreadable record, whose headers name its aggregate and version when these are given."""
    if aggregate is None or version is None:
        return Record("t", 0, 0, None, (), b"\xff\xfenot json")
    good = a_record(aggregate, version)
    return Record(good.topic, good.partition, good.offset, good.key, good.headers, b'{"a": ')


async def until(condition: Callable[[], Awaitable[bool]], *, what: str) -> None:
    """Await a condition, asking again until it holds.

    Raises:
        AssertionError: it did not hold within the deadline; ``what`` says what was awaited.
    """
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not await condition():  # noqa: ASYNC110 - what is awaited lies in other processes
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {DEADLINE_S} s: {what}") from None
