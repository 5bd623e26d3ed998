"""Idempotency keys over HTTP and real PostgreSQL: sent twice, done once."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.auth import Principal, TokenVerifier
from forkant_kit.db import create_engine
from forkant_kit.idempotency import IDEMPOTENCY_DDL, Answer, remove_old_keys, run_idempotent
from forkant_kit.issuer_documents import IssuerAddress
from forkant_kit.policy import Policy, requires
from forkant_kit.problems import ProblemError
from forkant_kit.settings import ApiSettings
from forkant_kit.testing import Stage
from forkant_kit.web import create_app
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

ID = UUID("019f0000-0000-7000-8000-000000000001")


class Note(BaseModel):
    number: int


class Desk:
    """The test's hold on the command: it can be stopped in the middle, and refused."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.refuse = False
        self.secret = "a secret of the service's"

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.post("/v1/notes")
        async def write(
            note: Note, request: Request, principal: Annotated[Principal, requires("note.write")]
        ) -> Response:
            async def command(conn: AsyncConnection) -> Answer:
                await conn.execute(text("INSERT INTO note (number) VALUES (:number)"), {"number": note.number})
                self.begun.set()
                await self.go_on.wait()
                if self.refuse:
                    raise ProblemError(409, "not-now", "Not now", "Later.")
                return Answer(201, {"number": note.number}, {"ETag": '"v1"', "Location": "/v1/notes/1"}, ID)

            return await run_idempotent(self.stage.engine, request, principal, command, secret=self.secret)

        return router

    async def notes(self) -> int:
        return int((await self.stage.fetch("SELECT count(*) AS n FROM note"))[0]["n"])


@pytest.fixture
async def desk(postgres: PostgresServer) -> AsyncIterator[Desk]:
    urls = await postgres.create_database("idem")
    owner = await asyncpg.connect(urls.owner_url)
    for statement in (*IDEMPOTENCY_DDL, "CREATE TABLE note (number int)"):
        await owner.execute(statement)
    app_role = urls.app_url.split("://")[1].split(":")[0]
    await owner.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{app_role}"')
    await owner.close()
    engine = create_engine(urls.app_url, application_name="kit-test")
    stage = Stage(engine, urls.app_url, urls.owner_url)
    yield Desk(stage)
    await stage.close()
    await postgres.drop(urls)


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def client(desk: Desk, issuer: IssuerServer) -> AsyncIterator[httpx.AsyncClient]:
    verifier = TokenVerifier(issuer=IssuerAddress(issuer.url), audience="forkant")
    app = create_app(
        service="test",
        title="test",
        version="1",
        settings=ApiSettings(env="test", database_url="postgresql://nobody@127.0.0.1/none", oidc_issuer=issuer.url),
        routers=[desk.router()],
        policy=Policy({"note.write": frozenset({"case_officer"})}),
        lifespan=no_lifespan,
        readiness=[],
        verifier=verifier,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as found:
        yield found
    await verifier.aclose()


async def post(
    client: httpx.AsyncClient, issuer: IssuerServer, key: str | None, number: int = 1, persona: str = "officer-oslo"
) -> httpx.Response:
    headers: dict[str, Any] = issuer.headers(persona) | ({"Idempotency-Key": key} if key is not None else {})
    return await client.post("/v1/notes", json={"number": number}, headers=headers)


async def test_a_repeated_request_gets_the_first_answer_and_changes_nothing(
    client: httpx.AsyncClient, issuer: IssuerServer, desk: Desk
):
    key = str(uuid4())
    first, second = await post(client, issuer, key), await post(client, issuer, key)
    assert (first.status_code, first.json(), first.headers["etag"]) == (201, {"number": 1}, '"v1"')
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["location"] == first.headers["location"]
    assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")
    assert await desk.notes() == 1


@pytest.mark.parametrize("key", [None, "", " ", "x" * 201, "a\x01b"])
async def test_a_post_needs_a_usable_key(client: httpx.AsyncClient, issuer: IssuerServer, desk: Desk, key: str | None):
    answer = await post(client, issuer, key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")
    assert await desk.notes() == 0


async def test_a_key_with_another_body_is_refused(client: httpx.AsyncClient, issuer: IssuerServer, desk: Desk):
    await post(client, issuer, "k", 1)
    answer = await post(client, issuer, "k", 2)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert await desk.notes() == 1


async def test_whoever_has_the_database_alone_cannot_try_bodies_out_on_what_is_stored(
    client: httpx.AsyncClient, issuer: IssuerServer, desk: Desk
):
    sent = (await post(client, issuer, "one", 1)).request.content
    desk.secret = "the secret of another service"
    assert (await post(client, issuer, "other", 1)).request.content == sent
    rows = await desk.stage.fetch("SELECT fingerprint FROM idempotency_key")
    stored = {bytes(row["fingerprint"]) for row in rows}
    assert len(stored) == 2, "it goes by the secret"
    assert hashlib.sha256(sent).digest() not in stored
    assert (await post(client, issuer, "one", 1)).json()["code"] == "idempotency-key-reused"
    assert await desk.notes() == 2


async def test_a_repeat_is_known_again_while_the_secret_is_replaced(
    client: httpx.AsyncClient, issuer: IssuerServer, desk: Desk
):
    old, new = "o" * 32, "n" * 32
    for before, after in pairwise((old, f"{old},{new}", f"{new},{old}", new)):
        for first, then in ((before, after), (after, before)):
            key = str(uuid4())
            desk.secret = first
            await post(client, issuer, key)
            desk.secret = then
            again = await post(client, issuer, key)
            assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (201, "true")
            assert (await post(client, issuer, key, 2)).json()["code"] == "idempotency-key-reused"
    assert await desk.notes() == 6


async def test_a_key_belongs_to_one_caller(client: httpx.AsyncClient, issuer: IssuerServer, desk: Desk):
    await post(client, issuer, "k", 1)
    other = await post(client, issuer, "k", 2, persona="officer-troms")
    assert (other.status_code, other.json()) == (201, {"number": 2})
    assert await desk.notes() == 2


async def test_a_concurrent_request_with_the_same_key_is_told_at_once(
    client: httpx.AsyncClient, issuer: IssuerServer, desk: Desk
):
    desk.go_on.clear()
    first = asyncio.create_task(post(client, issuer, "k"))
    await desk.begun.wait()
    async with asyncio.timeout(5):
        second = await post(client, issuer, "k")
    assert (second.status_code, second.json()["code"]) == (409, "idempotency-key-in-use")
    assert second.headers["retry-after"] == "1"
    desk.go_on.set()
    assert (await first).status_code == 201
    assert (await post(client, issuer, "k")).headers["idempotency-replayed"] == "true"
    assert await desk.notes() == 1


async def test_a_request_that_looked_too_early_is_undone(client: httpx.AsyncClient, issuer: IssuerServer, desk: Desk):
    desk.go_on.clear()
    late = asyncio.create_task(post(client, issuer, "k"))
    await desk.begun.wait()
    await desk.stage.fetch(
        "INSERT INTO idempotency_key (subject, route, key, fingerprint, status, headers, body) "
        "VALUES ('officer-oslo', 'POST /v1/notes', 'k', '', 201, '{}', '{}')"
    )
    desk.go_on.set()
    assert (await late).json()["code"] == "idempotency-key-in-use"
    assert await desk.notes() == 0


async def test_a_storm_of_one_key_changes_one_thing(client: httpx.AsyncClient, issuer: IssuerServer, desk: Desk):
    answers = await asyncio.gather(*[post(client, issuer, "k") for _ in range(30)])
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert any(answer.status_code == 201 for answer in answers)
    assert await desk.notes() == 1


async def test_a_refused_command_leaves_its_key_free(client: httpx.AsyncClient, issuer: IssuerServer, desk: Desk):
    desk.refuse = True
    assert (await post(client, issuer, "k")).json()["code"] == "not-now"
    assert await desk.notes() == 0
    desk.refuse = False
    assert (await post(client, issuer, "k")).status_code == 201
    assert await desk.notes() == 1


async def test_keys_are_removed_after_a_day(client: httpx.AsyncClient, issuer: IssuerServer, desk: Desk):
    await post(client, issuer, "old")
    await post(client, issuer, "new", 2)
    await desk.stage.fetch("UPDATE idempotency_key SET created_at = created_at - interval '25 hours' WHERE key = 'old'")
    assert await remove_old_keys(desk.stage.engine) == 1
    rows = await desk.stage.fetch("SELECT key, aggregate_id FROM idempotency_key")
    assert [(row["key"], row["aggregate_id"]) for row in rows] == [("new", ID)]
