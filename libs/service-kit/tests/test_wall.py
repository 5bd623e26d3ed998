"""The wall as a whole: what routes it lets in, what it tells, and what it logs and measures."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import pytest
import structlog
from fastapi import APIRouter, Depends, FastAPI, Query
from forkant_kit.auth import Principal, TokenVerifier
from forkant_kit.issuer_documents import IssuerAddress
from forkant_kit.policy import Policy, requires
from forkant_kit.settings import ApiSettings
from forkant_kit.telemetry import current_traceparent
from forkant_kit.web import UndeclaredPolicyError, create_app, require_policies
from prometheus_client import REGISTRY
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.responses import StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class AnyToken(TokenVerifier):
    """Takes any token; the tests of tokens stand elsewhere."""

    async def verify(self, token: str) -> Principal:
        from datetime import UTC, datetime

        return Principal(token, "oslo", frozenset({"case_officer"}), "cli", datetime.now(UTC))


class Place(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: str
    floors: list[int] = []


reads = requires("place.read")


def a_router() -> APIRouter:
    outer, inner = APIRouter(prefix="/v1"), APIRouter(prefix="/{unit}/places", dependencies=[reads])

    @inner.get("/{place}")
    async def read(unit: str, place: str, name: str = "") -> dict[str, Any]:
        return {"trace": current_traceparent()}

    @inner.post("")
    async def write(unit: str, place: Place) -> None: ...

    @inner.get("")
    async def find(unit: str, q: Annotated[str, Query(max_length=3)]) -> None: ...

    @inner.get("/{place}/full")
    async def full(unit: str, place: str) -> None:
        raise PoolTimeoutError("the pool is empty")

    @inner.get("/{place}/stream")
    async def stream(unit: str, place: str) -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"one"
            raise LookupError("secret")

        return StreamingResponse(parts())

    outer.include_router(inner)
    return outer


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


def an_app(router: APIRouter | None = None, public_paths: frozenset[str] = frozenset()) -> FastAPI:
    return create_app(
        service="kit",
        title="kit",
        version="1",
        settings=ApiSettings(
            env="test", database_url="postgresql://nobody@127.0.0.1/none", oidc_issuer="http://127.0.0.1:1"
        ),
        routers=[router or a_router()],
        policy=Policy({"place.read": frozenset({"case_officer"})}),
        lifespan=no_lifespan,
        readiness=[],
        public_paths=public_paths,
        verifier=AnyToken(issuer=IssuerAddress(""), audience="", http=httpx.AsyncClient()),
    )


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": "Bearer someone"}
    transport = httpx.ASGITransport(an_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as found:
        yield found


def measured(route: str, status: int) -> float:
    labels = {"method": "GET", "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("forkant_http_request_seconds_count", labels) or 0.0


async def test_a_request_is_logged_and_measured_by_its_template(client: httpx.AsyncClient):
    before = measured("/v1/{unit}/places/{place}", 200)
    with structlog.testing.capture_logs() as lines:
        await client.get("/v1/oslo/places/Ola%20Nordmann?name=Kari")
    assert measured("/v1/{unit}/places/{place}", 200) == before + 1
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/{unit}/places/{place}", 200)
    assert set(line) == {"event", "log_level", "method", "route", "status", "ms"}


async def test_an_unknown_path_is_measured_without_its_name(client: httpx.AsyncClient):
    before = measured("unmatched", 404)
    assert (await client.get("/v2/Ola")).status_code == 404
    assert measured("unmatched", 404) == before + 1


async def test_a_trace_goes_on_from_the_caller(client: httpx.AsyncClient):
    traceparent = f"00-{TRACE}-00f067aa0ba902b7-01"
    answer = await client.get("/v1/oslo/places/1", headers={"traceparent": traceparent})
    assert answer.json()["trace"].split("-")[1] == TRACE
    refused = await client.get("/v1/oslo/places", headers={"traceparent": traceparent})
    assert refused.json()["trace_id"] == TRACE


@pytest.mark.parametrize("traceparent", [None, "nonsense", f"00-{'0' * 32}-00f067aa0ba902b7-01"])
async def test_a_request_without_a_trace_gets_one_of_its_own(client: httpx.AsyncClient, traceparent: str | None):
    headers = {"traceparent": traceparent} if traceparent else {}
    first = (await client.get("/v2", headers=headers)).json()["trace_id"]
    second = (await client.get("/v2", headers=headers)).json()["trace_id"]
    assert len(first) == len(second) == 32
    assert first != second


async def test_a_problem_never_repeats_what_was_sent(client: httpx.AsyncClient):
    body = {"kind": 7, "OlaNordmann": 1, "Kari Nordmann": 2, "floors": ["Ola", 1.5]}
    answer = await client.post("/v1/oslo/places", json=body)
    assert answer.status_code == 422
    assert "Ola" not in answer.text
    assert "Kari" not in answer.text
    places = {(item["place"], item["kind"]) for item in answer.json()["errors"]}
    assert places == {
        ("body.kind", "string_type"),
        ("body.floors.0", "int_parsing"),
        ("body.floors.1", "int_from_float"),
        ("body.?", "extra_forbidden"),
    }
    assert "secret-word" not in (await client.get("/v1/oslo/places?q=secret-word")).text
    assert "secret-word" not in (await client.get("/v1/secret-word")).text


@pytest.mark.parametrize("path", ["/v1/oslo/places/a%00b", "/v1/oslo/places?q=a%00b"])
async def test_a_nul_in_an_address_is_refused(client: httpx.AsyncClient, path: str):
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")


async def test_a_full_pool_is_a_problem_that_passes(client: httpx.AsyncClient):
    answer = await client.get("/v1/oslo/places/1/full")
    assert (answer.status_code, answer.json()["code"]) == (503, "temporarily-unavailable")
    assert answer.headers["retry-after"] == "1"


async def test_an_answer_that_breaks_off_is_logged_without_its_text(client: httpx.AsyncClient):
    # The transport notices that the answer never ends, as a client would by its missing last chunk.
    with structlog.testing.capture_logs() as lines, pytest.raises(AssertionError):
        await client.get("/v1/oslo/places/1/stream")
    assert [line["event"] for line in lines] == ["request_failed", "answer_broken_off", "request"]


async def test_a_page_of_its_own_keeps_its_content_security_policy_and_others_get_none(client: httpx.AsyncClient):
    assert "default-src 'none'" in (await client.get("/v2")).headers["content-security-policy"]
    assert "default-src 'self'" in (await client.get("/docs")).headers["content-security-policy"]
    assert "strict-transport-security" not in (await client.get("/v2")).headers
    assert "strict-transport-security" in (await client.get("https://test/v2")).headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic b2xhOmthcmk="},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer  "},
        [("Authorization", "Bearer a"), ("Authorization", "Bearer b")],
    ],
)
async def test_a_request_without_one_bearer_token_is_unauthenticated(headers: Any):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(an_app()), base_url="http://test") as client:
        answer = await client.get("/v1/oslo/places/1", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="forkant"')


@pytest.mark.parametrize("path", ["/page", "/page/", "/pages", "/page/../v1/oslo/places/1", "//page/x", "/PAGE/x"])
async def test_a_public_prefix_opens_nothing_beside_it(path: str):
    router = a_router()
    router.routes.append(Mount("/page", routes=[]))
    app = an_app(router, frozenset({"/page/*"}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get(path)).status_code in {401, 404}


def test_a_mount_and_a_plain_route_need_to_be_public():
    for route in (Mount("/page", routes=[]), Route("/plain", lambda _request: None)):
        router = APIRouter()
        router.routes.append(route)
        with pytest.raises(UndeclaredPolicyError):
            an_app(router)
        an_app(router, frozenset({route.path, f"{route.path}/*"}))


def test_a_websocket_route_stops_the_start():
    async def talk(_socket: WebSocket) -> None: ...

    router = APIRouter()
    router.routes.append(WebSocketRoute("/talk", talk))
    with pytest.raises(UndeclaredPolicyError, match="/talk"):
        an_app(router)


def test_a_nested_route_without_a_policy_stops_the_start():
    outer, inner = APIRouter(prefix="/v1"), APIRouter()

    @inner.get("/open")
    async def wide_open() -> None: ...

    outer.include_router(inner)
    with pytest.raises(UndeclaredPolicyError, match="/v1/open"):
        an_app(outer)


async def test_a_route_that_is_added_late_stops_the_start():
    app = an_app()

    @app.get("/late")
    async def late() -> None: ...

    with pytest.raises(UndeclaredPolicyError, match="/late"):
        async with app.router.lifespan_context(app):
            pass


async def test_a_dependency_of_the_whole_application_counts_as_a_policy():
    app = an_app()

    @app.get("/late", dependencies=[reads])
    async def late() -> None: ...

    @app.get("/deeper")
    async def deeper(found: Annotated[Principal, Depends(reads.dependency)]) -> None: ...

    require_policies(app)


async def test_a_websocket_is_closed_without_a_word():
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await an_app()({"type": "websocket", "path": "/v1/oslo", "headers": []}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


async def test_openapi_describes_problems_and_the_bearer_token(client: httpx.AsyncClient):
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert document["security"] == [{"bearer": []}]
    operation = document["paths"]["/v1/{unit}/places"]["post"]
    assert "application/problem+json" in operation["responses"]["4XX"]["content"]
    assert "HTTPValidationError" not in json.dumps(document)
