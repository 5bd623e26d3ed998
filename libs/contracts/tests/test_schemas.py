"""The committed schemas match the models, and no field of any event can carry a name or free text."""

from pathlib import Path
from typing import Any

import pytest
from forkant_contracts import EVENT_TYPES, TOPICS
from forkant_contracts.schemas import differences, generated, schema_of
from jsonschema import Draft202012Validator

ALLOWED_CLASSES = {"identifier", "code", "count", "date"}


def string_fields(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every place of a schema that may hold a string that is not one of listed codes."""
    found = []

    def walk(place: str, node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "string" and "enum" not in node and "const" not in node:
                found.append((place, node))
            for key, value in node.items():
                walk(f"{place}/{key}", value)
        elif isinstance(node, list):
            for index, value in enumerate(node):
                walk(f"{place}/{index}", value)

    walk("", schema)
    return found


def holds_free_text(node: dict[str, Any]) -> bool:
    return node.get("format") not in {"uuid", "date", "date-time"} and "pattern" not in node


def test_committed_schemas_match_the_models():
    assert differences() == []


def test_a_changed_schema_is_noticed(tmp_path: Path):
    for name, text in generated().items():
        (tmp_path / name).write_text(text)
    victim = min(tmp_path.iterdir())
    victim.write_text(victim.read_text().replace('"type"', '"typo"', 1))
    assert differences(tmp_path) == [f"{victim.name}: differs from its model"]


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_an_event_can_carry_no_free_text(name: str):
    schema = schema_of(EVENT_TYPES[name])
    Draft202012Validator.check_schema(schema)
    assert [place for place, node in string_fields(schema) if holds_free_text(node)] == []


def test_the_free_text_check_catches_a_planted_field():
    planted = {"properties": {"note": {"type": "string", "maxLength": 20}}}
    assert [place for place, node in string_fields(planted) if holds_free_text(node)] == ["/properties/note"]


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_field_says_what_it_means(name: str):
    for field, info in EVENT_TYPES[name].model_fields.items():
        assert info.description, f"{name}.{field} has no description"


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_event_names_a_registered_topic_and_a_major_version(name: str):
    assert EVENT_TYPES[name].TOPIC in TOPICS
    assert name.startswith("no.forkant.")
    assert name.rpartition(".v")[2].isdecimal()
