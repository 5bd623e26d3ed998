"""Where a disclosure may go from where it stands, who may send it there, and what may be given."""

import pytest
from case_service.domain.disclosures import (
    MOVES,
    DisclosureMove,
    DisclosureState,
    Givable,
    allowed_moves,
    check_fields,
    moved,
)
from case_service.domain.refusals import Code, Refusal
from hypothesis import given
from hypothesis import strategies as st

# One row a move; a dot refuses.
TABLE = """
          prepared  approved  disclosed refused withdrawn
approve   approved  .         .         .       .
refuse    refused   .         .         .       .
disclose  .         disclosed .         .       .
withdraw  withdrawn withdrawn .         .       .
"""
HEAD, *ROWS = (line.split() for line in TABLE.strip().splitlines())
CELLS = [
    (DisclosureMove(name), DisclosureState(state), cell)
    for name, *cells in ROWS
    for state, cell in zip(HEAD, cells, strict=True)
]


def test_the_table_covers_every_move_and_state():
    assert len(CELLS) == len(DisclosureMove) * len(DisclosureState)
    assert set(MOVES) == set(DisclosureMove)


@pytest.mark.parametrize(("move", "state", "cell"), CELLS, ids=str)
def test_a_move_leads_where_the_table_says_or_is_refused(move, state, cell):
    assert (move in allowed_moves(state)) == (cell != ".")
    if cell != ".":
        assert moved(state, move, actor="lead", requested_by="officer") == cell
        return
    with pytest.raises(Refusal) as caught:
        moved(state, move, actor="lead", requested_by="officer")
    assert caught.value.code is Code.ILLEGAL_TRANSITION
    assert caught.value.facts["allowed"] == [each.value for each in allowed_moves(state)]


@pytest.mark.parametrize("move", [DisclosureMove.APPROVE, DisclosureMove.REFUSE])
def test_nobody_decides_about_what_they_asked_for_themselves(move):
    with pytest.raises(Refusal) as caught:
        moved(DisclosureState.PREPARED, move, actor="lead", requested_by="lead")
    assert caught.value.code is Code.OWN_DISCLOSURE


@given(st.lists(st.tuples(st.sampled_from(DisclosureMove), st.sampled_from(["officer", "lead"])), max_size=8))
def test_whatever_is_tried_nothing_is_given_that_somebody_else_has_not_approved(tries):
    state, approved_by = DisclosureState.PREPARED, None
    for move, actor in tries:
        try:
            after = moved(state, move, actor=actor, requested_by="officer")
        except Refusal:
            continue
        approved_by = actor if move is DisclosureMove.APPROVE else approved_by
        state = after
    if state is DisclosureState.DISCLOSED:
        assert approved_by == "lead"


HELD = Givable(there=frozenset({"case.title", "information/1"}), restricted=frozenset({"information/1"}))


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        (["case.title", "plan.goals"], Code.FIELD_NOT_THERE, ["plan.goals"]),
        (["information/1"], Code.FIELD_RESTRICTED, ["information/1"]),
        (["information/1", "case.subject"], Code.FIELD_NOT_THERE, ["case.subject"]),
    ],
)
def test_what_is_not_there_or_restricted_is_not_given(fields, code, named):
    with pytest.raises(Refusal) as caught:
        check_fields(fields, HELD)
    assert (caught.value.code, caught.value.facts["fields"]) == (code, named)


def test_what_is_there_is_given():
    check_fields(["case.title"], HELD)
