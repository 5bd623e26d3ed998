"""Webhooks reach the outside only: no URL, name or later change of a URL leads to this machine or its neighbours."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from forkant_kit.testing import until

PROCESSES = ("notification-api", "notification-worker")
SETTING = "FORKANT_WEBHOOK_ALLOW_LOOPBACK"
REFUSED = {
    "this machine": "https://127.0.0.1/",
    "this machine by version 6": "https://[::1]/",
    "this machine as one number": "https://2130706433/",
    "this machine in octal": "https://0177.0.0.01/",
    "this machine in hexadecimal": "https://0x7f.0.0.1/",
    "this machine in short": "https://127.1/",
    "every address of this machine": "https://0.0.0.0/",
    "this machine mapped": "https://[::ffff:127.0.0.1]/",
    "this machine mapped in hexadecimal": "https://[::ffff:7f00:1]/",
    "this machine by NAT64": "https://[64:ff9b::7f00:1]/",
    "this machine by 6to4": "https://[2002:7f00:1::]/",
    "this machine by Teredo": "https://[2001:0:7f00:1::]/",
    "the metadata address": "https://169.254.169.254/latest/meta-data/",
    "the metadata address as one number": "https://2852039166/",
    "the metadata address by NAT64": "https://[64:ff9b::a9fe:a9fe]/",
    "the metadata address by version 6": "https://[fd00:ec2::254]/",
    "a neighbour": "https://10.0.0.1/",
    "a neighbour behind the provider": "https://100.64.0.1/",
    "a group": "https://224.0.0.1/",
    "a group by version 6": "https://[ff02::1]/",
    "a link": "https://[fe80::1%25eth0]/",
    "credentials": "https://user:word@example.org/",
    "credentials that look like a host": "https://example.org@127.0.0.1/",
    "port nought": "https://example.org:0/",
    "a port beyond all ports": "https://example.org:65536/",
    "a port that is a word": "https://example.org:http/",
    "plain http": "http://example.org/",
    "another scheme": "gopher://example.org/_x",
    "a file": "file:///etc/passwd",
    "a backslash": "https://example.org\\@127.0.0.1/",
    "a line break": "https://example.org/\r\nHost:%20evil",
    "letters that become digits": "https://①②⑦.⓪.⓪.①/",
    "a full stop of another script": "https://127。0。0。1/",
    "a fragment": "https://example.org/#@127.0.0.1/",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def outside_only(wall) -> AsyncIterator[Any]:
    """The notification service as in production: without the way to this machine that tests are given."""
    settings: Any = wall.platform.extra_env
    for value in ("false", "true"):
        settings[SETTING] = value
        for name in PROCESSES:
            await wall.platform.stop(name)
        await asyncio.gather(*[wall.platform.start(name) for name in PROCESSES])
        if value == "false":
            yield wall


@pytest.mark.parametrize("target", REFUSED)
async def test_no_endpoint_is_registered_or_moved_to(outside_only, target):
    lead = outside_only.person("lead-oslo")
    made = await lead.done("notification", "POST", "/v1/endpoints", {"url": "https://example.org/hook"})
    before = await outside_only.state("notification")
    for method, path, etag in (
        ("POST", "/v1/endpoints", None),
        ("PATCH", f"/v1/endpoints/{made.json()['id']}", made.headers["etag"]),
    ):
        answer = await lead.send("notification", method, path, {"url": REFUSED[target]}, etag=etag)
        assert (answer.status_code, answer.json()["code"]) == (422, "url-not-allowed")
        assert "word" not in answer.text
    assert await outside_only.state("notification") == before


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "localhost.", "ip6-localhost", socket.gethostname()])
async def test_no_webhook_reaches_this_machine_by_a_name_that_leads_to_it(outside_only, name):
    """As after rebinding: the name was good when it was registered, and is looked up anew for each connection."""
    lead, came = outside_only.person("lead-oslo"), []

    async def welcome(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(1)
        writer.close()

    server = await asyncio.start_server(welcome, None, 0)
    port = server.sockets[0].getsockname()[1]
    made = await lead.done("notification", "POST", "/v1/endpoints", {"url": f"https://{name}:{port}/hook"})
    pinged = await lead.done("notification", "POST", f"/v1/endpoints/{made.json()['id']}/ping", {})
    path = f"/v1/deliveries/{pinged.json()['id']}"

    async def given_up() -> bool:
        return (await lead.done("notification", "GET", path)).json()["status"] == "failed"

    await until(given_up, what="the ping being given up")
    [attempt] = (await lead.done("notification", "GET", path)).json()["log"]
    assert attempt["outcome"] in {"address_refused", "unreachable"}
    assert came == []
    server.close()
