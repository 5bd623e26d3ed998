"""The documents of what is behind a figure."""

from typing import Literal
from uuid import UUID

from indicator_service.aggregation.contributions import Contribution
from indicator_service.api.models import Document, Fresh, PeriodDocument

Kind = Literal["case", "concern"]


class ContributingCase(Document):
    """A case or a concern that counts in a figure."""

    id: UUID
    kind: Kind
    numerator: int | None
    """What it adds to the numerator; null where the indicator has none. A case with two measures may add two."""
    denominator: int | None
    """What it adds to the denominator; null where that is imported."""
    extra: dict[str, int]
    """What it adds to the counts that are shown apart."""

    @classmethod
    def of(cls, found: tuple[UUID, Contribution], kind: Kind) -> "ContributingCase":
        """Write what something contributes."""
        key, counted = found
        return cls(
            id=key,
            kind=kind,
            numerator=counted.numerator,
            denominator=counted.denominator,
            extra=dict(counted.extra),
        )


class CasesBehind(Fresh):
    """A page of what is behind a figure, of that what the caller may see; with all pages no more than the figure."""

    number: int
    unit: str
    period: PeriodDocument
    definition_version: int
    items: tuple[ContributingCase, ...]
    next: str | None
    """Cursor of the next page; null on the last."""
