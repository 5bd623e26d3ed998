"""A case as a script: the calls that people make, who makes them and when, before any id exists.

A script is pure data. Ids are unknown until the server gives them, so a path holds names in braces (``{case}``,
``{talk}``) that the player fills in from earlier answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CaseType,
    ConcernSource,
    LegalBasis,
    PurposeCode,
    SubjectCategory,
    Theme,
)

CASE: Final = "case"
CONCERN: Final = "concern"
OFFER: Final = "offer"
DUPLICATE: Final = "duplicate"
EXAMPLE: Final = "example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call: ``locks`` names whose ETag it sends, ``keeps`` whose ETag answers, ``makes`` the id to remember.

    ``into`` names the case that another is merged into, whose id and ETag go into the body.
    ``refers`` names what a field of the body holds the id of; ``dated`` says whether the body tells when it happened.
    """

    actor: str
    method: str
    path: str
    body: Mapping[str, Any]
    at: datetime
    locks: str | None = None
    keeps: str = CASE
    makes: str | None = None
    into: str | None = None
    refers: Mapping[str, str] = field(default_factory=dict)
    dated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The whole course of one concern or case, in order of time."""

    label: str
    unit: str
    steps: tuple[Step, ...]

    def until(self, moment: datetime) -> tuple[Step, ...]:
        """Return the steps that have happened by ``moment``."""
        return tuple(step for step in self.steps if step.at <= moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a concern or a case is about."""

    case_type: CaseType
    theme: Theme
    title: str
    description: str
    age_band: AgeBand = AgeBand.NOT_APPLICABLE
    subject_category: SubjectCategory = SubjectCategory.NOT_APPLICABLE
    purpose_code: PurposeCode = PurposeCode.PREVENT_CRIME
    legal_basis: LegalBasis = LegalBasis.POLICE_ACT
    arena: Arena = Arena.PHYSICAL
    subject: str | None = None
    municipality_number: str | None = None

    def opening(self) -> dict[str, Any]:
        """Return the body that opens a case about this."""
        body: dict[str, Any] = {
            "case_type": self.case_type.value,
            "theme": self.theme.value,
            "age_band": self.age_band.value,
            "subject_category": self.subject_category.value,
            "purpose_code": self.purpose_code.value,
            "legal_basis": self.legal_basis.value,
            "arena": self.arena.value,
            "title": self.title,
            "description": self.description,
        }
        optional = {"subject": self.subject, "municipality_number": self.municipality_number}
        return body | {name: value for name, value in optional.items() if value is not None}

    def report(self, source: ConcernSource) -> dict[str, Any]:
        """Return the body that reports this as a concern."""
        body: dict[str, Any] = {
            "source": source.value,
            "theme": self.theme.value,
            "age_band": self.age_band.value,
            "arena": self.arena.value,
            "description": self.description,
        }
        return body | ({"municipality_number": self.municipality_number} if self.municipality_number else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal of a plan; a measurable one has a baseline and a target."""

    text: str
    baseline: str | None = None
    target: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the goal as the API takes it."""
        if self.baseline is None:
            return {"text": self.text, "measurable": False}
        return {"text": self.text, "measurable": True, "baseline": self.baseline, "target": self.target}
