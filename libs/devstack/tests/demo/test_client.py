import json
from collections.abc import Callable

import httpx
import pytest
from forkant_devstack.demo.client import DemoError, PlatformClient, RefusedCallError
from pydantic import ValidationError
from tenacity.wait import wait_none

COUNTED = {"count": 3}
TOKEN = {"access_token": "a-token", "expires_in": 3600}
CONCERN = {"source": "school", "theme": "violence", "age_band": "under_15", "description": "Something was seen."}
RECEIVED = {
    "id": "0190b3a0-0000-7000-8000-000000000001", "unit": "oslo", "state": "received", "version": 1, "outcome": None,
    "recorded_at": "2026-03-02T08:30:00Z", "case_id": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr("forkant_case_client.transport._JITTER", wait_none())


def platform(answer: Callable[[httpx.Request], httpx.Response]) -> PlatformClient:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=TOKEN) if request.url.path == "/dev/token" else answer(request)

    return PlatformClient(case_url="http://cases", issuer_url="http://issuer", transport=httpx.MockTransport(handle))


async def test_a_post_keeps_its_idempotency_key_while_the_platform_is_busy():
    keys: list[str] = []

    def busy_twice(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        return httpx.Response(201, json=RECEIVED) if len(keys) == 3 else httpx.Response(503, json={})

    async with platform(busy_twice) as client:
        await client.call("POST", "/v1/concerns", actor="officer-oslo", body=CONCERN)
    assert len(keys) == 3
    assert len(set(keys)) == 1


async def test_a_lost_connection_is_tried_again():
    calls = 0

    def lost_once(_request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise httpx.RemoteProtocolError("gone")
        return httpx.Response(200, json=COUNTED)

    async with platform(lost_once) as client:
        assert (await client.call("GET", "/v1/cases/count", actor="officer-oslo")).body.count == 3


async def test_a_refused_call_shows_its_problem_document():
    problem = {"code": "own-plan", "title": "Own plan", "status": 403, "detail": "Another lead has to approve it."}

    async with platform(lambda _: httpx.Response(403, content=json.dumps(problem))) as client:
        with pytest.raises(
            RefusedCallError, match=r"(?s)plan/approval as lead-oslo.*403 own-plan: Another lead has to approve it"
        ):
            await client.call(
                "POST",
                "/v1/cases/{case}/plan/approval",
                actor="lead-oslo",
                ids={"case": RECEIVED["id"]},
                if_match='"1"',
            )


async def test_what_no_operation_takes_is_not_sent():
    async with platform(lambda _: pytest.fail("it was sent")) as client:
        with pytest.raises(ValidationError, match="colour"):
            await client.call("POST", "/v1/concerns", actor="officer-oslo", body={**CONCERN, "colour": "green"})
        with pytest.raises(LookupError, match="/v1/nowhere"):
            await client.call("GET", "/v1/nowhere", actor="officer-oslo")


async def test_nothing_listening_is_said_plainly():
    def refused(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with platform(refused) as client:
        with pytest.raises(DemoError, match="is the platform up"):
            await client.call("GET", "/v1/cases/count", actor="officer-oslo")
