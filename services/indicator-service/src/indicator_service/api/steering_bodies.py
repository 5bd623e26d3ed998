"""What requests about targets and priorities may hold; an unknown field is refused."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from forkant_contracts.codes import Theme
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from indicator_service.aggregation.calendar import FIRST_YEAR, LAST_YEAR
from indicator_service.audit_names import LAST_NUMBER
from indicator_service.steering.bands import LARGEST
from indicator_service.steering.priorities import Priority
from indicator_service.steering.target_store import Draft
from indicator_service.steering.versions import Days

# No control characters but lines, and none that turn the reading order around.
READABLE: Final = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+$"

_VERSION: Final = {
    "goal": 0.8,
    "near": 0.6,
    "margin": 0.02,
    "hold_days": 0,
    "valid_from": "2099-01-01",
    "reason": "Evaluering viser hva som virker.",
}
EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "Nothing": {},
    "ProposeVersion": _VERSION,
    "ProposeTarget": {"unit": "oslo", "indicator": 10, "period": "rolling_12", **_VERSION},
    "WithdrawVersion": {"reason": "Målet er satt for et annet år."},
    "SetPriority": {
        "unit": "oslo",
        "theme": "image_sharing",
        "valid_from": "2099-01-01",
        "valid_until": "2099-12-31",
        "reason": "Flere skoler har meldt fra.",
    },
    "ProposePilot": {
        "code": "online_communities",
        "name_nb": "Forebygging i digitale miljøer",
        "name_en": "Prevention in online communities",
        "case_types": ["online_community"],
        "indicators": [5, 10],
        "baseline_from": "2098-01-01",
        "baseline_until": "2098-12-31",
        "valid_from": "2099-01-01",
        "valid_until": "2099-12-31",
        "reason": "Tre distrikter prøver en felles måte å arbeide på.",
    },
    "EndPilot": {"reason": "Erfaringene er samlet."},
    "Enrol": {"unit": "innlandet"},
    "WithdrawUnit": {},
    "RegisterTrial": {
        "unit": "oslo",
        "comparison_unit": "ost",
        "indicator": 10,
        "direction": "higher",
        "expected": 0.1,
        "partners": ["school", "slt_coordinator"],
        "before_from": "2098-01-01",
        "before_until": "2098-12-31",
        "valid_from": "2099-01-01",
        "valid_until": "2099-12-31",
    },
    "ConcludeTrial": {"finding": "inconclusive", "recommendation": "repeat", "reservations": ["few_cases"]},
    "WithdrawTrial": {"reason": "partner_left"},
}
"""A body of each kind that is accepted, for the description of the API."""

UnitOrNational = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z-]{1,30}$"),
    Field(description="A district, a special body, or `national` for all of them together.", examples=["oslo"]),
]
Number = Annotated[int, Field(strict=True, ge=1, le=LAST_NUMBER, examples=[10])]
Amount = Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False)]
Day = Annotated[date, Field(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1_000, pattern=READABLE)]
PeriodKind = Literal["month", "rolling_12"]


class Body(BaseModel):
    """Base of every request body."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_extra=lambda schema, model: schema.update(examples=[EXAMPLES[model.__name__]]),
    )


class Nothing(Body):
    """An empty object."""


class ProposeVersion(Body):
    """What is to be reached, in the indicator's unit of measurement, from when, and why."""

    goal: Amount
    """The value at which the target is met; a value on it is. A share is a number from 0 to 1."""
    near: Amount
    """The value at which the goal is no longer near but missed; a value on it is near. On the goal, nothing is near."""
    margin: Amount = 0.0
    """How far past a limit the value must be before an alert says that it is in a better band again."""
    hold_days: Annotated[int, Field(strict=True, ge=0, le=90)] = 0
    """For how many days the value must be in another band before an alert says so."""
    valid_from: Day
    """First day that it is to be in force; it is not before it is approved."""
    valid_until: Day | None = None
    """Last day; without one it goes on."""
    reason: Reason
    """Why, in words that everybody who reads figures may read; nobody is to be named."""

    def draft(self) -> Draft:
        """Return what is proposed."""
        return Draft(
            goal=self.goal,
            near=self.near,
            margin=self.margin,
            hold_days=self.hold_days,
            days=Days(first=self.valid_from, last=self.valid_until),
            reason=self.reason,
        )


class ProposeTarget(ProposeVersion):
    """The first version of a target."""

    unit: UnitOrNational
    indicator: Number
    period: PeriodKind = "rolling_12"
    """Which value is held against it: the one of the last twelve months, or of each month."""


class WithdrawVersion(Body):
    """Why a version is taken back."""

    reason: Reason


class SetPriority(Body):
    """What comes first, an indicator or a theme, for whom, when and why."""

    unit: UnitOrNational
    indicator: Number | None = None
    theme: Theme | None = None
    valid_from: Day
    valid_until: Day
    reason: Reason

    @model_validator(mode="after")
    def _is_about_one(self) -> "SetPriority":
        if (self.indicator is None) == (self.theme is None):
            raise PydanticCustomError("one_of_two", "names either an indicator or a theme")
        if self.theme is Theme.UNKNOWN:
            raise PydanticCustomError("unlisted_code", "is not on the list of codes")
        return self

    def priority(self) -> Priority:
        """Return what comes first."""
        return Priority(
            unit=self.unit,
            indicator=self.indicator,
            theme=None if self.theme is None else self.theme.value,
            first=self.valid_from,
            last=self.valid_until,
            reason=self.reason,
        )
