"""A receiver that means ill: it is not followed, not waited for and not read on, and what it is sent can't be reused."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from forkant_kit.testing import until
from standardwebhooks import Webhook, WebhookVerificationError

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def receiver(behave: Behaviour) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    server.close()


async def pinged(wall, url: str) -> tuple[str, str]:
    """Register an endpoint and ping it; return the delivery's path and the secret."""
    lead = wall.person("lead-oslo")
    made = await lead.done("notification", "POST", "/v1/endpoints", {"url": url})
    ping = await lead.done("notification", "POST", f"/v1/endpoints/{made.json()['id']}/ping", {})
    return f"/v1/deliveries/{ping.json()['id']}", made.json()["secret"]


async def ended(wall, path: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    async def over() -> bool:
        found.append((await wall.person("lead-oslo").done("notification", "GET", path)).json())
        return found[-1]["status"] != "pending"

    await until(over, what="the delivery coming to an end")
    return found[-1]


async def taken(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
    return headers, await reader.readexactly(int(headers["content-length"]))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_to_this_machine_is_followed(wall, status):
    came: list[int] = []

    async def inside(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        came.append(1)

    async with receiver(inside) as hidden:

        async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await taken(reader)
            writer.write(f"HTTP/1.1 {status} Go\r\nLocation: {hidden}\r\nContent-Length: 0\r\n\r\n".encode())

        async with receiver(redirect) as url:
            path, _ = await pinged(wall, url)
            found = await ended(wall, path)
    assert (found["status"], [item["outcome"] for item in found["log"]]) == ("failed", ["redirected"])
    assert came == []


async def test_no_answer_of_a_gigabyte_is_read_to_its_end(wall):
    written: list[int] = []

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await taken(reader)
        writer.write(b"HTTP/1.1 500 Oh\r\nContent-Length: 1073741824\r\n\r\n")
        for _ in range(1024):
            writer.write(b"x" * 1024 * 1024)
            await writer.drain()
            written.append(1)

    async with receiver(flood) as url:
        path, _ = await pinged(wall, url)
        assert (await ended(wall, path))["status"] == "failed"
    assert len(written) < 64


async def test_no_receiver_that_never_ends_its_headers_holds_up_another(wall):
    hung = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await taken(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        hung.set()
        while not writer.is_closing() and not reader.at_eof():
            writer.write(b"a")
            await writer.drain()
            await asyncio.wait({asyncio.create_task(reader.read(1))}, timeout=0.1)

    async def prompt(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await taken(reader)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with receiver(drip) as slow, receiver(prompt) as quick:
        held, _ = await pinged(wall, slow)
        await hung.wait()
        served, _ = await pinged(wall, quick)
        assert (await ended(wall, served))["status"] == "delivered"
        found = await ended(wall, held)
    assert (found["status"], [item["outcome"] for item in found["log"]]) == ("failed", ["timed_out"])


async def test_no_message_that_was_changed_or_is_old_is_taken_by_its_signature(wall):
    got: list[tuple[dict[str, str], bytes]] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await taken(reader))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with receiver(keep) as url:
        path, secret = await pinged(wall, url)
        assert (await ended(wall, path))["status"] == "delivered"
    [(headers, body)] = got
    hook = Webhook(secret)
    assert hook.verify(body, headers)
    old = str(int(datetime.now(UTC).timestamp()) - 3600)
    changes = [
        (body.replace(b'"type"', b'"Type"'), headers),
        (body, {**headers, "webhook-timestamp": old}),
        (body, {**headers, "webhook-id": str(uuid4())}),
        (body, {**headers, "webhook-signature": "v1,AAAA"}),
    ]
    for changed, sent in changes:
        with pytest.raises(WebhookVerificationError):
            hook.verify(changed, sent)
    assert "authorization" not in headers
    assert "cookie" not in headers
    assert secret not in json.dumps(headers) + body.decode()
