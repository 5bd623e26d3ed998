"""What was caught: the newest mails, in memory alone."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Final

KEPT: Final = 500
"""How many mails are kept; older ones go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """One mail to one or more recipients, numbered from 1."""

    number: int
    caught_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


@dataclass(slots=True)
class Box:
    """The newest mails."""

    _mails: deque[Caught] = field(default_factory=lambda: deque(maxlen=KEPT))
    _next: int = 1

    def put(self, content: bytes, *, sender: str, recipients: Sequence[str], at: datetime) -> None:
        """Keep a mail."""
        message = BytesParser(policy=default).parsebytes(content)
        self._mails.append(
            Caught(
                number=self._next,
                caught_at=at,
                sender=sender,
                recipients=tuple(recipients),
                subject=str(message.get("subject", "")),
                headers=tuple((name, str(value)) for name, value in message.items()),
                text=_body(message, "plain"),
                html=_body(message, "html"),
            )
        )
        self._next += 1

    def newest(self) -> list[Caught]:
        """Give all that is kept, the newest first."""
        return list(reversed(self._mails))

    def one(self, number: int) -> Caught | None:
        """Give one mail, None when there is none, or none any more."""
        return next((mail for mail in self._mails if mail.number == number), None)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content())
