"""The writers: clients that change aggregates which they share, and keep a history of what they were told."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final
from uuid import UUID

from forkant_contracts import Event, EventData
from forkant_contracts.events.case import CaseAssessmentStarted
from forkant_kit.db import new_id
from forkant_kit.outbox import append_events
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from forkant_devstack.faults.history import History, Outcome
from forkant_devstack.faults.order import DATABASE_AWAY, Order, numbered
from forkant_devstack.faults.points import Points

AGGREGATES: Final = 40
_CLIENTS: Final = 4
_OVERSIZE: Final = 0.02
_RETRY_S: Final = 0.2

_VERSION = text("SELECT version FROM thing WHERE id = :id")
_RAISE = text("UPDATE thing SET version = version + 1 WHERE id = :id AND version = :before")
_NOTE = text("INSERT INTO change_made (change, aggregate_id, version) VALUES (:change, :id, :version)")


class RefusedError(Exception):
    """Another client changed the aggregate first."""


class _TooLarge(EventData):
    """Data above the limit of an event."""

    TYPE: ClassVar[str] = "no.forkant.case.too-large.v1"
    TOPIC: ClassVar[str] = ""
    text: str = "x" * 70_000


def an_event(change: UUID, aggregate: UUID, version: int, data: EventData | None = None) -> Event:
    """Return the event of a change, recorded now."""
    now = datetime.now(UTC)
    return Event(
        id=change,
        source="/laboratory",
        aggregate_id=aggregate,
        aggregate_version=version,
        unit="oslo",
        occurred_at=now,
        recorded_at=now,
        data=data or CaseAssessmentStarted(),
    )


async def change_once(conn: AsyncConnection, *, change: UUID, aggregate: UUID, version: int, large: bool) -> None:
    """Make one change to its version, in the caller's transaction.

    Raises:
        RefusedError: the aggregate is not at the version before.
        ValueError: the event is too large, as it is to be with ``large``.
    """
    raised = await conn.execute(_RAISE, {"id": aggregate, "before": version - 1})
    if raised.rowcount != 1:
        raise RefusedError
    await conn.execute(_NOTE, {"change": change, "id": aggregate, "version": version})
    data = _TooLarge() if large else None
    if data is not None:
        type(data).TOPIC = CaseAssessmentStarted.TOPIC
    await append_events(conn, [an_event(change, aggregate, version, data)])


async def write(order: Order, *, engine: AsyncEngine, points: Points, stop: asyncio.Event) -> None:
    """Let the clients change aggregates until ``stop`` is set; what is under way then is ended."""
    event.listen(engine.sync_engine, "commit", lambda _: points.passing("writer before commit"))
    with History(order.history) as history:
        clients = [
            _Client(
                chance=random.Random(f"{order.seed}/{number}"),  # noqa: S311  a load, no secret
                engine=engine,
                history=history,
                points=points,
            )
            for number in range(_CLIENTS)
        ]
        await asyncio.gather(*[client.run(stop, pause_s=order.pause_s) for client in clients])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Client:
    chance: random.Random
    engine: AsyncEngine
    history: History
    points: Points

    async def run(self, stop: asyncio.Event, *, pause_s: float) -> None:
        while not stop.is_set():
            try:
                await self._attempt()
            except (SQLAlchemyError, *DATABASE_AWAY):
                await asyncio.sleep(_RETRY_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.chance.uniform(0, 2 * pause_s))

    async def _attempt(self) -> None:
        """Try one change; an error on the way to the answer leaves its outcome unknown."""
        aggregate, large = numbered(self.chance.randrange(AGGREGATES)), self.chance.random() < _OVERSIZE
        async with self.engine.connect() as conn:
            version = (await conn.execute(_VERSION, {"id": aggregate})).scalar_one() + 1
        change = new_id()
        self.history.attempt(change, aggregate=aggregate, version=version)
        outcome = Outcome.UNKNOWN
        try:
            async with self.engine.begin() as conn:
                await change_once(conn, change=change, aggregate=aggregate, version=version, large=large)
            self.points.passing("writer after commit")
            outcome = Outcome.ACKNOWLEDGED
        except (RefusedError, ValueError):
            outcome = Outcome.REFUSED
        finally:
            self.history.answered(change, outcome)
