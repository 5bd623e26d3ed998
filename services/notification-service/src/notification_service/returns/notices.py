"""Reads notices of mail servers (RFC 3464): which letter came back, and whether for good. Nothing else is kept of them.

A notice is tied to its letter by the address it comes to, which has the letter's id after a plus sign, or by the id of
the envelope (RFC 3461) or the Message-ID that it returns. Ids are random, so that whoever can name one has the letter.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Final
from uuid import UUID

from notification_service.domain.letters import Returned

MAX_BYTES: Final = 256 * 1024
"""What is longer is no notice about a letter of ours: relays are asked to return its headers alone."""

_MAX_PARTS: Final = 50
_HEX: Final = re.compile(r"[0-9a-f]{32}")
_MESSAGE_ID: Final = re.compile(r"\s*<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>@\s]{1,255}>\s*")
_STATUS: Final = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?![.\d])")
_UNSAID: Final = "5.0.0"
_FOR_GOOD: Final = re.compile(r"5\.(?:0|1|4)\.\d{1,3}|5\.2\.[01]")
"""Failures that another letter would meet too: no such mailbox, or no way there. Not a full one, nor a rule."""


def read(content: bytes, *, extension: str | None) -> Returned | None:
    """Return what a message tells of a letter; None when it is no notice of a failure, or of no letter.

    ``extension`` is what stood after the plus sign of the address that it came to.
    """
    if len(content) > MAX_BYTES:
        return None
    try:
        return _read(content, extension)
    except Exception:  # noqa: BLE001 - the standard library's parser raises what it likes at odd input, also recursion
        return None


def _read(content: bytes, extension: str | None) -> Returned | None:
    message = BytesParser(policy=compat32).parsebytes(content)
    parts = list(_parts(message))
    said = next((_worst(part) for part in parts if part.get_content_type() == "message/delivery-status"), None)
    letter_id = _from_hex(extension) or _named_inside(parts)
    if said is None or letter_id is None:
        return None
    return Returned(letter_id=letter_id, for_good=said.for_good, status=said.status, delayed=said.delayed)


def _parts(message: Message) -> Iterator[Message]:
    for count, part in enumerate(message.walk()):
        if count >= _MAX_PARTS:
            return
        yield part


@dataclass(frozen=True, slots=True)
class _Said:
    """What a notice says of one recipient."""

    status: str
    delayed: bool

    @property
    def for_good(self) -> bool:
        return _FOR_GOOD.fullmatch(self.status) is not None


def _worst(report: Message) -> _Said | None:
    """Return the worst that is said of the recipients that something is wrong with; None when nothing is."""
    found = [said for block in _blocks(report) if (said := _said_of(block)) is not None]
    return max(found, key=lambda said: (said.for_good, not said.delayed, said.status), default=None)


def _said_of(recipient: Message) -> _Said | None:
    action = _field(recipient, "Action").strip().lower()
    if action not in {"failed", "delayed"}:
        return None
    said = _STATUS.match(_field(recipient, "Status"))
    status = ".".join(said.groups()) if said else _UNSAID
    # What is only late has not failed, whatever else is said; and a success is no failure.
    delayed = action == "delayed"
    return _Said(status.replace(status[0], "4", 1) if delayed or status[0] == "2" else status, delayed)


def _named_inside(parts: list[Message]) -> UUID | None:
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            for block in _blocks(part):
                if found := _from_hex(_field(block, "Original-Envelope-Id").strip()):
                    return found
    # The first part is the notice, which has a Message-ID of its own.
    for part in parts[1:]:
        if part.get_content_type() == "text/rfc822-headers":
            body = part.get_payload(decode=True)
            part = BytesParser(policy=compat32).parsebytes(body if isinstance(body, bytes) else b"", headersonly=True)  # noqa: PLW2901
        if found_id := _MESSAGE_ID.fullmatch(_field(part, "Message-ID")):
            return UUID(found_id[1])
    return None


def _blocks(report: Message) -> list[Message]:
    payload = report.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _field(message: Message, name: str) -> str:
    return str(message.get(name, ""))


def _from_hex(text: str | None) -> UUID | None:
    return UUID(hex=text.lower()) if text is not None and _HEX.fullmatch(text.lower()) else None
