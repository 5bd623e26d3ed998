"""How the running platform does: its processes, its outboxes, its consumer groups, its audit trails."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg
import psutil
from forkant_kit.audit.chain import left_to_seal
from forkant_kit.db import create_engine
from sqlalchemy.exc import SQLAlchemyError

from forkant_devstack.stack.audit_trails import AuditTrail, running_trails
from forkant_devstack.stack.layout import Layout
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import SERVICES, Service, database_urls
from forkant_devstack.supervisor.state import ProcessState, State

_CPU_INTERVAL_S = 0.5
_OUTBOX = """
SELECT count(*) AS backlog,
       extract(epoch FROM clock_timestamp() - min(uuid_extract_timestamp(event_id)))::float8 AS oldest_seconds
FROM outbox
"""
# The same reckoning as forkant_kit.freshness, for all groups of a database at once.
_GROUPS = """
SELECT consumer_group, lag, reported_seconds_ago,
       CASE WHEN behind > 0 OR age > 10 THEN greatest(age, 0) ELSE 0 END AS seconds_behind,
       (SELECT count(*) FROM parked_event p
        WHERE p.consumer_group = place.consumer_group AND p.status = 'parked') AS parked
FROM (
    SELECT consumer_group, count(*) FILTER (WHERE next_offset < end_offset) AS behind,
           sum(greatest(end_offset - next_offset, 0))::bigint AS lag,
           extract(epoch FROM clock_timestamp() - min(observed_at))::float8 AS reported_seconds_ago,
           extract(epoch FROM clock_timestamp() - min(least(
               observed_at,
               CASE WHEN next_offset < end_offset
                    THEN coalesce(greatest(last_recorded_at, caught_up_at), 'epoch') END,
               greatest(proven_before, CASE WHEN proven_before IS NOT NULL THEN last_recorded_at END)
           )))::float8 AS age
    FROM consumer_offset GROUP BY consumer_group
) AS place ORDER BY consumer_group
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMeasure:
    """One process; CPU in percent of one core, memory resident."""

    name: str
    pid: int
    cpu_percent: float
    memory_mb: float
    uptime_seconds: float
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMeasure:
    """Events of one service that Kafka does not have yet."""

    service: str
    backlog: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMeasure:
    """One consumer group; `seconds_behind` is 0 when it has caught up and nothing is known to wait for publishing."""

    service: str
    group: str
    lag: int
    seconds_behind: float
    reported_seconds_ago: float
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailMeasure:
    """Entries of one service's audit trail that are not sealed yet, and how old the oldest is."""

    service: str
    unsealed: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """All of it at one moment."""

    phase: str
    broker: str
    uptime_seconds: float
    processes: tuple[ProcessMeasure, ...]
    outboxes: tuple[OutboxMeasure, ...]
    groups: tuple[GroupMeasure, ...]
    trails: tuple[TrailMeasure, ...]
    unreachable: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Give it for machines."""
        return asdict(self)


async def measure(*, layout: Layout, state: State) -> Measures:
    """Look at everything once; a database that does not answer is named in `unreachable`."""
    outboxes: list[OutboxMeasure] = []
    groups: list[GroupMeasure] = []
    unreachable: list[str] = []
    trails: list[TrailMeasure] = []
    known = {trail.service: trail for trail in running_trails()}
    for service in SERVICES:
        try:
            await _read(service, layout=layout, state=state, outboxes=outboxes, groups=groups)
            if service.name in known:
                trails.append(await sealing(known[service.name]))
        except (OSError, asyncpg.PostgresError):
            unreachable.append(f"the database of {service.name}")
        except SQLAlchemyError:
            unreachable.append(f"the audit trail of {service.name}")
    return Measures(
        phase=state.phase,
        broker=state.broker,
        uptime_seconds=round(time.time() - state.started_at, 1),
        processes=_processes(state.processes),
        outboxes=tuple(outboxes),
        groups=tuple(groups),
        trails=tuple(trails),
        unreachable=tuple(unreachable),
    )


async def _read(
    service: Service, *, layout: Layout, state: State, outboxes: list[OutboxMeasure], groups: list[GroupMeasure]
) -> None:
    secrets = SecretStore(layout.secrets)
    urls = database_urls(service, broker=state.broker, postgres_port=state.ports["postgres"], secrets=secrets)
    connection = await asyncpg.connect(urls.worker_url, timeout=5)
    try:
        if await connection.fetchval("SELECT to_regclass('outbox') IS NOT NULL"):
            row = await connection.fetchrow(_OUTBOX)
            oldest = round(row["oldest_seconds"] or 0.0, 3)
            outboxes.append(OutboxMeasure(service=service.name, backlog=row["backlog"], oldest_seconds=oldest))
        if await connection.fetchval("SELECT to_regclass('consumer_offset') IS NOT NULL"):
            groups += [_group(service, row) for row in await connection.fetch(_GROUPS)]
    finally:
        await connection.close()


async def sealing(trail: AuditTrail) -> TrailMeasure:
    """Measure how far one trail is behind with sealing.

    Raises:
        OSError: its database does not answer.
        SQLAlchemyError: the trail can't be read.
    """
    engine = create_engine(trail.database_url, application_name="forkant-status", pool_size=1)
    try:
        left = await left_to_seal(engine)
    finally:
        await engine.dispose()
    return TrailMeasure(service=trail.service, unsealed=left.entries, oldest_seconds=round(left.age_s, 3))


def _group(service: Service, row: asyncpg.Record) -> GroupMeasure:
    return GroupMeasure(
        service=service.name,
        group=row["consumer_group"],
        lag=row["lag"],
        seconds_behind=round(row["seconds_behind"], 3),
        reported_seconds_ago=round(row["reported_seconds_ago"], 3),
        parked=row["parked"],
    )


def _processes(states: tuple[ProcessState, ...]) -> tuple[ProcessMeasure, ...]:
    """Measure each process and what it has started: PostgreSQL is many."""
    found = [(each, family) for each in states if (family := _family(each.pid))]
    before = {process.pid: _cpu_seconds(process) for _, family in found for process in family}
    time.sleep(_CPU_INTERVAL_S)
    return tuple(
        ProcessMeasure(
            name=each.name,
            pid=each.pid,
            cpu_percent=round(
                100 * sum(_cpu_seconds(process) - before[process.pid] for process in family) / _CPU_INTERVAL_S, 1
            ),
            memory_mb=round(sum(_memory(process) for process in family) / 1_000_000, 1),
            uptime_seconds=round(time.time() - each.started_at, 1),
            ports=each.ports,
        )
        for each, family in found
    )


def _family(pid: int) -> list[psutil.Process]:
    try:
        eldest = psutil.Process(pid)
        return [eldest, *eldest.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _memory(process: psutil.Process) -> int:
    """Give the memory that is its own: PostgreSQL's processes share most of theirs."""
    try:
        info = process.memory_info()
    except psutil.NoSuchProcess:
        return 0
    return int(info.rss - info.shared)
