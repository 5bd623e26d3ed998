"""The comparison of schemas against an oracle: random changes of real events, and messages drawn from both sides.

Whenever the comparison says that a newer schema is compatible, every message of the older one must be a message of the
newer one (nothing is lost), and every message of the newer one must be read by an open reader of the older one. The
oracle is proved by taking away one rule at a time: it must then find a message that shows what the rule is for.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from forkant_contracts import EVENT_TYPES
from forkant_contracts.compatibility import SchemaName, compare
from forkant_contracts.compatibility.checks import FIELD_CHECKS
from forkant_contracts.compatibility.compare import LINT_CHECKS, SCHEMA_CHECKS
from forkant_contracts.compatibility.forms import root_form
from forkant_contracts.release import FOLDER
from forkant_contracts.schemas import current
from hypothesis import HealthCheck, Phase, event, find, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

Schema = dict[str, Any]
SAMPLED: Schema = json.loads((Path(__file__).parent / "data" / "case.sampled.v1.0.json").read_text())
OPENED: Schema = {key: value for key, value in SAMPLED.items() if key != "additionalProperties"}
SCHEMAS = [SAMPLED, OPENED, *current().values()]
NAMES = st.sampled_from(["weight", "colour", "shade"])


def instances(schema: Schema) -> st.SearchStrategy[Any]:
    """Draw what a writer of the schema may send."""
    return _drawn(schema, schema.get("$defs", {}))


def _drawn(node: Schema, definitions: Schema) -> st.SearchStrategy[Any]:
    if "$ref" in node:
        return _drawn(definitions[node["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in node:
        return st.one_of([_drawn(branch, definitions) for branch in node["anyOf"]])
    if "const" in node:
        return st.just(node["const"])
    if "enum" in node:
        return st.sampled_from([code for code in node["enum"] if code != "unknown"])
    draw: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "null": st.none,
        "boolean": st.booleans,
        "integer": lambda: _numbers(node),
        "number": lambda: _numbers(node) | st.just(node.get("minimum", 0) + 0.5),
        "string": lambda: _texts(node),
        "array": lambda: st.lists(
            _drawn(node["items"], definitions), min_size=node.get("minItems", 0), max_size=node.get("maxItems", 5)
        ),
        "object": lambda: _objects(node, definitions),
    }
    return draw[node["type"]]()


def _numbers(node: Schema) -> st.SearchStrategy[int]:
    low = max(node.get("minimum", -5), node.get("exclusiveMinimum", -99) + 1)
    high = min(node.get("maximum", low + 20_000), node.get("exclusiveMaximum", low + 20_000) - 1)
    return st.sampled_from([low, high]) | st.integers(low, high)


def _texts(node: Schema) -> st.SearchStrategy[str]:
    if node.get("format") == "uuid":
        return st.uuids().map(str)
    if node.get("format") == "date":
        return st.dates().map(str)
    low, high = node.get("minLength", 0), node.get("maxLength", 60)
    if "pattern" in node:
        return st.from_regex(node["pattern"], fullmatch=True).filter(
            lambda text: low <= len(text) <= high and not text.endswith("\n")
        )
    return st.text("abc", min_size=low, max_size=high)


def _objects(node: Schema, definitions: Schema) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: _drawn(each, definitions) for name, each in node["properties"].items()}
    required = set(node.get("required", ()))
    known = st.fixed_dictionaries(
        {name: each for name, each in fields.items() if name in required},
        optional={name: each for name, each in fields.items() if name not in required},
    )
    if node.get("additionalProperties", True):
        return st.tuples(known, st.dictionaries(NAMES, st.booleans(), max_size=1)).map(lambda two: {**two[1], **two[0]})
    return known


def everything_in(node: Any) -> Iterator[Schema]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from everything_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from everything_in(value)


def open_reader(schema: Schema) -> Schema:
    """What a reader takes: fields and codes that it doesn't know don't disturb it."""
    relaxed = copy.deepcopy(schema)
    for node in list(everything_in(relaxed)):
        if node.get("additionalProperties") is False:
            del node["additionalProperties"]
        if "unknown" in node.get("enum", ()):
            del node["enum"]
    return relaxed


def takes(schema: Schema, message: Any) -> bool:
    return Draft202012Validator(schema, format_checker=FormatChecker()).is_valid(message)


def same_meaning(older: Schema, newer: Schema, message: Schema) -> bool:
    """What was left out means the same to both."""
    old, new = root_form(older), root_form(newer)
    both = set(old.properties) & set(new.properties) - set(message)
    defaults = [
        [json.dumps(form.child(form.properties[name]).node.get("default")) for name in sorted(both)]
        for form in (old, new)
    ]
    return defaults[0] == defaults[1]


def harmed(older: Schema, newer: Schema, old: Schema, new: Schema) -> bool:
    """Whether one of the two messages shows that the newer schema is not compatible."""
    return not (
        takes(newer, old)
        and takes(open_reader(older), new)
        and same_meaning(older, newer, old)
        and same_meaning(older, newer, new)
    )


# How a newer schema is made from an older one: every reference is resolved, then places are changed.


def inlined(node: Any, definitions: Schema) -> Any:
    if isinstance(node, list):
        return [inlined(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    found = {key: inlined(value, definitions) for key, value in node.items() if key != "$defs"}
    if isinstance(reference := found.pop("$ref", None), str):
        return {**inlined(definitions[reference.rpartition("/")[2]], definitions), **found}
    return found


Draw = Callable[[st.SearchStrategy[Any]], Any]
Change = Callable[[Draw, Schema], None]


def _pick(draw: Draw, values: Any) -> Any:
    return draw(st.sampled_from(sorted(values)))


def _remove_field(draw: Draw, node: Schema) -> None:
    name = _pick(draw, node["properties"])
    del node["properties"][name]
    node["required"] = [each for each in node.get("required", []) if each != name]


def _add_field(draw: Draw, node: Schema, *, required: bool) -> None:
    name = draw(NAMES)
    node["properties"][name] = {"type": "boolean"} if required else {"type": "boolean", "default": False}
    if required:
        node["required"] = [*node.get("required", []), name]


def _codes(node: Schema) -> set[str]:
    return {*node.get("enum", ())} - {"unknown"}


def _remove_code(draw: Draw, node: Schema) -> None:
    node["enum"].remove(_pick(draw, _codes(node)))


def _flip_required(draw: Draw, node: Schema) -> None:
    name, required = _pick(draw, node["properties"]), node.get("required", [])
    node["required"] = [each for each in required if each != name] if name in required else [*required, name]


NULL = {"type": "null"}


def _allow_null(draw: Draw, node: Schema) -> None:
    name = _pick(draw, node["properties"])
    field = node["properties"][name]
    if "anyOf" not in field:
        kept = {key: field.pop(key) for key in ("default", "x-data-class") if key in field}
        node["properties"][name] = {"anyOf": [field, dict(NULL)], **kept}


def _refuse_null(draw: Draw, node: Schema) -> None:
    node["anyOf"] = [branch for branch in node["anyOf"] if branch != NULL]


def _default(draw: Draw, node: Schema) -> None:
    for field in node["properties"].values():
        if "default" in field:
            field["default"] = draw(st.sampled_from([None, "other", 1, []]))


def _limit(draw: Draw, node: Schema) -> None:
    low, high = {"integer": ("minimum", "maximum"), "string": ("minLength", "maxLength")}.get(
        node["type"], ("minItems", "maxItems")
    )
    keyword, by = draw(st.sampled_from([low, high])), draw(st.sampled_from([-1, 1]))
    if keyword in node and draw(st.booleans()):
        del node[keyword]
    else:
        node[keyword] = node.get(keyword, 0 if keyword == low else 4) + by
    if node.get(low, 0) > node.get(high, 10**6) or (low != "minimum" and node.get(low, 0) < 0):
        del node[low]


def _union(draw: Draw, node: Schema) -> None:
    if NULL not in node["anyOf"]:
        node["anyOf"] = [*node["anyOf"], {"type": "string", "format": "date"}][draw(st.sampled_from([0, 1])) :]


def _is(kind: str, *without: str) -> Callable[[Schema], bool]:
    return lambda node: node.get("type") == kind and not set(without) & set(node)


def _has(keyword: str) -> Callable[[Schema], bool]:
    return lambda node: isinstance(node.get(keyword), (str, list)) and "properties" not in node


def _fields(node: Schema) -> bool:
    return node.get("type") == "object" and bool(node.get("properties"))


def _set(**keywords: Any) -> Change:
    return lambda draw, node: node.update(copy.deepcopy(keywords))


CHANGES: dict[str, tuple[Callable[[Schema], bool], Change]] = {
    "remove a field": (_fields, _remove_field),
    "add a required field": (_is("object"), lambda draw, node: _add_field(draw, node, required=True)),
    "flip required": (_fields, _flip_required),
    "allow null": (_fields, _allow_null),
    "refuse null": (lambda node: NULL in node.get("anyOf", ()), _refuse_null),
    "change defaults": (_fields, _default),
    "flip additional": (
        _is("object"),
        lambda draw, node: node.update(additionalProperties=not node.get("additionalProperties", True)),
    ),
    "integer to number": (_is("integer"), _set(type="number")),
    "boolean to integer": (_is("boolean"), _set(type="integer")),
    "remove a code": (lambda node: len(_codes(node)) > 1, _remove_code),
    "drop the codes": (_has("enum"), lambda draw, node: node.pop("enum")),
    "another constant": (_has("const"), _set(const="other")),
    "another format": (_has("format"), lambda draw, node: node.update(format=_pick(draw, ["date", "uuid"]))),
    "no format": (_has("format"), lambda draw, node: node.pop("format")),
    "another pattern": (
        _has("pattern"),
        lambda draw, node: node.update(pattern=_pick(draw, ["^[a-z]{4}$", "^[0-9]{5}$"])),
    ),
    "a limit of numbers": (_is("integer"), _limit),
    "a limit of arrays": (_is("array"), _limit),
    "a limit of texts": (_is("string", "enum", "const", "format", "pattern"), _limit),
    "another union": (_has("anyOf"), _union),
    "an unknown keyword": (_is("integer"), _set(multipleOf=7)),
    "another unknown keyword": (_is("object"), _set(maxProperties=1)),
}
"""Changes that may break something, each with the places where it can be made."""

HARMLESS: dict[str, tuple[Callable[[Schema], bool], Change]] = {
    "add an optional field": (_is("object"), lambda draw, node: _add_field(draw, node, required=False)),
    "add a code": (_has("enum"), lambda draw, node: node["enum"].insert(0, "a_code_of_tomorrow")),
    "turn codes round": (_has("enum"), lambda draw, node: node["enum"].reverse()),
    "another text": (_is("object"), _set(description="Better said.")),
}
"""Changes that may be made, save a code in a closed list."""


Changes = dict[str, tuple[Callable[[Schema], bool], Change]]


@st.composite
def pairs(draw: Draw, schemas: list[Schema], changes: Changes, most: int) -> tuple[Schema, Schema]:
    older = draw(st.sampled_from(schemas))
    newer = copy.deepcopy(inlined(older, older.get("$defs", {})))
    name = SchemaName.of_id(older["$id"])
    newer["$id"] = older["$id"].removesuffix(str(name.minor)) + str(name.minor + 1)
    for _ in range(draw(st.integers(1, most))):
        applies, change = changes[draw(st.sampled_from(sorted(changes)))]
        places = [node for node in everything_in(newer) if applies(node)]
        if places:
            change(draw, places[draw(st.integers(0, len(places) - 1))])
    return older, newer


Case = tuple[Schema, Schema, Schema, Schema]


def with_messages(pair: tuple[Schema, Schema]) -> st.SearchStrategy[Case]:
    return st.tuples(*map(st.just, pair), *map(instances, pair))


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pairs(SCHEMAS, {**CHANGES, **HARMLESS}, 3).flatmap(with_messages))
def test_what_is_called_compatible_harms_no_message(case: Case):
    broken = compare(case[0], case[1])
    event("refused" if broken else "called compatible")
    assert broken or not harmed(*case)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pairs(SCHEMAS, HARMLESS, 3).flatmap(with_messages))
def test_harmless_changes_are_called_compatible(case: Case):
    found = {violation.rule for violation in compare(case[0], case[1])}
    assert found <= {"closed-list-extended"}
    if not found:
        assert not harmed(*case)


UNSEEN = {"data-class-changed", "topic-changed", "id-mismatch", "unsupported-form"}
"""Rules about what no single message shows."""


@pytest.mark.parametrize("rule", sorted({*FIELD_CHECKS, *SCHEMA_CHECKS, *LINT_CHECKS} - UNSEEN))
def test_without_a_rule_the_oracle_finds_a_harmed_message(monkeypatch, rule: str):
    for checks in (FIELD_CHECKS, LINT_CHECKS):
        if rule in checks:
            monkeypatch.delitem(checks, rule)
    changes = {**CHANGES, "add a code": HARMLESS["add a code"]}
    passed = pairs([SAMPLED, OPENED], changes, 1).filter(lambda pair: not compare(*pair))
    find(
        passed.flatmap(with_messages),
        lambda case: harmed(*case),
        settings=settings(
            max_examples=20_000, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck)
        ),
        random=random.Random(0),
    )


COMMITTED = sorted((FOLDER / "schemas").glob("*.v*.json"))


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: file.stem)
def test_todays_models_read_every_message_of_a_committed_schema(file: Path, data: st.DataObject):
    name = SchemaName.of(file.stem)
    message = data.draw(instances(json.loads(file.read_text())))
    model = EVENT_TYPES[f"no.forkant.{name.type}"]
    read = model.model_validate_json(json.dumps(message), extra="ignore").model_dump(mode="json")
    assert {field: read[field] for field in message} == message
