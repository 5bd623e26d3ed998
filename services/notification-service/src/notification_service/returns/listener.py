"""Takes over SMTP what mail servers send to the return path, so that the relay needs a route and no program.

It takes mail for the return path alone, of a bounded size, from a bounded number of connections, and keeps none of it.
When what was read can't be noted, the relay is told to come again.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.exc import SQLAlchemyError

from notification_service import metrics
from notification_service.channels.channel import Returns
from notification_service.letter_settings import ReturnsSettings
from notification_service.returns.notices import MAX_BYTES, read

_log = structlog.get_logger(__name__)
_IDLE_S: Final = 60.0
_NOTING_S: Final = 10.0
_MOST_CONNECTIONS: Final = 20
_NOT_HERE: Final = "550 5.1.1 No such address"
_ONE_AT_A_TIME: Final = "452 4.5.3 One recipient at a time"
_LATER: Final = "451 4.3.0 Try again later"
_TAKEN: Final = "250 2.0.0 Taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnAddress:
    """Where the listener listens, and for which address."""

    host: str
    port: int
    return_path: str
    tls: ssl.SSLContext | None = None
    """The certificate to show; with it nothing is taken without STARTTLS."""


def return_address(settings: ReturnsSettings) -> ReturnAddress | None:
    """Return where the settings say that returned letters come to, None when they are not taken.

    Raises:
        OSError: the certificate or its key can't be used.
    """
    if settings.returns_port is None or settings.smtp_return_path is None:
        return None
    tls = None
    if settings.returns_certificate_file is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        tls.load_cert_chain(settings.returns_certificate_file, settings.returns_key_file)
    return ReturnAddress(
        host=settings.http_host, port=settings.returns_port, return_path=settings.smtp_return_path, tls=tls
    )


async def take_returns(address: ReturnAddress, returns: Returns, stop: asyncio.Event) -> None:
    """Take returned letters until ``stop`` is set.

    Raises:
        OSError: the port can't be listened on.
    """
    async with listening(address, returns):
        await stop.wait()


class _Handler:
    """What aiosmtpd asks at each step; the names are its own."""

    def __init__(self, *, return_path: str, returns: Returns) -> None:
        self._local, _, self._domain = return_path.lower().rpartition("@")
        self._returns = returns
        self._lines: list[asyncio.Transport] = []

    def has_room_for(self, line: asyncio.Transport) -> bool:
        """Note a new connection, and say whether it is one too many."""
        self._lines = [each for each in self._lines if not each.is_closing()]
        self._lines.append(line)
        return len(self._lines) <= _MOST_CONNECTIONS

    def cut(self) -> None:
        """Cut every connection."""
        for line in self._lines:
            line.abort()

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        local, _, domain = address.lower().rpartition("@")
        if domain != self._domain or local.partition("+")[0] != self._local:
            return _NOT_HERE
        if envelope.rcpt_tos:
            return _ONE_AT_A_TIME
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        extension = envelope.rcpt_tos[0].rpartition("@")[0].partition("+")[2] or None
        returned = read(content, extension=extension)
        if returned is None:
            metrics.RETURN_PATH_MAIL.labels("unreadable").inc()
            return _TAKEN
        try:
            async with asyncio.timeout(_NOTING_S):
                known = await self._returns.take(returned)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _log.warning("return_not_noted", letter_id=str(returned.letter_id), error=type(error).__name__)
            return _LATER
        metrics.RETURN_PATH_MAIL.labels("noted" if known else "unknown_letter").inc()
        _log.info(
            "letter_returned",
            letter_id=str(returned.letter_id),
            status=returned.status,
            for_good=returned.for_good,
            known=known,
        )
        return _TAKEN

    async def handle_exception(self, error: Exception) -> str:
        # What an error says may hold a line of somebody's mail.
        _log.warning("return_fault", error=type(error).__name__)
        return _LATER


class _Smtp(SMTP):
    """Turns away what comes beyond the number of connections."""

    def connection_made(self, transport: Any) -> None:
        # TLS after STARTTLS is told here a second time, of the same connection.
        if self.session is None and not self.event_handler.has_room_for(transport):
            transport.abort()
        super().connection_made(transport)


@asynccontextmanager
async def listening(address: ReturnAddress, returns: Returns) -> AsyncIterator[int]:
    """Take returned letters while the context is open; give the port.

    Raises:
        OSError: the port can't be listened on.
    """
    # It logs every line that is said to it, addresses among them.
    logging.getLogger("mail.log").disabled = True
    handler = _Handler(return_path=address.return_path, returns=returns)
    loop = asyncio.get_running_loop()

    def protocol() -> _Smtp:
        return _Smtp(
            handler,
            hostname=address.return_path.rpartition("@")[2],
            ident="Forkant",
            data_size_limit=MAX_BYTES,
            tls_context=address.tls,
            require_starttls=address.tls is not None,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            timeout=_IDLE_S,
            command_call_limit=100,
            loop=loop,
        )

    server = await loop.create_server(protocol, address.host, address.port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        handler.cut()
