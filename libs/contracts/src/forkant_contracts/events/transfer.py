"""Events of the offer to transfer a case; ``case.transferred`` tells that it was accepted.

The case is their aggregate, and ``unit`` in the envelope is the unit that holds it and made the offer. A case has at
most one open offer.
"""

from typing import ClassVar

from forkant_contracts.envelope import EventData
from forkant_contracts.fields import Identifier, UnitId
from forkant_contracts.topics import CASE_TOPIC


class TransferEvent(EventData):
    """Base of the events of an offer."""

    TOPIC: ClassVar[str] = CASE_TOPIC

    transfer_id: Identifier
    """The offer."""
    to_unit: UnitId
    """The unit that the case is or was offered to."""


class CaseTransferOffered(TransferEvent):
    """The case was offered to another unit and awaits its answer; the state stays."""

    TYPE: ClassVar[str] = "no.forkant.case.transfer-offered.v1"


class CaseTransferRejected(TransferEvent):
    """The other unit turned the offer down; the case stays where it is."""

    TYPE: ClassVar[str] = "no.forkant.case.transfer-rejected.v1"


class CaseTransferRevoked(TransferEvent):
    """The offer was taken back before it was answered; the case stays where it is."""

    TYPE: ClassVar[str] = "no.forkant.case.transfer-revoked.v1"
