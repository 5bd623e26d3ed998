"""What a list of cases can be narrowed to in the address: every code of a case, and its days and moments."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from case_service.api import fields as f
from case_service.domain.levels import Level
from case_service.queries.listing import CODED, DATED, Filter

_SEVERAL: Final[Any] = Field(default=(), max_length=50)
_Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]


class CaseFilter(BaseModel):
    """All conditions together; a code that is given several times means one of them.

    Moments and days are given as `…_from`, which is the first, and `…_before`, which is no longer in.
    """

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    state: tuple[f.CaseStateCode, ...] = _SEVERAL
    """Where the case stands. Repeat it for several, as each of these codes."""
    held_from: tuple[f.CaseStateCode, ...] = _SEVERAL
    """Where a case stood that is on hold now."""
    hold_reason: tuple[f.HoldReasonCode, ...] = _SEVERAL
    case_type: tuple[f.CaseTypeCode, ...] = _SEVERAL
    theme: tuple[f.ThemeCode, ...] = _SEVERAL
    age_band: tuple[f.AgeBandCode, ...] = _SEVERAL
    subject_category: tuple[f.SubjectCategoryCode, ...] = _SEVERAL
    special_category: bool | None = None
    """Only cases with special categories of personal data, or only others."""
    arena: tuple[f.ArenaCode, ...] = _SEVERAL
    municipality_number: tuple[_Number, ...] = _SEVERAL
    """Four digits, the leading zero kept."""
    purpose_code: tuple[f.PurposeCodeCode, ...] = _SEVERAL
    legal_basis: tuple[f.LegalBasisCode, ...] = _SEVERAL
    level: tuple[Level, ...] = _SEVERAL
    """1 ordinary, 2 confidential, 3 strictly confidential: of those that you may see."""
    close_reason: tuple[f.CloseReasonCode, ...] = _SEVERAL
    reject_reason: tuple[f.RejectReasonCode, ...] = _SEVERAL
    restricted: bool | None = None
    """Only cases that are restricted, or only others: of those that you may see."""
    restriction_reason: tuple[f.RestrictionReasonCode, ...] = _SEVERAL
    opened_from: f.Instant | None = None
    opened_before: f.Instant | None = None
    recorded_from: f.Instant | None = None
    recorded_before: f.Instant | None = None
    updated_from: f.Instant | None = None
    updated_before: f.Instant | None = None
    closed_from: f.Instant | None = None
    closed_before: f.Instant | None = None
    clarification_deadline_from: f.Day | None = None
    clarification_deadline_before: f.Day | None = None
    retention_until_from: f.Day | None = None
    retention_until_before: f.Day | None = None

    def chosen(self) -> Filter:
        """Return it as the query takes it."""
        given = {name: getattr(self, name) for name in CODED}
        one_of = {name: (codes,) if isinstance(codes, bool) else codes for name, codes in given.items()}
        since = {name: getattr(self, f"{name}_from") for name in DATED}
        before = {name: getattr(self, f"{name}_before") for name in DATED}
        return Filter(
            one_of={name: codes for name, codes in one_of.items() if codes},
            since={name: at for name, at in since.items() if at is not None},
            before={name: at for name, at in before.items() if at is not None},
        )
