"""From a command over HTTP to the people of the unit and to a registered webhook, on real parts."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import open_case
from forkant_kit.testing import until
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

pytestmark = pytest.mark.kafka


@dataclass
class Receiver:
    """A downstream system that keeps what it is sent."""

    url: str
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.received.append((dict(request.headers), await request.body()))
        return Response(status_code=204)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    port = free_ports(1)[0]
    found = Receiver(f"http://127.0.0.1:{port}/hook")
    app = Starlette(routes=[Route("/hook", found.take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server._serve())

    async def started() -> bool:
        return server.started

    await until(started, what="the receiver listening")
    yield found
    server.should_exit = True
    await serving


async def test_an_opened_case_reaches_the_inbox_of_its_unit_alone(platform: Platform):
    walk = await open_case(platform, "more-og-romsdal")

    async def kinds_for(persona: str) -> list[str]:
        answer = await platform.call("notification", "GET", "/v1/inbox", persona=persona)
        assert answer.status_code == 200, answer.text
        return [item["kind"] for item in answer.json()["items"] if item["subject_id"] == str(walk.case_id)]

    async def told() -> bool:
        return "case_opened" in await kinds_for("lead-more-og-romsdal")

    await until(told, what="the lead of the unit told of the case")
    assert await kinds_for("lead-oslo") == []
    assert await kinds_for("officer-oslo") == []


async def test_the_inbox_keeps_to_need_to_know_as_the_case_service_has_it_at_that_moment(platform: Platform):
    walk = await open_case(platform, "agder")

    async def told(persona: str) -> set[str]:
        answer = await platform.call("notification", "GET", "/v1/inbox?limit=100", persona=persona)
        assert answer.status_code == 200, answer.text
        return {item["kind"] for item in answer.json()["items"] if item["subject_id"] == str(walk.case_id)}

    await walk.plan()
    await walk.act()

    async def planned() -> bool:
        return "plan_approved" in await told("officer-agder")

    await until(planned, what="the member told of the plan")
    assert await told("officer2-agder") == set()
    await walk.do("POST", "/members", {"subject": "officer2-agder"})
    assert await told("officer2-agder") == {"plan_approved"}
    assert "case_opened" in await told("lead-agder")
    await walk.do("PUT", "/level", {"level": 2}, lead=True)
    # Above the clearance of one of the two members.
    assert (await told("officer-agder"), await told("officer2-agder")) == ({"plan_approved"}, set())
    assert "case_opened" in await told("lead-agder")


async def test_while_the_case_service_is_away_the_inbox_shows_nothing_and_says_why(platform: Platform):
    walk = await open_case(platform, "vest")

    async def told() -> bool:
        answer = await platform.call("notification", "GET", "/v1/inbox", persona="lead-vest")
        return str(walk.case_id) in answer.text

    await until(told, what="the lead told of the case")
    await platform.kill("case-api")
    try:
        away = await platform.call("notification", "GET", "/v1/inbox", persona="lead-vest")
    finally:
        await platform.start("case-api")
    assert (away.status_code, away.json()["code"]) == (503, "case-service-unavailable")
    assert str(walk.case_id) not in away.text
    assert await told()


async def test_a_webhook_gets_each_event_signed_and_without_anything_personal(platform: Platform, receiver: Receiver):
    made = await platform.call(
        "notification", "POST", "/v1/endpoints", persona="lead-innlandet", body={"url": receiver.url}
    )
    assert made.status_code == 201, made.text
    walk = await open_case(platform, "innlandet", title="Kanarifugl i tittelen")
    await walk.plan()
    await open_case(platform, "oslo")

    def about_the_case() -> list[tuple[dict[str, str], bytes]]:
        return [
            item for item in receiver.received if json.loads(item[1])["data"].get("subject_id") == str(walk.case_id)
        ]

    async def all_came() -> bool:
        return len(about_the_case()) >= walk.version

    await until(all_came, what="a webhook for every version of the case")
    versions = []
    for headers, body in about_the_case():
        Webhook(made.json()["secret"]).verify(body, headers)
        versions.append(json.loads(body)["data"]["subject_version"])
        assert b"Kanarifugl" not in body
    assert versions == list(range(1, walk.version + 1))
    assert {json.loads(body)["data"]["unit"] for _, body in receiver.received} == {"innlandet"}
