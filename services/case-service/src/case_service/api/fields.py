"""Field types of requests: listed codes, clean text, moments and days in words, never numbers."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from forkant_contracts.codes import (
    AccessVerdict,
    AgeBand,
    Arena,
    BreakGlassReason,
    CancelReason,
    CaseState,
    CaseType,
    ClarificationOutcome,
    CloseReason,
    ConcernOutcome,
    ConcernSource,
    Effect,
    ErasureBasis,
    HoldReason,
    LegalBasis,
    MeasureKind,
    OpenCode,
    PartnerKind,
    ProtectiveFactor,
    PurposeCode,
    RejectReason,
    ReopenReason,
    RestrictionReason,
    RiskFactor,
    Role,
    StatementType,
    SubjectCategory,
    TaskKind,
    Theme,
    VerificationStatus,
)
from forkant_kit.moments import in_words, on_earth
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from case_service.domain.levels import Level
from case_service.domain.subjects import normal_form

# Control characters, lone surrogates, and what turns the reading order around, so that a text can look like another.
_BEYOND_LINES: Final = "\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069"
_UNFIT: Final = re.compile(f"[\x00-\x1f{_BEYOND_LINES}]")
_UNFIT_LINES: Final = re.compile(f"[\x00-\x08\x0b-\x1f{_BEYOND_LINES}]")
# Letters and signs by their category, but nothing to the eye.
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")


@dataclass(frozen=True, slots=True)
class Listed:
    """A code that must be on its list: readers take unknown codes, writers may not give them."""

    codes: type[OpenCode]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refuse what the list reads as unknown."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """List the codes that may be given."""
        listed = [code.value for code in self.codes if code.name != "UNKNOWN"]
        return {"type": "string", "enum": listed, "title": self.codes.__name__}

    def _check(self, code: OpenCode) -> OpenCode:
        if code is self.codes["UNKNOWN"]:
            raise PydanticCustomError("unlisted_code", "is not on the list of codes")
        return code


@dataclass(frozen=True, slots=True)
class Text:
    """Text that a person wrote and can see: trimmed, in NFC, no control characters; lines where they make sense."""

    limit: int
    lines: bool = False

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Clean the text and refuse what can't be cleaned."""
        text = core_schema.str_schema(strip_whitespace=True, min_length=1, max_length=self.limit)
        return core_schema.no_info_after_validator_function(self._clean, text)

    def _clean(self, text: str) -> str:
        normal = unicodedata.normalize("NFC", text.replace("\r\n", "\n") if self.lines else text)
        if len(normal) > self.limit:
            raise PydanticCustomError("string_too_long", "is too long in normal form")
        if (_UNFIT_LINES if self.lines else _UNFIT).search(normal):
            raise PydanticCustomError("control_character", "holds a control character")
        if not any(self._shows(char) for char in normal):
            raise PydanticCustomError("nothing_to_see", "holds nothing that can be seen")
        return normal

    @staticmethod
    def _shows(char: str) -> bool:
        return unicodedata.category(char)[0] not in "CZ" and char not in _BLANK


def _whole(value: object) -> object:
    # True equals 1 and would pass for it.
    if isinstance(value, (bool, float, str)):
        raise PydanticCustomError("not_whole", "is to be a whole number")
    return value


def _form(reference: str) -> str:
    form = normal_form(reference)
    if form is None:
        raise PydanticCustomError("no_reference", "is to have from six to 64 letters and digits")
    return form


Moment = Annotated[
    datetime,
    AwareDatetime,
    BeforeValidator(in_words),
    Field(
        description=(
            "When it happened; now, if left out. At most five years back, never before the case's opening or what it "
            "follows."
        ),
        examples=["2026-03-02T09:30:00+01:00"],
    ),
]
Instant = Annotated[
    datetime,
    AwareDatetime,
    BeforeValidator(in_words),
    AfterValidator(on_earth),
    Field(examples=["2026-06-01T12:00:00Z"]),
]
Day = Annotated[date, BeforeValidator(in_words), Field(examples=["2026-06-01"])]
Title = Annotated[str, Text(200)]
Name = Annotated[str, Text(200)]
Goal = Annotated[str, Text(500)]
Reason = Annotated[str, Text(1000, lines=True)]
Note = Annotated[str, Text(2000, lines=True)]
Story = Annotated[str, Text(4000, lines=True)]
SubjectReference = Annotated[
    str,
    Text(100),
    AfterValidator(_form),
    Field(
        description="What a register calls the subject, by which other cases about the same are found. It is compared "
        "by its letters and digits alone, blinded at once, and kept and shown nowhere.",
        examples=["REG-2026-004711"],
    ),
]
Municipality = Annotated[str, Field(pattern=r"^[0-9]{4}$", examples=["0301"])]
Subject = Annotated[
    str,
    Field(
        pattern=r"^[!-~]{1,255}$",
        description="Who, as access tokens name the person in `sub`.",
        examples=["officer2-oslo"],
    ),
]
PreventionGoal = Annotated[
    UUID,
    Field(
        description="A goal of the unit's prevention plan, as the indicator service has it (`/v1/plans`). It is not "
        "looked up: the case counts as tied while the goal is one of a plan of its unit that is in force.",
        examples=["019cb000-0000-7000-8000-0000000000b1"],
    ),
]
LevelCode = Annotated[
    Level, BeforeValidator(_whole), Field(description="1 ordinary, 2 confidential, 3 strictly confidential.")
]
StepCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$", examples=["conversation_held"])]

AccessVerdictCode = Annotated[AccessVerdict, Listed(AccessVerdict)]
AgeBandCode = Annotated[AgeBand, Listed(AgeBand)]
ArenaCode = Annotated[Arena, Listed(Arena)]
BreakGlassReasonCode = Annotated[BreakGlassReason, Listed(BreakGlassReason)]
CancelReasonCode = Annotated[CancelReason, Listed(CancelReason)]
CaseStateCode = Annotated[CaseState, Listed(CaseState)]
CaseTypeCode = Annotated[CaseType, Listed(CaseType)]
ClarificationOutcomeCode = Annotated[ClarificationOutcome, Listed(ClarificationOutcome)]
CloseReasonCode = Annotated[CloseReason, Listed(CloseReason)]
ConcernOutcomeCode = Annotated[ConcernOutcome, Listed(ConcernOutcome)]
ConcernSourceCode = Annotated[ConcernSource, Listed(ConcernSource)]
EffectCode = Annotated[Effect, Listed(Effect)]
ErasureBasisCode = Annotated[ErasureBasis, Listed(ErasureBasis)]
HoldReasonCode = Annotated[HoldReason, Listed(HoldReason)]
LegalBasisCode = Annotated[LegalBasis, Listed(LegalBasis)]
MeasureKindCode = Annotated[MeasureKind, Listed(MeasureKind)]
PartnerKindCode = Annotated[PartnerKind, Listed(PartnerKind)]
ProtectiveFactorCode = Annotated[ProtectiveFactor, Listed(ProtectiveFactor)]
PurposeCodeCode = Annotated[PurposeCode, Listed(PurposeCode)]
RejectReasonCode = Annotated[RejectReason, Listed(RejectReason)]
ReopenReasonCode = Annotated[ReopenReason, Listed(ReopenReason)]
RestrictionReasonCode = Annotated[RestrictionReason, Listed(RestrictionReason)]
RiskFactorCode = Annotated[RiskFactor, Listed(RiskFactor)]
RoleCode = Annotated[Role, Listed(Role)]
StatementTypeCode = Annotated[StatementType, Listed(StatementType)]
SubjectCategoryCode = Annotated[SubjectCategory, Listed(SubjectCategory)]
TaskKindCode = Annotated[TaskKind, Listed(TaskKind)]
ThemeCode = Annotated[Theme, Listed(Theme)]
VerificationStatusCode = Annotated[VerificationStatus, Listed(VerificationStatus)]
