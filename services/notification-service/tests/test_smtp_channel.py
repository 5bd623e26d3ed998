"""E-mail against a real server: what is sent, and what the channel makes of servers that misbehave."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aiosmtplib.errors import SMTPDataError, SMTPRecipientRefused, SMTPSenderRefused
from forkant_devstack.testing.certificates import certificate_for
from forkant_devstack.testing.mail_server import running_mail_server
from hypothesis import given
from hypothesis import strategies as st
from notification_service.channels.mail import Sender, compose
from notification_service.channels.smtp import SmtpChannel, SmtpRelay, SmtpSecurity
from notification_service.channels.smtp_steps import Step, meaning
from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language
from notification_service.domain.letters import Delivered, Item, Letter, Purpose, Reason, Refused, TryLater
from notification_service.domain.recipients import is_email
from notification_service.domain.wording import WORDING

SENDER = Sender(
    address="forkant@politiet.example",
    return_path="retur@politiet.example",
    site="https://forkant.example",
    preferences="https://forkant.example/preferences",
)
AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SENT = Delivered(wording=WORDING)
ITEM = Item(kind=Kind.TASK_OVERDUE, unit="sor-ost", path="/inbox/0198")
LETTER = Letter(id=UUID(int=9), to="somebody@example.org", language=Language.NB, purpose=Purpose.MESSAGE, items=(ITEM,))


def later(reason: Reason) -> TryLater:
    return TryLater(reason=reason)


def refused(reason: Reason) -> Refused:
    return Refused(reason=reason)


@asynccontextmanager
async def channel_to(port: int, **relay):
    channel = SmtpChannel(
        relay=SmtpRelay(
            host="localhost",
            port=port,
            client_name="forkant.example",
            **{"security": SmtpSecurity.NONE, "timeout_s": 5, **relay},
        ),
        sender=SENDER,
        now=lambda: AT,
    )
    try:
        yield channel
    finally:
        await channel.aclose()


async def test_a_letter_arrives_with_all_that_a_mail_program_asks_for():
    async with running_mail_server() as server, channel_to(server.port) as channel:
        assert await channel.send(LETTER) == SENT
    [mail] = server.taken
    message = mail.message
    assert message.defects == []
    assert mail.recipient == "somebody@example.org"
    assert mail.sender == f"retur+{LETTER.id.hex}@politiet.example"
    assert message["from"] == "Forkant <forkant@politiet.example>"
    assert message["to"] == "somebody@example.org"
    assert message["subject"] == "Forkant: Gjøremål over fristen (Sør-Øst politidistrikt)"
    assert message["message-id"] == f"<{LETTER.id}@politiet.example>"
    assert message["date"].datetime == AT
    assert message["auto-submitted"] == "auto-generated"
    assert message["list-unsubscribe"] == "<https://forkant.example/preferences>"
    assert message["content-language"] == "nb"
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert "https://forkant.example/inbox/0198" in plain.get_content()
    assert 'href="https://forkant.example/inbox/0198"' in html.get_content()
    assert mail.content.isascii()
    assert max(map(len, mail.content.split(b"\r\n"))) <= 998


async def test_a_code_is_sent_to_an_address_without_anything_to_unsubscribe_from():
    code = replace(LETTER, purpose=Purpose.CONFIRMATION, items=(), code="4F9K-22")
    async with running_mail_server() as server, channel_to(server.port) as channel:
        assert await channel.send(code) == SENT
    message = server.taken[0].message
    assert message["list-unsubscribe"] is None
    assert "4F9K-22" in message.get_body(("plain",)).get_content()
    assert "4F9K" not in message["subject"]


async def test_one_connection_carries_many_letters():
    async with running_mail_server() as server, channel_to(server.port) as channel:
        for _ in range(3):
            assert await channel.send(replace(LETTER, id=uuid4())) == SENT
    assert (len(server.taken), server.connections) == (3, 1)


async def test_letters_sent_at_the_same_time_share_the_connections_that_are_allowed():
    async with running_mail_server() as server, channel_to(server.port, connections=2) as channel:
        letters = [replace(LETTER, id=uuid4()) for _ in range(12)]
        assert set(await asyncio.gather(*map(channel.send, letters))) == {SENT}
    assert server.connections <= 2
    assert {mail.message["message-id"] for mail in server.taken} == {
        f"<{each.id}@politiet.example>" for each in letters
    }


async def test_a_kept_connection_that_died_is_replaced_unseen():
    async with running_mail_server() as server, channel_to(server.port) as channel:
        assert await channel.send(LETTER) == SENT
        server.cut()
        assert await channel.send(LETTER) == SENT
        assert server.connections == 2


async def test_a_server_that_closes_a_kept_connection_with_421_is_asked_on_a_new_one():
    async with running_mail_server() as server, channel_to(server.port) as channel:
        assert await channel.send(LETTER) == SENT
        server.at_mail = ["421 4.3.2 Service shutting down"]
        assert await channel.send(LETTER) == SENT
        assert server.connections == 2


@pytest.mark.parametrize(
    ("step", "reply", "outcome"),
    [
        ("at_mail", "451 4.7.1 try later", later(Reason.DEFERRED)),
        ("at_mail", "553 5.7.1 somebody@example.org not yours", later(Reason.SENDER_REFUSED)),
        ("at_mail", "530 5.7.0 log in", later(Reason.LOGIN_REFUSED)),
        ("at_rcpt", "450 4.2.0 greylisted, somebody@example.org", later(Reason.DEFERRED)),
        ("at_rcpt", "452 4.2.2 mailbox full", later(Reason.DEFERRED)),
        ("at_rcpt", "550 5.1.1 somebody@example.org unknown", refused(Reason.RECIPIENT_REFUSED)),
        ("at_rcpt", "550 no such user", refused(Reason.RECIPIENT_REFUSED)),
        ("at_rcpt", "554 5.2.1 mailbox disabled", refused(Reason.RECIPIENT_REFUSED)),
        ("at_rcpt", "554 5.7.1 relay access denied", refused(Reason.LETTER_REFUSED)),
        ("at_rcpt", "552 5.2.2 mailbox full", refused(Reason.LETTER_REFUSED)),
        ("at_rcpt", "530 5.7.0 log in", later(Reason.LOGIN_REFUSED)),
        ("at_data", "451 4.3.0 try later", later(Reason.DEFERRED)),
        ("at_data", "554 5.7.1 looks like spam", refused(Reason.LETTER_REFUSED)),
        ("at_data", "299 5.7.1 what", later(Reason.MAYBE_TAKEN)),
    ],
)
async def test_what_the_server_says_becomes_a_code_and_the_next_letter_goes_through(step, reply, outcome):
    async with running_mail_server() as server, channel_to(server.port) as channel:
        setattr(server, step, [reply])
        answer = await channel.send(LETTER)
        assert answer == outcome
        assert "example.org" not in repr(answer)
        assert server.taken == []
        assert await channel.send(LETTER) == SENT


async def test_a_connection_lost_after_the_content_is_tried_again_with_the_same_message_id():
    async with running_mail_server() as server, channel_to(server.port) as channel:
        server.drop_after_data = 1
        assert await channel.send(LETTER) == later(Reason.MAYBE_TAKEN)
        assert await channel.send(LETTER) == SENT
    first, second = server.taken
    assert first.message["message-id"] == second.message["message-id"]


async def test_a_server_that_never_answers_the_content_may_have_taken_it():
    async with running_mail_server() as server, channel_to(server.port, timeout_s=0.5) as channel:
        server.hang = True
        assert await channel.send(LETTER) == later(Reason.MAYBE_TAKEN)


@asynccontextmanager
async def saying(*lines: bytes):
    """Run a server that says these lines, one for each that it hears, and then nothing."""
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            writer.write(line)
            await reader.readline()
        await done.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        done.set()
        server.close()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), Reason.TIMED_OUT),
        ((b"554 5.3.2 go away\r\n",), Reason.DEFERRED),
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), Reason.BROKEN_ANSWER),
        ((b"2" * 100_000,), Reason.BROKEN_ANSWER),
        ((b"220 hello\r\n", b"250 mail\r\n", b"354 what\r\n"), Reason.BROKEN_ANSWER),
        ((b"220 hello\r\n", b"250 mail\r\n", b"250 ok\r\n"), Reason.TIMED_OUT),
    ],
)
async def test_a_server_that_hangs_or_talks_nonsense_is_tried_later(lines, reason):
    async with saying(*lines) as port, channel_to(port, timeout_s=0.5) as channel:
        assert await channel.send(LETTER) == later(reason)


async def test_a_closed_port_is_unreachable():
    async with saying() as port:
        pass
    async with channel_to(port) as channel:
        assert await channel.send(LETTER) == later(Reason.UNREACHABLE)


@pytest.mark.parametrize("security", [SmtpSecurity.STARTTLS, SmtpSecurity.IMPLICIT])
@pytest.mark.parametrize(("host", "outcome"), [("localhost", SENT), ("other.example", later(Reason.TLS_FAILED))])
async def test_tls_verifies_the_server_before_it_is_told_anything(tmp_path, security, host, outcome):
    server_tls, client_tls = certificate_for(host, tmp_path)
    implicit = security is SmtpSecurity.IMPLICIT
    serving = {"implicit_tls": server_tls} if implicit else {"starttls": server_tls}
    users = {"forkant": "secret"}
    async with (
        running_mail_server(**serving, users=users) as server,
        channel_to(server.port, security=security, tls=client_tls, username="forkant", password="secret") as channel,
    ):
        assert await channel.send(LETTER) == outcome
    assert len(server.taken) == (1 if outcome == SENT else 0)


async def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path):
    server_tls, _ = certificate_for("localhost", tmp_path)
    theirs = {"security": SmtpSecurity.STARTTLS, "tls": ssl.create_default_context()}
    async with running_mail_server(starttls=server_tls) as server, channel_to(server.port, **theirs) as channel:
        assert await channel.send(LETTER) == later(Reason.TLS_FAILED)


async def test_a_server_without_starttls_gets_neither_letter_nor_password():
    async with (
        running_mail_server(users={"forkant": "secret"}) as server,
        channel_to(server.port, security=SmtpSecurity.STARTTLS, username="forkant", password="secret") as channel,
    ):
        assert await channel.send(LETTER) == later(Reason.TLS_NOT_OFFERED)
    assert server.taken == []


async def test_a_server_that_offers_starttls_and_then_refuses_it_gets_nothing():
    lines = (b"220 hello\r\n", b"250-mail\r\n250 STARTTLS\r\n", b"454 4.7.0 not now\r\n")
    async with saying(*lines) as port, channel_to(port, security=SmtpSecurity.STARTTLS) as channel:
        assert await channel.send(LETTER) == later(Reason.TLS_NOT_OFFERED)


@pytest.mark.parametrize("password", ["wrong", None])
async def test_a_login_that_is_refused_leaves_the_letter_for_later(password):
    login = {} if password is None else {"username": "forkant", "password": password}
    users = {"forkant": "secret"}
    async with running_mail_server(users=users) as server, channel_to(server.port, **login) as channel:
        assert await channel.send(LETTER) == later(Reason.LOGIN_REFUSED)


async def test_a_server_without_logins_is_not_sent_a_password():
    login = {"username": "forkant", "password": "secret"}
    async with saying(b"220 hello\r\n", b"250 mail\r\n") as port, channel_to(port, **login) as channel:
        assert await channel.send(LETTER) == later(Reason.LOGIN_REFUSED)


@pytest.mark.parametrize("to", ["", "a@b.no\r\nBcc: c@d.no", "a@b.no> ORCPT=x", "a@b.no,c@d.no", "+4791234567"])
async def test_what_is_no_address_is_refused_before_anybody_is_asked(to):
    async with channel_to(1) as channel:
        answer = await channel.send(replace(LETTER, to=to))
    assert answer == refused(Reason.ADDRESS_MALFORMED)
    assert answer.address_is_at_fault


@given(
    to=st.from_regex(r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~.-]{1,20}@[0-9a-z.-]{1,20}\.[a-z]{2,5}", fullmatch=True),
    unit=st.text(),
)
def test_no_address_and_no_unit_adds_a_header(to, unit):
    if not is_email(to):
        return
    item = Item(kind=Kind.CASE_OPENED, unit=unit, path="/inbox/1")
    content = compose(replace(LETTER, to=to, items=(item,)), SENDER, at=AT)
    head = content.split(b"\r\n\r\n")[0].decode().replace("\r\n ", " ")
    assert [line.split(":")[0] for line in head.split("\r\n")] == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "List-Unsubscribe",
        "MIME-Version",
        "Content-Type",
        "Content-Language",
    ]


@given(code=st.integers(-1, 999), text=st.text(), step=st.sampled_from(Step))
def test_no_reply_whatever_it_says_is_more_than_a_code(code, text, step):
    for error in (
        SMTPDataError(code, text),
        SMTPRecipientRefused(code, text, "a@b.no"),
        SMTPSenderRefused(code, text, "a@b.no"),
    ):
        outcome = meaning(error, step)
        assert isinstance(outcome.reason, Reason)
        assert isinstance(outcome, TryLater) or (500 <= code < 600 and step in {Step.RECIPIENT, Step.CONTENT})
