"""Reads JSON Schemas into forms that can be compared: references resolved, ``T | null`` taken apart."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ANNOTATIONS: Final = frozenset({"title", "description", "deprecated", "examples"})
"""Keywords that say something to people and nothing to readers of events."""

BESIDE_REFERENCE: Final = ANNOTATIONS | {"default", "x-data-class"}
"""Keywords that may stand beside ``$ref`` and ``anyOf``: they belong to the place, not to the type."""

ROOT_KEYWORDS: Final = frozenset({"$schema", "$id", "$defs", "x-topic"})
STRUCTURE: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "anyOf", "$ref", "enum", "const"}
)
RISING: Final = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems"})
FALLING: Final = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems"})
KNOWN: Final = STRUCTURE | BESIDE_REFERENCE | RISING | FALLING | {"format", "pattern"}
"""Every keyword that the comparison understands; any other fails."""

_TYPES: Final = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
_REFERENCE: Final = "#/$defs/"


@dataclass(frozen=True, slots=True)
class Form:
    """One place of a schema: its keywords with references resolved, and whether null may stand there."""

    node: Schema
    nullable: bool
    definitions: Schema

    def child(self, node: Schema) -> "Form":
        """Read a place below this one."""
        return form_of(node, self.definitions)

    @property
    def properties(self) -> Schema:
        """The fields of an object, by name."""
        found: Schema = self.node.get("properties", {})
        return found

    @property
    def required(self) -> frozenset[str]:
        """Names of the fields that must be present."""
        return frozenset(self.node.get("required", ()))


def root_form(schema: Schema) -> Form:
    """Read a whole schema; it must have passed :func:`unreadable_places`."""
    return form_of(schema, schema.get("$defs", {}))


def form_of(node: Schema, definitions: Schema) -> Form:
    """Read one place of a schema that has passed :func:`unreadable_places`."""
    if "$ref" in node:
        target = form_of(definitions[node["$ref"].removeprefix(_REFERENCE)], definitions)
        return Form({**target.node, **_without(node, "$ref")}, target.nullable, definitions)
    branches = node.get("anyOf", ())
    others = [branch for branch in branches if branch.get("type") != "null"]
    if len(others) == 1:
        inner = form_of(others[0], definitions)
        nullable = inner.nullable or len(others) < len(branches)
        return Form({**inner.node, **_without(node, "anyOf")}, nullable, definitions)
    return Form(node, len(others) < len(branches), definitions)


def canonical(value: Any) -> str:
    """Write a JSON value so that equal values, and only those, give equal text: ``1``, ``1.0`` and ``true`` differ."""
    return json.dumps(value, sort_keys=True)


def shape(node: Schema, definitions: Schema) -> str:
    """Write everything below a place, references resolved and annotations dropped, for comparing unions."""
    form = form_of(node, definitions)
    parts: dict[str, Any] = {key: value for key, value in form.node.items() if key not in ANNOTATIONS}
    if "properties" in parts:
        parts["properties"] = {name: shape(each, definitions) for name, each in form.properties.items()}
    if "items" in parts:
        parts["items"] = shape(parts["items"], definitions)
    if "anyOf" in parts:
        parts["anyOf"] = sorted(shape(branch, definitions) for branch in parts["anyOf"])
    for unordered in ("required", "enum"):
        if unordered in parts:
            parts[unordered] = sorted(parts[unordered], key=canonical)
    return canonical({**parts, "nullable": form.nullable})


def unknown_keywords(schema: Schema) -> Iterator[tuple[str, str]]:
    """Find every keyword that the comparison does not understand; give its place and what was found."""
    for place, node, _ in _nodes(schema):
        allowed = KNOWN | ROOT_KEYWORDS if node is schema else KNOWN
        for keyword in node if isinstance(node, Mapping) else ():
            if keyword not in allowed:
                yield place, f"the check does not know the keyword {keyword!r}"


def unreadable_places(schema: Schema) -> Iterator[tuple[str, str]]:
    """Find every form that the comparison does not understand; give its place and what was found."""
    if schema.get("$schema") != DIALECT:
        yield "", f"`$schema` is not {DIALECT}"
    for place, node, trail in _nodes(schema):
        for found in _unreadable(node, schema.get("$defs", {}), trail):
            yield place, found


def _unreadable(node: Any, definitions: Schema, trail: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(node, Mapping):
        yield "a schema must be a JSON object"
        return
    if "$ref" in node:
        yield from _unreadable_reference(node["$ref"], definitions, trail)
    elif "anyOf" not in node and (not isinstance(node.get("type"), str) or node["type"] not in _TYPES):
        yield "`type` must be one JSON type"
    beside = sorted((set(node) & KNOWN) - BESIDE_REFERENCE)
    if {"$ref", "anyOf"} & set(node) and len(beside) > 1:
        yield f"{', '.join(beside)} stand side by side"
    if node.get("type") == "object" and not isinstance(node.get("properties"), Mapping):
        yield "an object must name its fields"
    if set(node.get("required", ())) - set(node.get("properties", ())):
        yield "`required` names a field that is not there"
    if not isinstance(node.get("additionalProperties", True), bool):
        yield "fields without a name can't have a type"
    if node.get("type") == "array" and "items" not in node:
        yield "an array must say what it holds"


def _unreadable_reference(reference: Any, definitions: Schema, trail: tuple[str, ...]) -> Iterator[str]:
    name = str(reference).removeprefix(_REFERENCE)
    if not str(reference).startswith(_REFERENCE) or name not in definitions:
        yield "`$ref` leads out of the schema's own `$defs`"
    elif name in trail:
        yield f"`$ref` to {name} leads back to itself"


def _nodes(schema: Schema) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """Give every place that events can have, with the definitions that led to it; a loop is entered once."""
    pending: list[tuple[str, Any, tuple[str, ...]]] = [("", schema, ())]
    definitions = schema.get("$defs", {})
    while pending:
        place, node, trail = pending.pop()
        yield place, node, trail
        if not isinstance(node, Mapping):
            continue
        for name, child in reversed(node.get("properties", {}).items()):
            pending.append((f"{place}.{name}".removeprefix("."), child, trail))
        if "items" in node:
            pending.append((f"{place}[]", node["items"], trail))
        pending.extend((place, branch, trail) for branch in node.get("anyOf", ()))
        name = str(node.get("$ref", "")).removeprefix(_REFERENCE)
        if name in definitions and name not in trail:
            pending.append((place, definitions[name], (*trail, name)))


def _without(node: Schema, keyword: str) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in {keyword, *ROOT_KEYWORDS}}
