"""Working one lane: take what is due, attempt it side by side, write what came of it, take the next.

One transaction writes results and takes new work. A delivery that waits for its answer holds up only its own case.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from forkant_kit.keyring import UnsealError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service import metrics
from notification_service.deliveries.attempt import attempt
from notification_service.deliveries.workshop import Workshop, wait_for
from notification_service.domain.attempts import Outcome, Reason
from notification_service.store import endpoints, lanes, queue
from notification_service.store.lanes import Claimed, Destination, Result

_NO_ANSWER = frozenset({Outcome.TIMED_OUT, Outcome.UNREACHABLE})
_MAX_SLOW = 10_000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Work:
    """What a turn found to do; ``done`` when the lane was given back or belongs to somebody else."""

    claimed: tuple[Claimed, ...]
    destination: Destination | None
    done: bool


class Lane:
    """The work on one endpoint's deliveries while this worker holds its lane."""

    def __init__(self, shop: Workshop, *, endpoint_id: UUID, token: str) -> None:
        """Take over a lane that was claimed with ``token``."""
        self._shop = shop
        self._endpoint_id = endpoint_id
        self._token = token
        self._under_way: set[asyncio.Task[Result]] = set()
        self._results: list[Result] = []
        self.wake = asyncio.Event()

    async def run(self) -> None:
        """Work until nothing is due, then give the lane back."""
        try:
            while not await self._turn():
                await self._wait()
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _turn(self) -> bool:
        if self._under_way and not self._results and not self._room():
            return False
        try:
            work = await self._write_and_take()
        except (SQLAlchemyError, OSError) as error:
            # The results stay in hand; should this process die first, the deliveries are made again.
            _log.warning("lane_turn_failed", error=type(error).__name__)
            await asyncio.sleep(self._shop.config.retry_s)
            return False
        for claimed in work.claimed:
            self._begin(claimed, work.destination)
        return work.done

    async def _write_and_take(self) -> _Work:
        shop, results = self._shop, tuple(self._results)
        gone = any(result.verdict.disable_endpoint for result in results)
        now = shop.now()
        until = now + shop.config.lease
        async with shop.engine.begin() as conn:
            held = await lanes.renew(conn, endpoint_id=self._endpoint_id, token=self._token, until=until)
            await queue.unblock(conn, await lanes.record(conn, results))
            work = _Work((), None, done=not held) if gone or not held else await self._take(conn, now, until)
        if gone:
            await self._switch_off()
        del self._results[: len(results)]
        self._note(results)
        return work

    async def _take(self, conn: AsyncConnection, now: datetime, until: datetime) -> _Work:
        room = self._room()
        claimed = (
            await lanes.claim_due(conn, endpoint_id=self._endpoint_id, now=now, hidden_until=until, room=room)
            if room
            else []
        )
        if not claimed and not self._under_way:
            await lanes.release(conn, endpoint_id=self._endpoint_id)
            return _Work((), None, done=True)
        destination = await lanes.destination(conn, endpoint_id=self._endpoint_id, now=now) if claimed else None
        return _Work(tuple(claimed), destination, done=False)

    async def _switch_off(self) -> None:
        now = self._shop.now()
        async with self._shop.engine.begin() as conn:
            if not await endpoints.switch_off_gone(conn, endpoint_id=self._endpoint_id, now=now):
                return
            await queue.lock_lanes(conn, [self._endpoint_id])
            await endpoints.end_pending(conn, endpoint_id=self._endpoint_id, reason=Reason.ENDPOINT_GONE, now=now)
        metrics.DISABLED.inc()
        _log.warning("endpoint_gone", endpoint_id=str(self._endpoint_id))

    def _begin(self, claimed: Claimed, destination: Destination | None) -> None:
        if destination is None:
            # Switched off in this very moment, which also ended the delivery.
            return
        secrets = self._secrets(destination)
        task = asyncio.create_task(attempt(self._shop, claimed, url=destination.url, secrets=secrets))
        self._under_way.add(task)
        task.add_done_callback(lambda _: self.wake.set())

    def _secrets(self, destination: Destination) -> tuple[bytes, ...]:
        try:
            return tuple(self._shop.keyring.unseal(one, context=self._endpoint_id.bytes) for one in destination.sealed)
        except UnsealError:
            _log.error("endpoint_secret_unreadable", endpoint_id=str(self._endpoint_id))
            return ()

    async def _wait(self) -> None:
        """Await an answer or new work; look for new work every little while in any case."""
        if self._under_way:
            await wait_for(self.wake, self._shop.config.lane_poll_s)
        self.wake.clear()
        done = {task for task in self._under_way if task.done()}
        self._under_way -= done
        self._results += [task.result() for task in done]

    def _room(self) -> int:
        return self._shop.room_in_lane(self._endpoint_id, len(self._under_way))

    def _note(self, results: tuple[Result, ...]) -> None:
        slow = self._shop.slow
        for result in results:
            if result.answer.outcome not in _NO_ANSWER:
                slow.discard(self._endpoint_id)
            elif len(slow) < _MAX_SLOW:
                slow.add(self._endpoint_id)
            if result.verdict.next_attempt_at is None:
                metrics.ENDED.labels(result.verdict.status.value).inc()
