"""What a completed assessment of a child says, so that tests and benchmarks bring a case on without saying it anew."""

from typing import Any, Final

CHILD_CONSIDERED: Final = {
    "best_interests": "Made up: to stay at home and at school.",
    "child_not_heard": "did_not_want",
    "guardian_contact": "contacted",
    "duty_to_report": "considered_no_duty",
}


def completed_assessment(**said: Any) -> dict[str, Any]:
    """Return the body that completes the assessment of a case about somebody under 18."""
    considered = dict(CHILD_CONSIDERED)
    if "child_view" in said:
        del considered["child_not_heard"]
    return {"risk_factors": ["truancy"], **considered, **said, "completed": True}
