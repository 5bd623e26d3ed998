"""Readiness probes that cost next to nothing: a socket and a status line, no HTTP library."""

import asyncio
import contextlib

from forkant_devstack.process import Probe

_PATIENCE_S = 2.0


def http_ready(port: int, path: str = "/health/ready") -> Probe:
    """Ask for `path` on the loopback interface and accept status 200."""

    async def probe() -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await _status(port, path) == b"200"
        except (OSError, TimeoutError):
            return False

    return probe


async def _status(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        line = await reader.readline()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return line.partition(b" ")[2][:3]
