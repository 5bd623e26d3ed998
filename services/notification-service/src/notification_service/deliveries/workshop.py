"""What all lanes of one worker share."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from forkant_kit.db import new_id
from forkant_kit.keyring import Keyring
from sqlalchemy.ext.asyncio import AsyncEngine

from notification_service.domain.attempts import Answer

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


class Sender(Protocol):
    """Sends one message."""

    async def send(self, *, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST a body and say how that went; raises nothing but cancellation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryConfig:
    """How a worker paces itself; times in seconds.

    A lease is longer than an attempt can take, so that nobody else takes up a delivery that is still under way. After
    an answer others are awaited for ``gather_s``, of the same endpoint and then of all, so that one transaction writes
    several.
    """

    lease_s: float = 30.0
    concurrency: int = 256
    endpoint_concurrency: int = 8
    min_poll_s: float = 0.01
    max_poll_s: float = 0.25
    lane_poll_s: float = 1.0
    gather_s: float = 0.01
    retry_s: float = 0.5
    stop_deadline_s: float = 8.0
    stuck_after_s: float = 60.0
    standing_holds: timedelta = timedelta(days=90)
    """How long an endpoint goes on since somebody showed last that it is wanted."""
    told_before: timedelta = timedelta(days=14)
    """How long before it is switched off its owners are told."""

    @property
    def lease(self) -> timedelta:
        """The lease as a span of time."""
        return timedelta(seconds=self.lease_s)

    @property
    def slow_lanes(self) -> int:
        """How many endpoints that did not answer lately are worked at once: a quarter of the whole."""
        return max(1, self.concurrency // 4)


@dataclass(slots=True, kw_only=True)
class Workshop:
    """Tools and state of one worker: how much is under way, and which endpoints did not answer lately."""

    engine: AsyncEngine
    sender: Sender
    keyring: Keyring
    now: Clock
    config: DeliveryConfig
    jitter: Callable[[], float] = random.random
    new_id: Callable[[], UUID] = new_id
    under_way: int = 0
    slow: set[UUID] = field(default_factory=set)
    stopping: bool = False

    @property
    def room(self) -> int:
        """How many more attempts may begin."""
        return max(0, self.config.concurrency - self.under_way)

    def room_in_lane(self, endpoint_id: UUID, busy: int) -> int:
        """How many more attempts one endpoint may get: one at a time while it does not answer."""
        if self.stopping:
            return 0
        limit = 1 if endpoint_id in self.slow else self.config.endpoint_concurrency
        return max(0, min(limit - busy, self.room))


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Await an event for so long at the most."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
