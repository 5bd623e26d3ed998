"""A database with an audit trail, and what writes, seals and verifies it."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import structlog
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.audit import standalone
from forkant_kit.audit.chain import left_to_seal
from forkant_kit.audit.export import export
from forkant_kit.audit.heads import HeadKey, file_sink
from forkant_kit.audit.record import Actor, Entry, record
from forkant_kit.audit.schema import AUDIT_DDL
from forkant_kit.audit.sealer import Sealer
from forkant_kit.db import create_engine
from forkant_kit.testing import Stage, until

SOMEBODY = Actor(subject="officer-oslo", client_id="forkant-web", unit="oslo", roles=("case_officer",))


@dataclass(frozen=True)
class Trail:
    """An audit trail with the heads that were published of it."""

    stage: Stage
    folder: Path
    key: HeadKey = field(default_factory=lambda: HeadKey(b"k" * 32))

    @property
    def heads(self) -> Path:
        return self.folder / "heads.jsonl"

    @property
    def keys(self) -> dict[str, str]:
        return {self.key.id: self.key.public}

    def sealer(self, **options: Any) -> Sealer:
        return Sealer(engine=self.stage.engine, key=self.key, sinks=[file_sink(self.heads)], **options)

    async def read(self, *ids: UUID, **given: Any) -> None:
        """Record that somebody read objects."""
        async with self.stage.engine.begin() as conn:
            await record(conn, SOMEBODY, Entry(action="case.read", object_kind="case", object_ids=ids, **given))

    async def sealed(self, entries: int = 0, *, ids: Mapping[int, UUID] | None = None) -> None:
        """Record so many entries and seal them, with a head for each."""
        for number in range(entries):
            await self.read(*([ids[number]] if ids and number in ids else []))
            await self.sealer().round()
        await until(self._nothing_is_left, what="every entry has its link")
        await self.sealer().round(publish=True)

    async def _nothing_is_left(self) -> bool:
        # A transaction of another database on this server may hold an entry back.
        await self.sealer().round()
        return (await left_to_seal(self.stage.engine)).entries == 0

    async def verify(self) -> standalone.Result:
        path = self.folder / "export.jsonl"
        await export(self.stage.app_url, path)
        return standalone.verify(standalone.lines(path), standalone.lines(self.heads), self.keys)

    async def found(self) -> list[tuple[str, int | None, int | None]]:
        """Verify, and return what was found, where."""
        return [(each.kind, each.position, each.last) for each in (await self.verify()).findings]

    async def as_owner(self, *statements: str) -> None:
        """Act as the database's owner who turns the triggers off and on again."""
        connection = await asyncpg.connect(self.stage.owner_url)
        tables = [
            row["name"]
            for row in await connection.fetch(
                "SELECT oid::regclass::text AS name FROM pg_class WHERE relname ~ '^audit_' AND relkind IN ('r', 'p')"
            )
        ]
        try:
            async with connection.transaction():
                for table in tables:
                    await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                for statement in statements:
                    await connection.execute(statement)
                for table in tables:
                    await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        finally:
            await connection.close()

    def rewrite_heads(self, change: Any) -> None:
        heads = [json.loads(line) for line in self.heads.read_text().splitlines()]
        self.heads.write_text("".join(json.dumps(change(number, head)) + "\n" for number, head in enumerate(heads)))


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Log without the frames' locals that structlog prints by default, which take seconds."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture
async def trail(postgres: PostgresServer, tmp_path: Path) -> AsyncIterator[Trail]:
    urls = await postgres.create_database("audit")
    owner = await asyncpg.connect(urls.owner_url)
    for statement in AUDIT_DDL:
        await owner.execute(statement)
    await owner.close()
    engine = create_engine(urls.app_url, application_name="audit-test")
    stage = Stage(engine, urls.app_url, urls.owner_url)
    yield Trail(stage, tmp_path)
    await stage.close()
    await postgres.drop(urls)
