"""Two schemas of one event: every planted change breaks its rule and no other, every allowed change passes."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from forkant_contracts import rules_page
from forkant_contracts.compatibility import RULES, SchemaName, check_history, compare
from forkant_contracts.compatibility.checks import FIELD_CHECKS
from forkant_contracts.compatibility.compare import LINT_CHECKS, SCHEMA_CHECKS
from forkant_contracts.generate import REPOSITORY

DATA = Path(__file__).parent / "data"
Schema = dict[str, Any]
SAMPLED: Schema = json.loads((DATA / "case.sampled.v1.0.json").read_text())
PLANTS = [
    (rule, plant)
    for rule, plants in json.loads((DATA / "planted_changes.json").read_text()).items()
    for plant in plants
]


def planted(plant: dict[str, Any]) -> Schema:
    schema = copy.deepcopy(SAMPLED)
    schema["$id"] = "urn:forkant:schema:case.sampled.v1.1"
    node = schema
    for step in plant["at"]:
        node = node[step]
    for keyword, value in plant["set"].items():
        node[keyword] = value
        if value is None:
            del node[keyword]
    return schema


@pytest.mark.parametrize(("rule", "plant"), PLANTS, ids=[f"{rule}-{plant['field']}" for rule, plant in PLANTS])
def test_a_planted_change_breaks_its_rule_and_no_other(rule: str, plant: dict[str, Any]):
    found = compare(SAMPLED, planted(plant))
    assert {violation.rule for violation in found} == {rule}
    assert plant["field"] in {violation.field for violation in found}
    assert all(RULES[rule].remedy in str(violation) for violation in found)


def test_every_rule_of_two_schemas_has_a_plant():
    assert {rule for rule, _ in PLANTS} == set(FIELD_CHECKS) | set(SCHEMA_CHECKS) | set(LINT_CHECKS)


@pytest.mark.parametrize(("rule", "plant"), PLANTS, ids=[f"{rule}-{plant['field']}" for rule, plant in PLANTS])
def test_without_its_rule_a_planted_change_passes(monkeypatch, rule: str, plant: dict[str, Any]):
    for checks in (FIELD_CHECKS, SCHEMA_CHECKS, LINT_CHECKS):
        if rule in checks and rule != "unsupported-form":
            monkeypatch.delitem(checks, rule)
            assert compare(SAMPLED, planted(plant)) == []


def _inlined(schema: Schema) -> None:
    schema["properties"]["theme"] = {**schema["$defs"]["Theme"], "description": "Another text."}


def _renamed(schema: Schema) -> None:
    schema["$defs"]["Topic"] = schema["$defs"].pop("Theme")
    schema["properties"]["theme"]["$ref"] = schema["properties"]["themes"]["items"]["$ref"] = "#/$defs/Topic"


ALLOWED: dict[str, Callable[[Schema], Any]] = {
    "nothing at all": lambda schema: None,
    "an optional field": lambda schema: schema["properties"].update(day={"type": "boolean", "default": False}),
    "an optional field that may be null": lambda schema: schema["properties"].update(
        day={"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None}
    ),
    "an optional field below": lambda schema: schema["$defs"]["Goal"]["properties"].update(
        held={"type": "boolean", "default": False}
    ),
    "a code in an open list": lambda schema: schema["$defs"]["Theme"]["enum"].insert(0, "fraud"),
    "a code in another open list": lambda schema: schema["properties"]["arena"]["enum"].append("digital"),
    "codes in another order": lambda schema: schema["properties"]["scale"]["enum"].reverse(),
    "fields in another order": lambda schema: schema.update(
        properties=dict(reversed(schema["properties"].items())), required=schema["required"][::-1]
    ),
    "another text": lambda schema: schema.update(description="Better said.", title="Sampled"),
    "a warning": lambda schema: schema["properties"]["step"].update(deprecated=True, examples=["talk"]),
    "a definition written in place": _inlined,
    "a definition renamed": _renamed,
    "alternatives in another order": lambda schema: schema["properties"]["either"]["anyOf"].reverse(),
    "null first": lambda schema: schema["properties"]["due_on"]["anyOf"].reverse(),
    "the data class moved inwards": lambda schema: schema["properties"]["due_on"]["anyOf"][0].update(
        {"x-data-class": schema["properties"]["due_on"].pop("x-data-class")}
    ),
}


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED)
def test_an_allowed_change_passes(change: Callable[[Schema], Any]):
    newer = planted({"at": [], "set": {}})
    change(newer)
    assert compare(SAMPLED, newer) == []
    assert check_history({"case.sampled.v1.0": SAMPLED}, {"case.sampled.v1.1": newer}) == []


def test_the_latest_is_compared_with_every_released_version():
    between = planted({"at": ["properties"], "set": {"extra": {"type": "boolean", "default": False}}})
    latest = {**SAMPLED, "$id": "urn:forkant:schema:case.sampled.v1.2"}
    released = {"case.sampled.v1.0": SAMPLED, "case.sampled.v1.1": between}
    found = check_history(released, {"case.sampled.v1.2": latest})
    assert [(violation.rule, violation.event, violation.field) for violation in found] == [
        ("field-removed", "case.sampled.v1.2", "extra")
    ]


def test_a_new_major_version_may_change_everything():
    second = {**planted({"at": ["properties"], "set": {"arena": None}}), "$id": "urn:forkant:schema:case.sampled.v2.0"}
    released = {"case.sampled.v1.0": SAMPLED}
    assert check_history(released, {"case.sampled.v1.0": SAMPLED, "case.sampled.v2.0": second}) == []


def test_a_type_without_a_model_needs_an_upcaster():
    second = {**SAMPLED, "$id": "urn:forkant:schema:case.sampled.v2.0"}
    released, current = {"case.sampled.v1.0": SAMPLED}, {"case.sampled.v2.0": second}
    assert [violation.rule for violation in check_history(released, current)] == ["type-vanished"]
    assert check_history(released, current, lifted={"case.sampled.v1"}) == []


@pytest.mark.parametrize("text", ["case.opened", "case.opened.v0.1", "case.opened.v1.01", "Case.opened.v1.0", ""])
def test_what_names_no_version_is_refused(text: str):
    with pytest.raises(ValueError, match="no name of a schema version"):
        SchemaName.of(text)


def test_the_page_of_rules_tells_every_rule_and_is_committed():
    page = (REPOSITORY / "docs/reference/contract-rules.md").read_text()
    assert page == rules_page.page()
    assert all(f"| `{code}` |" in page for code in RULES)
