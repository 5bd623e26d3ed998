"""An answer that is sent in parts ends with the right to it, whatever its route does, over a socket and a real issuer."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse
from forkant_devstack.issuer.pytest_fixture import IssuerServer, running_issuer
from forkant_kit.auth import Principal, TokenVerifier
from forkant_kit.introspection import Introspection
from forkant_kit.issuer_documents import IssuerAddress
from forkant_kit.policy import Policy, requires
from forkant_kit.revocation import Pace, Revocations
from forkant_kit.right import right_of
from forkant_kit.settings import ApiSettings
from forkant_kit.testing import until
from forkant_kit.web import create_app, uvicorn_server
from pydantic import SecretStr

WITHIN_S = 5.0
router = APIRouter()


@router.get("/v1/endless")
async def endless(_principal: Annotated[Principal, requires("read")]) -> StreamingResponse:
    """Send for ever, and look after nothing."""

    async def parts() -> AsyncIterator[str]:
        while True:
            yield "x\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(parts())


@router.get("/v1/silent")
async def silent(_principal: Annotated[Principal, requires("read")]) -> StreamingResponse:
    """Send once, and then wait for what never happens."""

    async def parts() -> AsyncIterator[str]:
        yield "x\n"
        await asyncio.Event().wait()

    return StreamingResponse(parts())


@router.get("/v1/polite")
async def polite(request: Request, _principal: Annotated[Principal, requires("read")]) -> StreamingResponse:
    """Say a last word."""
    right, ended = right_of(request), asyncio.Event()

    async def parts() -> AsyncIterator[str]:
        right.on_end(ended.set)
        yield "x\n"
        await ended.wait()
        yield f"{right.ended}\n"

    return StreamingResponse(parts())


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


@dataclass
class Stage:
    """A served API, and the issuer that it asks."""

    issuer: IssuerServer
    client: httpx.AsyncClient

    def headers(self, **claims: Any) -> dict[str, str]:
        return self.issuer.headers("officer-oslo", **claims)

    def revoke(self, headers: dict[str, str]) -> None:
        self.issuer.revoke(headers["Authorization"].removeprefix("Bearer "))


@asynccontextmanager
async def serving(issuer: IssuerServer, **settings: Any) -> AsyncIterator[Stage]:
    verifier = settings.pop("verifier", None)
    app = create_app(
        service="test",
        title="test",
        version="1",
        settings=ApiSettings(
            env="test", database_url="postgresql://nobody@127.0.0.1/none", oidc_issuer=issuer.url, **settings
        ),
        routers=[router],
        policy=Policy({"read": frozenset({"case_officer"})}),
        lifespan=no_lifespan,
        readiness=[],
        verifier=verifier,
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn_server(app, host="127.0.0.1", port=0)
    running = asyncio.create_task(server._serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        yield Stage(issuer, client)
    server.should_exit = True
    await running


@pytest.fixture
def own_issuer() -> Any:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
async def stage(own_issuer: IssuerServer) -> AsyncIterator[Stage]:
    async with serving(own_issuer, **own_issuer.introspection) as found:
        yield found


@dataclass
class Reader:
    """Reads an answer to its end in the background."""

    lines: list[str] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, stage: Stage, path: str, headers: dict[str, str]) -> str:
        """Return how the answer ended."""
        try:
            async with stage.client.stream("GET", path, headers=headers) as response:
                assert response.status_code == 200
                async for line in response.aiter_lines():
                    self.lines.append(line)
                    self.begun.set()
        except httpx.RemoteProtocolError:
            return "broken off"
        return "complete"


@asynccontextmanager
async def reading(stage: Stage, path: str, headers: dict[str, str]) -> AsyncIterator[tuple[Reader, asyncio.Task[str]]]:
    reader = Reader()
    task = asyncio.create_task(reader.read(stage, path, headers))
    try:
        await asyncio.wait_for(reader.begun.wait(), 30)
        yield reader, task
    finally:
        task.cancel()


@pytest.mark.parametrize("path", ["/v1/endless", "/v1/silent"])
async def test_an_answer_is_broken_off_within_five_seconds_of_its_tokens_revocation(stage: Stage, path: str):
    headers = stage.headers()
    async with reading(stage, path, headers) as (_, task):
        stage.revoke(headers)
        assert await asyncio.wait_for(task, WITHIN_S) == "broken off"
    again = await stage.client.get(path, headers=headers)
    assert (again.status_code, again.json()["code"], again.json()["reason"]) == (401, "invalid-token", "revoked")


async def test_an_answer_is_broken_off_when_its_user_is_disabled(stage: Stage):
    headers = stage.headers()
    async with reading(stage, "/v1/endless", headers) as (_, task), httpx.AsyncClient() as http:
        await http.post(f"{stage.issuer.url}/dev/disable?as=officer-oslo")
        assert await asyncio.wait_for(task, WITHIN_S) == "broken off"
        assert (await stage.client.get("/v1/endless", headers=headers)).status_code == 401
        await http.post(f"{stage.issuer.url}/dev/disable?as=officer-oslo&off=true")


async def test_an_answer_is_broken_off_when_its_token_expires(stage: Stage):
    soon = int((datetime.now(UTC) + timedelta(seconds=2)).timestamp())
    async with reading(stage, "/v1/endless", stage.headers(exp=soon)) as (_, task):
        assert await asyncio.wait_for(task, 2 + WITHIN_S) == "broken off"


async def test_a_route_that_listens_says_why_and_ends_in_order(stage: Stage):
    headers = stage.headers()
    async with reading(stage, "/v1/polite", headers) as (reader, task):
        stage.revoke(headers)
        assert await asyncio.wait_for(task, WITHIN_S) == "complete"
    assert reader.lines == ["x", "token-revoked"]


async def test_the_answers_of_another_token_go_on(stage: Stage):
    revoked, good = stage.headers(), stage.headers()
    async with reading(stage, "/v1/endless", revoked) as (_, ends), reading(stage, "/v1/endless", good) as (kept, task):
        stage.revoke(revoked)
        assert await asyncio.wait_for(ends, WITHIN_S) == "broken off"
        before = len(kept.lines)

        async def more() -> bool:
            return len(kept.lines) > before + 100

        await until(more, what="the other answer going on")
        assert not task.done()


async def test_answers_end_when_the_issuer_falls_silent(own_issuer: IssuerServer):
    pace = Pace(ask_every_s=0.1, retry_s=0.05, grace_s=0.5)
    credentials = {name.removeprefix("introspection_"): value for name, value in own_issuer.introspection.items()}
    secret = SecretStr(credentials.pop("client_secret"))
    introspection = Introspection(issuer=IssuerAddress(own_issuer.url), client_secret=secret, **credentials)
    verifier = TokenVerifier(
        issuer=IssuerAddress(own_issuer.url), audience="forkant", revocations=Revocations(introspection, pace=pace)
    )
    async with (
        serving(own_issuer, verifier=verifier) as stage,
        reading(stage, "/v1/polite", stage.headers()) as (reader, task),
    ):
        own_issuer.stop()
        assert await asyncio.wait_for(task, 30) == "complete"
    assert reader.lines == ["x", "right-unconfirmed"]


async def test_without_credentials_an_answer_ends_with_the_token_and_no_sooner(own_issuer: IssuerServer):
    async with serving(own_issuer) as stage:
        soon = int((datetime.now(UTC) + timedelta(seconds=2)).timestamp())
        headers = stage.headers(exp=soon)
        async with reading(stage, "/v1/polite", headers) as (reader, task):
            stage.revoke(headers)
            assert await asyncio.wait_for(task, 30) == "complete"
    assert reader.lines == ["x", "token-expired"]
