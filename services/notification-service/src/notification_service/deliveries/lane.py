"""Working one lane: take what is due, attempt it side by side, write what came of it, take the next.

One transaction writes results and takes new work. A delivery that waits for its answer holds up only its own case.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from forkant_kit.keyring import UnsealError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service import metrics
from notification_service.deliveries.attempt import attempt
from notification_service.deliveries.owners import switch_off, tell_owners
from notification_service.deliveries.standing import why_off
from notification_service.deliveries.workshop import Workshop, wait_for
from notification_service.domain.attempts import Outcome, Reason
from notification_service.domain.circuit import Circuit, Ended, State
from notification_service.domain.kinds import Kind
from notification_service.signing_keys import Signers
from notification_service.store import lanes, queue
from notification_service.store.lanes import Claimed, Destination, Result

_NO_ANSWER = frozenset({Outcome.TIMED_OUT, Outcome.UNREACHABLE})
_MAX_SLOW = 10_000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Work:
    """What a turn found to do; ``done`` when the lane was given back or belongs to somebody else."""

    claimed: tuple[Claimed, ...] = ()
    destination: Destination | None = None
    done: bool = False
    given_up: bool = False
    homeless: bool = False


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
        if work.destination is not None:
            # Without one it was switched off in this very moment, which also ended the deliveries.
            self._begin(work.claimed, work.destination)
        return work.done

    async def _write_and_take(self) -> _Work:
        shop, results = self._shop, tuple(self._results)
        gone = any(result.verdict.disable_endpoint for result in results)
        now = shop.now()
        until = now + shop.config.lease
        async with shop.engine.begin() as conn:
            hold = await lanes.renew(conn, endpoint_id=self._endpoint_id, token=self._token, until=until)
            await queue.unblock(conn, await lanes.record(conn, results))
            circuit = await self._judge(conn, hold.circuit, results, now)
            # Only an attempt says so: one that failed long ago and is replayed to is tried first.
            given_up = bool(results) and circuit.given_up(now)
            if gone or not hold.held or given_up:
                work = _Work(done=not hold.held, given_up=given_up)
            else:
                work = await self._take(conn, circuit, now, until)
        if gone or work.given_up or work.homeless:
            await self._switch_off(gone=gone, given_up=work.given_up)
        del self._results[: len(results)]
        self._note(results)
        return work

    async def _judge(self, conn: AsyncConnection, before: Circuit, results: Sequence[Result], now: datetime) -> Circuit:
        """Note how the endpoint did, and tell its owners when sending to it pauses."""
        attempts = [Ended(answer=r.answer, started_at=r.started_at, ended_at=r.ended_at) for r in results]
        circuit = before.after(attempts, jitter=self._shop.jitter())
        if circuit == before:
            return before
        if circuit.trips > before.trips:
            metrics.PAUSED.inc()
            _log.warning("endpoint_paused", endpoint_id=str(self._endpoint_id), times=circuit.trips)
        if circuit.to_be_told(now):
            await tell_owners(conn, self._shop, self._endpoint_id, Kind.ENDPOINT_FAILING, now=now)
            circuit = replace(circuit, told_at=now)
        await lanes.store_circuit(conn, endpoint_id=self._endpoint_id, circuit=circuit)
        return circuit

    async def _take(self, conn: AsyncConnection, circuit: Circuit, now: datetime, until: datetime) -> _Work:
        state, room = circuit.state(now), self._room()
        if state is State.HALF_OPEN:
            room = min(room, max(0, 1 - len(self._under_way)))
        claimed = (
            await lanes.claim_due(
                conn,
                endpoint_id=self._endpoint_id,
                now=now,
                hidden_until=until,
                room=room,
                pings_alone=state is State.OPEN,
            )
            if room
            else []
        )
        if not claimed and not self._under_way:
            await lanes.release(conn, endpoint_id=self._endpoint_id)
            return _Work(done=True)
        unproven = now - self._shop.config.standing_holds
        destination = (
            await lanes.destination(conn, endpoint_id=self._endpoint_id, now=now, unproven=unproven)
            if claimed
            else None
        )
        # Without a destination it is off already, or is switched off now, since nobody has a right to it any more.
        return _Work(tuple(claimed), destination, homeless=bool(claimed) and destination is None)

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
