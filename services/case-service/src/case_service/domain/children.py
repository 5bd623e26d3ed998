"""The child's interests in an assessment: what is considered of somebody under 18, and of nobody else.

The best interests are written, the child is heard or a code says why not, the guardians are contacted or a code says
why not, and the duty to report to the child welfare service is answered, whichever way. The codes are assumptions [a]
that a lawyer must confirm (Convention on the Rights of the Child, art. 3 and 12).
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from forkant_contracts.codes import AgeBand

from case_service.domain.refusals import Code, Refusal

UNDER_18: Final = frozenset({AgeBand.UNDER_15, AgeBand.FROM_15_TO_17})
"""The age bands of children."""


class NotHeard(StrEnum):
    """Why a child's own view is not there [a]."""

    TOO_YOUNG = "too_young"
    DID_NOT_WANT = "did_not_want"
    UNREACHABLE = "unreachable"
    WOULD_HARM = "would_harm"


class GuardianContact(StrEnum):
    """Whether the guardians were contacted."""

    CONTACTED = "contacted"
    NOT_CONTACTED = "not_contacted"


class NotContacted(StrEnum):
    """Why the guardians were not contacted [a]."""

    NO_GUARDIAN = "no_guardian"
    UNREACHABLE = "unreachable"
    WOULD_ENDANGER_CHILD = "would_endanger_child"
    WOULD_HINDER_INVESTIGATION = "would_hinder_investigation"


class DutyToReport(StrEnum):
    """What came of considering the duty to report to the child welfare service [a]."""

    CONSIDERED_NO_DUTY = "considered_no_duty"
    REPORTED = "reported"
    REPORTED_BY_OTHERS = "reported_by_others"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildConsidered:
    """What an assessment says of the child's interests."""

    best_interests: str | None = None
    child_view: str | None = None
    child_not_heard: NotHeard | None = None
    guardian_contact: GuardianContact | None = None
    guardian_not_contacted: NotContacted | None = None
    duty_to_report: DutyToReport | None = None

    def given(self) -> list[str]:
        """Return the names of what is said."""
        return [each.name for each in fields(self) if getattr(self, each.name) is not None]

    def missing(self) -> list[str]:
        """Return the names of what a completed assessment of a child has besides."""
        asked = {"best_interests", "guardian_contact", "duty_to_report"} - {*self.given()}
        if self.child_view is None and self.child_not_heard is None:
            asked |= {"child_view", "child_not_heard"}
        return sorted(asked)

    def contradictory(self) -> list[str]:
        """Return the names of what can't be true together: heard and not, contacted and not, a reason for neither."""
        found = []
        if self.child_view is not None and self.child_not_heard is not None:
            found += ["child_view", "child_not_heard"]
        if (self.guardian_contact is GuardianContact.NOT_CONTACTED) != (self.guardian_not_contacted is not None):
            found += ["guardian_contact", "guardian_not_contacted"]
        return found


def check_child(considered: ChildConsidered, *, minor: bool, completed: bool) -> None:
    """Refuse an assessment that passes over the child's interests, or speaks of them where there is no child.

    Raises:
        Refusal: as said; it names the fields, never what is in them.
    """
    if not minor:
        if misplaced := considered.given():
            raise Refusal(Code.NO_CHILD, fields=misplaced)
        return
    if contradictory := considered.contradictory():
        raise Refusal(Code.CHILD_FIELDS_CONTRADICT, fields=contradictory)
    if completed and (missing := considered.missing()):
        raise Refusal(Code.CHILD_NOT_CONSIDERED, missing=missing)
