"""What keeps a case, and what is left of an erased one."""

from datetime import datetime
from uuid import UUID

from forkant_contracts import codes as c
from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.disclosures import RecipientKind
from case_service.domain.erasing import ArchiveOutcome, LegalHoldReason


class LegalHoldView(View):
    """A legal hold on a case, and who lifted it."""

    id: UUID
    reason: LegalHoldReason
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None


class LegalHoldList(View):
    """The legal holds on a case."""

    items: list[LegalHoldView]


class ArchiveDecisionView(View):
    """What the archives keep of a case."""

    outcome: ArchiveOutcome
    reference: str | None
    decided_by: str
    decided_at: datetime


class RecipientToTell(View):
    """Somebody to whom something of the case was given."""

    disclosure_id: UUID
    recipient_kind: RecipientKind
    disclosed_at: datetime


class ErasureCertificate(View):
    """That a case was erased: by whom, on which ground, and what was destroyed; that never changes."""

    case_id: UUID
    version: int = Field(description="The case's version with the erasure: consumers that have it know of it.")
    basis: c.ErasureBasis
    erased_by: str
    erased_at: datetime
    concern_id: UUID | None = Field(description="The concern that was erased with it.")
    merged: list[UUID] = Field(
        description="Cases that had been merged into it, erased with it or before; each has a certificate of its own."
    )
    destroyed: dict[str, int] = Field(
        description="Rows deleted or emptied, by table; `idempotency_key` answers kept for repeats; `data_key` keys "
        "without which no copy of the texts opens."
    )
    contents_waiting: int = Field(
        description="Contents of its attachments that an object store still holds: without the destroyed key "
        "nobody reads them; the worker deletes them there. It goes down to 0."
    )
    recipients_to_tell: list[RecipientToTell] = Field(
        description="To whom something of the case was given: they are to be told that it was erased (Law Enforcement "
        "Directive, art. 16(6)). The certificate names nobody: who they are is read before the erasure."
    )
    topic: str = Field(description="Where the erasure was published for those who keep something about the case.")
    event_id: UUID | None = Field(description="The event that told of it; absent when it left the archive of events.")
    archive_decision: ArchiveDecisionView | None
    legal_holds: list[LegalHoldView] = Field(description="Holds that stood before and were lifted.")
