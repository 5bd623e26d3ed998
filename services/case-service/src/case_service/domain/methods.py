"""What a national method asks of a measure."""

from collections.abc import Iterable
from dataclasses import dataclass

from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import Measure


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a method; a mandatory one counts for conformance."""

    code: str
    mandatory: bool


def check_step(*, measure: Measure, steps: Iterable[Step], step: str) -> None:
    """Refuse a step that the measure's method does not have, or that was done before.

    Raises:
        Refusal: as said.
    """
    if measure.method is None:
        raise Refusal(Code.NO_STANDARD)
    if step not in {known.code for known in steps}:
        raise Refusal(Code.UNKNOWN_STEP)
    if step in measure.steps_done:
        raise Refusal(Code.STEP_ALREADY_DONE)


def mandatory_steps_met(*, measure: Measure, steps: Iterable[Step]) -> bool | None:
    """Return whether every mandatory step was done, or nothing for a measure without a method."""
    if measure.method is None:
        return None
    return {step.code for step in steps if step.mandatory} <= measure.steps_done
