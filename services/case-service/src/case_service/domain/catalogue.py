"""The code lists that clients choose from, what each code is called, and the days between which it may be used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from forkant_contracts import codes

from case_service.domain.labels import LABELS
from case_service.domain.nynorsk import NYNORSK

LISTS: Final[Mapping[str, type[codes.OpenCode]]] = MappingProxyType(
    {
        "case_type": codes.CaseType,
        "case_state": codes.CaseState,
        "theme": codes.Theme,
        "age_band": codes.AgeBand,
        "arena": codes.Arena,
        "concern_source": codes.ConcernSource,
        "concern_outcome": codes.ConcernOutcome,
        "subject_category": codes.SubjectCategory,
        "purpose_code": codes.PurposeCode,
        "legal_basis": codes.LegalBasis,
        "risk_factor": codes.RiskFactor,
        "protective_factor": codes.ProtectiveFactor,
        "measure_kind": codes.MeasureKind,
        "partner_kind": codes.PartnerKind,
        "hold_reason": codes.HoldReason,
        "effect": codes.Effect,
        "close_reason": codes.CloseReason,
        "reject_reason": codes.RejectReason,
        "reopen_reason": codes.ReopenReason,
        "cancel_reason": codes.CancelReason,
        "break_glass_reason": codes.BreakGlassReason,
        "access_verdict": codes.AccessVerdict,
        "restriction_reason": codes.RestrictionReason,
        "erasure_basis": codes.ErasureBasis,
        "task_kind": codes.TaskKind,
    }
)
"""Every list by its name."""

CODES: Final[Mapping[str, list[str]]] = MappingProxyType(
    {name: [code.value for code in listed if code.name != "UNKNOWN"] for name, listed in LISTS.items()}
)
"""The codes of each list, as clients may give them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCode:
    """A code of a list.

    Attributes:
        label_nb: what it is called in bokmål, in the middle of a sentence, where it has a name.
        valid_to: the day from which nothing new takes it; where it stands it still reads.
    """

    code_list: str
    code: str
    label_nb: str | None
    label_nn: str | None
    label_en: str | None
    valid_to: date | None


def listed_codes(retired: Mapping[str, Mapping[str, date]], *, on: date | None = None) -> Iterator[ListedCode]:
    """Yield the codes of every list in order: all of them, or those that something new may take on a day.

    A code has no first day: the platform began with it, or a later release brought it.
    """
    for name, listed in LISTS.items():
        words, nynorsk, ended = LABELS.get(listed, {}), NYNORSK.get(listed, {}), retired.get(name, {})
        for code in CODES[name]:
            until, label = ended.get(code), words.get(code)
            if on is None or until is None or on < until:
                yield ListedCode(
                    code_list=name,
                    code=code,
                    label_nb=None if label is None else label.nb,
                    label_nn=None if label is None else nynorsk.get(code, label.nb),
                    label_en=None if label is None else label.en,
                    valid_to=until,
                )
