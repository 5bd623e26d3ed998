"""The documents of prevention plans, and of the units that have one."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from forkant_contracts.units import UnitKind

from indicator_service.aggregation.register import Register
from indicator_service.api.models import Document
from indicator_service.definitions import Catalogue, Text
from indicator_service.steering.plan_store import under_way
from indicator_service.steering.plan_versions import Coverage, PlanState


class GoalView(Document):
    """A goal of a plan; its id is what a case is tied by."""

    id: UUID
    indicator: int
    indicator_name: Text
    """The name of the indicator, as defined on the first day of the version."""
    theme: str | None
    case_type: str | None
    age_band: str | None
    target_id: UUID | None
    """The target of the indicator, see `/v1/targets`: found when the version was approved; null before, or without."""


class PlanVersionView(Document):
    """A version of a plan."""

    number: int
    state: PlanState
    valid_from: date
    """First day that was asked for."""
    valid_until: date
    """Last day that was asked for."""
    in_force_from: date | None
    """First day that it was or will be in force; null: it never was."""
    in_force_until: date | None
    """Last day that it was or will be in force; null: it never was."""
    ended_by: int | None
    """The version that ended it."""
    goals: tuple[GoalView, ...]
    record_number: str | None
    written_by: str
    written_at: datetime
    submitted_by: str | None
    submitted_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawal_reason: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any], catalogue: Catalogue) -> "PlanVersionView":
        """Write a version."""
        return cls.model_validate(
            {
                **row,
                "valid_from": row["wanted_from"],
                "valid_until": row["wanted_until"],
                "in_force_from": row["first_day"],
                "in_force_until": row["last_day"],
                "goals": [_goal(goal, row["wanted_from"], catalogue) for goal in row["goals"]],
            }
        )


class PlanLine(Document):
    """A plan in a list, with the version in force on the day that was asked about."""

    id: UUID
    version: int
    """Counts the changes of the plan; the ETag is made of it."""
    unit: str
    in_force: PlanVersionView | None
    under_way: int | None
    """The version that is being written or awaits approval, for whoever may see it."""

    @classmethod
    def of(
        cls, row: Mapping[str, Any], versions: Sequence[Mapping[str, Any]], day: date, catalogue: Catalogue
    ) -> "PlanLine":
        """Write a plan."""
        return cls.model_validate(_line(row, versions, day, catalogue))


class PlanView(PlanLine):
    """A plan with all of its versions that the reader may see, the oldest first."""

    versions: tuple[PlanVersionView, ...]

    @classmethod
    def of(
        cls, row: Mapping[str, Any], versions: Sequence[Mapping[str, Any]], day: date, catalogue: Catalogue
    ) -> "PlanView":
        """Write a plan with its history."""
        history = [PlanVersionView.of(each, catalogue) for each in versions]
        return cls.model_validate({**_line(row, versions, day, catalogue), "versions": history})


class PlanPage(Document):
    """A page of plans, the newest first."""

    items: tuple[PlanLine, ...]
    next: str | None
    """Cursor of the next page; null on the last."""


class CoveredUnit(Document):
    """A unit and its plan on the day."""

    unit: str
    kind: UnitKind
    name: Text
    standing: Literal["covered", "ends_soon", "missing"]
    """`ends_soon`: there is a plan, which ends within 60 days, and none follows it."""
    plan_id: UUID | None
    plan_version: int | None
    covered_until: date | None
    """Last day until which a plan holds without a day between, versions that are approved and to come among them."""


class CoverageView(Document):
    """How many of the districts and special bodies of a day have a plan in force; the directorate has none."""

    on: date
    covered: int
    of: int
    missing: tuple[str, ...]
    """The units without a plan in force."""
    ends_soon: tuple[str, ...]
    """The units whose plan ends within 60 days; they are covered."""
    units: tuple[CoveredUnit, ...]

    @classmethod
    def at(cls, covered: Sequence[Coverage], on: date, known: Register, names: Mapping[str, Text]) -> "CoverageView":
        """Write how the units are covered on a day."""
        units = tuple(_covered(each, on, known.units[each.unit].kind, names[each.unit]) for each in covered)
        missing = tuple(each.unit for each in units if each.standing == "missing")
        soon = tuple(each.unit for each in units if each.standing == "ends_soon")
        return cls(
            on=on, covered=len(units) - len(missing), of=len(units), missing=missing, ends_soon=soon, units=units
        )


def _covered(covered: Coverage, on: date, kind: UnitKind, name: Text) -> CoveredUnit:
    plan = covered.plan
    return CoveredUnit(
        unit=covered.unit,
        kind=kind,
        name=name,
        standing="missing" if plan is None else "ends_soon" if covered.ends_soon(on) else "covered",
        plan_id=None if plan is None else plan.plan_id,
        plan_version=None if plan is None else plan.number,
        covered_until=covered.until,
    )


def _goal(row: Mapping[str, Any], day: date, catalogue: Catalogue) -> dict[str, Any]:
    found = catalogue.indicator(row["indicator"])
    name = (
        Text.model_validate(dict.fromkeys(("nb", "nn", "en"), str(row["indicator"])))
        if found is None
        else found.at(day).name
    )
    return {**row, "indicator_name": name}


def _line(
    row: Mapping[str, Any], versions: Sequence[Mapping[str, Any]], day: date, catalogue: Catalogue
) -> dict[str, Any]:
    in_force = next((each for each in versions if _is_in_force(each, day)), None)
    awaited = under_way(versions)
    return {
        **row,
        "in_force": None if in_force is None else PlanVersionView.of(in_force, catalogue),
        "under_way": None if awaited is None else awaited["number"],
    }


def _is_in_force(version: Mapping[str, Any], day: date) -> bool:
    return version["first_day"] is not None and version["first_day"] <= day <= version["last_day"]
