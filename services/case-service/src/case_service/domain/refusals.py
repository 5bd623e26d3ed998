"""The one error of the domain: a refusal that carries a stable code. HTTP statuses are given to codes elsewhere."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Code(StrEnum):
    """Why a command was refused; clients build on these, so a code is never renamed."""

    NOT_FOUND = "not-found"
    STALE_VERSION = "stale-version"
    ILLEGAL_TRANSITION = "illegal-transition"
    CASE_RESTRICTED = "case-restricted"
    CASE_ERASED = "case-erased"
    CASE_MERGED = "case-merged"
    SAME_CASE = "same-case"
    ALREADY_LINKED = "already-linked"
    OTHER_CASE_CHANGED = "other-case-changed"
    OTHER_CASE_UNFIT = "other-case-unfit"
    UNITS_DIFFER = "units-differ"
    MERGED_CASE_OUT_OF_REACH = "merged-case-out-of-reach"
    ALREADY_COMPLETED = "already-completed"
    ASSESSMENT_REQUIRED = "assessment-required"
    PLAN_REQUIRED = "plan-required"
    OWN_PLAN = "own-plan"
    ALREADY_APPROVED = "already-approved"
    APPROVED_PLAN_REQUIRED = "approved-plan-required"
    EVALUATION_REQUIRED = "evaluation-required"
    STEP_ALREADY_DONE = "step-already-done"
    UNKNOWN_STEP = "unknown-step"
    NO_STANDARD = "no-standard"
    ALREADY_RESTRICTED = "already-restricted"
    NOT_RESTRICTED = "not-restricted"
    TRANSFER_PENDING = "transfer-pending"
    PERSON_NOT_DESCRIBED = "person-not-described"
    NECESSITY_REASON_REQUIRED = "necessity-reason-required"
    BASIS_REQUIRED = "basis-required"
    INFORMATION_RESTRICTED = "information-restricted"
    CODE_RETIRED = "code-retired"
    METHOD_RETIRED = "method-retired"
    OWN_PROPOSAL = "own-proposal"
    HEARING_OPEN = "hearing-open"
    PROPOSAL_OF_ANOTHER_UNIT = "proposal-of-another-unit"
    ALREADY_RETIRED = "already-retired"
    UNKNOWN_CODE = "unknown-code"
    ALREADY_MEMBER = "already-member"
    ALREADY_REVIEWED = "already-reviewed"
    SAME_PERSON = "same-person"
    OWN_ACCESS = "own-access"
    ABOVE_CLEARANCE = "above-clearance"
    CASE_OF_ANOTHER_UNIT = "case-of-another-unit"
    ACCESS_TOO_LONG = "access-too-long"
    LEGAL_HOLD = "legal-hold"
    ARCHIVE_DECISION_REQUIRED = "archive-decision-required"
    OWN_ARCHIVE_DECISION = "own-archive-decision"
    ARCHIVE_REFERENCE_MISPLACED = "archive-reference-misplaced"
    NOT_ERASED = "not-erased"
    OWN_DISCLOSURE = "own-disclosure"
    FIELD_NOT_THERE = "field-not-there"
    FIELD_RESTRICTED = "field-restricted"
    RETENTION_NOT_EXPIRED = "retention-not-expired"
    NOTHING_TO_SEARCH_FOR = "nothing-to-search-for"
    TOO_MANY_WORDS = "too-many-words"
    UNKNOWN_UNIT = "unknown-unit"
    SAME_UNIT = "same-unit"
    UNKNOWN_MUNICIPALITY = "unknown-municipality"
    UNKNOWN_METHOD = "unknown-method"
    OCCURRED_AT_OUT_OF_RANGE = "occurred-at-out-of-range"
    DUE_ON_OUT_OF_RANGE = "due-on-out-of-range"
    NO_MEMBER = "no-member"
    TASK_OF_SOMEBODY_ELSE = "task-of-somebody-else"
    TASK_FOLLOWS_THE_CASE = "task-follows-the-case"


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """A command may not be done; nothing was changed. ``facts`` holds codes and dates, never free text."""

    def __init__(self, code: Code, **facts: str | list[str]) -> None:
        super().__init__(code.value)
        self.code = code
        self.facts: Mapping[str, str | list[str]] = MappingProxyType(facts)
