"""Routes that declare a large body stream it themselves, within their own limit; every other keeps the small one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_kit.asgi.body import MAX_BODY
from forkant_kit.auth import Principal
from forkant_kit.policy import Policy, requires
from forkant_kit.settings import ApiSettings
from forkant_kit.web import create_app

PIECE = b"\x00\xff" * 32768
MOST = 3 * MAX_BODY
LARGE = {"POST /v1/things/{thing_id}/parts": MOST}
PATH = "/v1/things/7/parts"


def an_app(issuer_url: str, large: dict[str, int]) -> FastAPI:
    router = APIRouter()

    @router.post("/v1/things/{thing_id}/parts")
    @router.put("/v1/things/{thing_id}/parts")
    @router.post("/v1/things/{thing_id}/parts/{part}")
    async def take(
        thing_id: int, request: Request, _principal: Annotated[Principal, requires("thing.write")]
    ) -> dict[str, int]:
        pieces = [len(piece) async for piece in request.stream()]
        return {"thing": thing_id, "size": sum(pieces), "longest": max(pieces)}

    return create_app(
        service="test",
        title="test",
        version="1",
        settings=ApiSettings(oidc_issuer=issuer_url, env="test", database_url="postgresql://nobody@127.0.0.1/none"),
        routers=[router],
        policy=Policy({"thing.write": frozenset({"case_officer"})}),
        lifespan=no_lifespan,
        readiness=[],
        large_bodies=large,
    )


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def client(issuer: IssuerServer) -> AsyncIterator[httpx.AsyncClient]:
    app = an_app(issuer.url, LARGE)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test", headers=issuer.headers("officer-oslo")
        ) as found,
    ):
        yield found


class Body:
    """A body that counts how much of it was taken."""

    def __init__(self, size: int) -> None:
        self.size, self.taken = size, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.taken < self.size:
            self.taken += len(PIECE)
            yield PIECE


async def test_a_large_body_reaches_its_route_in_pieces_and_need_not_be_json(client: httpx.AsyncClient):
    answer = await client.post(PATH, content=aiter(Body(MOST)))
    assert answer.json() == {"thing": 7, "size": MOST, "longest": len(PIECE)}


async def test_a_large_body_without_a_length_is_cut_off_at_its_own_limit(client: httpx.AsyncClient):
    body = Body(10 * MOST)
    answer = await client.post(PATH, content=aiter(body))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert str(MOST) in answer.json()["detail"]
    assert body.taken == MOST + len(PIECE)


async def test_a_length_above_the_limit_is_refused_before_anything_is_read(client: httpx.AsyncClient):
    body = Body(10 * MOST)
    answer = await client.post(PATH, content=aiter(body), headers={"Content-Length": str(MOST + 1)})
    assert (answer.status_code, answer.headers["connection"], body.taken) == (413, "close", 0)
    assert (await client.post(PATH, content=b"", headers={"Content-Length": "-1"})).status_code == 413


@pytest.mark.parametrize(("method", "path"), [("PUT", PATH), ("POST", f"{PATH}/1"), ("POST", f"/v2{PATH}")])
async def test_another_method_or_path_keeps_the_small_limit(client: httpx.AsyncClient, method: str, path: str):
    body = Body(2 * MAX_BODY)
    answer = await client.request(method, path, content=aiter(body))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert body.taken <= MAX_BODY + len(PIECE)
    assert (await client.request(method, path, content=b"not json")).status_code == 415


async def test_a_large_body_is_not_taken_from_somebody_without_a_token(issuer: IssuerServer):
    app, body = an_app(issuer.url, LARGE), Body(MOST)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as nobody:
        assert (await nobody.post(PATH, content=aiter(body))).status_code == 401
    assert body.taken == 0


def test_a_large_body_that_no_route_takes_stops_the_start(issuer: IssuerServer):
    with pytest.raises(ValueError, match="which no route takes"):
        an_app(issuer.url, {"POST /v1/thing/{thing_id}/parts": MOST})
