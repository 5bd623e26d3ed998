"""What a reorganisation may be, and what it does, is worked out before anything is kept."""

from dataclasses import replace
from datetime import date

import pytest
from case_service.domain.refusals import Code, Refusal
from case_service.domain.reorganisations import (
    Draft,
    NewUnit,
    Part,
    ReorganisationKind,
    ReorganisationMove,
    ReorganisationState,
    Structure,
    drawn_up,
    moved,
)

TODAY, DAY = date(2026, 12, 31), date(2027, 1, 1)
SOR = NewUnit(id="sor", name_nb="Sør", name_nn="Sør", name_en="South")
STRUCTURE = Structure(
    kinds={
        "agder": "district",
        "sor-vest": "district",
        "vest": "district",
        "kripos": "special_body",
        "pod": "directorate",
    },
    taken=frozenset({"agder", "sor-vest", "vest", "kripos", "pod", "ended"}),
    districts={"4204": "agder", "4205": "agder", "1103": "sor-vest"},
)
MERGE = Draft(
    kind=ReorganisationKind.MERGE,
    effective_on=DAY,
    from_units=("agder", "sor-vest"),
    parts=(Part(unit="sor"),),
    new_units=(SOR,),
)
SPLIT = Draft(
    kind=ReorganisationKind.SPLIT,
    effective_on=DAY,
    from_units=("agder",),
    parts=(Part(unit="sor", municipalities=("4204",)), Part(unit="vest")),
    new_units=(SOR,),
    rest="vest",
)
MOVE = Draft(
    kind=ReorganisationKind.MOVE_MUNICIPALITIES,
    effective_on=DAY,
    from_units=("agder",),
    parts=(Part(unit="vest", municipalities=("4204",)),),
)


def test_a_merger_ends_its_units_and_gives_all_that_they_have_to_one():
    plan = drawn_up(MERGE, STRUCTURE, today=TODAY)
    assert (plan.ends, plan.makes) == (("agder", "sor-vest"), ((SOR, "district"),))
    assert plan.successors == {"agder": "sor", "sor-vest": "sor"}
    assert plan.municipalities == {}


def test_a_split_gives_named_municipalities_to_their_part_and_the_rest_to_one():
    plan = drawn_up(SPLIT, STRUCTURE, today=TODAY)
    assert (plan.ends, plan.successors, plan.municipalities) == (("agder",), {"agder": "vest"}, {"4204": "sor"})


def test_a_municipality_that_moves_ends_no_unit():
    plan = drawn_up(MOVE, STRUCTURE, today=TODAY)
    assert (plan.ends, plan.successors, plan.municipalities) == ((), {}, {"4204": "vest"})


WRONG = [
    (MERGE, {"effective_on": TODAY}, Code.NOT_AHEAD),
    (MERGE, {"effective_on": date(2020, 1, 1)}, Code.NOT_AHEAD),
    (MERGE, {"from_units": ("agder", "nowhere")}, Code.UNKNOWN_UNIT),
    (MERGE, {"from_units": ("agder", "ended")}, Code.UNKNOWN_UNIT),
    (MERGE, {"from_units": ("agder", "pod")}, Code.UNKNOWN_UNIT),
    (MERGE, {"from_units": ("agder", "kripos")}, Code.PARTS_DO_NOT_FIT),
    (MERGE, {"from_units": ("agder", "agder")}, Code.PARTS_DO_NOT_FIT),
    (MERGE, {"new_units": ()}, Code.UNKNOWN_UNIT),
    (MERGE, {"new_units": (replace(SOR, id="ended"),), "parts": (Part(unit="ended"),)}, Code.UNIT_EXISTS),
    (MERGE, {"new_units": (SOR, replace(SOR, id="too-many"))}, Code.PARTS_DO_NOT_FIT),
    (MERGE, {"parts": (Part(unit="agder"),), "new_units": ()}, Code.REORGANISATION_CYCLIC),
    (MERGE, {"parts": (Part(unit="sor"), Part(unit="vest"))}, Code.PARTS_DO_NOT_FIT),
    (MERGE, {"rest": "sor"}, Code.PARTS_DO_NOT_FIT),
    (SPLIT, {"from_units": ("agder", "sor-vest")}, Code.PARTS_DO_NOT_FIT),
    (SPLIT, {"rest": None}, Code.PARTS_DO_NOT_FIT),
    (SPLIT, {"rest": "sor-vest"}, Code.PARTS_DO_NOT_FIT),
    (SPLIT, {"parts": (Part(unit="sor", municipalities=("1103",)), Part(unit="vest"))}, Code.MUNICIPALITY_NOT_IN_UNIT),
    (SPLIT, {"parts": (Part(unit="sor", municipalities=("9999",)), Part(unit="vest"))}, Code.UNKNOWN_MUNICIPALITY),
    (SPLIT, {"parts": (Part(unit="sor", municipalities=("4204",)), Part(unit="vest", municipalities=("4204",)))},
     Code.PARTS_DO_NOT_FIT),
    (SPLIT, {"parts": (Part(unit="agder", municipalities=("4204",)), Part(unit="vest")), "new_units": ()},
     Code.REORGANISATION_CYCLIC),
    (MOVE, {"parts": (Part(unit="vest"),)}, Code.PARTS_DO_NOT_FIT),
    (MOVE, {"parts": (Part(unit="agder", municipalities=("4204",)),)}, Code.REORGANISATION_CYCLIC),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_does_not_hold_together_is_refused(wrong):
    draft, changes, code = wrong
    with pytest.raises(Refusal) as refused:
        drawn_up(replace(draft, **changes), STRUCTURE, today=TODAY)
    assert refused.value.code is code


@pytest.mark.parametrize("draft", [MERGE, SPLIT, MOVE], ids=lambda draft: draft.kind.value)
@pytest.mark.parametrize(("other", "overlaps"), [("agder", True), ("sor", True), ("vest", True), ("oslo", False)])
def test_two_that_speak_of_one_unit_are_not_under_way_at_once(draft, other, overlaps):
    structure = replace(STRUCTURE, underway=(frozenset({other}),))
    if overlaps and other in draft.touched:
        with pytest.raises(Refusal, match="reorganisation-overlaps"):
            drawn_up(draft, structure, today=TODAY)
    else:
        drawn_up(draft, structure, today=TODAY)


@pytest.mark.parametrize("state", ReorganisationState)
@pytest.mark.parametrize("move", ReorganisationMove)
def test_it_is_decided_once_by_somebody_else_and_withdrawn_before_it_takes_effect(state, move):
    legal = {
        ReorganisationMove.APPROVE: {ReorganisationState.PROPOSED},
        ReorganisationMove.REJECT: {ReorganisationState.PROPOSED},
        ReorganisationMove.WITHDRAW: {ReorganisationState.PROPOSED, ReorganisationState.APPROVED},
    }
    if state in legal[move]:
        moved(state, move, subject="b", proposed_by="a")
    else:
        with pytest.raises(Refusal, match="illegal-transition"):
            moved(state, move, subject="b", proposed_by="a")


def test_nobody_approves_their_own_and_whoever_proposed_may_withdraw():
    with pytest.raises(Refusal, match="own-reorganisation"):
        moved(ReorganisationState.PROPOSED, ReorganisationMove.APPROVE, subject="a", proposed_by="a")
    assert (
        moved(ReorganisationState.PROPOSED, ReorganisationMove.WITHDRAW, subject="a", proposed_by="a")
        is ReorganisationState.WITHDRAWN
    )
