"""Every query of the documentation runs in the migrated databases of the services whose tables it names."""

import re
from collections.abc import AsyncIterator, Mapping

import asyncpg
import pytest
import pytest_asyncio
from forkant_devstack.testing.postgres_server import PostgresServer

from .pages import PAGES, ROOT, Block, blocks, blocks_of

MIGRATIONS = {path.parent.name: path for path in ROOT.glob("services/*/src/*/migrations")}
STATEMENT = re.compile(r"(SELECT|WITH|INSERT INTO|UPDATE|DELETE FROM|ALTER|CREATE|DROP|GRANT|REVOKE|EXPLAIN|VACUUM)\s")
QUERIES = blocks("sql")
Connections = Mapping[str, "asyncpg.Connection[asyncpg.Record]"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def databases(postgres: PostgresServer) -> AsyncIterator[Connections]:
    """Connect to each service's database as its worker, whose URL is what an operator has at hand."""
    opened = {}
    for name, migrations in MIGRATIONS.items():
        urls = await postgres.migrated_database(f"docs_{name}", migrations)
        opened[name] = await asyncpg.connect(urls.worker_url)
    yield opened
    for connection in opened.values():
        await connection.close()


async def faults(query: str, databases: Connections) -> list[str]:
    """Return what is wrong with a query, which runs where its tables are, and changes nothing."""
    found, missing, ran = [], "", False
    for name, connection in databases.items():
        change = connection.transaction()
        await change.start()
        try:
            await connection.fetch(query)
            ran = True
        except asyncpg.UndefinedTableError as error:
            missing = f"no service has all of its tables: {error}"
        except asyncpg.PostgresError as error:
            found.append(f"{name}: {error}")
        finally:
            await change.rollback()
    return found or ([] if ran else [missing])


def in_sentences() -> list[Block]:
    """Return the statements that stand in sentences as a whole, with a table for the columns that they take from one."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in blocks_of(page):
            text = text.replace(block.text, re.sub(r"[^\n]", "", block.text))
        for match in re.finditer(r"`([^`\n]+)`", text):
            if STATEMENT.match(match[1]) and "…" not in match[1]:
                table = "" if " FROM " in match[1] else " FROM pg_stat_activity LIMIT 0"
                line = text.count("\n", 0, match.start()) + 1
                found.append(Block(page.relative_to(ROOT).as_posix(), line, "sql", match[1] + table))
    return found


def test_there_are_queries_and_services():
    assert len(MIGRATIONS) == 3
    assert len(QUERIES) > 5
    assert in_sentences()


@pytest.mark.parametrize("block", [*QUERIES, *in_sentences()], ids=str)
async def test_every_query_of_a_page_runs(block: Block, databases: Connections):
    assert await faults(block.text, databases) == []


def test_every_block_that_is_sql_says_so():
    found = [block for page in PAGES for block in blocks_of(page) if block.language in {"", "text", "sh", "bash"}]
    assert [str(block) for block in found if STATEMENT.match(block.text)] == []
    assert [str(block) for block in found if re.search(r"\bpsql\b.*\s(-c|--command)", block.text)] == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("SELECT topic, partitions FROM outbox", 'column "partitions" does not exist'),
        ("SELECT 1 FROM outboxes", "no service has all of its tables"),
        ("SELECT o.seq FROM outbox AS o JOIN metric_change AS m ON o.sequence = m.seq", "does not exist"),
        ("SELECT pg_terminate_backends(pid) FROM pg_stat_activity", "pg_terminate_backends"),
        ("SELECT version_num FRM alembic_version", "syntax error"),
        ("DELETE FROM audit_entry", "permission denied"),
    ],
)
async def test_a_query_that_is_wrong_would_be_found(wrong: str, told: str, databases: Connections):
    assert any(told in fault for fault in await faults(wrong, databases))


async def test_what_a_query_changes_is_taken_back(databases: Connections):
    connection = databases["case_service"]
    count = "SELECT count(*) FROM relay_member"
    before = await connection.fetchval(count)
    for query in QUERIES:
        await faults(query.text, databases)
    await faults("INSERT INTO relay_member (owner, seen_at) VALUES ('docs', now())", {"case_service": connection})
    assert await connection.fetchval(count) == before
