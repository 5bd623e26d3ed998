"""The HTTP wall from the wrong side, with tokens of a real issuer."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_kit.auth import Principal, TokenVerifier
from forkant_kit.issuer_documents import IssuerAddress
from forkant_kit.policy import Policy, requires
from forkant_kit.settings import ApiSettings, ServiceSettings
from forkant_kit.web import UndeclaredPolicyError, create_app
from pydantic import BaseModel, ConfigDict, ValidationError

SETTINGS = {"env": "test", "database_url": "postgresql://nobody@127.0.0.1/none"}


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str = "x"
    number: float = 0


def a_router() -> APIRouter:
    router = APIRouter()

    @router.post("/v1/notes")
    async def write(note: Note, principal: Annotated[Principal, requires("note.write")]) -> dict[str, str]:
        return {"subject": principal.subject, "text": note.text}

    @router.get("/v1/broken")
    async def broken(_principal: Annotated[Principal, requires("note.write")]) -> None:
        raise LookupError("a secret that must not be told")

    return router


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


def an_app(issuer_url: str, router: APIRouter | None = None, **settings: str) -> FastAPI:
    return create_app(
        service="test",
        title="test",
        version="1",
        settings=ApiSettings(oidc_issuer=issuer_url, **{**SETTINGS, **settings}),
        routers=[router or a_router()],
        policy=Policy({"note.write": frozenset({"case_officer"})}),
        lifespan=no_lifespan,
        readiness=[],
    )


@pytest.fixture
async def client(issuer: IssuerServer) -> AsyncIterator[httpx.AsyncClient]:
    app = an_app(issuer.url)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as found,
    ):
        yield found


def code_of(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return str(answer.json()["code"])


async def test_a_good_token_is_let_in(client: httpx.AsyncClient, issuer: IssuerServer):
    answer = await client.post("/v1/notes", json={"text": "hei"}, headers=issuer.headers("officer-oslo"))
    assert answer.status_code == 200
    assert answer.json() == {"subject": "officer-oslo", "text": "hei"}
    assert answer.headers["x-content-type-options"] == "nosniff"


NOW = time.time()


@pytest.mark.parametrize(
    ("overrides", "rule"),
    [
        ({"exp": int(NOW) - 3600}, "expired"),
        ({"exp": None}, "wrong-exp"),
        ({"exp": "9999999999"}, "wrong-exp"),
        ({"exp": True}, "wrong-exp"),
        ({"nbf": int(NOW) + 3600}, "not-yet-valid"),
        ({"aud": "somebody-else"}, "wrong-audience"),
        ({"aud": None}, "wrong-audience"),
        ({"iss": "http://127.0.0.1"}, "wrong-issuer"),
        ({"typ": "JWT"}, "wrong-type"),
        ({"roles": "case_officer"}, "wrong-roles"),
        ({"sub": None}, "wrong-sub"),
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(client: httpx.AsyncClient, issuer: IssuerServer, overrides, rule):
    token = issuer.token("officer-oslo", **overrides)
    answer = await client.post("/v1/notes", json={}, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, code_of(answer)) == (401, "invalid-token")
    assert answer.json()["reason"] == rule


async def test_a_forged_token_is_refused(client: httpx.AsyncClient, issuer: IssuerServer):
    token = issuer.forged_token("lead-oslo")
    answer = await client.post("/v1/notes", json={}, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, code_of(answer)) == (401, "invalid-token")


async def test_an_unsigned_token_is_refused(client: httpx.AsyncClient, issuer: IssuerServer):
    import base64
    import json

    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "at+jwt"}).encode()).rstrip(b"=").decode()
    body = issuer.token("lead-oslo").split(".")[1]
    answer = await client.post("/v1/notes", json={}, headers={"Authorization": f"Bearer {head}.{body}."})
    assert code_of(answer) == "invalid-token"


async def test_no_token_is_refused_before_the_body_is_read(client: httpx.AsyncClient):
    async def never_ending() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await client.post("/v1/notes", content=never_ending())
    assert (answer.status_code, code_of(answer)) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_made_up_key_ids_do_not_flood_the_issuer(issuer: IssuerServer):
    asked = 0

    async def count(request: httpx.Request) -> None:
        nonlocal asked
        asked += 1

    async with httpx.AsyncClient(event_hooks={"request": [count]}) as http:
        verifier = TokenVerifier(issuer=IssuerAddress(issuer.url), audience="forkant", http=http)
        await verifier.verify(issuer.token("officer-oslo"))
        for _ in range(50):
            with pytest.raises(Exception, match="invalid-token"):
                await verifier.verify(issuer.forged_token("officer-oslo"))
    assert asked <= 4


async def test_another_role_gets_403(client: httpx.AsyncClient, issuer: IssuerServer):
    answer = await client.post("/v1/notes", json={}, headers=issuer.headers("analyst-oslo"))
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"text": "a\\u0000b"}', 400, "invalid-json"),
        (b'{"text": "\\ud800"}', 400, "invalid-json"),
        (b'{"number": NaN}', 400, "invalid-json"),
        (b'{"number": 1e999}', 400, "invalid-json"),
        (b'{"number": 1180591620717411303424}', 400, "invalid-json"),
        (b'{"text": "a", "text": "b"}', 400, "invalid-json"),
        (b"[" * 100_000, 400, "invalid-json"),
        (b'{"text": "\xff"}', 400, "invalid-json"),
        (b'{"text": ', 400, "invalid-json"),
        (b'{"nickname": "a"}', 422, "invalid-request"),
        (b'"' + b"x" * (2 * 1024 * 1024) + b'"', 413, "body-too-large"),
    ],
)
async def test_a_bad_body_gets_its_problem(client: httpx.AsyncClient, issuer: IssuerServer, body, status, code):
    headers = {**issuer.headers("officer-oslo"), "Content-Type": "application/json"}
    answer = await client.post("/v1/notes", content=body, headers=headers)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert "nickname" not in answer.text or code == "invalid-request"


async def test_a_chunked_body_is_cut_off_at_the_limit(client: httpx.AsyncClient, issuer: IssuerServer):
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b"x" * 65536

    answer = await client.post("/v1/notes", content=chunks(), headers=issuer.headers("officer-oslo"))
    assert code_of(answer) == "body-too-large"
    assert sent < 30


async def test_another_media_type_is_refused(client: httpx.AsyncClient, issuer: IssuerServer):
    headers = {**issuer.headers("officer-oslo"), "Content-Type": "text/plain"}
    assert code_of(await client.post("/v1/notes", content=b"{}", headers=headers)) == "unsupported-media-type"


async def test_an_unforeseen_error_tells_nothing(client: httpx.AsyncClient, issuer: IssuerServer):
    answer = await client.get("/v1/broken", headers=issuer.headers("officer-oslo"))
    assert (answer.status_code, code_of(answer)) == (500, "internal-error")
    assert "secret" not in answer.text


async def test_an_unknown_path_and_method_get_problems(client: httpx.AsyncClient, issuer: IssuerServer):
    headers = issuer.headers("officer-oslo")
    assert code_of(await client.get("/v1/nothing", headers=headers)) == "not-found"
    assert code_of(await client.delete("/v1/notes", headers=headers)) == "method-not-allowed"


def test_a_route_without_a_policy_stops_the_start(issuer: IssuerServer):
    router = APIRouter()

    @router.get("/v1/open")
    async def wide_open() -> None: ...

    with pytest.raises(UndeclaredPolicyError, match="/v1/open"):
        an_app(issuer.url, router)


def test_an_action_that_the_table_lacks_stops_the_start(issuer: IssuerServer):
    router = APIRouter()

    @router.get("/v1/odd")
    async def odd(_principal: Annotated[Principal, requires("note.burn")]) -> None: ...

    with pytest.raises(UndeclaredPolicyError, match=r"note\.burn"):
        an_app(issuer.url, router)


@pytest.mark.parametrize(
    "settings",
    [{"oidc_issuer": "http://issuer.example"}, {"oidc_issuer": "https://issuer.example", "cursor_secret": "short"}],
)
def test_production_refuses_what_is_for_convenience(settings: dict[str, str]):
    with pytest.raises(ValidationError):
        ServiceSettings(**{**SETTINGS, **settings, "env": "production"})


async def test_production_shows_no_docs_and_no_metrics_on_the_public_listener():
    app = create_app(
        service="test",
        title="test",
        version="1",
        settings=ApiSettings(
            env="production",
            database_url=SETTINGS["database_url"],
            oidc_issuer="https://issuer.example",
            cursor_secret="s" * 32,
            introspection_client_id="forkant",
            introspection_client_secret="s" * 32,
        ),
        routers=[a_router()],
        policy=Policy({"note.write": frozenset()}),
        lifespan=no_lifespan,
        readiness=[],
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        for path in ("/docs", "/openapi.json", "/metrics"):
            assert (await client.get(path)).status_code == 401
        assert (await client.get("/health/live")).status_code == 200


async def test_the_docs_load_nothing_from_elsewhere(client: httpx.AsyncClient):
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("https://swagger.io", "")
    for path in ("/docs/start.js", "/docs/assets/swagger-ui-bundle.js", "/docs/assets/swagger-ui.css", "/openapi.json"):
        assert (await client.get(path)).status_code == 200
