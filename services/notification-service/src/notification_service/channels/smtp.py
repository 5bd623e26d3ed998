"""Sends letters as e-mail through one SMTP relay, over a few connections that are used again.

When the line goes dead after the letter was handed over, nobody knows whether it was taken: it is tried again with the
same Message-ID, so that the receiver may see it twice, and a mailbox that knows Message-IDs once.
"""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPException,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from notification_service.channels.mail import Sender, compose
from notification_service.channels.smtp_steps import LoginNotOfferedError, Step, TlsNotOfferedError, meaning
from notification_service.domain.letters import Delivered, Letter, Outcome, Reason, Refused, TryLater
from notification_service.domain.recipients import is_email
from notification_service.domain.wording import WORDING

_IDLE_S: Final = 20.0
_LETTERS_PER_CONNECTION: Final = 100
_GOODBYE_S: Final = 1.0
_CLOSING: Final = 421


class SmtpSecurity(StrEnum):
    """How the relay is spoken to: TLS after STARTTLS, TLS from the first byte, or in clear while developing."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpRelay:
    """Where letters are handed over, and as whom."""

    host: str
    port: int
    security: SmtpSecurity = SmtpSecurity.STARTTLS
    tls: ssl.SSLContext | None = None
    """What TLS trusts; None trusts the system's authorities."""
    client_name: str
    """What EHLO says."""
    username: str | None = None
    password: str | None = None
    timeout_s: float = 30.0
    """How long one attempt may take in all, the wait for a free connection included."""
    connections: int = 4
    """Connections that one process has at the same time."""


@dataclass(slots=True, eq=False)
class _Line:
    """An open connection; ``kept_at`` is when it was last put aside."""

    smtp: SMTP
    letters: int = 0
    kept_at: float = 0.0


@dataclass(slots=True)
class _Progress:
    """How far an attempt has come, for whoever must say what its failure means."""

    step: Step = Step.CONNECT


class SmtpChannel:
    """The channel ``email``."""

    name: Final = "email"

    def __init__(self, *, relay: SmtpRelay, sender: Sender, now: Callable[[], datetime]) -> None:
        """Take where to send and from whom; nothing is connected before the first letter."""
        self._relay = relay
        self._sender = sender
        self._now = now
        self._tls = relay.tls or ssl.create_default_context()
        self._free = asyncio.Semaphore(relay.connections)
        self._idle: list[_Line] = []

    async def send(self, letter: Letter) -> Outcome:
        """Hand a letter over once; every way to fail is an outcome."""
        if not is_email(letter.to):
            return Refused(reason=Reason.ADDRESS_MALFORMED)
        content = compose(letter, self._sender, at=self._now())
        progress = _Progress()
        try:
            async with asyncio.timeout(self._relay.timeout_s), self._free:
                await self._hand_over(letter, content, progress)
        except TimeoutError:  # one of SMTP's own among them
            at_content = progress.step is Step.CONTENT
            return TryLater(reason=Reason.MAYBE_TAKEN if at_content else Reason.TIMED_OUT)
        except (SMTPException, TlsNotOfferedError, LoginNotOfferedError, OSError, ValueError) as error:
            return meaning(error, progress.step)
        return Delivered(wording=WORDING)

    async def aclose(self) -> None:
        """Take leave of the relay on what is kept open."""
        while self._idle:
            await _leave(self._idle.pop())

    async def _hand_over(self, letter: Letter, content: bytes, progress: _Progress) -> None:
        line = await self._greeted(letter, progress)
        try:
            progress.step = Step.RECIPIENT
            asked = ["NOTIFY=FAILURE,DELAY"] if line.smtp.supports_extension("dsn") else []
            await line.smtp.rcpt(letter.to, options=asked)
            progress.step = Step.CONTENT
            await line.smtp.data(content)
        except BaseException:
            line.smtp.close()
            raise
        line.letters += 1
        line.kept_at = time.monotonic()
        self._idle.append(line)

    async def _greeted(self, letter: Letter, progress: _Progress) -> _Line:
        """Return a line on which the sender was accepted; a kept one may have died meanwhile, and is replaced."""
        while self._idle:
            line = self._idle.pop()
            if _is_worn(line):
                await _leave(line)
                continue
            try:
                await self._name_sender(line, letter, progress)
            except (SMTPServerDisconnected, SMTPSenderRefused) as error:
                line.smtp.close()
                if isinstance(error, SMTPSenderRefused) and error.code != _CLOSING:
                    raise
            else:
                return line
        line = await self._open(progress)
        await self._name_sender(line, letter, progress)
        return line

    async def _name_sender(self, line: _Line, letter: Letter, progress: _Progress) -> None:
        progress.step = Step.SENDER
        # The letter's id comes back in a notice of failure, also from a server that rewrites the return path.
        named = [f"ENVID={letter.id.hex}", "RET=HDRS"] if line.smtp.supports_extension("dsn") else []
        try:
            await line.smtp.mail(self._sender.envelope_of(letter.id), options=named)
        except BaseException:
            line.smtp.close()
            raise

    async def _open(self, progress: _Progress) -> _Line:
        relay = self._relay
        progress.step = Step.CONNECT
        smtp = SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.security is SmtpSecurity.IMPLICIT,
            start_tls=False,
            tls_context=self._tls,
            local_hostname=relay.client_name,
            timeout=relay.timeout_s,
        )
        try:
            await smtp.connect()
            await smtp.ehlo()
            if relay.security is SmtpSecurity.STARTTLS:
                progress.step = Step.TLS
                await _start_tls(smtp)
            if relay.username is not None:
                progress.step = Step.LOGIN
                await _log_in(smtp, relay.username, relay.password or "")
        except BaseException:
            smtp.close()
            raise
        return _Line(smtp)


async def _start_tls(smtp: SMTP) -> None:
    if not smtp.supports_extension("starttls"):
        raise TlsNotOfferedError
    await smtp.starttls()
    await smtp.ehlo()


async def _log_in(smtp: SMTP, username: str, password: str) -> None:
    if not smtp.supported_auth_methods:
        raise LoginNotOfferedError
    await smtp.login(username, password)


def _is_worn(line: _Line) -> bool:
    idle_s = time.monotonic() - line.kept_at
    return not line.smtp.is_connected or line.letters >= _LETTERS_PER_CONNECTION or idle_s > _IDLE_S


async def _leave(line: _Line) -> None:
    try:
        await line.smtp.quit(timeout=_GOODBYE_S)
    except (SMTPServerDisconnected, SMTPResponseException, SMTPTimeoutError):
        pass
    finally:
        line.smtp.close()
