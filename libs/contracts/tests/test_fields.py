"""Every field of every event says which class of data it holds."""

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

import pytest
from forkant_contracts import EVENT_TYPES, TOPICS, EventData
from forkant_contracts.codes import OpenCode, Theme
from forkant_contracts.compatibility.forms import Form, root_form
from forkant_contracts.fields import DATA_CLASS, Count, DataClass, Day, Flag, Identifier, Version
from forkant_contracts.schemas import schema_of
from pydantic import Field

FORMATS = {"uuid": {"identifier"}, "date": {"date"}}
TYPES = {"boolean": {"flag"}, "integer": {"count", "code"}, "string": {"code"}}


def leaf(form: Form) -> Form:
    return leaf(form.child(form.node["items"])) if form.node.get("type") == "array" else form


def wrongly_tagged(model: type[EventData]) -> list[str]:
    """Fields whose data class is missing, unheard of, or not one of their kind of value."""
    form = root_form(schema_of(model))
    leaves = {name: leaf(form.child(node)).node for name, node in form.properties.items()}
    return [
        name
        for name, node in leaves.items()
        if node.get(DATA_CLASS) not in (FORMATS.get(str(node.get("format"))) or TYPES[node["type"]])
    ]


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_field_has_a_data_class_that_fits_its_values(name: str):
    assert wrongly_tagged(EVENT_TYPES[name]) == []


class Planted(EventData):
    """An event with every kind of field, tagged and not."""

    TYPE: ClassVar[str] = "no.forkant.planted.v1"
    TOPIC: ClassVar[str] = "planted"

    identifier: Identifier
    optional_identifier: Identifier | None = None
    bare_identifier: UUID
    count: Count
    version: Version | None = None
    bare_integer: int
    day: Day
    bare_day: date
    flag: Flag | None = None
    bare_flag: bool
    code: Theme
    many_codes: tuple[Theme, ...] = ()
    many_identifiers: tuple[Identifier, ...] = ()
    many_bare_integers: tuple[int, ...] = ()
    misclassed: Annotated[bool, Field(json_schema_extra={DATA_CLASS: "count"})]
    invented: Annotated[int, Field(json_schema_extra={DATA_CLASS: "secret"})]


def test_a_planted_untagged_or_wrongly_tagged_field_is_noticed():
    bare = {"bare_identifier", "bare_integer", "bare_day", "bare_flag", "many_bare_integers"}
    assert set(wrongly_tagged(Planted)) == bare | {"misclassed", "invented"}


def test_the_data_classes_are_those_that_receivers_know():
    assert {each.value for each in DataClass} == {"identifier", "code", "count", "date", "flag"}


def codes_in(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in schema.get("$defs", {}).values() if "enum" in node]


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_code_list_of_an_event_is_open(name: str):
    assert all("unknown" in node["enum"] for node in codes_in(schema_of(EVENT_TYPES[name])))


@pytest.mark.parametrize("codes", OpenCode.__subclasses__(), ids=lambda codes: codes.__name__)
def test_a_code_list_reads_what_it_does_not_know_as_unknown(codes: type[OpenCode]):
    assert codes("a_code_of_tomorrow").value == "unknown"


def test_every_topic_carries_events():
    assert {model.TOPIC for model in EVENT_TYPES.values()} == set(TOPICS)
