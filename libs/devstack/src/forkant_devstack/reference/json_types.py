"""Says in words what a schema of an OpenAPI document lets pass."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from forkant_devstack.reference.markdown import codes

Schema = Mapping[str, Any]

_PREFIX: Final = "#/components/schemas/"
_FORMATS: Final = {"uuid": "UUID", "date-time": "time", "date": "day", "uri": "URL", "binary": "bytes"}
_NAMES: Final = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true`, `false`"}
_LOW: Final = {"minLength": "", "minimum": "", "minItems": "", "exclusiveMinimum": "above "}
_HIGH: Final = {"maxLength": " characters", "maximum": "", "maxItems": " items", "maxProperties": " entries"}


def referred(schema: Schema) -> str | None:
    """Return the name of the schema that this one refers to, if it does."""
    found = schema.get("$ref")
    return found.removeprefix(_PREFIX) if isinstance(found, str) and found.startswith(_PREFIX) else None


def names_below(node: Any) -> set[str]:
    """Return the names of the schemas that anything below a node refers to."""
    if isinstance(node, Mapping):
        own = {name} if (name := referred(node)) is not None else set()
        return own.union(*(names_below(each) for each in node.values()))
    return set().union(*(names_below(each) for each in node)) if isinstance(node, list) else set()


def kind(schema: Schema, link: Callable[[str], str]) -> str:
    """Return what values there are; ``link`` shows a schema by its name."""
    if (name := referred(schema)) is not None:
        return link(name)
    if "const" in schema:
        return codes([schema["const"]])
    if "enum" in schema:
        return codes(each for each in schema["enum"] if each is not None)
    if "anyOf" in schema:
        return _either(schema["anyOf"], link)
    return _of_one_type(schema, link)


def _of_one_type(schema: Schema, link: Callable[[str], str]) -> str:
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}), link)}{_limits(schema)}"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"object of {kind(inner, link)}" if isinstance(inner, Mapping) and inner else "object"
    name = _FORMATS.get(schema.get("format", "")) or _NAMES.get(schema.get("type", ""), "anything")
    pattern = f", `{schema['pattern']}`" if "pattern" in schema else ""
    return f"{name}{_limits(schema)}{pattern}"


def meaning(schema: Schema) -> str:
    """Return what is said of a value, there or in one of its forms, with its default."""
    said = schema.get("description") or next(
        (each["description"] for each in schema.get("anyOf", ()) if each.get("description")), ""
    )
    default = schema.get("default")
    return said if default is None or default == [] else f"{said} Default: `{_shown(default)}`.".strip()


def _either(forms: list[Schema], link: Callable[[str], str]) -> str:
    shown = [kind(each, link) for each in forms if each.get("type") != "null"]
    return " or ".join(dict.fromkeys(shown)) + (" or null" if len(shown) < len(forms) else "")


def _limits(schema: Schema) -> str:
    low = next((f"{words}{schema[key]}" for key, words in _LOW.items() if key in schema), None)
    high = next(((schema[key], words) for key, words in _HIGH.items() if key in schema), None)
    if low is None and high is None:
        return ""
    if high is None:
        return f", {low} or more" if "above" not in str(low) else f", {low}"
    return f", {low} to {high[0]}{high[1]}" if low is not None else f", at most {high[0]}{high[1]}"


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
