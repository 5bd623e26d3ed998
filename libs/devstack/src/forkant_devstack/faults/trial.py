"""A trial: writers, relays and consumers as real processes on a database and a topic of their own, under load."""

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import asyncpg
import psutil
from forkant_kit.consumer_schema import CONSUMER_DDL
from forkant_kit.outbox_schema import OUTBOX_DDL, OUTBOX_RECORD_DDL
from forkant_kit.parked_schema import PARKED_ACTION_DDL
from forkant_kit.watermark import WATERMARK_DDL

from forkant_devstack.faults.checker import Breach, Finding
from forkant_devstack.faults.evidence import Change
from forkant_devstack.faults.order import DATABASE_AWAY, LABORATORY_DDL, NoPatienceError, Order, Role, numbered
from forkant_devstack.faults.writer import AGGREGATES
from forkant_devstack.native.children import Child, kill, spawn, stop
from forkant_devstack.native.databases import DatabaseUrls
from forkant_devstack.process import ProcessSpec
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_devstack.testing.postgres_server import PostgresServer

CREW: Final[Mapping[Role, int]] = {"writer": 2, "relay": 2, "consumer": 2}
_PARTITIONS: Final = 6
_POLL_S: Final = 0.05

_UNAPPLIED: Final = """
SELECT count(*) FROM change_made AS c JOIN event_archive AS a ON a.event_id = c.change
WHERE a.recorded_at <= to_timestamp($1) AND NOT EXISTS (SELECT 1 FROM ledger AS l WHERE l.change = c.change)
"""
_LAST_APPLIED: Final = """
SELECT coalesce(extract(epoch FROM max(l.applied_at))::float, 0) FROM ledger AS l
JOIN event_archive AS a ON a.event_id = l.change WHERE a.recorded_at <= to_timestamp($1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """The servers that trials run on, and may restart."""

    folder: Path
    postgres: PostgresServer
    kafka: KafkaServer


@dataclass(kw_only=True)
class Trial:
    """A running trial.

    ``scripts`` stand in for a role's module to plant a bug, ``patience_s`` bounds each waiting, and ``settle_s`` that
    for what was written to be applied, which with a planted bug may never end.
    """

    servers: Servers
    folder: Path
    database: DatabaseUrls
    topic: str
    seed: int
    patience_s: float
    settle_s: float
    pause_s: float
    scripts: Mapping[Role, Path]
    chance: random.Random
    children: dict[str, Child] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    planted: list[Change] = field(default_factory=list)
    forged: set[tuple[int, int]] = field(default_factory=set)
    recoveries: list[float] = field(default_factory=list)

    @property
    def schedule(self) -> Path:
        """The file that says which faults came when."""
        return self.folder / "schedule.jsonl"

    def note(self, step: str, **fields: Any) -> None:
        """Write a line into the schedule."""
        with self.schedule.open("a") as file:
            file.write(json.dumps({"at": time.time(), "step": step, **fields}) + "\n")

    def start(self, name: str) -> None:
        """Start a process; its role is the first part of its name."""
        role: Role = name.partition("-")[0]  # type: ignore[assignment]
        order = self.order(name, role)
        script = self.scripts.get(role)
        argv = (str(script),) if script else ("-m", "forkant_devstack.faults.worker")
        spec = ProcessSpec(name=name, argv=(sys.executable, *argv), env=order.environment(), stop_deadline_s=30.0)
        self.children[name] = spawn(spec, log=self.folder / f"{name}.log")

    def order(self, name: str, role: Role) -> Order:
        """Return what a process is told."""
        return Order(
            role=role,
            name=name,
            folder=str(self.folder),
            database_url=self.database.app_url,
            bootstrap=self.servers.kafka.bootstrap,
            topic=self.topic,
            partitions=_PARTITIONS,
            seed=self.chance.randrange(1 << 30),
            pause_s=self.pause_s,
        )

    def pick(self, role: Role) -> str:
        """Choose one of the processes of a role."""
        return self.chance.choice(sorted(name for name in self.children if name.startswith(f"{role}-")))

    def process(self, name: str) -> psutil.Process:
        """Give the handle of a process, for signals."""
        return psutil.Process(self.children[name].process.pid)

    async def stop(self, name: str) -> None:
        """End a process in order."""
        await stop(self.children.pop(name))

    async def kill(self, name: str) -> None:
        """End a process as a crash would."""
        await kill(self.children.pop(name))

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Ask the database as its owner."""
        connection = await asyncpg.connect(self.database.owner_url, timeout=5)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close(timeout=1)

    async def value(self, query: str, *values: object) -> Any:
        """Return the one value that a query gives."""
        return (await self.fetch(query, *values))[0][0]

    async def until(
        self, condition: Callable[[], Awaitable[bool]], *, what: str, within_s: float | None = None
    ) -> None:
        """Await a condition, as long as there is patience or for a given time; a database that is away is asked again.

        Raises:
            NoPatienceError: it did not come.
        """
        limit = self.patience_s if within_s is None else within_s
        deadline = time.monotonic() + limit
        while True:
            try:
                if await condition():
                    return
            except DATABASE_AWAY:
                pass
            if time.monotonic() > deadline:
                raise NoPatienceError(f"not within {limit:.0f} s: {what}")
            await asyncio.sleep(_POLL_S)

    async def load(self, changes: int) -> None:
        """Wait until the writers have made so many more changes."""
        before: list[int] = []

        async def made() -> bool:
            count = int(await self.value("SELECT count(*) FROM change_made"))
            before[:] = before or [count]
            return count >= before[0] + changes

        await self.until(made, what=f"{changes} more changes")

    async def caught_up(self, moment: float) -> None:
        """Wait until every change recorded up to a moment (Unix time) is in the ledger."""

        async def applied() -> bool:
            return int(await self.value(_UNAPPLIED, moment)) == 0

        await self.until(applied, what="every change in the ledger", within_s=self.settle_s)

    @asynccontextmanager
    async def fault(self, name: str, **fields: Any) -> AsyncIterator[None]:
        """Cause a fault in the block, whose end is the fault's; then wait until everything has caught up."""
        self.note("begins", fault=name, **fields)
        try:
            yield
            ended = time.time()
            self.note("ends", fault=name)
            await self.caught_up(ended)
            last = float(await self.value(_LAST_APPLIED, ended))
            self.recoveries.append(max(0.0, last - ended))
            self.note("caught up", fault=name, seconds=self.recoveries[-1])
        except NoPatienceError as error:
            self.broken(name, error)

    def broken(self, name: str, error: NoPatienceError) -> None:
        """Note that something stands still, which the judgement will say."""
        self.note("stands still", during=name, awaited=str(error))
        self.findings.append(Finding(Breach.STANDS_STILL, f"{name}: {error}"))


@asynccontextmanager
async def running_trial(
    servers: Servers,
    *,
    name: str,
    seed: int,
    scripts: Mapping[Role, Path] = MappingProxyType({}),
    patience_s: float = 120.0,
    settle_s: float | None = None,
    pause_s: float = 0.03,
) -> AsyncIterator[Trial]:
    """Make the tables and the topic, and run the crew until the block ends."""
    database = await servers.postgres.create_database("faults")
    await _make_tables(database)
    topic = await servers.kafka.new_topic("faults", partitions=_PARTITIONS)
    folder = servers.folder / f"{name.replace(' ', '-')}-{topic.name.rpartition('.')[2]}"
    folder.mkdir(parents=True)
    trial = Trial(
        servers=servers,
        folder=folder,
        database=database,
        topic=topic.name,
        seed=seed,
        patience_s=patience_s,
        settle_s=patience_s if settle_s is None else settle_s,
        pause_s=pause_s,
        scripts=scripts,
        chance=random.Random(f"{seed}/{name}"),  # noqa: S311  a schedule, no secret
    )
    trial.note("trial", name=name, seed=seed, topic=topic.name)
    try:
        for role, count in CREW.items():
            for number in range(1, count + 1):
                trial.start(f"{role}-{number}")
        yield trial
    finally:
        await asyncio.gather(*[kill(child) for child in trial.children.values()])


async def _make_tables(database: DatabaseUrls) -> None:
    app_role = database.app_url.split("://")[1].split(":")[0]
    owner = await asyncpg.connect(database.owner_url)
    try:
        for statement in (
            *OUTBOX_DDL,
            *OUTBOX_RECORD_DDL,
            *CONSUMER_DDL,
            *PARKED_ACTION_DDL,
            *WATERMARK_DDL,
            *LABORATORY_DDL,
        ):
            await owner.execute(statement)
        await owner.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{app_role}"')
        ids = [numbered(number) for number in range(AGGREGATES)]
        await owner.execute("INSERT INTO thing SELECT unnest($1::uuid[]), 0", ids)
    finally:
        await owner.close()
