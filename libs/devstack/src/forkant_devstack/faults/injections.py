"""The faults themselves; each function causes one, in the middle of a trial's load."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import psutil

from forkant_devstack.faults.checker import Breach, Finding
from forkant_devstack.faults.late_commit import hold_transaction_open
from forkant_devstack.faults.order import Role
from forkant_devstack.faults.outages import broker_away, kill_postgres, quit_postgres, restart_broker
from forkant_devstack.faults.planting import plant_poison, repeat_some
from forkant_devstack.faults.points import CONSUMER_POINTS, RELAY_POINTS, WRITER_POINTS, Deed, arm
from forkant_devstack.faults.trial import Trial

_LONGER_THAN_SESSION_S: Final = 8.0
_LONGER_THAN_REQUEST_S: Final = 14.0
_SECOND_OWNER: Final = "second-owner"

# Expired is not enough: until another has taken a lease, its old epoch is still good.
_LEASES = "SELECT count(*) FROM relay_lease WHERE owner LIKE $1 || '/%'"
_TAKE = """
UPDATE relay_lease SET owner = $2, epoch = epoch + 1, expires_at = clock_timestamp() + interval '1 hour'
WHERE owner LIKE $1 || '/%'
"""
_HELD_ROWS = """
SELECT o.event_id FROM outbox AS o JOIN relay_lease AS l ON l.topic = o.topic AND l.partition = o.partition
WHERE l.owner = $1
"""
_END_LEASES = "UPDATE relay_lease SET expires_at = clock_timestamp() WHERE owner = $1"
_NOW = "SELECT extract(epoch FROM clock_timestamp())::float"
_SEEN = "SELECT extract(epoch FROM max(seen_at))::float FROM relay_member WHERE owner LIKE $1 || '/%'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault by name: what causes one, and how often the long suite does by default."""

    cause: Callable[[Trial], Awaitable[None]]
    times: int = 4


async def _reached(trial: Trial, name: str, point: str, deed: Deed, *, seconds: float = 0.0) -> None:
    """Arm a point of a process and wait until the process came there."""
    trigger = trial.folder / f"{name}.trigger"
    arm(trigger, point, deed, seconds=seconds)

    async def passed() -> bool:
        return not trigger.exists()

    await trial.until(passed, what=f"{name} at the point {point!r}")


async def kill_at(trial: Trial, point: str) -> None:
    """Kill a process at a point; another takes its place."""
    role: Role = point.partition(" ")[0]  # type: ignore[assignment]
    name = trial.pick(role)
    async with trial.fault(f"kill: {point}", process=name):
        await _reached(trial, name, point, "die")
        await asyncio.to_thread(trial.children.pop(name).process.wait)
        trial.start(name)


async def stop_relay_past_its_lease(trial: Trial) -> None:
    """Stop a relay with events in hand until another has its partitions, then let it go on."""
    name = trial.pick("relay")
    point = trial.chance.choice(("relay before send", "relay after ack"))
    async with trial.fault("relay stopped past its lease", process=name, point=point):
        await _reached(trial, name, point, "stop")
        await _stopped(trial, name)

        async def taken_over() -> bool:
            return int(await trial.value(_LEASES, name)) == 0

        await trial.until(taken_over, what="the leases taken over")
        await trial.load(20)
        trial.process(name).send_signal(signal.SIGCONT)


async def plant_second_owner(trial: Trial) -> None:
    """Give a relay's partitions to another owner between its sending and its deletion, which must delete nothing."""
    name = trial.pick("relay")
    async with trial.fault("two owners of a lease", process=name):
        await _reached(trial, name, "relay after ack", "stop")
        await _stopped(trial, name)
        await trial.fetch(_TAKE, name, _SECOND_OWNER)
        before = {row["event_id"] for row in await trial.fetch(_HELD_ROWS, _SECOND_OWNER)}
        # The other relay forgets one that is silent for long, and then there is nothing to have been seen.
        seen = float(await trial.value(_SEEN, name) or await trial.value(_NOW))
        trial.process(name).send_signal(signal.SIGCONT)

        async def refreshed() -> bool:
            # It asks for its leases each 0.7 s; by the second time the deletion is long done.
            return float(await trial.value(_SEEN, name) or 0) > seen + 2.0

        try:
            await trial.until(refreshed, what=f"{name} to ask for its leases again")
            after = {row["event_id"] for row in await trial.fetch(_HELD_ROWS, _SECOND_OWNER)}
            if gone := before - after:
                text = f"{name} deleted {len(gone)} of {len(before)} events of partitions that it had lost"
                trial.findings.append(Finding(Breach.NOT_FENCED, text))
            trial.note("fence", kept=len(before & after), deleted=len(gone))
        finally:
            await trial.fetch(_END_LEASES, _SECOND_OWNER)


async def share_leases(trial: Trial) -> None:
    """Give one relay's leases to the other while both publish."""
    name = trial.pick("relay")
    [other] = [each for each in trial.children if each.startswith("relay-") and each != name]
    async with trial.fault("two relays publish the same partitions", process=name):
        owner = await trial.value("SELECT max(owner) FROM relay_lease WHERE owner LIKE $1 || '/%'", other)
        await trial.fetch(_TAKE, name, owner)
        await trial.load(50)
        await trial.fetch(_END_LEASES, owner)


async def repeat_by_hand(trial: Trial) -> None:
    """Put records that are on the topic there again, in another order."""
    async with trial.fault("repeats and older versions on the topic"):
        await repeat_some(trial)


async def poison(trial: Trial) -> None:
    """Put records on the topic that can't be read, are too large, or are of a type from the future."""
    async with trial.fault("poison, unknown type and oversize on the topic"):
        await plant_poison(trial)


async def storm_of_rebalances(trial: Trial) -> None:
    """Let consumers join and leave, in order or not, about one each second."""
    async with trial.fault("rebalance storm"):
        for number in range(6):
            name = f"consumer-guest-{number}"
            trial.start(name)
            await asyncio.sleep(trial.chance.uniform(0.5, 1.5))
            await (trial.kill(name) if trial.chance.random() < 1 / 2 else trial.stop(name))


async def block_event_loop(trial: Trial) -> None:
    """Block a consumer's event loop past its session, in the transaction or after it."""
    name, point = trial.pick("consumer"), trial.chance.choice(CONSUMER_POINTS[:2])
    async with trial.fault("event loop blocked past the session", process=name, point=point):
        await _reached(trial, name, point, "block", seconds=_LONGER_THAN_SESSION_S)
        await asyncio.sleep(_LONGER_THAN_SESSION_S)


async def stop_consumer_past_its_session(trial: Trial) -> None:
    """Stop a consumer in a transaction until the group has gone on without it, then let it go on."""
    name = trial.pick("consumer")
    async with trial.fault("consumer stopped past its session", process=name):
        await _reached(trial, name, "consumer before commit", "stop")
        await _stopped(trial, name)
        await asyncio.sleep(_LONGER_THAN_SESSION_S)
        trial.process(name).send_signal(signal.SIGCONT)


async def _stopped(trial: Trial, name: str) -> None:
    async def stopped() -> bool:
        return bool(trial.process(name).status() == psutil.STATUS_STOPPED)

    await trial.until(stopped, what=f"{name} stopped")


FAULTS: Final[Mapping[str, Fault]] = {
    **{
        f"kill: {point}": Fault(cause=partial(kill_at, point=point))
        for point in (*RELAY_POINTS, *CONSUMER_POINTS, *WRITER_POINTS)
    },
    "relay stopped past its lease": Fault(cause=stop_relay_past_its_lease),
    "two owners of a lease": Fault(cause=plant_second_owner),
    "two relays publish the same partitions": Fault(cause=share_leases),
    "broker restart": Fault(cause=restart_broker, times=2),
    "broker away 3 s": Fault(cause=partial(broker_away, seconds=3.0), times=2),
    "broker away past the request timeout": Fault(cause=partial(broker_away, seconds=_LONGER_THAN_REQUEST_S), times=2),
    "broker away 5 min": Fault(cause=partial(broker_away, seconds=300.0), times=1),
    "PostgreSQL killed and started": Fault(cause=kill_postgres),
    "PostgreSQL stopped at once and started": Fault(cause=quit_postgres),
    "a writer holds its transaction open": Fault(cause=hold_transaction_open),
    "repeats and older versions on the topic": Fault(cause=repeat_by_hand),
    "poison, unknown type and oversize on the topic": Fault(cause=poison),
    "rebalance storm": Fault(cause=storm_of_rebalances, times=2),
    "event loop blocked past the session": Fault(cause=block_event_loop, times=2),
    "consumer stopped past its session": Fault(cause=stop_consumer_past_its_session, times=2),
}
"""Every fault by name."""
