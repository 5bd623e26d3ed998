"""What must be settled before a case is erased («sletting»): legal holds and the decision about archiving.

That these rules follow from the Archives Act (nothing of public archives is destroyed without a decision) and from the
duty to preserve evidence is an assumption that a lawyer must confirm, and so is which grounds need which decision.
"""

from datetime import date
from enum import StrEnum
from typing import Final

from forkant_contracts.codes import CaseState, ErasureBasis

from case_service.domain.retention import is_expired
from case_service.domain.standing import ENDED_STATES


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


class Obstacle(StrEnum):
    """What stands in the way of erasing a case because its retention has expired."""

    NOT_EXPIRED = "not_expired"
    CASE_OPEN = "case_open"
    LEGAL_HOLD = "legal_hold"
    ARCHIVE_DECISION_MISSING = "archive_decision_missing"
    OWN_ARCHIVE_DECISION = "own_archive_decision"
    ALREADY_ERASED = "already_erased"
    NOT_SEEN = "not_seen"
    """It left the unit meanwhile, or is more confidential now than who asked for the erasure may see."""
    MERGED = "merged"
    """It goes with the case that it was merged into."""
    MERGED_CASE_KEPT = "merged_case_kept"
    """Something keeps a case that was merged into it."""
    REFUSED_BY_DATABASE = "refused_by_database"


class Outcome(StrEnum):
    """What became of a case in an erasure of many."""

    ERASED = "erased"
    LEFT = "left"


def obstacles(
    *, state: CaseState, until: date, held: bool, decided_by: str | None, actor: str, day: date
) -> list[Obstacle]:
    """Return everything that keeps somebody from erasing a case on a day, in the order of the codes; empty if nothing.

    That a case which is open when its backstop is past is ended by a person first is an assumption, as the rules above.
    """
    stands = {
        Obstacle.NOT_EXPIRED: not is_expired(until, day=day),
        Obstacle.CASE_OPEN: state not in ENDED_STATES,
        Obstacle.LEGAL_HOLD: held,
        Obstacle.ARCHIVE_DECISION_MISSING: decided_by is None,
        Obstacle.OWN_ARCHIVE_DECISION: decided_by == actor,
    }
    return [obstacle for obstacle, there in stands.items() if there]
