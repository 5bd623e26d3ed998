"""Golden messages: every version ever committed reads today as it did when it was made."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from forkant_contracts import EVENT_TYPES, golden
from forkant_contracts.codec import decode, encode
from forkant_contracts.codes import HoldReason
from forkant_contracts.compatibility.forms import root_form
from forkant_contracts.events.case import CaseOpened, CasePutOnHold
from forkant_contracts.release import FOLDER
from forkant_contracts.schemas import as_text, schema_of, version_name
from forkant_contracts.upcasters import UPCASTERS
from jsonschema import Draft202012Validator, FormatChecker

FILES = sorted((FOLDER / "golden").glob("*.json"))
CURRENT = {version_name(model): model for model in EVENT_TYPES.values()}


def messages_of(file: Path) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = json.loads(file.read_text())["messages"]
    return messages


def headers_of(message: dict[str, Any]) -> list[tuple[str, bytes]]:
    return [(name, text.encode()) for name, text in message["headers"].items()]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_golden_message_reads_as_it_did(file: Path):
    assert list(golden.misread(json.loads(file.read_text()))) == []
    assert {"every field", "every field, structured"} <= {message["holds"] for message in messages_of(file)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_golden_message_of_todays_version_is_written_the_same_today(file: Path):
    if file.stem not in CURRENT or CURRENT[file.stem].TYPE in UPCASTERS:
        pytest.skip("an older version, which nobody writes any more")
    for message in messages_of(file):
        if message["holds"] not in {"every field", "defaults written"}:
            continue
        written = encode(decode(headers_of(message), message["value"].encode()))
        assert set(headers_of(message)) <= set(written.headers), "an attribute may be added, none may change"
        assert (written.key.decode(), written.value.decode()) == (message["key"], message["value"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_golden_body_keeps_to_its_schema(file: Path):
    schema = json.loads((FOLDER / "schemas" / file.name).read_text())
    for message in messages_of(file):
        body = json.loads(message["value"])
        data = body["data"] if "structured" in message["holds"] else body
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(data)


def test_golden_messages_are_made_the_same_each_time():
    for model in EVENT_TYPES.values():
        assert as_text(golden.made(model)) == as_text(golden.made(model))


@pytest.mark.parametrize("name", sorted(CURRENT))
def test_every_optional_field_is_written_and_left_out(name: str):
    form = root_form(schema_of(CURRENT[name]))
    messages = golden.made(CURRENT[name])["messages"]
    bodies = [json.loads(message["value"]) for message in messages if "structured" not in message["holds"]]
    for field in set(form.properties) - form.required:
        assert {field in body for body in bodies} == {True, False}
        default = form.child(form.properties[field]).node.get("default")
        assert any(body.get(field, default) != default for body in bodies), field


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda message: message["event"]["data"].update(theme="traffic"), "every field: data.theme"),
        (lambda message: message["event"].update(unit="oslo"), "every field: unit"),
        (lambda message: message["event"]["data"].pop("theme"), "every field: data.theme"),
        (lambda message: message["event"]["data"].update(gone="once"), "every field: data.gone"),
        (lambda message: message["headers"].pop("ce_id"), "every field: attribute id is missing"),
    ],
)
def test_a_message_that_reads_differently_is_named(spoil, named: str):
    planted = golden.made(CaseOpened)
    spoil(planted["messages"][0])
    assert list(golden.misread(planted)) == [named]


def test_a_field_that_a_later_version_added_may_stand_at_its_default():
    planted = golden.made(CaseOpened)
    for message in planted["messages"]:
        if message["holds"] == "defaults left out":
            del message["event"]["data"]["concern_id"]
    assert list(golden.misread(planted)) == []


class CaseHeld(CasePutOnHold):
    """The next major version of an event, in which the reason has another name."""

    TYPE: ClassVar[str] = "no.forkant.case.put-on-hold.v2"

    held_for: HoldReason
    """Why."""


def test_messages_of_an_older_major_version_read_as_its_upcaster_makes_them(monkeypatch):
    planted = golden.made(CURRENT["case.put-on-hold.v1.0"])
    monkeypatch.setitem(EVENT_TYPES, CaseHeld.TYPE, CaseHeld)
    monkeypatch.setitem(UPCASTERS, "no.forkant.case.put-on-hold.v1", lambda data: {**data, "held_for": data["reason"]})
    assert list(golden.misread(planted)) == []
    planted["messages"][0]["event"]["data"]["reason"] = "subject_unavailable"
    assert list(golden.misread(planted)) == ["every field: data.reason, data.held_for"]


@pytest.mark.parametrize("name", sorted(CURRENT))
def test_a_list_that_the_schema_calls_open_is_open_for_the_reader(name: str):
    model, form = CURRENT[name], root_form(schema_of(CURRENT[name]))
    full = golden.made(model)["messages"][0]["event"]["data"]
    for field, node in form.properties.items():
        place = form.child(node)
        many = place.node.get("type") == "array"
        codes = place.child(place.node["items"]).node if many else place.node
        if "enum" in codes:
            assert "unknown" in codes["enum"], f"{field} is a closed list: a new code would stop every reader"
            tomorrow = {**full, field: ["a_code_of_tomorrow"] if many else "a_code_of_tomorrow"}
            read = model.model_validate_json(json.dumps(tomorrow), extra="ignore").model_dump(mode="json")
            assert read[field] == (["unknown"] if many else "unknown")
