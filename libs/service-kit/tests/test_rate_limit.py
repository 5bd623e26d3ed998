"""A caller who asks too much is told to wait; nobody else notices."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from forkant_kit.auth import Principal, TokenVerifier
from forkant_kit.issuer_documents import IssuerAddress
from forkant_kit.policy import Policy, requires
from forkant_kit.settings import ApiSettings
from forkant_kit.web import create_app
from prometheus_client import REGISTRY
from pydantic import BaseModel

WROTE: list[str] = []


class TokenIsSubject(TokenVerifier):
    """Takes any token for its subject; the tests of tokens stand elsewhere."""

    async def verify(self, token: str) -> Principal:
        return Principal(token, "oslo", frozenset({"case_officer"}), "frontend", datetime.now(UTC))


class Note(BaseModel):
    text: str


def app_with(*, reads: int, writes: int) -> FastAPI:
    router = APIRouter(prefix="/v1", dependencies=[requires("thing.use")])

    @router.get("/cases")
    async def cases(state: str = "") -> None: ...

    @router.get("/concerns")
    async def concerns() -> None: ...

    @router.post("/cases")
    async def write(note: Note) -> None:
        WROTE.append(note.text)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield

    settings = ApiSettings(
        env="test",
        database_url="postgresql://nobody@127.0.0.1/none",
        oidc_issuer="http://127.0.0.1:1",
        rate_limit_reads_per_minute=reads,
        rate_limit_writes_per_minute=writes,
    )
    return create_app(
        service="thing",
        title="Thing",
        version="1",
        settings=settings,
        routers=[router],
        policy=Policy({"thing.use": frozenset({"case_officer"})}),
        lifespan=lifespan,
        readiness=[],
        verifier=TokenIsSubject(issuer=IssuerAddress("http://127.0.0.1:1"), audience="forkant"),
    )


Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    WROTE.clear()
    transport = httpx.ASGITransport(app=app_with(reads=3, writes=2))
    async with httpx.AsyncClient(transport=transport, base_url="http://thing") as client:

        async def send(path: str, *, by: str = "officer-oslo", method: str = "GET", **more: object) -> httpx.Response:
            return await client.request(method, path, headers={"Authorization": f"Bearer {by}"}, **more)

        yield send


async def test_who_asks_too_much_is_told_when_to_ask_again(ask: Ask):
    before = REGISTRY.get_sample_value("forkant_http_limited_total") or 0
    assert [(await ask("/v1/cases")).status_code for _ in range(3)] == [200, 200, 200]
    refused = await ask("/v1/cases")
    assert refused.status_code == 429
    assert refused.json()["code"] == "too-many-requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert REGISTRY.get_sample_value("forkant_http_limited_total") == before + 1


async def test_others_and_other_kinds_of_resource_are_not_held_back(ask: Ask):
    for _ in range(4):
        await ask("/v1/cases")
    assert (await ask("/v1/cases")).status_code == 429
    assert (await ask("/v1/cases", by="officer2-oslo")).status_code == 200
    assert (await ask("/v1/concerns")).status_code == 200


async def test_a_refused_write_changes_nothing_and_reads_go_on(ask: Ask):
    for text in ("one", "two", "three"):
        answer = await ask("/v1/cases", method="POST", json={"text": text})
    assert answer.status_code == 429
    assert WROTE == ["one", "two"]
    assert (await ask("/v1/cases")).status_code == 200


async def test_another_method_or_query_or_slash_is_counted_all_the_same(ask: Ask):
    tried = [
        await ask("/v1/cases?state=closed"),
        await ask("/v1/cases", method="HEAD"),
        await ask("/v1/cases/"),
        await ask("/v1/cases?x=2"),
    ]
    assert [answer.status_code for answer in tried] == [200, 405, 404, 429]


async def test_made_up_paths_share_one_count(ask: Ask):
    tried = [(await ask(f"/v1/{name}")).status_code for name in ("a", "b", "c", "d", "e")]
    assert tried == [404, 404, 404, 429, 429]


async def test_health_is_never_limited():
    transport = httpx.ASGITransport(app=app_with(reads=1, writes=1))
    async with httpx.AsyncClient(transport=transport, base_url="http://thing") as client:
        assert {(await client.get("/health/live")).status_code for _ in range(5)} == {200}
