"""A rebuild with the worker as it runs in production: events come in meanwhile, it is killed, and nothing is lost."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.single import publish, running_process
from forkant_kit.testing import until
from indicator_service.rebuild import main
from indicator_service.rebuild_desk import RebuildDesk

CELLS = """
SELECT unit, metric, month, case_type, theme, age_band, bucket, amount FROM cell
WHERE generation = $1 AND amount <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7
"""
BEHIND = """
SELECT count(*) FROM case_fact AS o WHERE o.generation = 1 AND NOT EXISTS (
    SELECT FROM case_fact AS n WHERE n.generation = 2 AND n.case_id = o.case_id AND n.version = o.version)
"""


@pytest.fixture
def environment(database, issuer, kafka):
    http, port = free_ports(2)
    return {
        "FORKANT_ENV": "test",
        "FORKANT_DATABASE_URL": database.worker_url,
        "FORKANT_OIDC_ISSUER": issuer.url,
        "FORKANT_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "FORKANT_HTTP_PORT": str(http),
        "FORKANT_WORKER_PORT": str(port),
    }


@pytest_asyncio.fixture
async def owner(database):
    connection = await asyncpg.connect(f"{database.owner_url}?forkant.system=on")
    yield connection
    await connection.close()


@pytest.fixture
def desk(database, monkeypatch):
    monkeypatch.setenv("FORKANT_DATABASE_URL", database.worker_url)
    return RebuildDesk(database_url=database.worker_url, by="operator")


def worker(environment, folder):
    return running_process(
        "indicator_service.worker", environment=environment, port="FORKANT_WORKER_PORT", folder=folder
    )


async def command(*arguments):
    return await asyncio.to_thread(main, [*arguments])


async def read_into(owner, generation, case):
    async def there() -> bool:
        found = "SELECT version FROM case_fact WHERE generation = $1 AND case_id = $2"
        return await owner.fetchval(found, generation, case.id) == len(case.events)

    await until(there, what=f"generation {generation} to read a case")


@pytest.mark.kafka
async def test_a_rebuild_survives_a_kill_and_misses_nothing_that_comes_meanwhile(  # noqa: PLR0917  each a fixture
    environment, desk, owner, kafka, new_case, tmp_path
):
    cases = [new_case(unit=("oslo", "troms")[number % 2]) for number in range(40)]
    for case in cases:
        case.opened()
        case.measure_started(after=timedelta(days=3))
    await publish(kafka.bootstrap, *[event for case in cases for event in case.events])
    async with worker(environment, tmp_path):
        await read_into(owner, 1, cases[-1])
        assert await command("start", "--by", "operator") == 0
        # Killed as soon as it has read something of it, so with the rest of the batches under way.
        await until(
            lambda: owner.fetchval("SELECT EXISTS (SELECT FROM aggregate_version WHERE consumer_group LIKE '%.g2')"),
            what="the worker to read into the second generation",
        )
    for case in cases[:10]:
        case.closed(after=timedelta(days=1))
    await publish(kafka.bootstrap, *[case.events[-1] for case in cases[:10]])
    async with worker(environment, tmp_path):
        await read_into(owner, 2, cases[9])

        async def same() -> bool:
            return await owner.fetchval(BEHIND) == 0 and all(each.caught_up for each in await desk.standings())

        await until(same, what="both generations to have read everything")
        assert await command("check") == 0
        assert await command("flip", "--by", "operator") == 0
        cases[11].closed(after=timedelta(days=1))
        await publish(kafka.bootstrap, cases[11].events[-1])
        for generation in (2, 1):
            await read_into(owner, generation, cases[11])
        assert await owner.fetch(CELLS, 2) == await owner.fetch(CELLS, 1) != []
        assert await command("drop", "1", "--by", "operator") == 0
        left = "SELECT (SELECT count(*) FROM cell WHERE generation = 1) + (SELECT count(*) FROM case_fact WHERE generation = 1)"
        await until(lambda: gone(owner, left), what="the first generation to be removed")
        cases[12].closed(after=timedelta(days=1))
        await publish(kafka.bootstrap, cases[12].events[-1])
        await read_into(owner, 2, cases[12])
        assert await gone(owner, left)


async def gone(owner, left) -> bool:
    return await owner.fetchval(left) == 0
