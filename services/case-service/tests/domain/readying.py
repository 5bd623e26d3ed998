"""Cases that are ready for an action, and attempts that hold all that it asks."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from case_service.domain.attempt import Action, Attempt
from case_service.domain.information import InformationState
from case_service.domain.standing import Case, FollowUpState, Measure, MeasureState, Plan
from forkant_contracts.codes import CaseState, CloseReason

ITEM = UUID("0190b3a0-0000-7000-8000-000000000001")
LAST_DAY = date(2026, 6, 1)
OTHER = UUID("0190b3a0-0000-7000-8000-000000000002")
MEASURE_STATE_FOR = {Action.START_MEASURE: MeasureState.PLANNED, Action.HOLD_FOLLOW_UP: MeasureState.COMPLETED}


def ready_for(action: Action, state: CaseState) -> Case:
    """Return a case in a state with every guard of the action met."""
    return Case(
        state=state,
        held_from=CaseState.ACTIVE if state is CaseState.ON_HOLD else None,
        restricted=action is Action.LIFT_RESTRICTION,
        assessed=action is Action.PLAN,
        plan=Plan(author="officer", goals=1, goals_with_baseline=0, approved=action is not Action.APPROVE_PLAN),
        evaluated=action is Action.CLOSE and state is CaseState.EVALUATING,
        measures={ITEM: Measure(state=MEASURE_STATE_FOR.get(action, MeasureState.STARTED))},
        follow_ups={ITEM: FollowUpState.SCHEDULED},
        partners=frozenset({ITEM}),
        information={ITEM: InformationState.REGISTERED},
        offer=None if action in {Action.OFFER_TRANSFER, Action.MERGE} else ITEM,
        legal_holds=frozenset()
        if action in {Action.ERASE, Action.MERGE, Action.REMOVE_ATTACHMENT}
        else frozenset({ITEM}),
    )


def attempt(action: Action, *, actor: str = "lead", **fields: object) -> Attempt:
    made = Attempt(
        action=action, actor=actor, item_id=ITEM, close_reason=CloseReason.RESOURCES, into=Case(state=CaseState.ACTIVE)
    )
    return replace(made, **fields)  # type: ignore[arg-type]
