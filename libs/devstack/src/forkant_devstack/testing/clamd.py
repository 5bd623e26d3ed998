"""ClamAV's daemon for a test, with a single signature made here: none are fetched."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from forkant_kit.clamd import ClamdAddress

from forkant_devstack.native.ports import free_ports

# In two parts, so that no scanner of a developer's machine takes this file away.
EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless file that every virus scanner finds."""

_READY_WITHIN_S: Final = 60.0


def is_installed() -> bool:
    """Tell whether there is a daemon to run."""
    return shutil.which("clamd") is not None


@asynccontextmanager
async def running_clamd(folder: Path, *, largest: int = 100_000_000) -> AsyncIterator[ClamdAddress]:
    """Run the daemon, which takes at most ``largest`` bytes; it finds :data:`EICAR` wherever it stands."""
    database, settings = folder / "signatures", folder / "clamd.conf"
    database.mkdir()
    (database / "test.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\n")
    [port] = free_ports(1)
    settings.write_text(
        f"TCPSocket {port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {database}\nForeground yes\nMaxThreads 4\n"
        f"StreamMaxLength {largest}\nTemporaryDirectory {folder}\n"
    )
    with (folder / "clamd.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec("clamd", "--config-file", str(settings), stdout=log, stderr=log)
    address = ClamdAddress(host="127.0.0.1", port=port)
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            while not await _answers(address):  # noqa: ASYNC110 - what is awaited is another process
                await asyncio.sleep(0.05)
        yield address
    finally:
        process.kill()
        await process.wait()


async def _answers(address: ClamdAddress) -> bool:
    try:
        reader, writer = await asyncio.open_connection(address.host, address.port)
    except OSError:
        return False
    writer.write(b"zPING\0")
    answer = await reader.read(100)
    writer.close()
    return answer == b"PONG\0"
