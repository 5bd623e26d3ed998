"""The jobs of the containers, against a real PostgreSQL and a real issuer."""

from urllib.parse import urlsplit

import asyncpg
import pytest
from forkant_devstack.compose import jobs
from forkant_devstack.compose.environment import variables
from forkant_devstack.process import DevstackError
from forkant_devstack.stack.layout import Layout


@pytest.fixture
def given(postgres, tmp_path):
    return {**variables(Layout(tmp_path)), "FORKANT_ADMIN_URL": postgres.admin_url}


@pytest.fixture(autouse=True)
def no_patience(monkeypatch):
    monkeypatch.setattr(jobs, "_DEADLINE_S", 0.2)
    monkeypatch.setattr(jobs, "_PAUSE_S", 0.05)


async def test_each_service_gets_a_database_that_its_three_roles_may_enter(given, postgres):
    for _ in range(2):
        await jobs.run(["databases"], given)
    place = urlsplit(postgres.admin_url)
    for role in jobs.ROLES:
        password = given[jobs.password_variable("case", role)]
        url = f"postgresql://forkant_case_{role}:{password}@{place.hostname}:{place.port}/forkant_case"
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT current_user") == f"forkant_case_{role}"
        await connection.close()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(url.removesuffix("case") + "indicator")


async def test_other_passwords_than_the_databases_were_made_with_are_told_of_at_once(given, monkeypatch):
    monkeypatch.setattr(jobs, "_DEADLINE_S", 60.0)
    place = urlsplit(given["FORKANT_ADMIN_URL"])
    wrong = place._replace(netloc=f"{place.username}:wrong@{place.hostname}:{place.port}").geturl()
    with pytest.raises(DevstackError, match="other passwords") as caught:
        await jobs.run(["databases"], {**given, "FORKANT_ADMIN_URL": wrong})
    assert "--volumes" in caught.value.hint


async def test_a_missing_password_makes_nothing(given):
    del given["FORKANT_NOTIFICATION_WORKER_PASSWORD"]
    with pytest.raises(DevstackError, match="FORKANT_NOTIFICATION_WORKER_PASSWORD is not set"):
        await jobs.run(["databases"], given)


async def test_the_log_in_is_there_when_it_calls_itself_what_tokens_will_say(issuer):
    where = {"FORKANT_OIDC_ISSUER": issuer.url, "FORKANT_OIDC_DISCOVERY_URL": issuer.url}
    await jobs.run(["log-in"], where)
    with pytest.raises(DevstackError, match=f"calls itself {issuer.url}, and the services expect"):
        await jobs.run(["log-in"], {**where, "FORKANT_OIDC_ISSUER": "http://127.0.0.1:1"})


@pytest.mark.parametrize(
    ("job", "what", "given"),
    [
        ("databases", "PostgreSQL", {"FORKANT_ADMIN_URL": "postgresql://postgres:x@127.0.0.1:1/postgres"}),
        ("topics", "Kafka", {"FORKANT_KAFKA_BOOTSTRAP": "127.0.0.1:1"}),
        (
            "log-in",
            "the log-in",
            dict.fromkeys(("FORKANT_OIDC_ISSUER", "FORKANT_OIDC_DISCOVERY_URL"), "http://127.0.0.1:1"),
        ),
    ],
)
async def test_a_server_that_does_not_come_is_named(job, what, given, tmp_path):
    with pytest.raises(DevstackError, match=f"{what} did not answer"):
        await jobs.run([job], {**variables(Layout(tmp_path)), **given})


@pytest.mark.parametrize("names", [[], ["topics", "databases"], ["tables"]])
async def test_there_are_no_other_jobs(names):
    with pytest.raises(DevstackError, match="databases, topics, log-in"):
        await jobs.run(names, {})
