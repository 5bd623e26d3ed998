"""From a command over HTTP to a letter at a real mail server, by real parts; and none when the right went meanwhile."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope, Session
from forkant_devstack.issuer.personas import COURIER, SERVICE_SECRET
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import open_case
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka

UNIT, LEAD = "phs", "lead-phs"
ADDRESS = "leder@phs.example"
PROCESSES = ("notification-api", "notification-worker")


@dataclass
class MailServer:
    """Takes mail, or puts it off while told to."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    puts_off: bool = False
    put_off: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.puts_off:
            self.put_off.set()
            return "451 4.7.1 Later"
        self.mails.append(BytesParser(policy=default).parsebytes(envelope.content))
        return "250 2.0.0 Taken"

    def texts(self) -> list[str]:
        return [mail.get_body(("plain",)).get_content() for mail in self.mails]


@asynccontextmanager
async def listening() -> AsyncIterator[MailServer]:
    logging.getLogger("mail.log").disabled = True
    found, loop = MailServer(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(found, hostname="localhost", loop=loop), "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def mail(platform: Platform) -> AsyncIterator[MailServer]:
    """A mail server, to which the notification service of all flows sends meanwhile."""
    async with listening() as server:
        extra = dict(platform.extra_env)
        platform.extra_env = extra | {
            "FORKANT_LETTER_CHANNELS": "email",
            "FORKANT_SMTP_HOST": "127.0.0.1",
            "FORKANT_SMTP_PORT": str(server.port),
            "FORKANT_SMTP_SECURITY": "none",
            "FORKANT_COURIER_CLIENT_ID": COURIER,
            "FORKANT_COURIER_CLIENT_SECRET": SERVICE_SECRET,
        }
        await again(platform)
        try:
            yield server
        finally:
            platform.extra_env = extra
            await again(platform)


async def again(platform: Platform) -> None:
    for name in PROCESSES:
        await platform.stop(name)
        await platform.start(name)


async def ask(platform: Platform, method: str, path: str, body: Any = None, *, etag: str | None = None) -> Any:
    answer = await platform.call("notification", method, path, persona=LEAD, body=body, etag=etag)
    assert answer.is_success, answer.text
    return answer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reached(platform: Platform, mail: MailServer) -> MailServer:
    """The mail server, where the lead has a confirmed address and is told of opened cases."""
    etag = (await ask(platform, "GET", "/v1/preferences")).headers["etag"]
    choices = {"language": "nb", "contacts": [{"channel": "email", "address": ADDRESS}]}
    await ask(platform, "PUT", "/v1/preferences", choices, etag=etag)

    async def came() -> bool:
        return bool(mail.mails)

    await until(came, what="the code reaching the mail server")
    [code] = re.findall(r"\b[0-9]{8}\b", mail.texts()[0])
    await ask(platform, "POST", "/v1/preferences/confirmations", {"channel": "email", "code": code})
    await ask(platform, "POST", "/v1/subscriptions", {"kinds": ["case_opened"]})
    return mail


async def test_an_opened_case_reaches_the_leads_mailbox_once_and_names_nothing_of_it(
    platform: Platform, reached: MailServer
):
    before = len(reached.mails)
    walk = await open_case(platform, UNIT)

    async def came() -> bool:
        return len(reached.mails) > before

    await until(came, what="the letter reaching the mail server")
    [item] = [
        each
        for each in (await ask(platform, "GET", "/v1/inbox")).json()["items"]
        if each["subject_id"] == str(walk.case_id)
    ]
    [letter] = reached.mails[before:]
    text = reached.texts()[-1]
    assert letter["to"] == ADDRESS
    assert f"/v1/inbox/{item['id']}" in text
    assert str(walk.case_id) not in letter.as_string()
    [logged, *_] = (await ask(platform, "GET", "/v1/letters?status=delivered")).json()["items"]
    assert [each["entry_id"] for each in logged["items"]] == [item["id"]]
    assert logged["id"] in letter["message-id"]
    for name in PROCESSES:
        assert ADDRESS not in platform.log_of(name)


async def test_a_letter_whose_reader_lost_the_right_between_two_attempts_is_never_sent(
    platform: Platform, reached: MailServer
):
    before = len(reached.mails)
    reached.puts_off = True
    reached.put_off.clear()
    walk = await open_case(platform, UNIT)
    async with asyncio.timeout(30):
        await reached.put_off.wait()
    reached.puts_off = False
    path, level = f"/v1/cases/{walk.case_id}/level", {"level": 3}
    hidden = await platform.call("case", "PUT", path, persona=f"privacy-{UNIT}", body=level, etag=walk.etag)
    assert hidden.is_success, hidden.text

    async def cancelled() -> bool:
        [newest, *_] = (await ask(platform, "GET", "/v1/letters")).json()["items"]
        return newest["status"] == "cancelled"

    await until(cancelled, what="the letter being cancelled")
    [newest, *_] = (await ask(platform, "GET", "/v1/letters")).json()["items"]
    assert (newest["reason"], newest["items"], newest["attempts"]) == ("nothing_left", [], 2)
    assert len(reached.mails) == before
