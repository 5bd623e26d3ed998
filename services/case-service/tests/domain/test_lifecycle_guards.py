"""Every guard of the lifecycle refuses with its code, erasure's among them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from case_service.domain.attempt import Action
from case_service.domain.erasing import ARCHIVE_FIRST
from case_service.domain.information import InformationState
from case_service.domain.lifecycle import decide
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import Case, FollowUpState, Plan
from forkant_contracts.codes import CaseState, CloseReason, ErasureBasis

from .readying import ITEM, LAST_DAY, OTHER, attempt, ready_for

REFUSALS = [
    (Action.ASSESS, "assessing", {"assessed": True}, {"completed": False}, Code.ALREADY_COMPLETED),
    (Action.PLAN, "assessing", {"assessed": False}, {}, Code.ASSESSMENT_REQUIRED),
    (Action.APPROVE_PLAN, "planned", {"plan": None}, {}, Code.PLAN_REQUIRED),
    (Action.APPROVE_PLAN, "planned", {}, {"actor": "officer"}, Code.OWN_PLAN),
    (
        Action.APPROVE_PLAN,
        "planned",
        {"plan": Plan(author="officer", goals=1, goals_with_baseline=0, approved=True)},
        {},
        Code.ALREADY_APPROVED,
    ),
    (Action.START_MEASURE, "planned", {"plan": None}, {}, Code.APPROVED_PLAN_REQUIRED),
    (
        Action.START_MEASURE,
        "planned",
        {"plan": Plan(author="officer", goals=1, goals_with_baseline=0)},
        {},
        Code.APPROVED_PLAN_REQUIRED,
    ),
    (Action.START_MEASURE, "active", {"measures": {}}, {}, Code.NOT_FOUND),
    (Action.HOLD_FOLLOW_UP, "active", {"follow_ups": {}}, {}, Code.NOT_FOUND),
    (Action.HOLD_FOLLOW_UP, "active", {"follow_ups": {ITEM: FollowUpState.HELD}}, {}, Code.ILLEGAL_TRANSITION),
    (Action.EVALUATE, "evaluating", {"evaluated": True}, {}, Code.ALREADY_COMPLETED),
    (Action.CLOSE, "active", {}, {"close_reason": CloseReason.EVALUATED}, Code.EVALUATION_REQUIRED),
    (
        Action.CLOSE,
        "evaluating",
        {"evaluated": False},
        {"close_reason": CloseReason.EVALUATED},
        Code.EVALUATION_REQUIRED,
    ),
    (Action.CLOSE, "on_hold", {"evaluated": True}, {"close_reason": CloseReason.EVALUATED}, Code.ILLEGAL_TRANSITION),
    (Action.REMOVE_PARTNER, "active", {"partners": frozenset()}, {}, Code.NOT_FOUND),
    (Action.CLARIFY_INFORMATION, "active", {"information": {}}, {}, Code.NOT_FOUND),
    (
        Action.CLARIFY_INFORMATION,
        "active",
        {"information": {ITEM: InformationState.CLARIFIED}},
        {},
        Code.ILLEGAL_TRANSITION,
    ),
    (Action.OFFER_TRANSFER, "active", {"offer": OTHER}, {}, Code.TRANSFER_PENDING),
    (Action.ACCEPT_TRANSFER, "active", {"offer": None}, {}, Code.ILLEGAL_TRANSITION),
    (Action.REVOKE_TRANSFER, "active", {"offer": OTHER}, {}, Code.ILLEGAL_TRANSITION),
    (Action.RESTRICT, "active", {"restricted": True}, {}, Code.ALREADY_RESTRICTED),
    (Action.LIFT_RESTRICTION, "active", {"restricted": False}, {}, Code.NOT_RESTRICTED),
    (Action.LIFT_LEGAL_HOLD, "active", {"legal_holds": frozenset({OTHER})}, {}, Code.NOT_FOUND),
    (Action.MERGE, "active", {"legal_holds": frozenset({OTHER})}, {}, Code.LEGAL_HOLD),
    (Action.MERGE, "active", {"offer": OTHER}, {}, Code.TRANSFER_PENDING),
    (Action.LINK, "active", {}, {"into": None}, Code.NOT_FOUND),
    (Action.LINK, "active", {}, {"into": Case(state=CaseState.ACTIVE, restricted=True)}, Code.OTHER_CASE_UNFIT),
    (Action.LINK, "active", {}, {"into": Case(state=CaseState.ACTIVE, merged=True)}, Code.OTHER_CASE_UNFIT),
    (Action.LINK, "active", {}, {"into": Case(state=CaseState.ACTIVE, erased=True)}, Code.NOT_FOUND),
    (Action.MERGE, "active", {}, {"into": None}, Code.NOT_FOUND),
    *(
        (Action.MERGE, "active", {}, {"into": Case(state=CaseState.ACTIVE, **standing)}, code)
        for standing, code in (
            ({"erased": True}, Code.NOT_FOUND),
            ({"merged": True}, Code.OTHER_CASE_UNFIT),
            ({"restricted": True}, Code.OTHER_CASE_UNFIT),
            ({"offer": OTHER}, Code.OTHER_CASE_UNFIT),
        )
    ),
    (Action.ERASE, "closed", {"legal_holds": frozenset({OTHER})}, {}, Code.LEGAL_HOLD),
    *(
        (Action.ERASE, "closed", standing, {"erasure_basis": basis}, code)
        for basis in sorted(ARCHIVE_FIRST)
        for standing, code in (
            ({}, Code.ARCHIVE_DECISION_REQUIRED),
            ({"archive_decided_by": "lead"}, Code.OWN_ARCHIVE_DECISION),
            ({"archive_decided_by": "another", "legal_holds": frozenset({OTHER})}, Code.LEGAL_HOLD),
        )
    ),
    (
        Action.ERASE,
        "closed",
        {"archive_decided_by": "another", "retention_until": LAST_DAY},
        {"erasure_basis": ErasureBasis.RETENTION_EXPIRED, "day": LAST_DAY},
        Code.RETENTION_NOT_EXPIRED,
    ),
]


@pytest.mark.parametrize(
    ("basis", "decided_by"),
    [
        *((basis, "another") for basis in sorted(ARCHIVE_FIRST)),
        (ErasureBasis.UNLAWFUL, None),
        (ErasureBasis.UNLAWFUL, "lead"),
    ],
)
def test_a_case_is_erased_once_nothing_speaks_for_keeping_it(basis, decided_by):
    case = replace(ready_for(Action.ERASE, CaseState.CLOSED), archive_decided_by=decided_by, retention_until=LAST_DAY)
    after = LAST_DAY + timedelta(days=1)
    assert decide(case, attempt(Action.ERASE, erasure_basis=basis, day=after)).case.erased


def test_who_says_that_retention_has_expired_says_on_which_day():
    case = replace(ready_for(Action.ERASE, CaseState.CLOSED), archive_decided_by="another", retention_until=LAST_DAY)
    with pytest.raises(ValueError, match="on which day"):
        decide(case, attempt(Action.ERASE, erasure_basis=ErasureBasis.RETENTION_EXPIRED))


def test_every_ground_but_unlawful_processing_waits_for_the_archive():
    assert set(ErasureBasis) - ARCHIVE_FIRST == {ErasureBasis.UNLAWFUL, ErasureBasis.UNKNOWN}


@pytest.mark.parametrize(("action", "state", "standing", "fields", "code"), REFUSALS, ids=lambda part: str(part)[:40])
def test_a_guard_refuses_with_its_code(action, state, standing, fields, code):
    case = replace(ready_for(action, CaseState(state)), **standing)
    with pytest.raises(Refusal) as caught:
        decide(case, attempt(action, **fields))
    assert caught.value.code is code
