"""Where people are reached outside the platform, and the codes that show that an address is theirs."""

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from notification_service.domain.recipients import is_email, is_number
from notification_service.domain.refusals import Code, Refusal

CODE_DIGITS: Final = 8
CODE_HOLDS: Final = timedelta(hours=24)
MOST_TRIES: Final = 5
"""Wrong codes after which a new one must be asked for: with eight digits, one guess in twenty million."""
MOST_CODES: Final = 5
"""Codes that one person is sent over one channel in a day, to whatever addresses."""
CODES_COUNT_FOR: Final = timedelta(days=1)


class ChannelName(StrEnum):
    """A channel by its name."""

    EMAIL = "email"
    SMS = "sms"


_WRITTEN: Final[Mapping[ChannelName, Callable[[str], bool]]] = MappingProxyType(
    {ChannelName.EMAIL: is_email, ChannelName.SMS: is_number}
)


def check_address(channel: ChannelName, address: str) -> None:
    """Refuse what is not written as an address of the channel.

    Raises:
        Refusal: it is not.
    """
    if not _WRITTEN[channel](address):
        raise Refusal(Code.ADDRESS_MALFORMED, channel=channel.value)


def judge_code(given: str, *, kept: str | None, until: datetime | None, tries: int, now: datetime) -> Code | None:
    """Return why a code confirms nothing, or None when it does."""
    if kept is None or until is None or until <= now or tries >= MOST_TRIES:
        return Code.CODE_OVER
    return None if hmac.compare_digest(given.encode(), kept.encode()) else Code.CODE_WRONG
