"""The receivers of docs/how-to/webhooks.md, as they stand there, are sent what the service sends."""

import asyncio
import os
import re
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from forkant_devstack.native.ports import free_ports
from forkant_kit.testing import until
from notification_service.commands import endpoints
from notification_service.domain.retries import LADDER
from notification_service.domain.signing import Signature

PAGE = Path(__file__).parents[3] / "docs/how-to/webhooks.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
async def documented(world, tmp_path):
    """Run the receiver of the page for an endpoint; give the endpoint and what the receiver prints."""
    [port] = free_ports(1)
    endpoint, secret = await world.endpoint(f"http://127.0.0.1:{port}/")
    script = tmp_path / "receiver.py"
    script.write_text(BLOCKS[0].replace("9000", str(port)))
    printed = tmp_path / "printed"
    with printed.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(script), env={**os.environ, "FORKANT_WEBHOOK_SECRET": secret}, stdout=out, stderr=out
        )

    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    await until(listens, what="the receiver listens")
    yield endpoint, lambda: [line for line in printed.read_text().splitlines() if line.startswith("no.forkant")]
    process.kill()
    await process.wait()


async def test_the_receiver_of_the_page_accepts_what_is_signed_and_takes_a_repeat_for_one(world, documented):
    endpoint, printed = documented
    await world.happen(world.event("opened", uuid4()), world.event("opened", uuid4()))
    await world.deliver()
    assert {row["status"] for row in await world.deliveries(endpoint)} == {"delivered"}
    await world.stage.fetch(
        "UPDATE delivery SET status = 'pending', settled_at = NULL, next_attempt_at = $1", world.clock()
    )
    await world.stage.fetch("UPDATE lane SET due_at = $1", world.clock())
    await world.deliver()
    assert [row["attempts"] for row in await world.deliveries(endpoint)] == [2, 2]
    assert sorted(printed()) == ["no.forkant.case.opened.v1 1", "no.forkant.case.opened.v1 2"]


async def test_the_receiver_of_the_page_refuses_another_secret(world, documented):
    endpoint, printed = documented
    await world.command(endpoints.rotate, world.context(), endpoint, overlap=LADDER[0] * 0)
    world.clock.advance(seconds=1)
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    [row] = await world.deliveries(endpoint)
    assert (row["status"], row["last_status_code"]) == ("pending", 400)
    assert printed() == []


async def test_the_verification_of_the_page_takes_the_public_key_and_no_other(world, receiver, caller):
    found: dict = {}
    exec(BLOCKS[1], found)
    body = {"url": f"{receiver.url}/hook", "signatures": [Signature.V1A]}
    made = (await caller("lead-oslo").post("/v1/endpoints", body)).json()
    [key] = [each["public_key"] for each in made["secrets"] if each["version"] == "v1a"]
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    [got] = receiver.received
    assert found["verifies"](key, got.headers, got.body)
    assert not found["verifies"](key, got.headers, got.body + b" ")
    assert not found["verifies"]("whpk_" + "A" * 43 + "=", got.headers, got.body)
