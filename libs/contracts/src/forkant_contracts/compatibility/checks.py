"""The checks of one place in both schemas, an older minor version's and a newer one's: one function for each rule."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from forkant_contracts.compatibility.forms import FALLING, RISING, Form, Schema, canonical, shape

OPEN_CODE: Final = "unknown"
"""A code list that has this code is open: a reader takes any code it does not know for it."""

Finding = tuple[str, str]
"""A field's path below the place (empty for the place itself), and what was found there."""


@dataclass(frozen=True, slots=True)
class Place:
    """The same place in both schemas; ``path`` is the field's name, with dots and ``[]`` below it."""

    path: str
    older: Form
    newer: Form

    def changed(self, keyword: str, absent: object = None) -> str | None:
        """Say how a keyword differs, or give None when it does not."""
        old, new = self.older.node.get(keyword, absent), self.newer.node.get(keyword, absent)
        if canonical(old) == canonical(new):
            return None
        return f"{keyword} was {told(old)} and is {told(new)}"


Check = Callable[[Place], Iterator[Finding]]


def pair_of(place: Place, name: str, path: str) -> Place:
    """Give a field that both schemas have, as a place of its own."""
    older, newer = place.older, place.newer
    return Place(path, older.child(older.properties[name]), newer.child(newer.properties[name]))


def _field_removed(place: Place) -> Iterator[Finding]:
    for name in place.older.properties:
        if name not in place.newer.properties:
            yield name, "the field is gone"


def _required_field_added(place: Place) -> Iterator[Finding]:
    for name in place.newer.properties:
        if name not in place.older.properties and name in place.newer.required:
            yield name, "the field is new and required"


def _optional_became_required(place: Place) -> Iterator[Finding]:
    for name in place.older.properties:
        if name in place.newer.required - place.older.required:
            yield name, "the field was optional and is required"


def _required_became_optional(place: Place) -> Iterator[Finding]:
    for name in place.newer.properties:
        if name in place.older.required - place.newer.required:
            yield name, "the field was required and is optional"


def _default_changed(place: Place) -> Iterator[Finding]:
    for name in place.older.properties:
        if name not in place.newer.properties or name in place.older.required | place.newer.required:
            continue
        pair = pair_of(place, name, name)
        if ("default" in pair.older.node) != ("default" in pair.newer.node):
            yield name, "the default is " + ("new" if "default" in pair.newer.node else "gone")
        elif text := pair.changed("default"):
            yield name, text


def _null_allowed(place: Place) -> Iterator[Finding]:
    if place.newer.nullable and not place.older.nullable:
        yield "", "null is allowed now"


def _null_refused(place: Place) -> Iterator[Finding]:
    if place.older.nullable and not place.newer.nullable:
        yield "", "null is refused now"


def _codes(form: Form) -> set[str]:
    return {canonical(code) for code in form.node.get("enum", ())}


def _code_removed(place: Place) -> Iterator[Finding]:
    if "enum" in place.older.node and "enum" in place.newer.node:
        for code in sorted(_codes(place.older) - _codes(place.newer)):
            yield "", f"the code {code} is gone"


def _closed_list_extended(place: Place) -> Iterator[Finding]:
    if "enum" in place.older.node and OPEN_CODE not in place.older.node["enum"]:
        for code in sorted(_codes(place.newer) - _codes(place.older)):
            yield "", f"the code {code} is new in a closed list"


def _code_list_replaced(place: Place) -> Iterator[Finding]:
    if ("enum" in place.older.node) != ("enum" in place.newer.node):
        yield "", "the code list is " + ("new" if "enum" in place.newer.node else "gone")


def _limit_loosened(place: Place) -> Iterator[Finding]:
    yield from _limits(place.older.node, place.newer.node, swapped=False)


def _limit_tightened(place: Place) -> Iterator[Finding]:
    yield from _limits(place.newer.node, place.older.node, swapped=True)


def _limits(narrow: Schema, wide: Schema, *, swapped: bool) -> Iterator[Finding]:
    for keyword in sorted(RISING | FALLING):
        if keyword not in narrow:
            continue
        tight, loose = narrow[keyword], wide.get(keyword)
        if loose is None or (loose < tight if keyword in RISING else loose > tight):
            old, new = (loose, tight) if swapped else (tight, loose)
            yield "", f"{keyword} was {told(old)} and is {told(new)}"


def _union_changed(place: Place) -> Iterator[Finding]:
    if "anyOf" in place.older.node or "anyOf" in place.newer.node:
        forms = (place.older, place.newer)
        old, new = (shape(form.node, form.definitions) for form in forms)
        if old != new:
            yield "", "the alternatives differ"


def _keyword(name: str, absent: object = None) -> Check:
    def check(place: Place) -> Iterator[Finding]:
        if text := place.changed(name, absent):
            yield "", text

    return check


def _additional_properties_changed(place: Place) -> Iterator[Finding]:
    if place.older.node.get("type") == place.newer.node.get("type") == "object":
        yield from _keyword("additionalProperties", absent=True)(place)


def told(value: Any) -> str:
    """Write a keyword's value for people."""
    return "absent" if value is None else canonical(value)


FIELD_CHECKS: Final[dict[str, Check]] = {
    "field-removed": _field_removed,
    "required-field-added": _required_field_added,
    "optional-became-required": _optional_became_required,
    "required-became-optional": _required_became_optional,
    "type-changed": _keyword("type"),
    "null-allowed": _null_allowed,
    "null-refused": _null_refused,
    "code-removed": _code_removed,
    "closed-list-extended": _closed_list_extended,
    "code-list-replaced": _code_list_replaced,
    "const-changed": _keyword("const"),
    "format-changed": _keyword("format"),
    "pattern-changed": _keyword("pattern"),
    "limit-loosened": _limit_loosened,
    "limit-tightened": _limit_tightened,
    "default-changed": _default_changed,
    "additional-properties-changed": _additional_properties_changed,
    "union-changed": _union_changed,
    "data-class-changed": _keyword("x-data-class"),
}
"""Checks of one place in both schemas."""
