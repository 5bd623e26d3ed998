"""One turn of a lane, or of many in one transaction: write results, take what is due, give back what has nothing more.

Together go only turns that wait for nothing and concern nobody but their lane. Whatever is rare or locked elsewhere is
left to a turn alone, so that no endpoint can hold up the writing of others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service import metrics
from notification_service.deliveries.owners import tell_owners
from notification_service.deliveries.workshop import Workshop
from notification_service.domain.circuit import Circuit, Ended, State
from notification_service.domain.kinds import Kind
from notification_service.store import lanes, queue, results
from notification_service.store.lanes import Claimed, Destination, Hold
from notification_service.store.results import Result

_log = structlog.get_logger(__name__)
# Under the locks of the lanes there is nothing to wait for, but for a migration.
_PATIENCE: Final = text("SET LOCAL lock_timeout = '500ms'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a lane brings: its results, and how many deliveries are still under way."""

    endpoint_id: UUID
    token: str
    results: tuple[Result, ...]
    busy: int

    @property
    def gone(self) -> bool:
        """Whether the receiver wants no more."""
        return any(result.verdict.disable_endpoint for result in self.results)


@dataclass(frozen=True, slots=True)
class Work:
    """What a turn found to do; ``done`` when the lane was given back or belongs to somebody else."""

    claimed: tuple[Claimed, ...] = ()
    destination: Destination | None = None
    done: bool = False
    given_up: bool = False
    homeless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A turn whose lane is locked, and how its endpoint stands after the results."""

    turn: Turn
    hold: Hold
    circuit: Circuit
    now: datetime

    @property
    def given_up(self) -> bool:
        # Only an attempt says so: one that failed long ago and is replayed to is tried first.
        return bool(self.turn.results) and self.circuit.given_up(self.now)

    @property
    def over(self) -> bool:
        return self.turn.gone or self.given_up or not self.hold.held

    @property
    def told(self) -> bool:
        return self.circuit != self.hold.circuit and self.circuit.to_be_told(self.now)


async def together(shop: Workshop, turns: Sequence[Turn]) -> dict[UUID, Work]:
    """Take turns of different lanes in one transaction; return what each found, without those to be taken alone."""
    async with shop.engine.begin() as conn:
        await conn.execute(_PATIENCE)
        judged = await _judge(conn, shop, turns, wait=False)
        usual = [each for each in judged if not each.over and not each.told]
        works = await _write(conn, shop, usual)
    _note_pauses(usual)
    return works


async def alone(shop: Workshop, turn: Turn) -> Work:
    """Take the turn of one lane, once nobody else has it locked."""
    async with shop.engine.begin() as conn:
        judged = await _judge(conn, shop, [turn], wait=True)
        works = await _write(conn, shop, judged)
    _note_pauses(judged)
    return works[turn.endpoint_id]


async def _judge(conn: AsyncConnection, shop: Workshop, turns: Sequence[Turn], *, wait: bool) -> list[_Judged]:
    now = shop.now()
    tokens = {turn.endpoint_id: turn.token for turn in turns}
    holds = await lanes.hold(conn, tokens, until=now + shop.config.lease, wait=wait)
    judged = []
    for turn in turns:
        if (hold := holds.get(turn.endpoint_id)) is not None:
            attempts = [Ended(answer=r.answer, started_at=r.started_at, ended_at=r.ended_at) for r in turn.results]
            circuit = hold.circuit.after(attempts, jitter=shop.jitter())
            judged.append(_Judged(turn=turn, hold=hold, circuit=circuit, now=now))
    return judged


async def _write(conn: AsyncConnection, shop: Workshop, judged: Sequence[_Judged]) -> dict[UUID, Work]:
    ended = await results.record(conn, [result for each in judged for result in each.turn.results])
    await queue.unblock(conn, ended)
    after = [await _tell(conn, shop, each) for each in judged]
    changed = {each.turn.endpoint_id: each.circuit for each in after if each.circuit != each.hold.circuit}
    await lanes.store_circuits(conn, changed)
    works = {
        each.turn.endpoint_id: Work(done=not each.hold.held, given_up=each.given_up) for each in after if each.over
    }
    return works | await _take(conn, shop, [each for each in after if not each.over])


async def _tell(conn: AsyncConnection, shop: Workshop, judged: _Judged) -> _Judged:
    """Tell the owners when sending pauses, once a day at the most."""
    if not judged.told:
        return judged
    await tell_owners(conn, shop, judged.turn.endpoint_id, Kind.ENDPOINT_FAILING, now=judged.now)
    return replace(judged, circuit=replace(judged.circuit, told_at=judged.now))


def _note_pauses(judged: Iterable[_Judged]) -> None:
    for each in judged:
        if each.circuit.trips > each.hold.circuit.trips:
            metrics.PAUSED.inc()
            _log.warning("endpoint_paused", endpoint_id=str(each.turn.endpoint_id), times=each.circuit.trips)


async def _take(conn: AsyncConnection, shop: Workshop, judged: Sequence[_Judged]) -> dict[UUID, Work]:
    if not judged:
        return {}
    now = judged[0].now
    until = now + shop.config.lease
    rooms = _rooms(shop, judged)
    paused = {each.turn.endpoint_id for each in judged if each.circuit.state(now) is State.OPEN}
    free = {endpoint_id: room for endpoint_id, room in rooms.items() if endpoint_id not in paused}
    pings = {endpoint_id: room for endpoint_id, room in rooms.items() if endpoint_id in paused}
    claimed = await lanes.claim_due(conn, free, now=now, hidden_until=until)
    claimed |= await lanes.claim_due(conn, pings, now=now, hidden_until=until, pings_alone=True)
    unproven = now - shop.config.standing_holds
    found = await lanes.destinations(conn, list(claimed), now=now, unproven=unproven)
    idle = [each.turn.endpoint_id for each in judged if not each.turn.busy and each.turn.endpoint_id not in claimed]
    await lanes.release(conn, idle)
    # Without a destination it is off already, or is switched off now, since nobody has a right to it any more.
    works = {each: Work(tuple(one), found.get(each), homeless=each not in found) for each, one in claimed.items()}
    return {each.turn.endpoint_id: Work() for each in judged} | works | dict.fromkeys(idle, Work(done=True))


def _rooms(shop: Workshop, judged: Iterable[_Judged]) -> dict[UUID, int]:
    """Share what room there is among the lanes; those that get none are left out."""
    turns = list(judged)
    left = shop.room
    share = max(1, left // len(turns))
    rooms = {}
    for each in turns:
        room = min(shop.room_in_lane(each.turn.endpoint_id, each.turn.busy), share, left)
        if each.circuit.state(each.now) is State.HALF_OPEN:
            room = min(room, max(0, 1 - each.turn.busy))
        if room:
            rooms[each.turn.endpoint_id] = room
            left -= room
    return rooms
