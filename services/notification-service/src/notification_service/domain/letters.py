"""Letters: what a person is sent outside the platform, and how sending one ended.

A letter says of which kind something is, in which unit, and where to read on; never more. Reasons are codes: no
address and no word of a server's is in any of them, so outcomes may be stored, logged and counted.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language

_CODE: Final = re.compile(r"[0-9A-Za-z-]{4,64}")
_PATH: Final = re.compile(r"/(?!/)[0-9A-Za-z/_.~?&=%#-]{0,499}")
MAX_ITEMS: Final = 200


class Purpose(StrEnum):
    """What a letter is: one message, what came together since the last one, or a code that confirms an address."""

    MESSAGE = "message"
    DIGEST = "digest"
    CONFIRMATION = "confirmation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that a letter tells."""

    kind: Kind
    unit: str
    about_unit: str | None = None
    """The unit that it speaks of, when that is another than whose people it is for."""
    path: str
    """Where to read on, from the root of the site: ``/inbox/0198…``."""

    def __post_init__(self) -> None:
        """Refuse a path that could lead to another site.

        Raises:
            ValueError: it is no path from the root.
        """
        if not _PATH.fullmatch(self.path):
            raise ValueError("a link of a letter is a path from the root of the site")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter to one address; every repeat of it carries the same id."""

    id: UUID
    to: str = field(repr=False)
    """An address of the channel's own kind: ``name@example.org``, ``+4791234567``."""
    language: Language
    purpose: Purpose
    items: tuple[Item, ...] = ()
    more: int = 0
    """How many things a digest leaves out besides; at most ``MAX_ITEMS`` are told."""
    code: str | None = field(default=None, repr=False)
    """What confirms the address; stands on a confirmation alone."""

    def __post_init__(self) -> None:
        """Refuse a letter that says nothing or two things.

        Raises:
            ValueError: its parts don't fit its purpose.
        """
        confirms = self.purpose is Purpose.CONFIRMATION
        most = {Purpose.MESSAGE: 1, Purpose.DIGEST: MAX_ITEMS, Purpose.CONFIRMATION: 0}[self.purpose]
        least = 0 if confirms else 1
        if not least <= len(self.items) <= most or (self.more and self.purpose is not Purpose.DIGEST) or self.more < 0:
            raise ValueError(f"a {self.purpose} has from {least} to {most} items")
        if confirms != (self.code is not None) or (self.code is not None and not _CODE.fullmatch(self.code)):
            raise ValueError("a confirmation has a code of letters and digits, and nothing else has one")


class Reason(StrEnum):
    """Why a letter did not arrive; stored and counted, so a reason is never renamed."""

    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    TLS_FAILED = "tls_failed"
    TLS_NOT_OFFERED = "tls_not_offered"
    LOGIN_REFUSED = "login_refused"
    SENDER_REFUSED = "sender_refused"
    DEFERRED = "deferred"
    RATE_LIMITED = "rate_limited"
    MAYBE_TAKEN = "maybe_taken"
    """The connection was lost after the letter was handed over: it may have arrived, and its repeat be the second."""
    BROKEN_ANSWER = "broken_answer"
    TARGET_REFUSED = "target_refused"
    """The gateway's name leads to where the platform may not connect."""
    ADDRESS_MALFORMED = "address_malformed"
    RECIPIENT_REFUSED = "recipient_refused"
    LETTER_REFUSED = "letter_refused"
    BOUNCED = "bounced"
    BOUNCED_SOFTLY = "bounced_softly"
    """Letters came back for now, on so many days that nobody believes in the address any more."""
    FAULT = "fault"
    """Ours: a channel broke its promise that every way to fail is an outcome."""


OF_THE_ADDRESS: Final = frozenset(
    {Reason.ADDRESS_MALFORMED, Reason.RECIPIENT_REFUSED, Reason.BOUNCED, Reason.BOUNCED_SOFTLY}
)
"""Reasons that speak against the address itself: refused for good with one of them, it is no longer confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The next server has taken the letter; it may still come back, see :class:`Returned`."""

    wording: str
    """Version of the texts that it was written with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryLater:
    """It did not arrive now; ``wait`` is how long the other side asks for, when it does."""

    reason: Reason
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It will never arrive as it is."""

    reason: Reason

    @property
    def address_is_at_fault(self) -> bool:
        """Whether nothing more should be sent to this address before somebody confirms it anew."""
        return self.reason in OF_THE_ADDRESS


Outcome = Delivered | TryLater | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A letter that had been taken came back: for good, for now, or it is only late while servers still try."""

    letter_id: UUID
    for_good: bool
    status: str
    """The class and detail of RFC 3463, ``5.1.1``: digits and dots alone."""
    delayed: bool = False
    """Whether servers still try: nothing failed yet."""
