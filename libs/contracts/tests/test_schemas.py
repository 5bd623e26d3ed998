"""The committed schemas, messages and descriptions match the models; every event is complete."""

from pathlib import Path

import pytest
from forkant_contracts import EVENT_TYPES, TOPICS, generate
from forkant_contracts.schemas import schema_of, version_name
from jsonschema import Draft202012Validator


def test_everything_generated_is_committed():
    assert generate.differences() == []


def test_a_changed_or_missing_file_is_noticed(tmp_path: Path):
    generate.write(tmp_path)
    assert generate.differences(tmp_path) == []
    name = version_name(next(iter(EVENT_TYPES.values())))
    changed, missing = (tmp_path / "libs/contracts" / kind / f"{name}.json" for kind in ("schemas", "golden"))
    changed.write_text(changed.read_text().replace('"type"', '"typo"', 1))
    missing.unlink()
    assert generate.differences(tmp_path) == [
        f"libs/contracts/schemas/{name}.json: differs",
        f"libs/contracts/golden/{name}.json: is missing",
    ]


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_a_schema_is_valid_json_schema(name: str):
    Draft202012Validator.check_schema(schema_of(EVENT_TYPES[name]))


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_field_says_what_it_means(name: str):
    for field, info in EVENT_TYPES[name].model_fields.items():
        assert info.description, f"{name}.{field} has no description"


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_event_names_a_registered_topic_and_a_major_version(name: str):
    assert EVENT_TYPES[name].TOPIC in TOPICS
    assert name.startswith("no.forkant.")
    assert name.rpartition(".v")[2].isdecimal()
