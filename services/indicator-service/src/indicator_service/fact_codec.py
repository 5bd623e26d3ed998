"""Facts as they are stored: JSON without the fields that hold their default."""

from dataclasses import replace

from pydantic import TypeAdapter

from indicator_service.aggregation.course import course_of_before
from indicator_service.aggregation.facts import CaseFact, ConcernFact

_CASE = TypeAdapter(CaseFact)
_CONCERN = TypeAdapter(ConcernFact)


def case_to_json(fact: CaseFact) -> str:
    """Write a case fact as it is stored."""
    return _CASE.dump_json(fact, exclude_defaults=True).decode()


def case_from_json(text: str) -> CaseFact:
    """Read a stored case fact; one of a release that kept no course gets what it tells of it."""
    fact = _CASE.validate_json(text)
    return fact if fact.course else replace(fact, course=course_of_before(fact))


def concern_to_json(fact: ConcernFact) -> str:
    """Write a concern fact as it is stored."""
    return _CONCERN.dump_json(fact, exclude_defaults=True).decode()


def concern_from_json(text: str) -> ConcernFact:
    """Read a stored concern fact."""
    return _CONCERN.validate_json(text)
