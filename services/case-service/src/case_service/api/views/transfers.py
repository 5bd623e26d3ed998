"""Offers to move a case to another unit."""

from datetime import datetime
from uuid import UUID

from forkant_contracts import codes as c

from case_service.api.views.base import View
from case_service.domain.standing import TransferState


class OfferReceipt(View):
    """An offer that was turned down."""

    id: UUID
    case_id: UUID
    state: TransferState
    recorded_at: datetime


class CaseTransferView(View):
    """An offer as the unit that holds the case sees it."""

    id: UUID
    from_unit: str
    to_unit: str
    state: TransferState
    note: str | None
    offered_at: datetime
    decided_at: datetime | None


class TransferLine(View):
    """An offer; its ETag is what accepting or rejecting takes in If-Match."""

    id: UUID
    case_id: UUID
    from_unit: str
    to_unit: str
    state: TransferState
    case_type: c.CaseType
    theme: c.Theme
    age_band: c.AgeBand
    arena: c.Arena
    offered_at: datetime
    decided_at: datetime | None
    etag: str


class TransferPage(View):
    """A page of offers."""

    items: list[TransferLine]
    next: str | None
