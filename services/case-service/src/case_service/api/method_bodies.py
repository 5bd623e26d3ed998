"""What requests about methods and codes may hold."""

from enum import StrEnum
from typing import Annotated, Final, Self

from forkant_contracts import codes
from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from case_service.api import fields as f
from case_service.api.bodies import Body
from case_service.commands.methods import Draft, NewStep
from case_service.domain.refusals import Code, Refusal


class CodeList(StrEnum):
    """The lists whose codes can be retired."""

    CASE_TYPE = "case_type"
    THEME = "theme"
    LEGAL_BASIS = "legal_basis"
    CONCERN_SOURCE = "concern_source"
    RISK_FACTOR = "risk_factor"
    PROTECTIVE_FACTOR = "protective_factor"
    MEASURE_KIND = "measure_kind"


_CODES: Final[dict[CodeList, type[codes.OpenCode]]] = {
    CodeList.CASE_TYPE: codes.CaseType,
    CodeList.THEME: codes.Theme,
    CodeList.LEGAL_BASIS: codes.LegalBasis,
    CodeList.CONCERN_SOURCE: codes.ConcernSource,
    CodeList.RISK_FACTOR: codes.RiskFactor,
    CodeList.PROTECTIVE_FACTOR: codes.ProtectiveFactor,
    CodeList.MEASURE_KIND: codes.MeasureKind,
}


class ProposedStep(Body):
    """A step of a proposed method; a mandatory one counts for conformance."""

    code: f.StepCode
    mandatory: StrictBool = True
    name_nb: f.Title
    name_en: f.Title


class RewriteProposal(Body):
    """A method as it is proposed, and why."""

    name_nb: f.Title
    name_en: f.Title
    summary: f.Story
    steps: Annotated[list[ProposedStep], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _each_step_once(self) -> Self:
        if len({step.code for step in self.steps}) != len(self.steps):
            raise PydanticCustomError("step_twice", "names a step twice")
        return self

    def draft(self) -> Draft:
        """Return the draft to save."""
        return Draft(
            name_nb=self.name_nb,
            name_en=self.name_en,
            summary=self.summary,
            steps=[NewStep(**step.model_dump()) for step in self.steps],
        )


class ProposeMethod(RewriteProposal):
    """A proposed version of the method for a kind of measure."""

    method: f.MeasureKindCode


class OpenHearing(Body):
    """Until when a hearing lasts."""

    until: f.Day


class CommentOnProposal(Body):
    """What somebody says in a hearing: about the method, and about no case or person."""

    text: f.Note


class PublishMethod(Body):
    """From when a version holds."""

    valid_from: f.Day


class RejectProposal(Body):
    """Why a proposal is turned down."""

    reason: f.Note


class RetireMethod(Body):
    """From when nothing new takes it, and why."""

    retired_from: f.Day
    reason: f.Note


class RetireCode(RetireMethod):
    """The code that is retired."""

    code_list: CodeList
    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$", examples=["other"])]

    def known_code(self) -> str:
        """Return the code, when the list has it.

        Raises:
            Refusal: it has not.
        """
        if self.code == "unknown" or self.code not in {code.value for code in _CODES[self.code_list]}:
            raise Refusal(Code.UNKNOWN_CODE)
        return self.code
