"""Events of a case's partners outside the police; the case is their aggregate."""

from typing import ClassVar

from forkant_contracts.codes import PartnerKind
from forkant_contracts.envelope import EventData
from forkant_contracts.fields import Identifier
from forkant_contracts.topics import CASE_TOPIC


class PartnerAdded(EventData):
    """A partner joined the work on the case."""

    TYPE: ClassVar[str] = "no.forkant.partner.added.v1"
    TOPIC: ClassVar[str] = CASE_TOPIC

    partner_id: Identifier
    """The partnership, not the partner's identity."""
    kind: PartnerKind
    """Kind of partner."""


class PartnerRemoved(EventData):
    """A partner left the work on the case."""

    TYPE: ClassVar[str] = "no.forkant.partner.removed.v1"
    TOPIC: ClassVar[str] = CASE_TOPIC

    partner_id: Identifier
    """The partnership that ended."""
