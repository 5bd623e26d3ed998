"""What must be settled before a case is erased («sletting»): legal holds and the decision about archiving.

That these rules follow from the Archives Act (nothing of public archives is destroyed without a decision) and from the
duty to preserve evidence is an assumption that a lawyer must confirm, and so is which grounds need which decision.
"""

from enum import StrEnum
from typing import Final

from forkant_contracts.codes import ErasureBasis


class LegalHoldReason(StrEnum):
    """Why a case must be kept as it is («bevaringspålegg»), whatever else would erase it."""

    COURT_ORDER = "court_order"
    CRIMINAL_CASE = "criminal_case"
    OVERSIGHT = "oversight"
    COMPLAINT = "complaint"


class ArchiveOutcome(StrEnum):
    """What becomes of a case in the archives before it is erased here: handed over, or nothing is kept."""

    TRANSFERRED = "transferred"
    DESTROY = "destroy"


ARCHIVE_FIRST: Final = frozenset({ErasureBasis.RETENTION_EXPIRED, ErasureBasis.UNFOUNDED})
"""Grounds on which a case is erased only after somebody else decided about archiving.

What was unlawful to process may not be archived either, so that it waits for nobody.
"""
