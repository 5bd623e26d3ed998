"""The kinds of field that an event can have, each with its data class.

``x-data-class`` in a JSON Schema tells receivers what to keep, mask and erase: ``identifier``, ``code``, ``count``,
``date`` or ``flag``. There is no class for text, since no event carries any.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import EnumSchema

DATA_CLASS: Final = "x-data-class"


class DataClass(StrEnum):
    """What a field holds."""

    IDENTIFIER = "identifier"
    CODE = "code"
    COUNT = "count"
    DATE = "date"
    FLAG = "flag"


def _of(data_class: DataClass) -> dict[str, Any]:
    return {DATA_CLASS: data_class.value}


Identifier = Annotated[UUID, Field(json_schema_extra=_of(DataClass.IDENTIFIER))]
"""An id of the platform; it says nothing about a person without access to the service that issued it."""

Count = Annotated[int, Field(ge=0, le=10_000, json_schema_extra=_of(DataClass.COUNT))]
"""How many of something."""

Level = Annotated[int, Field(ge=1, le=9, json_schema_extra=_of(DataClass.COUNT))]
"""How many times something was escalated, counted from 1."""

Day = Annotated[date, Field(json_schema_extra=_of(DataClass.DATE))]
"""A day in Europe/Oslo."""

Flag = Annotated[bool, Field(json_schema_extra=_of(DataClass.FLAG))]
"""Whether something is so."""

Version = Annotated[int, Field(ge=1, le=10_000, json_schema_extra=_of(DataClass.CODE))]
"""The version of a method, definition or target, counted from 1."""

UnitId = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z-]{1,30}(/gde-[a-z0-9-]{1,40})?$", json_schema_extra=_of(DataClass.CODE)),
]
"""A police unit: a district, a special body, or ``district/gde-slug`` for an operational unit below a district."""

MunicipalityNumber = Annotated[str, Field(pattern=r"^[0-9]{4}$", json_schema_extra=_of(DataClass.CODE))]
"""A Norwegian municipality number of four digits, leading zero kept."""

CatalogueCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$", json_schema_extra=_of(DataClass.CODE))]
"""A code from the catalogue that the directorate publishes: a method, a step of one, or a pilot."""

IndicatorNumber = Annotated[int, Field(ge=1, le=99, json_schema_extra=_of(DataClass.CODE))]
"""The number of an indicator in the list of indicators."""


class TaggedSchema(GenerateJsonSchema):
    """Writes JSON Schemas in which a code list has its data class too."""

    def enum_schema(self, schema: EnumSchema) -> JsonSchemaValue:
        """Tag a code list once, where it is defined."""
        return {**super().enum_schema(schema), DATA_CLASS: DataClass.CODE.value}
