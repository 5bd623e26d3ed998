"""What answers about examples of best practice and their drafts hold."""

from datetime import datetime
from uuid import UUID

from forkant_contracts import codes as c
from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.best_practice import Answer, Check, DraftState, ExampleState, Language, Move, WithdrawalReason


class Codes(View):
    """What drafts and examples are about."""

    language: Language
    theme: c.Theme
    case_type: c.CaseType
    arena: c.Arena
    measure_kind: c.MeasureKind
    effect: c.Effect
    method: str | None = Field(validation_alias="method_code", description="The national method that was followed.")
    method_version: int | None


class DraftReceiptView(View):
    """A draft after a command."""

    id: UUID
    state: DraftState
    revision: int
    recorded_at: datetime


class DraftLine(Codes):
    """A draft in a list, without its texts."""

    id: UUID
    case_id: UUID
    state: DraftState
    revision: int
    authors: list[str]
    drafted_at: datetime
    updated_at: datetime
    reviewed_by: str | None
    reviewed_at: datetime | None
    checks: list[Check]
    answers: dict[str, Answer]


class DraftPage(View):
    """A page of drafts; ``next`` is the cursor of the next page."""

    items: list[DraftLine]
    next: str | None


class DraftView(DraftLine):
    """A draft with its texts, and what its reviewer has to answer."""

    title: str
    context: str
    what_was_done: str
    mechanism: str | None
    conditions: str | None
    advice: str
    warnings: list[str] = Field(description="Where something may point to somebody: `context.date`, `codes.few_alike`.")
    allowed: list[Move] = Field(description="What its state allows next.")


class ExampleReceiptView(View):
    """An example after a command."""

    id: UUID
    state: ExampleState
    version: int
    revision: int
    recorded_at: datetime


class ExampleView(Codes):
    """A published example: codes and texts, and nothing that leads to a case or a person."""

    id: UUID
    unit: str = Field(description="The unit that published it.")
    state: ExampleState
    withdrawal_reason: WithdrawalReason | None
    revision: int
    published_year: int
    title: str | None = Field(description="Null, as every text, when the example pointed to somebody.")
    context: str | None
    what_was_done: str | None
    mechanism: str | None
    conditions: str | None
    advice: str | None
    checks: list[Check] = Field(description="What a reviewer confirmed that the texts are free of.")
    answers: dict[str, Answer]


class FoundExample(ExampleView):
    """An example that a search found."""

    highlight: str | None = Field(
        description="Where the words stand: escaped HTML in which `<mark>` alone is a tag. Null without words."
    )


class ExamplePage(View):
    """A page of examples; ``next`` is the cursor of the next page."""

    items: list[FoundExample]
    next: str | None


class RevisionList(View):
    """Every revision of an example, the newest first."""

    items: list[ExampleView]
