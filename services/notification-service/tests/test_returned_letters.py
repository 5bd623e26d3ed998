"""A letter that comes back over SMTP to the running worker is a dead letter, and its address no longer confirmed."""

import ssl
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from aiosmtplib import SMTP
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.certificates import certificate_for
from forkant_devstack.testing.single import running_process, stopped
from forkant_kit.db import new_id

PERSON, SENT_AT = "lead-oslo", datetime.now(UTC) - timedelta(hours=1)
NOTICE = """\
From: MAILER-DAEMON@mail.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; kari.nordmann@example.org
Action: failed
Status: {status}

--B--
"""


@pytest.fixture
async def letter(world) -> UUID:
    """A letter that was delivered to a confirmed address."""
    found = new_id()
    await world.stage.fetch(
        "INSERT INTO contact (person, channel, address, confirmed_at, updated_at) "
        "VALUES ($1, 'email', 'sealed', $2, $2)",
        PERSON,
        SENT_AT - timedelta(days=1),
    )
    await world.stage.fetch(
        "INSERT INTO letter (id, person, channel, purpose, status, attempts, due_at, created_at, settled_at) "
        "VALUES ($1, $2, 'email', 'message', 'delivered', 1, $3, $3, $3)",
        found,
        PERSON,
        SENT_AT,
    )
    return found


async def bring(port: int, trusted: ssl.SSLContext, letter: UUID, status: str) -> None:
    client = SMTP(hostname="localhost", port=port, start_tls=True, tls_context=trusted, timeout=10)
    await client.connect()
    await client.mail("")
    await client.rcpt(f"retur+{letter.hex}@politiet.example")
    await client.data(NOTICE.format(status=status).encode())
    await client.quit()


@pytest.mark.kafka
async def test_a_returned_letter_is_dead_and_its_address_doubted(  # noqa: PLR0917 - fixtures
    world, migrated, letter, issuer, case_service, kafka, tmp_path
):
    certificate_for("localhost", tmp_path)
    trusted = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    worker_port, returns_port = free_ports(2)
    environment = {
        "FORKANT_ENV": "test",
        "FORKANT_DATABASE_URL": migrated.worker_url,
        "FORKANT_OIDC_ISSUER": issuer.url,
        "FORKANT_CASE_SERVICE_URL": case_service.url,
        "FORKANT_WORKER_PORT": str(worker_port),
        "FORKANT_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "FORKANT_SMTP_RETURN_PATH": "retur@politiet.example",
        "FORKANT_RETURNS_PORT": str(returns_port),
        "FORKANT_RETURNS_CERTIFICATE_FILE": str(tmp_path / "server.pem"),
        "FORKANT_RETURNS_KEY_FILE": str(tmp_path / "server.pem"),
    }

    async def stands() -> tuple[str, str | None, bool]:
        [row] = await world.stage.fetch("SELECT status, reason FROM letter WHERE id = $1", letter)
        [contact] = await world.stage.fetch("SELECT confirmed_at FROM contact WHERE person = $1", PERSON)
        return row["status"], row["reason"], contact["confirmed_at"] is not None

    running = running_process(
        "notification_service.worker", environment=environment, port="FORKANT_WORKER_PORT", folder=tmp_path
    )
    async with running as (_, process):
        await bring(returns_port, trusted, letter, "5.2.2")
        assert await stands() == ("delivered", None, True)
        await bring(returns_port, trusted, letter, "5.1.1")
        assert await stands() == ("dead", "bounced", False)
        await bring(returns_port, trusted, letter, "5.1.1")
        assert await stands() == ("dead", "bounced", False)
        assert await stopped(process) == 0
    logs = "".join(file.read_text() for file in tmp_path.glob("*.log"))
    assert "letter_returned" in logs
    assert "Traceback" not in logs
    assert "kari.nordmann" not in logs
