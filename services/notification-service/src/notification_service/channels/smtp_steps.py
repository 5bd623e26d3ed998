"""What a failure means at each step of a conversation in SMTP; pure.

A refusal before the recipient is named is about this platform or its relay, so the letter is tried again: an operator
can still put it right. A refusal of the recipient or of the content is about the letter, and for good with a 5xx.
"""

import re
import ssl
from enum import StrEnum
from typing import Final

from aiosmtplib.errors import SMTPResponseException

from notification_service.domain.letters import Outcome, Reason, Refused, TryLater


class Step(StrEnum):
    """How far a conversation has come."""

    CONNECT = "connect"
    TLS = "tls"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


class TlsNotOfferedError(Exception):
    """The server does not offer STARTTLS."""


class LoginNotOfferedError(Exception):
    """The server does not offer a way to log in that is known here."""


_REFUSED_EARLY: Final = {
    Step.CONNECT: Reason.DEFERRED,
    Step.TLS: Reason.TLS_NOT_OFFERED,
    Step.LOGIN: Reason.LOGIN_REFUSED,
    Step.SENDER: Reason.SENDER_REFUSED,
}
_FAILURES: Final[tuple[tuple[type[Exception], Reason], ...]] = (
    (TlsNotOfferedError, Reason.TLS_NOT_OFFERED),
    (LoginNotOfferedError, Reason.LOGIN_REFUSED),
    (ssl.SSLError, Reason.TLS_FAILED),
    (TimeoutError, Reason.TIMED_OUT),
    (OSError, Reason.UNREACHABLE),
)
"""The first that fits counts: an error of TLS and one of time are errors of the system too."""

_LOGIN_NEEDED: Final = 530
_OF_THE_MAILBOX: Final = frozenset({550, 551, 553})
_ENHANCED: Final = re.compile(r"[245]\.(\d{1,3})\.(\d{1,3})(?:\s|$)")


def meaning(error: Exception, step: Step) -> Outcome:
    """Return the outcome of a failure; what the server said goes no further than this."""
    if isinstance(error, SMTPResponseException):
        return _of_reply(error.code, error.message, step)
    if step is Step.CONTENT:
        # Whether the server had taken it before the line went dead, nobody knows.
        return TryLater(reason=Reason.MAYBE_TAKEN)
    if isinstance(error.__cause__, ssl.SSLError):
        return TryLater(reason=Reason.TLS_FAILED)
    return TryLater(
        reason=next((reason for kind, reason in _FAILURES if isinstance(error, kind)), Reason.BROKEN_ANSWER)
    )


def _of_reply(code: int, text: str, step: Step) -> Outcome:
    if 400 <= code < 500:  # noqa: PLR2004 - the classes of RFC 5321
        return TryLater(reason=_REFUSED_EARLY[step] if step in {Step.TLS, Step.LOGIN} else Reason.DEFERRED)
    if not 500 <= code < 600:  # noqa: PLR2004
        return TryLater(reason=Reason.MAYBE_TAKEN if step is Step.CONTENT else Reason.BROKEN_ANSWER)
    if code == _LOGIN_NEEDED and step in {Step.SENDER, Step.RECIPIENT}:
        return TryLater(reason=Reason.LOGIN_REFUSED)
    if step in _REFUSED_EARLY:
        return TryLater(reason=_REFUSED_EARLY[step])
    about_mailbox = step is Step.RECIPIENT and _speaks_of_the_mailbox(code, text)
    return Refused(reason=Reason.RECIPIENT_REFUSED if about_mailbox else Reason.LETTER_REFUSED)


def _speaks_of_the_mailbox(code: int, text: str) -> bool:
    """Say whether the address is at fault (RFC 3463), and not a full mailbox, a size or a rule of the server's."""
    found = _ENHANCED.match(text)
    if found is None:
        return code in _OF_THE_MAILBOX
    subject, detail = int(found[1]), int(found[2])
    return subject == 1 or (subject, detail) == (2, 1)
