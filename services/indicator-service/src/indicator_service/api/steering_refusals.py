"""The HTTP side of refusals: a status, a title and advice for each code, and for nothing else."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from forkant_kit.etag import stale_version
from forkant_kit.problems import ProblemError, not_found

from indicator_service.steering.refusals import Code, Refusal

_FORBIDDEN: Final = 403
_CONFLICT: Final = 409
_UNPROCESSABLE: Final = 422

ANSWERS: Final[Mapping[Code, tuple[int, str, str]]] = MappingProxyType(
    {
        Code.UNKNOWN_UNIT: (
            _UNPROCESSABLE,
            "There is no such unit",
            "Give a district or a special body of /v1/units, or national.",
        ),
        Code.UNKNOWN_INDICATOR: (_UNPROCESSABLE, "There is no such indicator", "See /v1/indicators."),
        Code.NO_DIRECTION: (
            _UNPROCESSABLE,
            "The indicator has no better direction",
            "No target can be set for what is neither better when higher nor when lower.",
        ),
        Code.LIMITS_CONTRADICT: (
            _UNPROCESSABLE,
            "The limits contradict each other",
            "See `fields`: at most four decimals, a share from 0 to 1, and near on the worse side of the goal.",
        ),
        Code.VALIDITY_OUT_OF_RANGE: (
            _UNPROCESSABLE,
            "The days are out of range",
            "Begin on `earliest` or later, end on the first day or later, and last at most five years, where it ends.",
        ),
        Code.TARGET_EXISTS: (
            _CONFLICT,
            "There is a target for this",
            "Find it at /v1/targets by unit, indicator and period, and propose its next version.",
        ),
        Code.PLAN_EXISTS: (
            _CONFLICT,
            "The unit has a plan",
            "Find it at /v1/plans by its unit, and write its next version.",
        ),
        Code.VERSION_UNDER_WAY: (
            _CONFLICT,
            "A version is under way",
            "Write the draft `number` anew, or withdraw it first.",
        ),
        Code.NOT_A_DRAFT: (_CONFLICT, "It is no draft any more", "`state` says where the version stands."),
        Code.ANOTHER_UNIT: (
            _FORBIDDEN,
            "It is another unit's",
            "A lead steers the own unit; the directorate steers all, and writes nobody's plan.",
        ),
        Code.UNIT_ENDED: (
            _CONFLICT,
            "The unit is not there today",
            "It ended, or has not begun; `successors` have its work, and what they aim at is theirs to propose.",
        ),
        Code.OWN_PROPOSAL: (_FORBIDDEN, "You proposed it", "Somebody else of the directorate has to approve it."),
        Code.NOT_PROPOSED: (_CONFLICT, "It is not a proposal", "`state` says where the version stands."),
        Code.ALREADY_ENDED: (_CONFLICT, "It has ended", "`state` says how; propose a new version."),
        Code.ALREADY_PRIORITISED: (
            _CONFLICT,
            "It has priority on one of these days",
            "Find it at /v1/priorities, and withdraw it first.",
        ),
        Code.NO_PILOT_TYPE: (
            _UNPROCESSABLE,
            "The case type is no pilot",
            "`allowed` holds those that a programme may open; all others are open to every unit.",
        ),
        Code.SAME_UNIT: (_UNPROCESSABLE, "It is the same unit", "Name another unit to compare it with."),
        Code.CONCLUSION_REQUIRED: (
            _CONFLICT,
            "Nothing was concluded",
            "Say what came of the trial first; `inconclusive` is a finding too.",
        ),
        Code.TRIAL_GOES_ON: (_CONFLICT, "The trial goes on", "Its last day is `until`; close it after that day."),
        Code.TRIAL_NOT_CLOSED: (
            _CONFLICT,
            "The trial is not closed",
            "`state` says where it stands; what is handed on are the figures of a trial that was closed.",
        ),
        Code.FIGURES_NOT_COUNTED: (
            _CONFLICT,
            "The indicator is not counted yet",
            "What was known before is being counted; try again once /v1/indicators/{number}/values shows figures.",
        ),
        Code.NOT_COMPARABLE: (
            _UNPROCESSABLE,
            "Units can't be compared by this indicator",
            "Choose a share or a duration that is counted from cases: one without `rests_on` at /v1/indicators.",
        ),
        Code.PILOT_EXISTS: (_CONFLICT, "Another programme has this code", "Choose another code."),
        Code.PILOT_NOT_APPROVED: (
            _CONFLICT,
            "The programme is not under way",
            "`state` says where it stands; units take part in one that is approved and not ended.",
        ),
        Code.ALREADY_ENROLLED: (
            _CONFLICT,
            "The unit takes part already",
            "On this day or after it; see the enrolments of the pilot.",
        ),
        Code.NOT_ENROLLED: (
            _CONFLICT,
            "The unit takes no part",
            "Neither on this day nor after it; see the enrolments of the pilot.",
        ),
        Code.TOO_MANY: (_CONFLICT, "There are as many versions as there may be", "Ask whoever runs the platform."),
    }
)
"""Status, title and advice by code; what is missing or stale has the kit's own documents."""


def problem_of(refusal: Refusal) -> ProblemError:
    """Return the problem document for a refusal."""
    if refusal.code is Code.NOT_FOUND:
        return not_found()
    if refusal.code is Code.STALE_VERSION:
        return stale_version()
    status, title, detail = ANSWERS[refusal.code]
    return ProblemError(status, refusal.code.value, title, detail, extra=dict(refusal.facts))
