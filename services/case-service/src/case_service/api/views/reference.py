"""Codes, units, municipalities and methods."""

from datetime import date

from pydantic import Field

from case_service.api.views.base import View


class UnitView(View):
    """A police unit."""

    id: str
    kind: str
    name_nb: str
    name_en: str
    population_thousands: int | None = Field(description="An assumption for planning, not a statistic.")


class MunicipalityView(View):
    """A municipality and the police district that it belongs to."""

    number: str
    name: str
    county_number: str
    county: str
    unit: str | None
    unit_assumed: bool | None
    valid_from: date
    valid_to: date | None


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
    retired_from: date | None = Field(description="From which day no new measure follows it; those that do go on.")
    steps: list[StepView]


class MethodList(View):
    """All method versions."""

    items: list[MethodView]


class Catalogue(View):
    """Everything that a client needs to fill in forms: codes, units, municipalities, methods."""

    codes: dict[str, list[str]]
    retired: dict[str, dict[str, date]] = Field(
        description="Codes that nothing new takes, by list, with the day from which: they still read where they stand."
    )
    units: list[UnitView]
    municipalities: list[MunicipalityView]
    methods: list[MethodView]
