"""Every answer to somebody known is recorded before it is sent, or it is not given."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from forkant_kit.audit.record import Entry
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal, TokenVerifier
from forkant_kit.issuer_documents import IssuerAddress
from forkant_kit.policy import Policy, requires
from forkant_kit.problems import ProblemError, not_found
from forkant_kit.settings import ApiSettings
from forkant_kit.web import create_app
from pydantic import BaseModel
from starlette.responses import StreamingResponse

SECRET = "what nobody may see unrecorded"
reads, changes, consults = requires("thing.read"), requires("thing.change"), requires("reference.read")


class AnyToken(TokenVerifier):
    """Takes any token: it names the subject; the tests of tokens stand elsewhere."""

    async def verify(self, token: str) -> Principal:
        return Principal(token, "oslo", frozenset({"case_officer"}), "cli", datetime.now(UTC))


class Thing(BaseModel):
    text: str


def a_router(engine) -> APIRouter:  # noqa: C901 - one small route of each kind
    router = APIRouter(prefix="/v1")

    @router.get("/things/{thing_id}")
    async def read(thing_id: UUID, request: Request, _who: Annotated[Principal, reads]) -> dict[str, str]:
        async with engine.begin() as conn:
            act = Entry(
                action="thing.read", object_kind="thing", object_ids=[thing_id], version=3, purpose="protect_child"
            )
            await trail_of(request).record(conn, act)
        return {"text": SECRET}

    @router.get("/plain/{thing_id}")
    async def plain(thing_id: UUID, _who: Annotated[Principal, reads]) -> dict[str, str]:
        return {"text": SECRET}

    @router.get("/stream")
    async def stream(_who: Annotated[Principal, reads]) -> Response:
        async def parts() -> AsyncIterator[str]:
            yield SECRET
            yield SECRET

        return StreamingResponse(parts())

    @router.post("/things/{thing_id}")
    async def change(thing_id: UUID, body: Thing, _who: Annotated[Principal, changes]) -> None:
        raise ProblemError(409, body.text, "No", "No.")

    @router.get("/missing/{thing_id}")
    async def missing(thing_id: UUID, _who: Annotated[Principal, reads]) -> None:
        raise not_found()

    @router.get("/again")
    async def again(_who: Annotated[Principal, reads]) -> Response:
        return Response("{}", headers={"Idempotency-Replayed": "true"})

    @router.get("/broken")
    async def broken(_who: Annotated[Principal, reads]) -> None:
        raise LookupError("broken")

    @router.get("/codes")
    async def codes(_who: Annotated[Principal, consults]) -> dict[str, str]:
        return {}

    @router.get("/secret/{thing_id}")
    async def forbidden(thing_id: UUID, _who: Annotated[Principal, requires("thing.erase")]) -> None: ...

    return router


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def client(trail):
    everybody = frozenset({"case_officer"})
    app = create_app(
        service="test",
        title="test",
        version="1",
        settings=ApiSettings(env="test", database_url="postgresql://nobody@127.0.0.1/none", oidc_issuer="http://i"),
        routers=[a_router(trail.stage.engine)],
        policy=Policy(
            {
                "thing.read": everybody,
                "thing.change": everybody,
                "reference.read": everybody,
                "thing.erase": frozenset(),
            }
        ),
        lifespan=no_lifespan,
        readiness=[],
        verifier=AnyToken(issuer=IssuerAddress("http://i"), audience="forkant"),
        audit=trail.stage.engine,
        unaudited=frozenset({"reference.read"}),
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": "Bearer officer"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://t", headers=headers) as client,
    ):
        yield client


async def rows(trail, *columns):
    return [tuple(row) for row in await trail.stage.fetch(f"SELECT {', '.join(columns)} FROM audit_entry ORDER BY seq")]


WHAT = ("action", "object_kind", "object_ids", "outcome", "refusal")


async def test_a_route_that_records_itself_has_one_entry_with_who_what_and_why(trail, client):
    thing = uuid4()
    assert (await client.get(f"/v1/things/{thing}")).json() == {"text": SECRET}
    columns = ("subject", "client_id", "unit", "roles", *WHAT, "version", "purpose")
    assert await rows(trail, *columns) == [
        ("officer", "cli", "oslo", ["case_officer"], "thing.read", "thing", [thing], "done", None, 3, "protect_child")
    ]
    [(trace, request)] = await rows(trail, "trace_id", "request_id")
    assert trace is not None
    assert request is not None


async def test_a_route_that_records_nothing_gets_its_entry_anyhow(trail, client):
    thing = uuid4()
    assert (await client.get(f"/v1/plain/{thing}")).status_code == 200
    assert (await client.get("/v1/stream")).text == SECRET * 2
    assert (await client.get("/v1/again")).status_code == 200
    assert await rows(trail, *WHAT) == [
        ("thing.read", "thing", [thing], "done", None),
        ("thing.read", None, [], "done", None),
        ("thing.read", None, [], "repeated", None),
    ]


async def test_every_kind_of_refusal_is_recorded_with_its_code(trail, client):
    thing = uuid4()
    answers = [
        await client.get(f"/v1/secret/{thing}"),
        await client.get(f"/v1/missing/{thing}"),
        await client.post(f"/v1/things/{thing}", json={"text": "already-done"}),
        await client.post(f"/v1/things/{thing}", json={"text": 1}),
        await client.post(f"/v1/things/{thing}", content=b"{", headers={"content-type": "application/json"}),
        await client.get("/v1/nowhere"),
        await client.delete(f"/v1/things/{thing}"),
    ]
    assert [answer.status_code for answer in answers] == [403, 404, 409, 422, 400, 404, 405]
    assert await rows(trail, *WHAT) == [
        ("thing.erase", "thing", [thing], "refused", "forbidden"),
        ("thing.read", "thing", [thing], "not_found", "not-found"),
        ("thing.change", "thing", [thing], "refused", "already-done"),
        ("thing.change", "thing", [thing], "refused", "invalid-request"),
        ("request.unrouted", None, [], "refused", "invalid-json"),
        ("request.unrouted", None, [], "not_found", "not-found"),
        ("thing.read", "thing", [thing], "refused", "method-not-allowed"),
    ]
    assert all(answer.json()["code"] for answer in answers)


async def test_codes_faults_and_strangers_leave_no_entry(trail, client):
    assert (await client.get("/v1/codes")).status_code == 200
    assert (await client.get("/v1/broken")).status_code == 500
    assert (await client.get("/v1/stream", headers={"Authorization": ""})).status_code == 401
    assert (await client.get("/health/live")).status_code == 200
    assert await rows(trail, "action") == []


@pytest.mark.parametrize("path", ["/v1/things/{}", "/v1/plain/{}", "/v1/stream", "/v1/missing/{}", "/v1/secret/{}"])
@pytest.mark.parametrize(
    "fault",
    [
        "ALTER TABLE audit_entry ADD CONSTRAINT broken CHECK (false) NOT VALID",
        "REVOKE INSERT ON audit_entry FROM {app}",
        "ALTER TABLE audit_entry RENAME TO audit_gone",
    ],
)
async def test_what_cannot_be_recorded_is_not_shown(trail, client, path, fault):
    app = trail.stage.app_url.split("://")[1].split(":")[0]
    await trail.stage.fetch(fault.format(app=f'"{app}"'))
    answer = await client.get(path.format(uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (503, "audit-unavailable")
    assert SECRET not in answer.text
