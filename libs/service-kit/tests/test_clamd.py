"""The virus scanner over TCP: against ClamAV's daemon itself where it is installed, and a peer that misbehaves."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from forkant_devstack.testing.clamd import EICAR, is_installed, running_clamd
from forkant_kit.clamd import ClamdAddress, ScannerUnavailableError, Verdict, begin_scan

PIECE = b"x" * 65536
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def scanned(address: ClamdAddress, *pieces: bytes, timeout_s: float = 30.0) -> Verdict:
    scan = await begin_scan(address, timeout_s=timeout_s)
    try:
        for piece in pieces:
            await scan.add(piece)
        return await scan.verdict()
    finally:
        await scan.close()


@pytest.mark.skipif(not is_installed(), reason="clamd is not installed: apt-get install clamav-daemon")
async def test_the_daemon_finds_what_its_signatures_know_wherever_the_pieces_are_cut(tmp_path: Path):
    async with running_clamd(tmp_path, largest=2_000_000) as address:
        assert await scanned(address, b"harm", b"", b"less") is Verdict.CLEAN
        assert await scanned(address) is Verdict.CLEAN
        assert await scanned(address, EICAR) is Verdict.INFECTED
        assert await scanned(address, *(bytes([byte]) for byte in EICAR)) is Verdict.INFECTED
        assert await scanned(address, *[PIECE] * 20) is Verdict.CLEAN
        with pytest.raises(ScannerUnavailableError):
            await scanned(address, *[PIECE] * 40)
        assert await scanned(address, EICAR) is Verdict.INFECTED


@asynccontextmanager
async def peer(behave: Peer) -> AsyncIterator[ClamdAddress]:
    server = await asyncio.start_server(behave, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield ClamdAddress(host=host, port=port)


def answering(answer: bytes) -> Peer:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            await reader.readexactly(size)
        writer.write(answer)
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    return behave


@pytest.mark.parametrize(
    "answer",
    [b"", b"stream: OK", b"stream: OK \0", b"INSTREAM size limit exceeded. ERROR\0", b"x" * 100_000, b"UNKNOWN\0"],
    ids=["none", "no end", "more than it says", "too large", "without end", "another"],
)
async def test_what_is_no_clear_answer_is_none(answer: bytes):
    async with peer(answering(answer)) as address:
        with pytest.raises(ScannerUnavailableError):
            await scanned(address, PIECE)


async def test_a_name_that_holds_ok_is_found_all_the_same():
    async with peer(answering(b"stream: OK FOUND\0")) as address:
        assert await scanned(address, PIECE) is Verdict.INFECTED


async def test_a_scanner_that_hangs_up_takes_nothing_or_says_nothing_gives_no_verdict():
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    done = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await done.wait()
        writer.transport.abort()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    for behave in (hang_up, say_nothing):
        async with peer(behave) as address:
            with pytest.raises(ScannerUnavailableError):
                await scanned(address, *[PIECE] * 200, timeout_s=0.5)
            done.set()
            await asyncio.sleep(0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        gone = ClamdAddress(host="127.0.0.1", port=free.getsockname()[1])
    with pytest.raises(ScannerUnavailableError):
        await scanned(gone, PIECE)


@pytest.mark.parametrize("url", ["", "clamd://", "clamd://host", "http://host:1", "clamd://host:1/path", "clamd://:1"])
def test_an_address_that_is_none_is_refused(url: str):
    with pytest.raises(ValueError, match="must be clamd://host:port"):
        ClamdAddress.read(url)


def test_the_test_file_is_the_one_that_every_scanner_knows():
    assert hashlib.md5(EICAR, usedforsecurity=False).hexdigest() == "44d88612fea8a8f36de82e1278abb02f"
