"""Tokens for shells, the demo and verify: asked of whichever log-in the platform runs."""

from urllib.parse import parse_qs

import httpx
import pytest
from forkant_devstack.process import DevstackError
from forkant_devstack.stack.dev_token import dev_token, fetch_dev_token

KEYCLOAK = "http://127.0.0.1:8009/realms/forkant"
TOKEN = {"access_token": "a-token", "expires_in": 300}


async def asked(issuer_url: str, persona: str, *, status: int = 200) -> httpx.Request:
    """Return what the log-in is asked for a persona's token."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, json=TOKEN)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        token = await fetch_dev_token(http, issuer_url, persona)
    assert (token.text, token.seconds) == ("a-token", 300)
    return seen[0]


async def test_keycloak_is_asked_as_the_person_that_one_wants_to_be():
    request = await asked(KEYCLOAK, "officer-oslo")
    assert str(request.url) == f"{KEYCLOAK}/protocol/openid-connect/token"
    form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
    assert form == {
        "grant_type": "password",
        "client_id": "forkant-cli",
        "username": "officer-oslo",
        "password": "development-only",
    }


async def test_keycloak_is_asked_as_a_service_by_its_own_credentials():
    form = parse_qs((await asked(KEYCLOAK, "import-demo")).content.decode())
    assert form["grant_type"] == ["client_credentials"]
    assert form["client_id"] == ["import-demo"]


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_somebody_whom_the_log_in_does_not_know_is_told_of(status):
    with pytest.raises(DevstackError, match="there is no persona officer-nowhere"):
        await asked(KEYCLOAK, "officer-nowhere", status=status)


async def test_a_log_in_that_fails_is_told_apart_from_an_unknown_persona():
    with pytest.raises(DevstackError, match="it answered 503"):
        await asked(KEYCLOAK, "officer-oslo", status=503)


async def test_the_log_in_of_this_package_gives_tokens_both_ways(issuer):
    assert dev_token(issuer.url, "officer-oslo").count(".") == 2
    async with httpx.AsyncClient(trust_env=False) as http:
        token = await fetch_dev_token(http, issuer.url, "officer-oslo")
    assert token.text.count(".") == 2
    assert token.seconds > 3_600
    with pytest.raises(DevstackError, match="there is no persona officer-nowhere"):
        dev_token(issuer.url, "officer-nowhere")


def test_nobody_at_the_log_ins_address_is_said_plainly():
    with pytest.raises(DevstackError, match="does not answer"):
        dev_token("http://127.0.0.1:1", "officer-oslo")
