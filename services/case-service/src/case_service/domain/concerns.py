"""The short life of a concern («bekymring»): received, then decided once."""

from enum import StrEnum

from case_service.domain.refusals import Code, Refusal


class ConcernState(StrEnum):
    """Where a concern stands."""

    RECEIVED = "received"
    DECIDED = "decided"


def decide_concern(state: ConcernState) -> ConcernState:
    """Return the state after a decision.

    Raises:
        Refusal: the concern was decided before.
    """
    if state is not ConcernState.RECEIVED:
        raise Refusal(Code.ILLEGAL_TRANSITION, subject="concern", state=state.value, allowed=[])
    return ConcernState.DECIDED
