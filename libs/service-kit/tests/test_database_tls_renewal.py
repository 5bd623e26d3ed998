"""What PostgreSQL's connections go by is renewed while a process runs: authorities, clients' and servers' certificates."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from forkant_devstack.testing.authority import Authority
from forkant_devstack.testing.certificates import certificate_for
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.certificate_metrics import EXPIRY
from forkant_kit.db import create_engine
from forkant_kit.health import database_check
from forkant_kit.server_certificates import see_database
from prometheus_client import REGISTRY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

HOST = "localhost"


@dataclass
class TlsFront:
    """Stands before a server that speaks no TLS, shows a certificate, and passes on what comes."""

    shown: ssl.SSLContext
    behind: tuple[str, int]
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # the request for TLS
        writer.write(b"S")
        await writer.drain()
        try:
            await writer.start_tls(self.shown)
            self.open.add(writer)
            back, forth = await asyncio.open_connection(*self.behind)
            self.open.add(forth)
            await asyncio.gather(self.pass_on(reader, forth), self.pass_on(back, writer))
        except (OSError, asyncio.IncompleteReadError):  # the client did not believe it
            pass
        finally:
            writer.close()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    def hang_up(self) -> None:
        for each in self.open:
            each.close()
        self.open.clear()


@pytest.fixture
async def front(postgres: PostgresServer, tmp_path: Path) -> AsyncIterator[tuple[TlsFront, str]]:
    url = (await postgres.create_database("renewal")).app_url
    parts = urlsplit(url)
    (tmp_path / "first").mkdir()
    shown, _ = certificate_for(HOST, tmp_path / "first")
    found = TlsFront(shown, (parts.hostname or "", parts.port or 0))
    server = await asyncio.start_server(found.take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield found, url.replace(f"{parts.hostname}:{parts.port}", f"{HOST}:{port}")
    found.hang_up()
    server.close()


async def test_a_renewed_authority_is_believed_by_the_next_connection_and_not_before(
    front: tuple[TlsFront, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    gate, url = front
    authority = tmp_path / "ca.pem"
    authority.write_bytes((tmp_path / "first/ca.pem").read_bytes())
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(authority))
    engine = create_engine(url, application_name="renewal", pool_size=1)
    await database_check(engine).probe()

    (tmp_path / "second").mkdir()
    gate.shown, _ = certificate_for(HOST, tmp_path / "second")
    gate.hang_up()
    with pytest.raises(ssl.SSLError):
        await engine_connects(engine)
    authority.write_bytes((tmp_path / "second/ca.pem").read_bytes())
    await database_check(engine).probe()
    await engine.dispose()


async def test_a_renewed_certificate_of_the_client_is_shown_by_the_next_connection(
    front: tuple[TlsFront, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    gate, url = front
    old, new = (Authority(tmp_path, name) for name in ("old", "new"))
    certificate, key = old.issue("worker")
    for name, path in (("CERT", certificate), ("KEY", key), ("ROOTCERT", tmp_path / "first/ca.pem")):
        monkeypatch.setenv(f"PGSSL{name}", str(path))
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    gate.shown.verify_mode = ssl.CERT_REQUIRED
    gate.shown.load_verify_locations(new.file)
    engine = create_engine(url, application_name="renewal", pool_size=1)
    with pytest.raises((OSError, DBAPIError)):  # a refusal comes with the handshake, or with the first answer after it
        await engine_connects(engine)
    for path, renewed in zip((certificate, key), new.issue("worker"), strict=True):
        path.write_bytes(renewed.read_bytes())
    await database_check(engine).probe()
    await engine.dispose()


async def test_the_certificate_that_postgresql_shows_is_taken_down(front: tuple[TlsFront, str], tmp_path: Path):
    gate, url = front
    await see_database(url)
    assert shown() == pytest.approx(time.time() + 3600, abs=300)
    authority = Authority(tmp_path, "ended")
    gate.shown.load_cert_chain(*authority.issue("postgresql", lifetime=timedelta(hours=-2)))
    await see_database(url)
    assert shown() == pytest.approx(time.time() - 2 * 3600, abs=300)


async def test_of_a_server_that_speaks_no_tls_nothing_is_taken_down(postgres: PostgresServer):
    EXPIRY.clear()
    await see_database((await postgres.create_database("clear")).app_url)
    await see_database("postgresql://user@/name?host=/run/postgresql")
    assert shown() is None


def shown() -> float | None:
    return REGISTRY.get_sample_value("forkant_certificate_expiry_seconds", {"kind": "database_server"})


async def engine_connects(engine: AsyncEngine) -> None:
    """Connect until the pool has seen that its old connection is gone."""
    for _ in range(20):
        async with engine.connect():
            pass
        await engine.dispose()
