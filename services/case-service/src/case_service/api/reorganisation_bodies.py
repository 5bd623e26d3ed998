"""Bodies of requests about reorganisations: units and municipalities; they name no case and no person."""

from typing import Annotated

from pydantic import Field

from case_service.api import fields as f
from case_service.api.bodies import Body
from case_service.domain.reorganisations import Draft, NewUnit, Part, ReorganisationKind

UnitCode = Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,30}$", examples=["agder"])]


class UnitToMake(Body):
    """A unit that is to be established."""

    id: UnitCode
    name_nb: f.Name
    name_nn: f.Name
    name_en: f.Name


class PartOfReorganisation(Body):
    """A unit that work goes to, and the municipalities that it takes over."""

    unit: UnitCode
    municipalities: Annotated[list[f.Municipality], Field(max_length=400, default_factory=list)]


class ProposeReorganisation(Body):
    """What is to become of which units, from which day, and why."""

    kind: ReorganisationKind
    effective_on: f.Day
    from_units: Annotated[list[UnitCode], Field(min_length=1, max_length=20)]
    parts: Annotated[list[PartOfReorganisation], Field(min_length=1, max_length=20)]
    rest: UnitCode | None = None
    new_units: Annotated[list[UnitToMake], Field(max_length=20, default_factory=list)]
    summary: f.Story

    def draft(self) -> Draft:
        """Return what is proposed."""
        return Draft(
            kind=self.kind,
            effective_on=self.effective_on,
            from_units=tuple(self.from_units),
            parts=tuple(Part(unit=each.unit, municipalities=tuple(each.municipalities)) for each in self.parts),
            new_units=tuple(NewUnit(**each.model_dump()) for each in self.new_units),
            rest=self.rest,
        )
