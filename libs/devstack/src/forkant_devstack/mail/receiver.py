"""Takes mail over SMTP, in clear and from anybody on this machine, into a box."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from forkant_devstack.mail.box import Box

_LARGEST: Final = 1024 * 1024


class _Handler:
    """What aiosmtpd asks for; the name is its own."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        recipients = [str(each) for each in envelope.rcpt_tos]
        self._box.put(content, sender=envelope.mail_from or "", recipients=recipients, at=datetime.now(UTC))
        return "250 2.0.0 Caught"


@asynccontextmanager
async def receiving(box: Box, *, host: str, port: int) -> AsyncIterator[int]:
    """Take mail while the context is open; give the port.

    Raises:
        OSError: the port can't be listened on.
    """
    # It logs every line that is said to it.
    logging.getLogger("mail.log").disabled = True
    loop = asyncio.get_running_loop()
    handler = _Handler(box)

    def protocol() -> SMTP:
        return SMTP(handler, hostname="localhost", ident="Forkant mail catcher", data_size_limit=_LARGEST, loop=loop)

    server = await loop.create_server(protocol, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
