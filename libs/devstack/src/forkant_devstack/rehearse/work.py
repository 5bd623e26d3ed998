"""People at work during a disaster: cases that are opened and moved on, and what was acknowledged of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final
from uuid import UUID

import httpx

from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import Walk, open_case

UNITS: Final = ("oslo", "troms")
_PAUSE_S: Final = 0.1
_PATIENCE_S: Final = 60.0


@dataclass
class Work:
    """Cases in two units; ``acknowledged`` holds the last version of each that a client was told of."""

    platform: Platform
    acknowledged: dict[UUID, int] = field(default_factory=dict)
    refused: int = 0
    units: Iterator[str] = field(default_factory=lambda: cycle(UNITS))

    async def some(self, cases: int) -> list[Walk]:
        """Open so many cases, and plan every second of them."""
        walks = []
        for number in range(cases):
            walk = await self.open()
            if number % 2:
                await walk.plan()
            walks.append(self.note(walk))
        return walks

    async def open(self) -> Walk:
        """Open one case."""
        return self.note(await open_case(self.platform, next(self.units)))

    def note(self, walk: Walk) -> Walk:
        """Keep what was acknowledged of a case."""
        self.acknowledged[walk.case_id] = walk.version
        return walk

    @asynccontextmanager
    async def going_on(self, *, until_refused: bool) -> AsyncIterator[None]:
        """Open cases all through the block, and after it until somebody was refused if that is to come."""
        stop, refused = asyncio.Event(), asyncio.Event()
        opening = asyncio.create_task(self._go_on(stop, refused), name="people at work")
        try:
            yield
            if until_refused:
                await asyncio.wait_for(refused.wait(), _PATIENCE_S)
        finally:
            stop.set()
            await opening

    async def _go_on(self, stop: asyncio.Event, refused: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.open()
            except (AssertionError, httpx.HTTPError):
                self.refused += 1
                refused.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _PAUSE_S)
