"""A client that costs little: one kept-open HTTP/1.1 connection, one request at a time.

A full client would take as long as the server under test and hide its share.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

_DEADLINE_S: Final = 30.0


class Line:
    """One connection; use it from one task."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        """Wrap an open connection."""
        self._reader = reader
        self._writer = writer
        self._host = host

    @classmethod
    async def open(cls, url: str) -> "Line":
        """Connect to a server."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        return cls(reader, writer, parts.netloc)

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """Send a request; return the status and the body of the answer."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            lines.append("Content-Type: application/json")
        self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        async with asyncio.timeout(_DEADLINE_S):
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            return int(head[9:12]), await self._reader.readexactly(length)

    async def send_json(self, method: str, path: str, headers: Mapping[str, str], body: Any = None) -> Any:
        """Send a request and return the JSON of its answer.

        Raises:
            AssertionError: the answer is an error; its problem document is shown.
        """
        status, content = await self.send(method, path, headers, b"" if body is None else json.dumps(body).encode())
        if status >= 400:  # noqa: PLR2004
            raise AssertionError(f"{method} {path}: {status} {content.decode()}")
        return json.loads(content)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
