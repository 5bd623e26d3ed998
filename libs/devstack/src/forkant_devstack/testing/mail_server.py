"""An SMTP server of this machine for a test: it takes mail as a real one does, or misbehaves as it is told."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

_HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Mail:
    """What was taken."""

    sender: str
    recipient: str
    mail_options: tuple[str, ...]
    rcpt_options: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """Read what was taken as a mail program would."""
        return BytesParser(policy=default).parsebytes(self.content)


@dataclass(slots=True)
class MailServer:
    """What the server says at each step instead of yes, and what it took; ``replies`` are used up one by one."""

    port: int = 0
    taken: list[Mail] = field(default_factory=list)
    connections: int = 0
    at_mail: list[str] = field(default_factory=list)
    at_rcpt: list[str] = field(default_factory=list)
    at_data: list[str] = field(default_factory=list)
    drop_after_data: int = 0
    """How many times the connection is cut once the content has come."""
    hang: bool = False
    """Whether content is never answered."""
    users: dict[str, str] = field(default_factory=dict)
    lines: list[asyncio.Transport] = field(default_factory=list)

    def cut(self) -> None:
        """Cut every connection."""
        for transport in self.lines:
            transport.abort()

    # What aiosmtpd asks for; the names are its own.

    async def handle_MAIL(  # noqa: N802, D102
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_mail:
            return self.at_mail.pop(0)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802, D102
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_rcpt:
            return self.at_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802, D102
        if self.at_data:
            return self.at_data.pop(0)
        if self.hang:
            await asyncio.Event().wait()
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.taken += [
            Mail(envelope.mail_from or "", to, tuple(envelope.mail_options), tuple(envelope.rcpt_options), content)
            for to in envelope.rcpt_tos
        ]
        if self.drop_after_data:
            self.drop_after_data -= 1
            if isinstance(server.transport, asyncio.Transport):
                server.transport.abort()
            # Else an event loop that closes later would still send the answer.
            await asyncio.Event().wait()
        return "250 OK"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        """Let in who is known."""
        known = isinstance(data, LoginPassword) and self.users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=known, handled=False)


class _Smtp(SMTP):
    """Counts its connections, and keeps each so that a test can cut it."""

    def connection_made(self, transport: Any) -> None:
        """Note a new connection; TLS after STARTTLS makes one more of the same."""
        if not self.event_handler.lines or transport.get_extra_info("sslcontext") is None:
            self.event_handler.connections += 1
        self.event_handler.lines.append(transport)
        super().connection_made(transport)


@asynccontextmanager
async def running_mail_server(
    *,
    starttls: ssl.SSLContext | None = None,
    implicit_tls: ssl.SSLContext | None = None,
    users: Mapping[str, str] | None = None,
) -> AsyncIterator[MailServer]:
    """Run a server on a free port; with ``users`` it takes mail from whoever logs in alone."""
    handler = MailServer(users=dict(users or {}))
    loop = asyncio.get_running_loop()

    def protocol() -> _Smtp:
        with warnings.catch_warnings():
            # It warns of logins without TLS, which tests need, and does not know of TLS from the first byte.
            warnings.simplefilter("ignore", UserWarning)
            return _Smtp(
                handler,
                hostname="mail.test",
                tls_context=starttls,
                require_starttls=starttls is not None,
                auth_required=bool(users),
                auth_require_tls=False,
                authenticator=handler.authenticate,
                loop=loop,
            )

    server = await loop.create_server(protocol, _HOST, 0, ssl=implicit_tls)
    handler.port = server.sockets[0].getsockname()[1]
    try:
        yield handler
    finally:
        server.close()
        handler.cut()
