"""What was given of a case, to whom, and by whose approval."""

from datetime import datetime
from uuid import UUID

from forkant_contracts import codes as c
from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.disclosures import (
    DisclosureBasis,
    DisclosureMethod,
    DisclosureMove,
    DisclosureState,
    RecipientKind,
)


class DisclosureView(View):
    """A disclosure of something of a case."""

    id: UUID
    state: DisclosureState
    recipient_kind: RecipientKind
    recipient: str
    basis: DisclosureBasis
    purpose_code: c.PurposeCode
    fields: list[str] = Field(description="Exactly what is given: fields by name, items by id.")
    reason: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None = Field(description="Who approved or refused it: never who asked for it.")
    decided_at: datetime | None
    disclosed_by: str | None
    disclosed_at: datetime | None
    method: DisclosureMethod | None = Field(description="How it was given.")
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    allowed: list[DisclosureMove] = Field(description="What its state allows next.")


class DisclosureList(View):
    """The disclosures of a case."""

    items: list[DisclosureView]
