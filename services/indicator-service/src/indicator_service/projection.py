"""The projection of a worker: a consumer for each generation that reads, as they come and go, and for the journal."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.db import transaction
from forkant_kit.kafka_tls import KafkaTls
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from indicator_service import generations, journal
from indicator_service.counting import count_facts
from indicator_service.generations import Generation, State
from indicator_service.projector import CONFIG, applying

LOOK_EVERY_S: Final = 1.0
"""Seconds within which a worker notices that a generation has begun, or was dropped."""
_LEFT_OVER_S: Final = 60.0
"""Seconds after which no worker writes into a dropped generation any more."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class _Reading:
    consumer: EventConsumer
    task: "asyncio.Task[None]"
    stop: asyncio.Event


class Projection:
    """Reads the events into each generation that is not dropped and into the journal, and removes dropped ones."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        kafka_bootstrap: str,
        look_every_s: float = LOOK_EVERY_S,
        kafka_tls: KafkaTls | None = None,
    ) -> None:
        """Set up without connecting."""
        self._engine = engine
        self._bootstrap = kafka_bootstrap
        self._tls = kafka_tls
        self._look_every_s = look_every_s
        self._readings: dict[int, _Reading] = {}
        self._live: int | None = None
        self._counting: asyncio.Task[None] | None = None

    def healthy(self) -> bool:
        """Whether every consumer turns; before the first one has begun, it is healthy."""
        return all(reading.consumer.healthy() for reading in self._readings.values())

    async def run(self, stop: asyncio.Event) -> None:
        """Read until ``stop`` is set, then finish the batches in hand and leave the groups.

        Raises:
            HandlerBrokenError: the handler fails on everything; the process should end and be looked at.
        """
        try:
            while not stop.is_set():
                await self._look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self._look_every_s)
        finally:
            if self._counting is not None:
                # What it has counted rolls back; whoever looks next counts anew.
                self._counting.cancel()
                await asyncio.gather(self._counting, return_exceptions=True)
            await asyncio.gather(*[self._end(number) for number in list(self._readings)])

    async def _look(self) -> None:
        try:
            async with self._engine.connect() as conn:
                found = await generations.list_all(conn)
                await self._count_what_is_read(conn, found)
            await self._remove(found)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _log.warning("generations_not_seen", error=type(error).__name__)
            return
        self._live = next(each.number for each in found if each.state is State.LIVE)
        wanted = {journal.NUMBER, *(each.number for each in found if each.state is not State.DROPPED)}
        for number in [number for number in self._readings if number not in wanted]:
            await self._end(number)
        for number in [number for number, reading in self._readings.items() if reading.task.done()]:
            await self._end(number)
        for number in sorted(wanted - set(self._readings)):
            self._begin(number)

    async def _count_what_is_read(self, conn: AsyncConnection, found: list[Generation]) -> None:
        """Begin to count the cells of a generation that has read everything, beside all that goes on."""
        if self._counting is not None and not self._counting.done():
            return
        for each in found:
            alone = each.state is State.BUILDING and each.facts_alone
            if alone and (await generations.progress(conn, each.number)).read_all:
                self._counting = asyncio.create_task(self._count(each.number), name="count-facts")

    async def _count(self, number: int) -> None:
        try:
            if await count_facts(self._engine, number):
                _log.info("generation_counted", generation=number)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            # The next look begins anew.
            _log.warning("generation_not_counted", generation=number, error=type(error).__name__)

    def _begin(self, number: int) -> None:
        consumer = EventConsumer(
            engine=self._engine,
            kafka_bootstrap=self._bootstrap,
            kafka_tls=self._tls,
            group=generations.group_of(number),
            topics=generations.READ,
            apply=journal.keep if number == journal.NUMBER else applying(number),
            config=ConsumerConfig() if number == journal.NUMBER else CONFIG,
        )
        stop = asyncio.Event()
        task = asyncio.create_task(consumer.run(stop), name=f"consumer-{number}")
        self._readings[number] = _Reading(consumer=consumer, task=task, stop=stop)
        _log.info("generation_read", generation=number)

    async def _end(self, number: int) -> None:
        reading = self._readings.pop(number)
        reading.stop.set()
        try:
            await reading.task
        except Exception as error:
            # A generation that can't be read must not take the live one with it; the next look tries again.
            if number == self._live:
                raise
            _log.error("generation_not_read", generation=number, error=type(error).__name__)

    async def _remove(self, found: list[Generation]) -> None:
        for each in found:
            if each.state is State.DROPPED and each.removed_at is None and each.number not in self._readings:
                await self._remove_one(each)

    async def _remove_one(self, dropped: Generation) -> None:
        """Remove some of what is left of a dropped generation; what another worker still wrote goes the next time."""
        async with transaction(self._engine) as conn:
            if await generations.remove_some(conn, dropped.number) == 0:
                await generations.note_removed(conn, dropped.number, after_s=_LEFT_OVER_S)
