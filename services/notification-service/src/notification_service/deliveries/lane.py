"""Working one lane: take what is due, attempt it side by side, write what came of it, take the next.

One transaction writes results and takes new work, with those of other lanes where it can. A delivery that waits for its
answer holds up only its own case.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog
from forkant_kit.keyring import UnsealError
from sqlalchemy.exc import SQLAlchemyError

from notification_service import metrics
from notification_service.deliveries.attempt import attempt
from notification_service.deliveries.clerk import Clerk
from notification_service.deliveries.owners import switch_off
from notification_service.deliveries.standing import why_off
from notification_service.deliveries.turns import Turn, Work, alone
from notification_service.deliveries.workshop import Workshop, wait_for
from notification_service.domain.attempts import Outcome, Reason
from notification_service.signing_keys import Signers
from notification_service.store.lanes import Claimed, Destination
from notification_service.store.results import Result

_NO_ANSWER = frozenset({Outcome.TIMED_OUT, Outcome.UNREACHABLE})
_MAX_SLOW = 10_000
_log = structlog.get_logger(__name__)


class Lane:
    """The work on one endpoint's deliveries while this worker holds its lane."""

    def __init__(self, shop: Workshop, clerk: Clerk, *, endpoint_id: UUID, token: str) -> None:
        """Take over a lane that was claimed with ``token``."""
        self._shop = shop
        self._clerk = clerk
        self._alone = False
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
            self._alone = True
            await asyncio.sleep(self._shop.config.retry_s)
            return False
        self._alone = False
        if work.destination is not None:
            # Without one it was switched off in this very moment, which also ended the deliveries.
            self._begin(work.claimed, work.destination)
        return work.done

    async def _write_and_take(self) -> Work:
        busy = len(self._under_way)
        turn = Turn(endpoint_id=self._endpoint_id, token=self._token, results=tuple(self._results), busy=busy)
        # Who failed alone would fail all others that it goes with.
        work = None if self._alone else await self._clerk.turn(turn)
        if work is None:
            work = await alone(self._shop, turn)
        if turn.gone or work.given_up or work.homeless:
            await self._switch_off(gone=turn.gone, given_up=work.given_up)
        del self._results[: len(turn.results)]
        self._note(turn.results)
        return work

    async def _switch_off(self, *, gone: bool, given_up: bool) -> None:
        if gone or given_up:
            why, reason = ("gone", Reason.ENDPOINT_GONE) if gone else ("failing", Reason.ENDPOINT_FAILING)
        else:
            why, reason = await why_off(self._shop, self._endpoint_id), Reason.ENDPOINT_DISABLED
        if await switch_off(self._shop, self._endpoint_id, why=why, reason=reason):
            _log.warning("endpoint_switched_off", endpoint_id=str(self._endpoint_id), reason=why)

    def _begin(self, deliveries: Sequence[Claimed], destination: Destination) -> None:
        signers = self._signers(destination)
        for claimed in deliveries:
            task = asyncio.create_task(attempt(self._shop, claimed, url=destination.url, signers=signers))
            self._under_way.add(task)
            task.add_done_callback(lambda _: self.wake.set())

    def _signers(self, destination: Destination) -> Signers:
        try:
            return Signers(self._unsealed(destination.secrets), self._unsealed(destination.keys))
        except UnsealError:
            _log.error("endpoint_secret_unreadable", endpoint_id=str(self._endpoint_id))
            return Signers()

    def _unsealed(self, sealed: Sequence[bytes]) -> tuple[bytes, ...]:
        return tuple(self._shop.keyring.unseal(one, context=self._endpoint_id.bytes) for one in sealed)

    async def _wait(self) -> None:
        """Await an answer or new work; look for new work every little while in any case."""
        if self._under_way:
            await wait_for(self.wake, self._shop.config.lane_poll_s)
            if any(task.done() for task in self._under_way):
                await asyncio.wait(self._under_way, timeout=self._shop.config.gather_s)
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
