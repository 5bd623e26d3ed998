"""What is sent to the catcher is shown and goes nowhere; it is there in development and to this machine alone."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage

import httpx
import pytest
from aiosmtplib import SMTP
from forkant_devstack.mail.app import create_mail_app
from forkant_devstack.mail.box import KEPT, Box
from forkant_devstack.mail.receiver import receiving
from forkant_devstack.native.ports import free_ports


def a_mail(subject: str = "Forkant: Ny bekymring", *, html: str = "<p>Les <b>videre</b></p>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "forkant@politiet.example"
    message["To"] = "somebody@example.org"
    message["Subject"] = subject
    message.set_content("Les videre: æøå")
    message.add_alternative(html, subtype="html")
    return message


@asynccontextmanager
async def catcher():
    box = Box()
    async with receiving(box, host="127.0.0.1", port=0) as port:
        transport = httpx.ASGITransport(create_mail_app(box))
        smtp = SMTP(hostname="127.0.0.1", port=port, start_tls=False, timeout=5)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8025") as page, smtp:
            yield smtp, page


async def test_what_is_sent_is_listed_and_shown():
    async with catcher() as (smtp, page):
        assert "Nothing was sent yet" in (await page.get("/")).text
        await smtp.send_message(a_mail())
        await smtp.send_message(a_mail("Second"))
        items = (await page.get("/api/mails")).json()["items"]
        assert [(item["number"], item["subject"]) for item in items] == [(2, "Second"), (1, "Forkant: Ny bekymring")]
        assert items[1]["recipients"] == ["somebody@example.org"]
        one = (await page.get("/api/mails/1")).json()
        assert one["text"].strip() == "Les videre: æøå"
        assert ["Subject", "Forkant: Ny bekymring"] in one["headers"]
        listed = (await page.get("/")).text
        assert '<a href="/mails/1">Forkant: Ny bekymring</a>' in listed
        assert "Les videre: æøå" in (await page.get("/mails/1")).text


async def test_markup_of_a_mail_stays_in_a_frame_that_runs_nothing():
    async with catcher() as (smtp, page):
        await smtp.send_message(a_mail("<script>alert(1)</script>", html='"><script>alert(2)</script>'))
        listed, shown = await page.get("/"), await page.get("/mails/1")
    for answer in (listed, shown):
        assert "<script" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert '<iframe sandbox title="HTML" srcdoc="&quot;&gt;&lt;script&gt;' in shown.text


@pytest.mark.parametrize("path", ["/mails/7", "/api/mails/7"])
async def test_a_mail_that_is_not_there_is_not_found(path):
    async with catcher() as (_, page):
        assert (await page.get(path)).status_code == 404


async def test_another_name_of_this_machine_reads_no_mail():
    async with catcher() as (_, page):
        assert (await page.get("/api/mails", headers={"host": "evil.example"})).status_code == 400


def test_the_oldest_go_when_there_are_many():
    box = Box()
    for number in range(KEPT + 3):
        box.put(b"Subject: %d\r\n\r\n" % number, sender="", recipients=["a@b.no"], at=datetime.now(UTC))
    assert len(box.newest()) == KEPT
    assert box.one(3) is None
    assert box.newest()[0].number == KEPT + 3


@pytest.mark.parametrize(
    "given", [{"FORKANT_ENV": "production"}, {"FORKANT_ENV": "dev", "FORKANT_HTTP_HOST": "0.0.0.0"}, {}]
)
async def test_it_starts_in_development_and_for_this_machine_alone(given):
    web, smtp = free_ports(2)
    env = {name: value for name, value in os.environ.items() if not name.startswith("FORKANT_")}
    ports = {"FORKANT_HTTP_PORT": str(web), "FORKANT_MAIL_SMTP_PORT": str(smtp)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "forkant_devstack.mail", env={**env, **ports, **given}, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == 78
    assert b"loopback only" in said
