"""The one error of steering: a refusal that carries a stable code. HTTP statuses are given to codes elsewhere."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Code(StrEnum):
    """Why a command was refused; clients build on these, so a code is never renamed."""

    NOT_FOUND = "not-found"
    STALE_VERSION = "stale-version"
    UNKNOWN_UNIT = "unknown-unit"
    UNIT_ENDED = "unit-ended"
    UNKNOWN_INDICATOR = "unknown-indicator"
    NO_DIRECTION = "no-direction"
    LIMITS_CONTRADICT = "limits-contradict"
    VALIDITY_OUT_OF_RANGE = "validity-out-of-range"
    TARGET_EXISTS = "target-exists"
    PLAN_EXISTS = "plan-exists"
    VERSION_UNDER_WAY = "version-under-way"
    NOT_A_DRAFT = "not-a-draft"
    ANOTHER_UNIT = "another-unit"
    OWN_PROPOSAL = "own-proposal"
    NOT_PROPOSED = "not-proposed"
    ALREADY_ENDED = "already-ended"
    ALREADY_PRIORITISED = "already-prioritised"
    TOO_MANY = "too-many"
    NO_PILOT_TYPE = "no-pilot-type"
    SAME_UNIT = "same-unit"
    CONCLUSION_REQUIRED = "conclusion-required"
    TRIAL_GOES_ON = "trial-goes-on"
    TRIAL_NOT_CLOSED = "trial-not-closed"
    FIGURES_NOT_COUNTED = "figures-not-counted"
    NOT_COMPARABLE = "not-comparable"
    PILOT_EXISTS = "pilot-exists"
    PILOT_NOT_APPROVED = "pilot-not-approved"
    ALREADY_ENROLLED = "already-enrolled"
    NOT_ENROLLED = "not-enrolled"


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """A command may not be done; nothing was changed. ``facts`` holds codes and days, never what was sent."""

    def __init__(self, code: Code, **facts: str | list[str]) -> None:
        super().__init__(code.value)
        self.code = code
        self.facts: Mapping[str, str | list[str]] = MappingProxyType(facts)
