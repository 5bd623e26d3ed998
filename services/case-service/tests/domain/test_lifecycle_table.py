"""Every pair of state and action: what it leads to and what happens, or that it is refused."""

from dataclasses import replace

import pytest
from case_service.domain.attempt import Action, Kind
from case_service.domain.lifecycle import RULES, allowed_actions, decide
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import ALL_STATES, Case, Measure, MeasureState, Plan
from forkant_contracts.codes import CaseState, CloseReason

from .readying import ITEM, OTHER, attempt, ready_for

COLUMNS = (
    "registered",
    "assessing",
    "planned",
    "active",
    "follow_up",
    "evaluating",
    "on_hold",
    "closed",
    "referred",
    "rejected",
)
# One row an action; a dot refuses, the letter is the state that follows:
# R registered, A assessing, P planned, X active, F follow_up, E evaluating, H on_hold, C closed, D referred, J rejected.
TABLE = """
assess              A A P X . . . . . .
plan                . P P . . . . . . .
approve_plan        . . P . . . . . . .
plan_measure        . . P X . . . . . .
start_measure       . . X X . . . . . .
complete_step       . . . X . E . . . .
complete_measure    . . . X . E . . . .
cancel_measure      . . P X . E . . . .
schedule_follow_up  . . P X F . . . . .
hold_follow_up      . . . F F . . . . .
evaluate            . . . E E E . . . .
close               C C C C C C C . . .
put_on_hold         H H H H H H . . . .
resume              . . . . . . X . . .
refer               D D D D D D D . . .
reject              J J . . . . . . . .
reopen              . . . . . . . A A A
add_partner         R A P X F E H . . .
set_goal            R A P X F E H . . .
remove_partner      R A P X F E H . . .
register_information R A P X F E H . . .
clarify_information R A P X F E H C D J
add_attachment      R A P X F E H . . .
remove_attachment   R A P X F E H C D J
offer_transfer      R A P X F E H . . .
accept_transfer     R A P X F E H . . .
reject_transfer     R A P X F E H . . .
revoke_transfer     R A P X F E H . . .
add_member          R A P X F E H C D J
end_member          R A P X F E H C D J
set_level           R A P X F E H C D J
assign_task         R A P X F E H C D J
add_task            R A P X F E H . . .
complete_task       R A P X F E H . . .
place_legal_hold    R A P X F E H C D J
lift_legal_hold     R A P X F E H C D J
decide_archive      R A P X F E H C D J
prepare_disclosure  R A P X F E H C D J
approve_disclosure  R A P X F E H C D J
refuse_disclosure   R A P X F E H C D J
disclose            R A P X F E H C D J
withdraw_disclosure R A P X F E H C D J
restrict            R A P X F E H C D J
lift_restriction    R A P X F E H C D J
link                R A P X F E H C D J
unlink              R A P X F E H C D J
merge               R A P X F E H C D J
erase               R A P X F E H C D J
"""
LETTERS = dict(zip("RAPXFEHCDJ", COLUMNS, strict=True))
ROWS = {line.split()[0]: line.split()[1:] for line in TABLE.strip().splitlines()}
PAIRS = [
    (Action(action), CaseState(state), cell)
    for action, cells in ROWS.items()
    for state, cell in zip(COLUMNS, cells, strict=True)
]


def test_the_table_covers_every_action_and_every_state():
    assert set(ROWS) == {action.value for action in Action} == {action.value for action in RULES}
    assert set(COLUMNS) == {state.value for state in ALL_STATES} == {s.value for s in CaseState} - {"unknown"}


@pytest.mark.parametrize(("action", "state", "cell"), PAIRS, ids=str)
def test_an_action_leads_where_the_table_says_or_is_refused(action, state, cell):
    case = ready_for(action, state)
    if cell == ".":
        with pytest.raises(Refusal) as caught:
            decide(case, attempt(action))
        assert caught.value.code is Code.ILLEGAL_TRANSITION
        assert caught.value.facts["state"] == state.value
        assert caught.value.facts["allowed"] == allowed_actions(case)
        assert action not in allowed_actions(case)
    else:
        assert decide(case, attempt(action)).case.state == LETTERS[cell]
        assert action in allowed_actions(case)


HAPPENINGS = [
    (Action.ASSESS, "registered", {}, [Kind.ASSESSMENT_STARTED]),
    (Action.ASSESS, "registered", {"completed": True}, [Kind.ASSESSMENT_STARTED, Kind.ASSESSED]),
    (Action.ASSESS, "assessing", {}, []),
    (Action.ASSESS, "planned", {"completed": True}, [Kind.ASSESSED]),
    (Action.PLAN, "assessing", {}, [Kind.PLANNED]),
    (Action.APPROVE_PLAN, "planned", {}, [Kind.PLAN_APPROVED]),
    (Action.PLAN_MEASURE, "planned", {"item_id": OTHER}, [Kind.MEASURE_PLANNED]),
    (Action.START_MEASURE, "planned", {}, [Kind.MEASURE_STARTED, Kind.ACTIVATED]),
    (Action.START_MEASURE, "active", {}, [Kind.MEASURE_STARTED]),
    (Action.COMPLETE_STEP, "active", {"step": "invited"}, [Kind.MEASURE_STEP_COMPLETED]),
    (Action.COMPLETE_MEASURE, "active", {}, [Kind.MEASURE_COMPLETED]),
    (Action.CANCEL_MEASURE, "active", {}, [Kind.MEASURE_CANCELLED]),
    (Action.SCHEDULE_FOLLOW_UP, "active", {"item_id": OTHER}, [Kind.FOLLOW_UP_SCHEDULED]),
    (Action.HOLD_FOLLOW_UP, "active", {}, [Kind.FOLLOW_UP_HELD, Kind.FOLLOWED_UP]),
    (Action.HOLD_FOLLOW_UP, "follow_up", {}, [Kind.FOLLOW_UP_HELD]),
    (Action.EVALUATE, "active", {}, [Kind.EVALUATION_STARTED]),
    (Action.EVALUATE, "follow_up", {"completed": True}, [Kind.EVALUATION_STARTED, Kind.EVALUATED]),
    (Action.EVALUATE, "evaluating", {}, []),
    (Action.EVALUATE, "evaluating", {"completed": True}, [Kind.EVALUATED]),
    (Action.CLOSE, "evaluating", {"close_reason": CloseReason.EVALUATED}, [Kind.MEASURE_CANCELLED, Kind.CLOSED]),
    (Action.CLOSE, "registered", {}, [Kind.MEASURE_CANCELLED, Kind.CLOSED]),
    (Action.PUT_ON_HOLD, "active", {}, [Kind.PUT_ON_HOLD]),
    (Action.RESUME, "on_hold", {}, [Kind.RESUMED]),
    (Action.REFER, "active", {}, [Kind.MEASURE_CANCELLED, Kind.REFERRED]),
    (Action.REJECT, "registered", {}, [Kind.MEASURE_CANCELLED, Kind.REJECTED]),
    (Action.REOPEN, "closed", {}, [Kind.REOPENED]),
    (Action.ADD_PARTNER, "active", {"item_id": OTHER}, [Kind.PARTNER_ADDED]),
    (Action.SET_GOAL, "on_hold", {}, [Kind.GOAL_CHANGED]),
    (Action.REMOVE_PARTNER, "active", {}, [Kind.PARTNER_REMOVED]),
    (Action.REGISTER_INFORMATION, "active", {"item_id": OTHER}, [Kind.INFORMATION_REGISTERED]),
    (Action.CLARIFY_INFORMATION, "closed", {}, [Kind.INFORMATION_CLARIFIED]),
    (Action.OFFER_TRANSFER, "active", {}, []),
    (Action.ACCEPT_TRANSFER, "active", {}, [Kind.TRANSFERRED]),
    (Action.REJECT_TRANSFER, "active", {}, []),
    (Action.REVOKE_TRANSFER, "active", {}, []),
    (Action.RESTRICT, "active", {}, [Kind.RESTRICTED]),
    (Action.LIFT_RESTRICTION, "active", {}, [Kind.RESTRICTED]),
    (Action.MERGE, "active", {}, [Kind.MERGED]),
    (Action.ERASE, "closed", {}, [Kind.ERASED]),
]


@pytest.mark.parametrize(("action", "state", "fields", "kinds"), HAPPENINGS, ids=lambda part: str(part)[:40])
def test_an_action_gives_the_happenings_of_its_row(action, state, fields, kinds):
    decision = decide(ready_for(action, CaseState(state)), attempt(action, **fields))
    assert [happening.kind for happening in decision.happenings] == kinds


MEASURE_TABLE = {
    Action.START_MEASURE: {"planned": "started"},
    Action.COMPLETE_STEP: {"started": "started"},
    Action.COMPLETE_MEASURE: {"started": "completed"},
    Action.CANCEL_MEASURE: {"planned": "cancelled", "started": "cancelled"},
}


@pytest.mark.parametrize("state", MeasureState)
@pytest.mark.parametrize("action", MEASURE_TABLE)
def test_a_measure_moves_where_its_own_table_says_or_is_refused(action, state):
    case = replace(ready_for(action, CaseState.ACTIVE), measures={ITEM: Measure(state=state)})
    expected = MEASURE_TABLE[action].get(state.value)
    if expected is None:
        with pytest.raises(Refusal) as caught:
            decide(case, attempt(action))
        assert caught.value.facts["subject"] == "measure"
        assert caught.value.facts["state"] == state.value
    else:
        assert decide(case, attempt(action)).case.measures[ITEM].state == expected


WHILE_RESTRICTED = {
    Action.RESTRICT,
    Action.LIFT_RESTRICTION,
    Action.ERASE,
    Action.PLACE_LEGAL_HOLD,
    Action.LIFT_LEGAL_HOLD,
    Action.DECIDE_ARCHIVE,
    Action.ADD_MEMBER,
    Action.END_MEMBER,
    Action.SET_LEVEL,
}


@pytest.mark.parametrize("action", sorted(set(Action) - WHILE_RESTRICTED))
def test_no_work_is_done_on_a_restricted_case(action):
    with pytest.raises(Refusal) as caught:
        decide(replace(ready_for(action, CaseState.ACTIVE), restricted=True), attempt(action))
    assert caught.value.code is Code.CASE_RESTRICTED


@pytest.mark.parametrize("action", Action)
def test_what_protects_people_goes_on_in_a_merged_case_and_no_work_does(action):
    ready = replace(ready_for(action, CaseState.ACTIVE), merged=True, merged_into=OTHER)
    goes_on = action in WHILE_RESTRICTED | {Action.CLARIFY_INFORMATION, Action.UNLINK}
    assert (action in allowed_actions(replace(ready, offer=None))) == (
        goes_on and (action is not Action.RESTRICT or not ready.restricted)
    )
    if goes_on:
        after = decide(ready, attempt(action)).case
        assert (after.merged, after.merged_into, after.state) == (True, OTHER, CaseState.ACTIVE)
        return
    for into, facts in ((OTHER, {"into": str(OTHER)}), (None, {})):
        with pytest.raises(Refusal) as caught:
            decide(replace(ready, merged_into=into), attempt(action))
        assert (caught.value.code, dict(caught.value.facts)) == (Code.CASE_MERGED, facts)


def test_merging_leaves_the_case_as_it_stood():
    case = ready_for(Action.MERGE, CaseState.ON_HOLD)
    after = decide(case, attempt(Action.MERGE)).case
    assert after == replace(case, merged=True)


def test_a_case_is_merged_into_one_that_is_held_or_has_ended():
    held = Case(state=CaseState.CLOSED, legal_holds=frozenset({OTHER}))
    assert decide(ready_for(Action.MERGE, CaseState.ACTIVE), attempt(Action.MERGE, into=held)).case.merged


@pytest.mark.parametrize("action", Action)
def test_nothing_is_done_to_an_erased_case(action):
    case = replace(ready_for(action, CaseState.ACTIVE), erased=True)
    with pytest.raises(Refusal) as caught:
        decide(case, attempt(action))
    assert caught.value.code is Code.CASE_ERASED
    assert allowed_actions(case) == []


def test_a_follow_up_leaves_an_active_case_active_while_a_measure_is_open():
    case = replace(
        ready_for(Action.HOLD_FOLLOW_UP, CaseState.ACTIVE), measures={ITEM: Measure(state=MeasureState.PLANNED)}
    )
    decision = decide(case, attempt(Action.HOLD_FOLLOW_UP))
    assert decision.case.state is CaseState.ACTIVE
    assert [happening.kind for happening in decision.happenings] == [Kind.FOLLOW_UP_HELD]


def test_rewriting_a_plan_takes_its_approval_away_and_makes_the_writer_its_author():
    case = ready_for(Action.PLAN, CaseState.PLANNED)
    assert case.plan is not None
    assert case.plan.approved
    after = decide(case, attempt(Action.PLAN, actor="another")).case
    assert after.plan == Plan(author="another", goals=0, goals_with_baseline=0, approved=False)


def test_reopening_begins_a_round_without_assessment_plan_or_evaluation():
    after = decide(
        replace(ready_for(Action.REOPEN, CaseState.CLOSED), assessed=True, evaluated=True), attempt(Action.REOPEN)
    ).case
    assert (after.round, after.assessed, after.plan, after.evaluated) == (2, False, None, False)


def test_ending_a_case_on_hold_forgets_the_hold_and_the_open_offer():
    after = decide(ready_for(Action.CLOSE, CaseState.ON_HOLD), attempt(Action.CLOSE)).case
    assert (after.held_from, after.offer, after.open_measures()) == (None, None, ())


@pytest.mark.parametrize(
    "action", [Action.PLAN_MEASURE, Action.SCHEDULE_FOLLOW_UP, Action.ADD_PARTNER, Action.REGISTER_INFORMATION]
)
def test_an_action_about_an_item_must_name_it(action):
    with pytest.raises(ValueError, match="must name the item"):
        decide(ready_for(action, CaseState.ACTIVE), attempt(action, item_id=None))
