"""The child's interests: what a completed assessment of a child says, and what one of nobody else does."""

import pytest
from case_service.domain.attempt import Action, Attempt
from case_service.domain.children import (
    ChildConsidered,
    DutyToReport,
    GuardianContact,
    NotContacted,
    NotHeard,
    check_child,
)
from case_service.domain.lifecycle import decide
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import Case
from forkant_contracts.codes import CaseState

WHOLE = {
    "best_interests": "To stay at home.",
    "child_view": "Wants to stay.",
    "guardian_contact": GuardianContact.CONTACTED,
    "duty_to_report": DutyToReport.CONSIDERED_NO_DUTY,
}
UNHEARD = {**WHOLE, "child_view": None, "child_not_heard": NotHeard.TOO_YOUNG}
UNCONTACTED = {
    **WHOLE,
    "guardian_contact": GuardianContact.NOT_CONTACTED,
    "guardian_not_contacted": NotContacted.WOULD_ENDANGER_CHILD,
}


def refused(considered: dict, *, minor: bool = True, completed: bool = True) -> tuple[Code, list[str]]:
    with pytest.raises(Refusal) as caught:
        check_child(ChildConsidered(**considered), minor=minor, completed=completed)
    [named] = caught.value.facts.values()
    return caught.value.code, named


@pytest.mark.parametrize("whole", [WHOLE, UNHEARD, UNCONTACTED])
def test_a_child_that_is_considered_passes(whole):
    check_child(ChildConsidered(**whole), minor=True, completed=True)


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        ("best_interests", ["best_interests"]),
        ("child_view", ["child_not_heard", "child_view"]),
        ("guardian_contact", ["guardian_contact"]),
        ("duty_to_report", ["duty_to_report"]),
    ],
)
def test_no_assessment_of_a_child_is_completed_without_each_of_them(left_out, missing):
    assert refused({**WHOLE, left_out: None}) == (Code.CHILD_NOT_CONSIDERED, missing)
    check_child(ChildConsidered(**{**WHOLE, left_out: None}), minor=True, completed=False)


def test_all_that_is_missing_is_named_at_once():
    assert refused({})[1] == ["best_interests", "child_not_heard", "child_view", "duty_to_report", "guardian_contact"]


@pytest.mark.parametrize("completed", [True, False])
@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"child_not_heard": NotHeard.DID_NOT_WANT}, ["child_view", "child_not_heard"]),
        ({"guardian_not_contacted": NotContacted.UNREACHABLE}, ["guardian_contact", "guardian_not_contacted"]),
        ({"guardian_contact": GuardianContact.NOT_CONTACTED}, ["guardian_contact", "guardian_not_contacted"]),
        (
            {"guardian_contact": None, "guardian_not_contacted": NotContacted.UNREACHABLE},
            ["guardian_contact", "guardian_not_contacted"],
        ),
    ],
)
def test_what_contradicts_itself_is_refused_in_a_draft_too(wrong, named, completed):
    assert refused({**WHOLE, **wrong}, completed=completed) == (Code.CHILD_FIELDS_CONTRADICT, named)


@pytest.mark.parametrize("completed", [True, False])
@pytest.mark.parametrize("field", WHOLE)
def test_nothing_of_it_is_said_of_who_is_no_child(field, completed):
    assert refused({field: WHOLE[field]}, minor=False, completed=completed) == (Code.NO_CHILD, [field])
    check_child(ChildConsidered(), minor=False, completed=completed)


@pytest.mark.parametrize("state", [CaseState.REGISTERED, CaseState.ASSESSING, CaseState.PLANNED, CaseState.ACTIVE])
def test_wherever_an_assessment_is_completed_the_child_is_asked_for(state):
    attempt = Attempt(action=Action.ASSESS, actor="officer", completed=True)
    with pytest.raises(Refusal):
        decide(Case(state=state, minor=True), attempt)
    decide(Case(state=state, minor=False), attempt)
