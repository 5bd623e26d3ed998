"""Every pair of state and move of a proposal: what it leads to, or that it is refused."""

from dataclasses import replace
from datetime import date

import pytest
from case_service.domain.governance import MOVES, Move, Mover, Proposal, ProposalState, allowed_moves, moved
from case_service.domain.refusals import Code, Refusal
from hypothesis import given
from hypothesis import strategies as st

DAY = date(2026, 3, 1)
STATES = ("proposed", "hearing", "approved", "published", "rejected", "withdrawn")
# One row a move; a dot refuses, the letter is the state that follows.
TABLE = """
rewrite       P . . . . .
open_hearing  H . . . . .
comment       . H . . . .
approve       . A . . . .
publish       . . U . . .
reject        R R R . . .
withdraw      W W W . . .
"""
LETTERS = dict(zip("PHAURW", STATES, strict=True))
ROWS = {line.split()[0]: line.split()[1:] for line in TABLE.strip().splitlines()}
PAIRS = [
    (Move(move), ProposalState(state), cell)
    for move, cells in ROWS.items()
    for state, cell in zip(STATES, cells, strict=True)
]
PROPOSAL = Proposal(state=ProposalState.HEARING, unit="oslo", proposed_by="officer", hearing_until=DAY)
MOVER = Mover(subject="editor", unit="oslo", day=DAY)


def test_the_table_covers_every_move_and_every_state():
    assert set(ROWS) == {move.value for move in Move} == {move.value for move in MOVES}
    assert set(STATES) == {state.value for state in ProposalState}


@pytest.mark.parametrize(("move", "state", "cell"), PAIRS, ids=str)
def test_a_move_leads_where_the_table_says_or_is_refused(move, state, cell):
    proposal = replace(PROPOSAL, state=state)
    if cell != ".":
        assert moved(proposal, move, MOVER) == LETTERS[cell]
        assert move in allowed_moves(state)
        return
    with pytest.raises(Refusal) as caught:
        moved(proposal, move, MOVER)
    assert caught.value.code is Code.ILLEGAL_TRANSITION
    assert caught.value.facts["allowed"] == [each.value for each in allowed_moves(state)]
    assert move not in allowed_moves(state)


@pytest.mark.parametrize(
    ("move", "state", "mover", "code"),
    [
        (Move.APPROVE, "hearing", replace(MOVER, subject="officer"), Code.OWN_PROPOSAL),
        (Move.APPROVE, "hearing", replace(MOVER, day=date(2026, 2, 28)), Code.HEARING_OPEN),
        (Move.REWRITE, "proposed", replace(MOVER, unit="pod"), Code.PROPOSAL_OF_ANOTHER_UNIT),
        (Move.WITHDRAW, "approved", replace(MOVER, unit="troms"), Code.PROPOSAL_OF_ANOTHER_UNIT),
    ],
)
def test_a_guard_refuses_with_its_code(move, state, mover, code):
    with pytest.raises(Refusal) as caught:
        moved(replace(PROPOSAL, state=ProposalState(state)), move, mover)
    assert caught.value.code is code


@given(st.lists(st.sampled_from(Move), max_size=12), st.booleans())
def test_nothing_is_published_that_was_not_heard_and_approved_by_somebody_else(moves, own):
    proposal, seen = replace(PROPOSAL, state=ProposalState.PROPOSED), [ProposalState.PROPOSED]
    mover = replace(MOVER, subject="officer") if own else MOVER
    for move in moves:
        try:
            proposal = replace(proposal, state=moved(proposal, move, mover))
        except Refusal:
            continue
        seen.append(proposal.state)
    if proposal.state is ProposalState.PUBLISHED:
        assert not own
        assert seen.index(ProposalState.HEARING) < seen.index(ProposalState.APPROVED)
