"""What requests about prevention plans may hold: codes, days and a record number, no text that could name anybody."""

from typing import Annotated, Any, Final

from forkant_contracts.codes import AgeBand, CaseType, Theme
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from indicator_service.api.steering_bodies import Day, Number, Reason
from indicator_service.steering.plan_versions import Draft, Goal
from indicator_service.steering.versions import Days

MOST_GOALS: Final = 50
_VERSION: Final = {
    "valid_from": "2099-01-01",
    "valid_until": "2099-12-31",
    "goals": [{"indicator": 10}, {"indicator": 5, "theme": "violence", "age_band": "15_17"}],
    "record_number": "2099/1234-5",
}
EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "GoalBody": {"indicator": 10, "theme": "violence"},
    "WriteVersion": _VERSION,
    "WritePlan": {"unit": "oslo", **_VERSION},
    "WithdrawPlan": {"reason": "Distriktet får en ny plan etter omorganiseringen."},
}
"""A body of each kind that is accepted, for the description of the API."""

UnitOfPlan = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z-]{1,30}$"),
    Field(description="A district or a special body.", examples=["oslo"]),
]
RecordNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}/[0-9]{1,7}(-[0-9]{1,5})?$")]


class _Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_extra=lambda schema, model: schema.update(examples=[EXAMPLES[model.__name__]]),
    )


class GoalBody(_Body):
    """What is aimed at: an indicator, of all cases or of those with these codes. Its target says how much of it."""

    indicator: Number
    theme: Theme | None = None
    case_type: CaseType | None = None
    age_band: AgeBand | None = None

    @field_validator("theme", "case_type", "age_band")
    @classmethod
    def _is_listed(cls, code: Theme | CaseType | AgeBand | None) -> Theme | CaseType | AgeBand | None:
        if code == "unknown":
            raise PydanticCustomError("unlisted_code", "is not on the list of codes")
        return code

    def goal(self) -> Goal:
        """Return the goal."""
        codes = {"theme": self.theme, "case_type": self.case_type, "age_band": self.age_band}
        return Goal(
            indicator=self.indicator, **{name: None if code is None else code.value for name, code in codes.items()}
        )


class WriteVersion(_Body):
    """A version of a plan: from when until when, and what it aims at."""

    valid_from: Day
    """First day that it is to hold; it does not before it is approved."""
    valid_until: Day
    """Last day; within five years of the first."""
    goals: Annotated[tuple[GoalBody, ...], Field(min_length=1, max_length=MOST_GOALS)]
    """Each once. A goal that an earlier version of the plan has with the same codes is the same goal."""
    record_number: RecordNumber | None = None
    """Where the archive of the police has the plan as a document: year, serial number, document number."""

    @field_validator("goals")
    @classmethod
    def _are_different(cls, goals: tuple[GoalBody, ...]) -> tuple[GoalBody, ...]:
        if len(set(goals)) < len(goals):
            raise PydanticCustomError("goal_twice", "names a goal twice")
        return goals

    def draft(self) -> Draft:
        """Return what is written."""
        return Draft(
            days=Days(first=self.valid_from, last=self.valid_until),
            goals=tuple(goal.goal() for goal in self.goals),
            record_number=self.record_number,
        )


class WritePlan(WriteVersion):
    """The first version of a unit's plan."""

    unit: UnitOfPlan


class WithdrawPlan(_Body):
    """Why a version is taken back; nobody is to be named."""

    reason: Reason
