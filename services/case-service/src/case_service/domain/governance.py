"""How a national method comes to be («fagforvaltning»): proposed, heard, approved, published; one table of moves.

Measure 8 of the strategy: districts propose, the directorate decides, and what was decided stays on record. That a
hearing lasts to its last day, and that whoever approves did not propose, are assumptions [a].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from case_service.domain.refusals import Code, Refusal


class ProposalState(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    HEARING = "hearing"
    APPROVED = "approved"
    PUBLISHED = "published"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What is done with a proposal."""

    REWRITE = "rewrite"
    OPEN_HEARING = "open_hearing"
    COMMENT = "comment"
    APPROVE = "approve"
    PUBLISH = "publish"
    REJECT = "reject"
    WITHDRAW = "withdraw"


_PROPOSED: Final = ProposalState.PROPOSED
_HEARING: Final = ProposalState.HEARING
_APPROVED: Final = ProposalState.APPROVED

MOVES: Final[Mapping[Move, Mapping[ProposalState, ProposalState]]] = MappingProxyType(
    {
        Move.REWRITE: {_PROPOSED: _PROPOSED},
        Move.OPEN_HEARING: {_PROPOSED: _HEARING},
        Move.COMMENT: {_HEARING: _HEARING},
        Move.APPROVE: {_HEARING: _APPROVED},
        Move.PUBLISH: {_APPROVED: ProposalState.PUBLISHED},
        Move.REJECT: dict.fromkeys((_PROPOSED, _HEARING, _APPROVED), ProposalState.REJECTED),
        Move.WITHDRAW: dict.fromkeys((_PROPOSED, _HEARING, _APPROVED), ProposalState.WITHDRAWN),
    }
)
"""The state that each move leads to, from each state where it is legal; what is not here is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal as the rules see it."""

    state: ProposalState
    unit: str
    proposed_by: str
    hearing_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """Who moves a proposal on, and on which day."""

    subject: str
    unit: str
    day: date


def allowed_moves(state: ProposalState) -> list[Move]:
    """Return what a state allows next."""
    return [move for move, moves in MOVES.items() if state in moves]


def moved(proposal: Proposal, move: Move, mover: Mover) -> ProposalState:
    """Return the state that a move leads to.

    Raises:
        Refusal: the state does not allow it, the hearing still lasts, it is the mover's own proposal that is to be
            approved, or another unit's that is to be rewritten or withdrawn.
    """
    target = MOVES[move].get(proposal.state)
    if target is None:
        allowed = [each.value for each in allowed_moves(proposal.state)]
        raise Refusal(Code.ILLEGAL_TRANSITION, subject="proposal", state=proposal.state.value, allowed=allowed)
    if move in {Move.REWRITE, Move.WITHDRAW} and mover.unit != proposal.unit:
        raise Refusal(Code.PROPOSAL_OF_ANOTHER_UNIT)
    if move is Move.APPROVE and mover.subject == proposal.proposed_by:
        raise Refusal(Code.OWN_PROPOSAL)
    if move is Move.APPROVE and proposal.hearing_until is not None and mover.day < proposal.hearing_until:
        raise Refusal(Code.HEARING_OPEN, latest=proposal.hearing_until.isoformat())
    return target
