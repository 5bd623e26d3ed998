"""What must be known of a case before it is opened."""

from forkant_contracts.codes import AgeBand, CaseType, SubjectCategory

from case_service.domain.refusals import Code, Refusal


def check_opening(
    *,
    case_type: CaseType,
    age_band: AgeBand,
    subject_category: SubjectCategory,
    special_category: bool,
    necessity_reason: str | None,
) -> None:
    """Refuse a case about a person without age band and category, and special data without strict necessity in words.

    Raises:
        Refusal: as said.
    """
    described = age_band is not AgeBand.NOT_APPLICABLE and subject_category is not SubjectCategory.NOT_APPLICABLE
    if case_type is CaseType.PERSON and not described:
        raise Refusal(Code.PERSON_NOT_DESCRIBED)
    if special_category != (necessity_reason is not None):
        raise Refusal(Code.NECESSITY_REASON_REQUIRED)
