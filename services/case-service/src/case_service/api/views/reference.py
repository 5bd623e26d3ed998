"""Codes, units, municipalities and methods, each with the days between which it is valid."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from case_service.api.views.base import View

_NEVER = "The first day on which it is not there any more."


class UnitView(View):
    """A police unit."""

    id: str
    kind: str = Field(description="`district`, `special_body`, `directorate` or `operational_unit`.")
    parent: str | None = Field(description="The district of an operational unit.")
    uid: UUID = Field(description="What events and changes of it name it by.")
    version: int = Field(description="The ETag of an operational unit is `v` and this number, in quotes.")
    name_nb: str
    name_nn: str
    name_en: str
    population_thousands: int | None = Field(description="An assumption for planning, not a statistic.")
    valid_from: date
    valid_to: date | None = Field(description=_NEVER)


class UnitReceiptView(View):
    """An operational unit after a command."""

    uid: UUID
    id: str
    version: int


class UnitList(View):
    """Units; `on` is the day that they are of."""

    on: date | None
    items: list[UnitView]


class MunicipalityView(View):
    """A municipality and the police district that it belongs to."""

    number: str
    name: str
    county_number: str
    county: str
    unit: str | None
    unit_assumed: bool | None
    valid_from: date
    valid_to: date | None = Field(description=_NEVER)


class MunicipalityList(View):
    """The municipalities of a day."""

    on: date
    items: list[MunicipalityView]


class MunicipalityUnitView(View):
    """The district of a municipality between two days."""

    unit: str
    unit_assumed: bool
    valid_from: date
    valid_to: date | None = Field(description="The first day on which it belongs to another.")


class MunicipalityHistory(View):
    """A municipality, and to which districts it belonged, the first before the last."""

    number: str
    name: str
    county_number: str
    county: str
    valid_from: date
    valid_to: date | None = Field(description=_NEVER)
    units: list[MunicipalityUnitView]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> Self:
        """Return it from its rows, one for each district."""
        units = [{**row, "valid_from": row["unit_from"], "valid_to": row["unit_to"]} for row in rows if row["unit"]]
        return cls.model_validate({**rows[0], "units": units})


class CodeView(View):
    """A code of a list, and what it is called in the middle of a sentence, where it has a name."""

    code_list: str
    code: str
    label_nb: str | None
    label_nn: str | None
    label_en: str | None
    valid_to: date | None = Field(description="From this day nothing new takes it; where it stands it still reads.")


class ListedCodes(View):
    """Codes, list by list; `on` is the day on which they may be chosen."""

    on: date | None
    items: list[CodeView]


class StepView(View):
    """A step of a method."""

    code: str
    mandatory: bool
    name_nb: str
    name_en: str


class MethodView(View):
    """A version of a national method."""

    code: str
    version: int
    name_nb: str
    name_en: str
    valid_from: date
    valid_to: date | None = Field(
        description="From which day a later version is followed, or none: see `retired_from`."
    )
    retired_from: date | None = Field(description="From which day no new measure follows it; those that do go on.")
    steps: list[StepView]

    def is_valid(self, on: date) -> bool:
        """Return whether a new measure follows this version on a day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


class MethodList(View):
    """Method versions."""

    items: list[MethodView]


class TakingPartView(View):
    """A unit that takes part in a pilot, and the days on which it does; both are included."""

    unit: str
    pilot: str = Field(description="The code of the programme: see /v1/pilots of the indicator service.")
    valid_from: date
    valid_until: date | None


class PilotedView(View):
    """Days on which only units that take part in a pilot may use a code; both are included."""

    code_list: str
    code: str
    valid_from: date
    valid_until: date | None = Field(description="Last day; null: until further notice.")
    open_in: list[TakingPartView]


class Catalogue(View):
    """Everything that a client needs to fill in forms: codes, units, municipalities, methods."""

    on: date = Field(description="The day that units and municipalities are of.")
    codes: dict[str, list[str]]
    retired: dict[str, dict[str, date]] = Field(
        description="Codes that nothing new takes, by list, with the day from which: they still read where they stand."
    )
    piloted: list[PilotedView] = Field(description="Codes that are pilots, and the units that may use them.")
    units: list[UnitView]
    municipalities: list[MunicipalityView]
    methods: list[MethodView]
