"""Tokens of a service's own: asked for once, kept while they hold, and only from the issuer itself."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from forkant_devstack.issuer import clients
from forkant_devstack.issuer.personas import RESOURCE_SERVER, SELF_AUDIT, SERVICE_SECRET
from forkant_kit import client_credentials
from forkant_kit.client_credentials import ClientCredentials
from forkant_kit.introspection import Introspection
from forkant_kit.issuer_documents import ClientRefusedError, IssuerAddress, IssuerUnavailableError
from pydantic import SecretStr

ISSUER = "https://login.test"
BEARER = {"access_token": "one", "token_type": "Bearer", "expires_in": 300}


def asking(
    answer: Callable[[int], httpx.Response], issuer: str = ISSUER, secret: str = "a/secret:", **more: Any
) -> tuple[ClientCredentials, list]:
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("openid-configuration"):
            return httpx.Response(200, json={"issuer": issuer, "token_endpoint": f"{ISSUER}/token", **more})
        asked.append(request)
        return answer(len(asked))

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    held = SecretStr(secret)
    return ClientCredentials(issuer=IssuerAddress(ISSUER), client_id="me", client_secret=held, http=http), asked


def numbered(count: int) -> httpx.Response:
    return httpx.Response(200, json={**BEARER, "access_token": f"token-{count}"})


async def test_a_token_is_asked_for_once_however_many_want_it():
    credentials, asked = asking(numbered)
    assert set(await asyncio.gather(*[credentials.token() for _ in range(10)])) == {"token-1"}
    [request] = asked
    assert parse_qs(request.content.decode()) == {"grant_type": ["client_credentials"]}
    scheme, _, value = request.headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(value).decode()) == ("Basic", "me:a%2Fsecret%3A")


@pytest.mark.parametrize(("lasts", "kept_s"), [(300, 270), (40, 20), (10, 5), (61, 31)])
async def test_a_token_is_kept_until_shortly_before_its_end(monkeypatch, lasts, kept_s):
    now = 1000.0
    monkeypatch.setattr(client_credentials.time, "monotonic", lambda: now)
    credentials, _ = asking(
        lambda count: httpx.Response(200, json={**BEARER, "access_token": f"token-{count}", "expires_in": lasts})
    )
    assert await credentials.token() == "token-1"
    now += kept_s - 0.1
    assert await credentials.token() == "token-1"
    now += 0.2
    assert await credentials.token() == "token-2"


async def test_a_token_that_is_not_taken_any_more_is_asked_for_anew():
    credentials, _ = asking(numbered)
    await credentials.token()
    credentials.forget()
    assert await credentials.token() == "token-2"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"error": "invalid_client"}),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={**BEARER, "access_token": ""}),
        httpx.Response(200, json={**BEARER, "token_type": "mac"}),
        httpx.Response(200, json={**BEARER, "expires_in": "soon"}),
        httpx.Response(302, headers={"location": "https://elsewhere.test"}),
    ],
)
async def test_an_answer_without_a_usable_token_is_an_issuer_that_is_not_available(answer):
    credentials, asked = asking(lambda count: answer if count == 1 else numbered(count))
    with pytest.raises(IssuerUnavailableError):
        await credentials.token()
    assert await credentials.token() == "token-2"
    assert len(asked) == 2


@pytest.mark.parametrize("more", [{"issuer": "https://other.test"}, {"token_endpoint": "http://login.test/token"}])
async def test_credentials_go_to_the_issuer_alone_and_over_as_safe_a_connection(more):
    credentials, asked = asking(numbered, **more)
    with pytest.raises(IssuerUnavailableError):
        await credentials.token()
    assert asked == []


async def test_the_issuer_of_development_gives_a_service_its_token_and_nobody_else(issuer):
    right = ClientCredentials(
        issuer=IssuerAddress(issuer.url), client_id=SELF_AUDIT, client_secret=SecretStr(SERVICE_SECRET)
    )
    wrong = ClientCredentials(issuer=IssuerAddress(issuer.url), client_id=SELF_AUDIT, client_secret=SecretStr("guess"))
    try:
        assert (await right.token()).count(".") == 2
        with pytest.raises(IssuerUnavailableError):
            await wrong.token()
    finally:
        await right.aclose()
        await wrong.aclose()


def shown(request: httpx.Request) -> str:
    return base64.b64decode(request.headers["authorization"].partition(" ")[2]).decode().partition(":")[2]


async def test_of_several_secrets_the_one_that_the_issuer_takes_is_shown_from_then_on():
    good = "old"

    def answer(count: int) -> httpx.Response:
        return numbered(count) if shown(asked[-1]) == good else httpx.Response(401, json={"error": "invalid_client"})

    credentials, asked = asking(answer, secret="new, old")
    for _ in range(2):
        await credentials.token()
        credentials.forget()
    good = "new"
    for _ in range(2):
        await credentials.token()
        credentials.forget()
    assert [shown(each) for each in asked] == ["new", "old", "old", "old", "new", "new"]


@pytest.mark.parametrize("status", [400, 403, 500])
async def test_an_issuer_that_is_in_trouble_is_not_shown_the_other_secrets(status):
    credentials, asked = asking(lambda _: httpx.Response(status), secret="new,old")
    with pytest.raises(IssuerUnavailableError, match=f"answered {status}"):
        await credentials.token()
    assert [shown(each) for each in asked] == ["new"]


async def test_an_issuer_that_takes_none_of_the_secrets_refuses_as_it_refuses_one():
    credentials, asked = asking(lambda _: httpx.Response(401), secret="new,old")
    with pytest.raises(ClientRefusedError, match="token answered 401"):
        await credentials.token()
    assert [shown(each) for each in asked] == ["new", "old"]


async def test_the_secret_of_a_client_is_replaced_by_the_documented_steps_without_a_refusal(issuer, monkeypatch):
    """Old, then both, then the issuer changes, then the new one alone: each step asks for tokens and about them."""
    token = issuer.token("officer-oslo")

    async def asked_with(secret: str) -> None:
        held, where = SecretStr(secret), IssuerAddress(issuer.url)
        own = ClientCredentials(issuer=where, client_id=SELF_AUDIT, client_secret=held)
        about = Introspection(issuer=where, client_id=RESOURCE_SERVER, client_secret=held)
        assert await own.token()
        assert await about.is_active(token)
        await own.aclose()
        await about.aclose()

    new = "another-secret"
    await asked_with(SERVICE_SECRET)
    await asked_with(f"{new},{SERVICE_SECRET}")
    monkeypatch.setattr(clients, "SERVICE_SECRET", new)
    await asked_with(f"{new},{SERVICE_SECRET}")
    await asked_with(new)
    with pytest.raises(ClientRefusedError):
        await asked_with(SERVICE_SECRET)
