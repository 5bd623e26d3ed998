"""The one error of the domain: a refusal that carries a stable code. HTTP statuses are given to codes elsewhere."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Code(StrEnum):
    """Why a command was refused; clients build on these, so a code is never renamed."""

    NOT_FOUND = "not-found"
    STALE_VERSION = "stale-version"
    UNKNOWN_EVENT_TYPE = "unknown-event-type"
    UNKNOWN_UNIT = "unknown-unit"
    UNIT_NOT_ALLOWED = "unit-not-allowed"
    URL_NOT_ALLOWED = "url-not-allowed"
    TOO_MANY_ENDPOINTS = "too-many-endpoints"
    ENDPOINT_DISABLED = "endpoint-disabled"
    CASE_RESTRICTED = "case-restricted"
    SUBSCRIPTION_NOT_YOURS = "subscription-not-for-you"
    TOO_MANY_SUBSCRIPTIONS = "too-many-subscriptions"
    UNKNOWN_TIME_ZONE = "unknown-time-zone"
    QUIET_HOURS_EMPTY = "quiet-hours-empty"
    WEEKDAY_OF_A_WEEK = "weekday-of-a-week"
    DIGEST_IN_QUIET_HOURS = "digest-in-quiet-hours"
    DIGEST_IS_OFF = "digest-is-off"
    KIND_IS_MANDATORY = "kind-is-mandatory"
    ADDRESS_MALFORMED = "address-malformed"
    CHANNEL_OFF = "channel-off"
    CODE_WRONG = "code-wrong"
    CODE_OVER = "code-over"
    TOO_MANY_CODES = "too-many-codes"
    LETTER_NOT_DEAD = "letter-not-dead"


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """A command may not be done; nothing was changed. ``facts`` holds codes, never what was sent."""

    def __init__(self, code: Code, **facts: str | list[str]) -> None:
        super().__init__(code.value)
        self.code = code
        self.facts: Mapping[str, str | list[str]] = MappingProxyType(facts)
