"""What is told of a state that an alert is about, and what several states are brought about with."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer
from forkant_contracts import encode
from forkant_contracts.topics import CASE_TOPIC
from forkant_devstack.testing.files import File, pdf
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.walk import Walk
from forkant_kit.testing import an_event, until

from .runbook_stack import Stack

CHANGES = re.compile(r"forkant (parked (replay|discard)|rebuild (start|flip|drop)|republish|audit export)|PATCH|python")
"""Commands that do something, so that they are run once; all else is asked again until it shows what it must."""
PARKED, AGGREGATE = "indicator:12", "0198c0de-0000-7000-8000-000000000001"
"""What the pages have where the reader puts in the id of a parked event, or of a case."""
FAILED = "SELECT count(*) FROM parked_event WHERE status = 'parked' AND reason = $1"


@dataclass
class Told:
    """What the commands of some pages meet.

    `values` stand for what the reader puts in. `shows` has, by how a command begins, a pattern that its output must hold;
    `codes` how it ends, where that is not with 0.
    """

    values: dict[str, str] = field(default_factory=dict)
    shows: dict[str, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    service: str = "case"
    asks: tuple[str, str] = ("", "")
    """Which service has the paths that the pages name, and who asks."""
    elsewhere: frozenset[str] = frozenset()
    """Commands that would wait here for what does not come, for as long as they may; another state runs them."""


State = Callable[[Stack], AbstractAsyncContextManager[Told]]
STATES: dict[tuple[str, ...], State] = {}


def of(*pages: str) -> Callable[[Callable[[Stack], AsyncIterator[Told]]], State]:
    """Say of which pages a state is."""

    def keep(function: Callable[[Stack], AsyncIterator[Told]]) -> State:
        STATES[pages] = asynccontextmanager(function)
        return STATES[pages]

    return keep


async def is_parked(stack: Stack, reason: str) -> None:
    async def came() -> bool:
        return await stack.ask_database("indicator", FAILED, reason) != "0"

    await until(came, what=f"something parked as {reason}")


async def a_foreign_record(stack: Stack) -> str:
    """Write an event of nobody's to a topic, and return the id under which the indicator service parked it."""
    message, query = (
        encode(an_event(uuid4(), 1)),
        "SELECT max(id) FROM parked_event WHERE reason = 'malformed' AND consumer_group = 'indicator-service.g2'",
    )
    before = await stack.ask_database("indicator", query)
    producer = AIOKafkaProducer(bootstrap_servers=f"127.0.0.1:{stack.ports['kafka']}")
    await producer.start()
    try:
        await producer.send_and_wait(CASE_TOPIC, message.value, key=message.key, headers=list(message.headers))
    finally:
        await producer.stop()

    async def came() -> bool:
        return await stack.ask_database("indicator", query) != before

    await until(came, what="the foreign record parked")
    return f"indicator:{await stack.ask_database('indicator', query)}"


async def says(stack: Stack, process: str, event: str) -> None:
    async def said() -> bool:
        return event in stack.platform.log_of(process)

    await until(said, what=f"{process} saying {event}")


async def list_cases(stack: Stack) -> None:
    await stack.platform.call("case", "GET", "/v1/cases", persona="officer-oslo")


async def attach(stack: Stack, walk: Walk) -> httpx.Response:
    file = File(content=pdf())
    headers = {**stack.persons.headers("officer-oslo"), "If-Match": walk.etag, "Idempotency-Key": str(uuid4())}
    async with plain_client(base_url=stack.platform.nodes["case"].url, timeout=20) as client:
        path = f"/v1/cases/{walk.case_id}/attachments"
        return await client.post(path, content=file.content, headers=headers | file.headers())


@asynccontextmanager
async def answering(answer: bytes, port: int = 0) -> AsyncIterator[int]:
    """Listen, take what comes, and answer each connection with the same."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer.startswith(b"HTTP"):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
        else:
            await reader.readuntil(b"\0")
            while size := int.from_bytes(await reader.readexactly(4), "big"):
                await reader.readexactly(size)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
