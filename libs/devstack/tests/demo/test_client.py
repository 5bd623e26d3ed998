import json
from collections.abc import Callable

import httpx
import pytest
from forkant_devstack.demo import client as client_module
from forkant_devstack.demo.client import DemoError, PlatformClient, RefusedCallError


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(client_module, "_FIRST_PAUSE_S", 0.0)


def platform(answer: Callable[[httpx.Request], httpx.Response]) -> PlatformClient:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="a-token\n") if request.url.path == "/dev/token" else answer(request)

    return PlatformClient(case_url="http://cases", issuer_url="http://issuer", transport=httpx.MockTransport(handle))


async def test_a_post_keeps_its_idempotency_key_while_the_platform_is_busy():
    keys: list[str] = []

    def busy_twice(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        return httpx.Response(201 if len(keys) == 3 else 503, json={})

    async with platform(busy_twice) as client:
        await client.call("POST", "/v1/cases", actor="officer-oslo", body={})
    assert len(keys) == 3
    assert len(set(keys)) == 1


async def test_a_lost_connection_is_tried_again():
    calls = 0

    def lost_once(_request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise httpx.RemoteProtocolError("gone")
        return httpx.Response(200, json={})

    async with platform(lost_once) as client:
        assert (await client.call("GET", "/v1/cases", actor="officer-oslo")).status_code == 200


async def test_a_refused_call_shows_its_problem_document():
    problem = {"type": "urn:forkant:problem:own-plan", "title": "Own plan", "status": 403}

    async with platform(lambda _: httpx.Response(403, content=json.dumps(problem))) as client:
        with pytest.raises(
            RefusedCallError, match=r"(?s)plan/approval as lead-oslo.*403.*urn:forkant:problem:own-plan"
        ):
            await client.call("POST", "/v1/cases/1/plan/approval", actor="lead-oslo", body={})


async def test_nothing_listening_is_said_plainly(monkeypatch):
    def refused(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with platform(refused) as client:
        with pytest.raises(DemoError, match="is the platform up"):
            await client.call("GET", "/v1/cases", actor="officer-oslo")
