"""Letters that come back: what a notice tells, and what the listener takes, over a real connection."""

import asyncio
import logging
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException, SMTPRecipientRefused, SMTPResponseException
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.certificates import certificate_for
from hypothesis import given
from hypothesis import strategies as st
from notification_service.domain.letters import Returned
from notification_service.returns.listener import ReturnAddress, listening, return_address, take_returns
from notification_service.returns.notices import MAX_BYTES, read
from notification_service.settings import NotificationWorkerSettings
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

ID = UUID("0198c0de-0000-7000-8000-00000000abcd")
PATH = "retur@politiet.example"


def notice(
    *recipients: str, envelope_id: str | None = None, message_id: str | None = None, headers_only: bool = True
) -> bytes:
    """Write what Postfix writes when a letter can't arrive."""
    returned = f"Message-ID: {message_id}\r\n" if message_id else "Subject: x\r\n"
    kind = "text/rfc822-headers" if headers_only else "message/rfc822"
    lines = [
        "From: MAILER-DAEMON@mail.example (Mail Delivery System)",
        "To: retur@politiet.example",
        "Subject: Undelivered Mail Returned to Sender",
        f"Message-ID: <{uuid4()}@mail.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"',
        "",
        "--B",
        "Content-Type: text/plain",
        "",
        "<ola.nordmann@example.org>: host mx.example.org said: 550 5.1.1 unknown",
        "--B",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mail.example",
        *([f"Original-Envelope-Id: {envelope_id}"] if envelope_id else []),
        "",
        *(line for each in recipients for line in ("Final-Recipient: rfc822; ola.nordmann@example.org", each, "")),
        "--B",
        f"Content-Type: {kind}",
        "",
        returned,
        "--B--",
        "",
    ]
    return "\r\n".join(lines).encode()


FAILED = "Action: failed\r\nStatus: 5.1.1"


@pytest.mark.parametrize(
    ("said", "for_good", "status"),
    [
        (FAILED, True, "5.1.1"),
        ("Action: FAILED \r\nStatus:  5.1.1 (bad mailbox)", True, "5.1.1"),
        ("Action: failed\r\nStatus: 5.1.10", True, "5.1.10"),
        ("Action: failed\r\nStatus: 5.2.1", True, "5.2.1"),
        ("Action: failed\r\nStatus: 5.4.4", True, "5.4.4"),
        ("Action: failed\r\nStatus: 5.0.0", True, "5.0.0"),
        ("Action: failed", True, "5.0.0"),
        ("Action: failed\r\nStatus: nonsense", True, "5.0.0"),
        ("Action: failed\r\nStatus: 5.2.2", False, "5.2.2"),
        ("Action: failed\r\nStatus: 5.7.1", False, "5.7.1"),
        ("Action: failed\r\nStatus: 4.4.7", False, "4.4.7"),
        ("Action: delayed\r\nStatus: 4.4.1", False, "4.4.1"),
        ("Action: delayed\r\nStatus: 5.1.1", False, "4.1.1"),
    ],
)
def test_a_failure_is_for_good_when_another_letter_would_fail_too(said, for_good, status):
    found = read(notice(said), extension=ID.hex)
    assert found == Returned(letter_id=ID, for_good=for_good, status=status, delayed="delayed" in said)


@pytest.mark.parametrize(
    "said", ["Action: delivered\r\nStatus: 2.0.0", "Action: relayed\r\nStatus: 2.0.0", "Status: 5.1.1", ""]
)
def test_what_is_no_failure_is_none(said):
    assert read(notice(said), extension=ID.hex) is None


def test_of_several_recipients_the_worst_counts():
    both = notice("Action: delivered\r\nStatus: 2.0.0", "Action: failed\r\nStatus: 4.4.7", FAILED)
    assert read(both, extension=ID.hex) == Returned(letter_id=ID, for_good=True, status="5.1.1")


@pytest.mark.parametrize(
    "named",
    [
        {"envelope_id": ID.hex},
        {"message_id": f"<{ID}@politiet.example>"},
        {"message_id": f"<{ID}@politiet.example>", "headers_only": False},
    ],
)
def test_a_notice_without_an_extension_is_tied_by_what_it_returns(named):
    assert read(notice(FAILED, **named), extension=None) == Returned(letter_id=ID, for_good=True, status="5.1.1")


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        (notice(FAILED), None),
        (notice(FAILED), "somebody"),
        (notice(FAILED, message_id="<x@y>"), None),
        (b"Subject: I am on holiday\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday.\r\n", ID.hex),
        (b"", ID.hex),
        (notice(FAILED) + b"x" * MAX_BYTES, ID.hex),
    ],
)
def test_what_tells_of_no_letter_is_none(content, extension):
    assert read(content, extension=extension) is None


def test_the_notices_own_message_id_is_not_taken_for_the_letters():
    own = notice(FAILED).replace(
        b"Subject: Undelivered", f"Message-ID: <{ID}@politiet.example>\r\nSubject: Un".encode()
    )
    assert read(own, extension=None) is None


def nested(depth: int) -> bytes:
    heads = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth)
    )
    return heads + notice(FAILED)


@pytest.mark.parametrize("depth", [1, 40, 400, 4_000])
def test_parts_in_parts_without_end_are_given_up(depth):
    assert read(nested(depth), extension=ID.hex) in {None, Returned(letter_id=ID, for_good=True, status="5.1.1")}


PIECES = st.sampled_from(
    [
        b"Content-Type: message/delivery-status\r\n",
        b"Content-Type: multipart/report; boundary=B\r\n",
        b"Content-Type: text/rfc822-headers\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b'Content-Type: text/plain; charset="\xff\r\n',
        b"Message-ID: <\r\n",
        b"Action: failed\r\n",
        b"Status: 5.1.1\r\n",
        b"Original-Envelope-Id: \xff\r\n",
        b"--B\r\n",
        b"--B--\r\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"=?utf-8?q?=ff?=",
    ]
)


@given(st.lists(PIECES | st.binary(max_size=40), max_size=60).map(b"".join), st.none() | st.just(ID.hex) | st.text())
def test_no_bytes_make_the_reader_fail_and_what_it_tells_is_codes(content, extension):
    found = read(content, extension=extension)
    assert found is None or all(part.isdigit() for part in found.status.split("."))


@given(st.data())
def test_a_notice_that_was_damaged_on_the_way_makes_no_other_letter_fail(data):
    whole = notice(FAILED, envelope_id=ID.hex)
    at = data.draw(st.integers(0, len(whole)))
    damaged = whole[:at] + data.draw(st.binary(max_size=20)) + whole[at + data.draw(st.integers(0, 30)) :]
    found = read(damaged, extension=ID.hex)
    assert found is None or found.letter_id == ID


# --- over a connection


@dataclass(slots=True)
class Kept:
    """Notes what it is told, or fails."""

    known: bool = True
    error: Exception | None = None
    told: list[Returned] = field(default_factory=list)

    async def take(self, returned: Returned) -> bool:
        if self.error is not None:
            raise self.error
        self.told.append(returned)
        return self.known


def counted(what: str) -> float:
    return REGISTRY.get_sample_value("forkant_return_path_mail_total", {"outcome": what}) or 0.0


@asynccontextmanager
async def relay_to(kept: Kept, *, tls: tuple[ssl.SSLContext, ssl.SSLContext] | None = None, start_tls: bool = False):
    address = ReturnAddress(host="127.0.0.1", port=0, return_path=PATH, tls=tls[0] if tls else None)
    async with listening(address, kept) as port:
        client = SMTP(
            hostname="localhost", port=port, start_tls=start_tls, tls_context=tls[1] if tls else None, timeout=5
        )
        await client.connect()
        try:
            yield client
        finally:
            client.close()


async def bring(client: SMTP, content: bytes, *, to: str = f"retur+{ID.hex}@politiet.example") -> None:
    await client.mail("")
    await client.rcpt(to)
    await client.data(content)


async def test_a_notice_is_noted_and_nothing_of_it_is_logged(caplog):
    kept, before = Kept(), counted("noted")
    with capture_logs() as logs, caplog.at_level(logging.DEBUG):
        async with relay_to(kept) as client:
            await bring(client, notice(FAILED))
            await bring(
                client, notice("Action: delayed\r\nStatus: 4.4.1"), to=f"RETUR+{ID.hex.upper()}@POLITIET.example"
            )
    assert [each.for_good for each in kept.told] == [True, False]
    assert counted("noted") == before + 2
    assert [log["event"] for log in logs] == ["letter_returned"] * 2
    said = repr(logs) + "".join(record.getMessage() for record in caplog.records if record.name != "asyncio")
    assert "ola.nordmann" not in said
    assert "retur" not in said.replace("letter_returned", "")


@pytest.mark.parametrize("to", ["somebody@politiet.example", "retur@example.org", "returned@politiet.example"])
async def test_mail_for_anybody_else_is_refused(to):
    kept = Kept()
    async with relay_to(kept) as client:
        await client.mail("")
        with pytest.raises(SMTPRecipientRefused) as refused:
            await client.rcpt(to)
        assert refused.value.code == 550
    assert kept.told == []


async def test_what_is_no_notice_is_taken_and_dropped():
    kept, before = Kept(), counted("unreadable")
    message = EmailMessage()
    message["Subject"] = "I am on holiday"
    message.set_content("Back on Monday.")
    async with relay_to(kept) as client:
        await bring(client, message.as_bytes())
    assert kept.told == []
    assert counted("unreadable") == before + 1


async def test_a_letter_that_nobody_knows_is_counted():
    kept, before = Kept(known=False), counted("unknown_letter")
    async with relay_to(kept) as client:
        await bring(client, notice(FAILED))
    assert counted("unknown_letter") == before + 1


@pytest.mark.parametrize("error", [OSError("ola.nordmann"), RuntimeError("ola.nordmann")])
async def test_what_cannot_be_noted_is_to_be_brought_again(error):
    kept = Kept(error=error)
    with capture_logs() as logs:
        async with relay_to(kept) as client:
            with pytest.raises(SMTPResponseException) as refused:
                await bring(client, notice(FAILED))
    assert refused.value.code == 451
    assert "ola.nordmann" not in repr(logs) + refused.value.message


async def test_what_is_too_long_is_refused():
    async with relay_to(Kept()) as client:
        with pytest.raises(SMTPResponseException) as refused:
            await bring(client, notice(FAILED) + b"x\r\n" * MAX_BYTES)
        assert refused.value.code == 552


async def test_a_second_recipient_waits_for_the_next_turn():
    async with relay_to(Kept()) as client:
        await client.mail("")
        await client.rcpt(PATH)
        with pytest.raises(SMTPRecipientRefused) as refused:
            await client.rcpt(PATH)
        assert refused.value.code == 452


async def test_with_a_certificate_nothing_is_taken_in_clear(tmp_path):
    kept, tls = Kept(), certificate_for("localhost", tmp_path)
    async with relay_to(kept, tls=tls) as client:
        with pytest.raises(SMTPResponseException) as refused:
            await client.mail("")
        assert refused.value.code == 530
    async with relay_to(kept, tls=tls, start_tls=True) as client:
        await bring(client, notice(FAILED))
    assert len(kept.told) == 1


async def test_the_settings_say_where_returned_letters_come_to(tmp_path):
    certificate_for("localhost", tmp_path)
    given = {
        "env": "test",
        "database_url": "postgresql://nobody@127.0.0.1/none",
        "oidc_issuer": "http://127.0.0.1:8009",
        "smtp_return_path": PATH,
    }
    assert return_address(NotificationWorkerSettings(**given)) is None
    [port] = free_ports(1)
    files = {"returns_certificate_file": tmp_path / "server.pem", "returns_key_file": tmp_path / "server.pem"}
    address = return_address(NotificationWorkerSettings(**given, **files, returns_port=port))
    stop, kept = asyncio.Event(), Kept()
    taking = asyncio.create_task(take_returns(address, kept, stop))
    trusted = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    client = SMTP(hostname="localhost", port=port, start_tls=True, tls_context=trusted, timeout=5)
    async with asyncio.timeout(10):
        while not await is_greeted(port):
            pass
    await client.connect()
    await bring(client, notice(FAILED))
    client.close()
    stop.set()
    await taking
    assert len(kept.told) == 1


async def test_connections_without_end_leave_room_for_no_more_than_twenty_at_a_time():
    address = ReturnAddress(host="127.0.0.1", port=0, return_path=PATH)
    async with listening(address, Kept()) as port:
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        greetings = [await reader.readline() for reader, _ in lines]
        assert all(greeting.startswith(b"220") for greeting in greetings)
        with pytest.raises((SMTPException, OSError)):
            await SMTP(hostname="127.0.0.1", port=port, start_tls=False, timeout=5).connect()
        for _, writer in lines:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(10):
            while not await is_greeted(port):
                pass


async def is_greeted(port: int) -> bool:
    client = SMTP(hostname="127.0.0.1", port=port, start_tls=False, timeout=5)
    try:
        await client.connect()
    except (SMTPException, OSError):
        return False
    client.close()
    return True
