"""Until when certificates hold is shown, and what can't be read counts as ended."""

import asyncio
import time
from pathlib import Path

import certifi
import httpx
import pytest
from cryptography import x509
from forkant_devstack.testing.certificates import certificate_for
from forkant_kit.certificates import UNREADABLE, expiry_of, saw_issuer, watch_files
from prometheus_client import REGISTRY
from pydantic import BaseModel

HOUR = 3600


def shown(kind: str) -> float | None:
    return REGISTRY.get_sample_value("forkant_certificate_expiry_seconds", {"kind": kind})


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    certificate_for("localhost", tmp_path)
    return tmp_path / "ca.pem"


class Settings(BaseModel):
    kafka_ca_file: Path | None = None
    kafka_certificate_file: Path | None = None


def test_each_file_of_settings_and_environment_is_shown(pem: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PGSSLROOTCERT", str(pem))
    watch_files(Settings(kafka_ca_file=pem))
    for kind in ("kafka_authority", "database_authority"):
        assert shown(kind) == pytest.approx(time.time() + HOUR, abs=60)
    assert shown("kafka_client") is None


def test_of_a_folder_of_authorities_the_last_counts(pem: Path, tmp_path: Path):
    folder = tmp_path / "authorities"
    folder.mkdir()
    assert expiry_of(folder, kind="kafka_authority") == UNREADABLE
    (folder / "ca.crt").write_bytes(pem.read_bytes())
    assert expiry_of(folder, kind="kafka_authority") == expiry_of(pem, kind="kafka_authority")
    end = b"-----END CERTIFICATE-----\n"
    (folder / "ca-old.crt").write_bytes(Path(certifi.where()).read_bytes().partition(end)[0] + end)
    assert expiry_of(folder, kind="kafka_authority") > expiry_of(pem, kind="kafka_authority")


def test_a_renewed_file_is_seen_without_a_new_start(pem: Path):
    watch_files(Settings(kafka_certificate_file=pem))
    assert shown("kafka_client") == pytest.approx(time.time() + HOUR, abs=60)
    pem.write_text("no certificate")
    assert shown("kafka_client") == UNREADABLE
    pem.unlink()
    assert shown("kafka_client") == UNREADABLE


def test_of_authorities_the_last_counts_and_of_a_chain_the_first(pem: Path, tmp_path: Path):
    end = b"-----END CERTIFICATE-----\n"
    known = Path(certifi.where()).read_bytes().partition(end)[0] + end
    lasts = x509.load_pem_x509_certificate(known).not_valid_after_utc.timestamp()
    both = tmp_path / "both.pem"
    both.write_bytes(pem.read_bytes() + known)
    assert expiry_of(both, kind="kafka_authority") == lasts
    assert expiry_of(both, kind="kafka_client") == expiry_of(pem, kind="kafka_client") < lasts


async def test_the_certificate_that_the_issuer_shows_is_taken_down(tmp_path: Path):
    server_side, client_side = certificate_for("localhost", tmp_path)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "localhost", 0, ssl=server_side)
    port = server.sockets[0].getsockname()[1]
    async with (
        httpx.AsyncClient(verify=client_side, trust_env=False) as http,
        http.stream("GET", f"https://localhost:{port}/") as response,
    ):
        saw_issuer(response.extensions.get("network_stream"))
    assert shown("issuer") == pytest.approx(time.time() + HOUR, abs=60)
    server.close()
