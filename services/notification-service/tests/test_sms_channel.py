"""Text messages against a real HTTP server: what is sent, and what the channel makes of what comes back."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpcore
import pytest
from notification_service.channels.guard import GuardedBackend, SystemResolver
from notification_service.channels.sms import SmsChannel, SmsGateway
from notification_service.channels.webhook import WebhookSender
from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language
from notification_service.domain.letters import Delivered, Item, Letter, Purpose, Reason, Refused, TryLater
from notification_service.domain.wording import WORDING

SENT = Delivered(wording=WORDING)
ITEM = Item(kind=Kind.CASE_OPENED, unit="oslo", path="/inbox/0198")
LETTER = Letter(id=UUID(int=9), to="+4791234567", language=Language.EN, purpose=Purpose.MESSAGE, items=(ITEM,))


@dataclass(slots=True)
class Gateway:
    """Answers as it is told, and keeps what it was asked."""

    answer: bytes = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
    port: int = 0
    heads: list[str] = field(default_factory=list)
    bodies: list[dict] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    hang: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in head.lower().split("\r\n") if line.startswith("content-length")
        )
        self.heads.append(head.lower())
        self.bodies.append(json.loads(await reader.readexactly(length)))
        if self.hang:
            await self.released.wait()
        writer.write(self.answer)
        writer.close()


@asynccontextmanager
async def gateway():
    found = Gateway()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    found.released.set()
    server.close()


@asynccontextmanager
async def channel_to(port: int, *, timeout_s: float = 5, allow_loopback: bool = True):
    resolver = SystemResolver()
    channel = SmsChannel(
        gateway=SmsGateway(url=f"http://localhost:{port}/v1/messages", token="t0ken", site="https://forkant.example"),
        sender=WebhookSender(
            network=GuardedBackend(allow_loopback=allow_loopback, resolve=resolver, connector=httpcore.AnyIOBackend()),
            now=lambda: datetime.now(UTC),
            timeout_s=timeout_s,
        ),
    )
    yield channel
    await channel.aclose()
    resolver.close()


async def test_a_text_message_names_kind_unit_and_link_and_carries_its_id():
    async with gateway() as there, channel_to(there.port) as channel:
        assert await channel.send(LETTER) == SENT
    assert there.bodies == [
        {
            "to": "+4791234567",
            "text": "Forkant: Preventive case opened (Oslo Police District). https://forkant.example/inbox/0198",
        }
    ]
    [head] = there.heads
    assert head.startswith("post /v1/messages http/1.1\r\n")
    assert "\r\nauthorization: bearer t0ken\r\n" in head
    assert f"\r\nidempotency-key: {LETTER.id}\r\n" in head


async def test_a_code_is_sent_to_a_number():
    async with gateway() as there, channel_to(there.port) as channel:
        assert await channel.send(replace(LETTER, purpose=Purpose.CONFIRMATION, items=(), code="12345678")) == SENT
    assert there.bodies[0]["text"].startswith("Forkant: the code is 12345678.")


@pytest.mark.parametrize(
    ("status", "extra", "outcome"),
    [
        ("200 OK", "", SENT),
        (
            "429 Too Many Requests",
            "retry-after: 90\r\n",
            TryLater(reason=Reason.RATE_LIMITED, wait=timedelta(seconds=90)),
        ),
        ("429 Too Many Requests", "", TryLater(reason=Reason.RATE_LIMITED)),
        ("503 Down", "retry-after: 7\r\n", TryLater(reason=Reason.DEFERRED, wait=timedelta(seconds=7))),
        ("500 Broken", "", TryLater(reason=Reason.DEFERRED)),
        ("408 Slow", "", TryLater(reason=Reason.DEFERRED)),
        ("401 Who", "", TryLater(reason=Reason.LOGIN_REFUSED)),
        ("403 No", "", TryLater(reason=Reason.LOGIN_REFUSED)),
        ("302 There", "location: https://evil.example/\r\n", TryLater(reason=Reason.BROKEN_ANSWER)),
        ("400 What", "", Refused(reason=Reason.LETTER_REFUSED)),
        ("410 Gone", "", Refused(reason=Reason.LETTER_REFUSED)),
        ("422 No such number", "", Refused(reason=Reason.RECIPIENT_REFUSED)),
    ],
)
async def test_what_the_gateway_answers_becomes_a_code(status, extra, outcome):
    async with gateway() as there, channel_to(there.port) as channel:
        body = "+4791234567 is not good"
        there.answer = f"HTTP/1.1 {status}\r\n{extra}content-length: {len(body)}\r\n\r\n{body}".encode()
        assert await channel.send(LETTER) == outcome


async def test_a_gateway_that_hangs_is_tried_later():
    async with gateway() as there, channel_to(there.port, timeout_s=0.3) as channel:
        there.hang = True
        assert await channel.send(LETTER) == TryLater(reason=Reason.TIMED_OUT)


async def test_what_is_not_http_is_tried_later():
    async with gateway() as there, channel_to(there.port) as channel:
        there.answer = b"220 mail.example\r\n"
        assert await channel.send(LETTER) == TryLater(reason=Reason.BROKEN_ANSWER)


async def test_a_gateway_whose_name_leads_to_this_machine_is_not_asked():
    async with gateway() as there, channel_to(there.port, allow_loopback=False) as channel:
        assert await channel.send(LETTER) == TryLater(reason=Reason.TARGET_REFUSED)
    assert there.heads == []


@pytest.mark.parametrize("to", ["", "91234567", "+47 91234567", "somebody@example.org", "+4791234567\r\nx: y"])
async def test_what_is_no_number_is_refused_before_anybody_is_asked(to):
    async with gateway() as there, channel_to(there.port) as channel:
        assert await channel.send(replace(LETTER, to=to)) == Refused(reason=Reason.ADDRESS_MALFORMED)
    assert there.heads == []
