"""What requests about trials may hold: codes, days and numbers, and no words; an unknown field is refused."""

from typing import Annotated, Literal

from forkant_contracts.codes import PartnerKind
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from indicator_service.api.pilot_bodies import UnitName
from indicator_service.api.steering_bodies import Body, Day, Number
from indicator_service.steering.bands import LARGEST
from indicator_service.steering.trial_rules import (
    Conclusion,
    Finding,
    Hypothesis,
    Recommendation,
    Reservation,
    WithdrawalReason,
)


class RegisterTrial(Body):
    """What is to be tried, and what is expected of it; none of it changes afterwards."""

    unit: UnitName
    comparison_unit: UnitName
    """The unit that does not try it."""
    indicator: Number
    """What it is judged by: a share or a duration that is counted from cases."""
    direction: Literal["higher", "lower"]
    """Which way the indicator of the unit is expected to change, beyond the one of the comparison unit."""
    expected: Annotated[float, Field(gt=0, le=LARGEST, allow_inf_nan=False)]
    """By how much, in the indicator's unit of measurement; a share from 0 to 1."""
    partners: Annotated[tuple[PartnerKind, ...], Field(max_length=10)] = ()
    """Kinds of partner that it is developed with."""
    before_from: Day
    """First day of the time that it is compared with."""
    before_until: Day
    """Last day of that time; it comes before the trial."""
    valid_from: Day
    """First day of the trial."""
    valid_until: Day
    """Last day of the trial; it can't be closed before."""

    @model_validator(mode="after")
    def _names_kinds_of_partner(self) -> "RegisterTrial":
        if PartnerKind.UNKNOWN in self.partners:
            raise PydanticCustomError("unlisted_code", "is not on the list of codes")
        return self

    def hypothesis(self) -> Hypothesis:
        """Return what is to be tried, each kind of partner once."""
        return Hypothesis(
            unit=self.unit,
            comparison_unit=self.comparison_unit,
            indicator=self.indicator,
            direction=self.direction,
            expected=self.expected,
            partners=tuple(dict.fromkeys(each.value for each in self.partners)),
            before_from=self.before_from,
            before_until=self.before_until,
            first_day=self.valid_from,
            last_day=self.valid_until,
        )


class ConcludeTrial(Body):
    """What came of a trial."""

    finding: Finding
    recommendation: Recommendation
    """What is to become of what was tried."""
    reservations: Annotated[tuple[Reservation, ...], Field(max_length=10)] = ()
    """What speaks against trusting the figures."""

    def conclusion(self) -> Conclusion:
        """Return what was concluded, each reservation once."""
        return Conclusion(
            finding=self.finding,
            recommendation=self.recommendation,
            reservations=tuple(dict.fromkeys(self.reservations)),
        )


class WithdrawTrial(Body):
    """Why a trial is taken back."""

    reason: WithdrawalReason
