"""Compares two schemas of one event type, an older minor version with a newer one.

Each rule is one function, by the rule's code: in ``checks.FIELD_CHECKS`` those of one place in both schemas, here those
of two whole schemas and of one schema by itself.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from forkant_contracts.compatibility.checks import FIELD_CHECKS, Finding, Place, pair_of, told
from forkant_contracts.compatibility.forms import Schema, root_form, unknown_keywords, unreadable_places
from forkant_contracts.compatibility.names import SchemaName
from forkant_contracts.compatibility.rules import Violation


def compare(older: Schema, newer: Schema) -> list[Violation]:
    """Return what in `newer` would hurt readers or events of `older`; both are schemas of one event type.

    A schema with a form that can't be compared is a violation by itself, and nothing else is looked at.
    """
    event = str(newer.get("$id", "")).rpartition(":")[2]
    found = [*lint(older), *lint(newer)]
    if any(violation.rule == "unsupported-form" for violation in found):
        return found
    for code, check in SCHEMA_CHECKS.items():
        found += [Violation(rule=code, event=event, field="", found=text) for text in check(older, newer)]
    for place in _places(Place("", root_form(older), root_form(newer))):
        for code, field_check in FIELD_CHECKS.items():
            for below, text in field_check(place):
                field = f"{place.path}.{below}".strip(".")
                found.append(Violation(rule=code, event=event, field=field, found=text))
    return list(dict.fromkeys(found))


def lint(schema: Schema) -> list[Violation]:
    """Return what in one schema the comparison can't understand, so that no later change of it passes unseen."""
    event = str(schema.get("$id", "")).rpartition(":")[2]
    return list(
        dict.fromkeys(
            Violation(rule=code, event=event, field=place, found=text)
            for code, check in LINT_CHECKS.items()
            for place, text in check(schema)
        )
    )


def _places(place: Place) -> Iterator[Place]:
    yield place
    older, newer = place.older, place.newer
    for name in older.properties:
        if name in newer.properties:
            yield from _places(pair_of(place, name, f"{place.path}.{name}".removeprefix(".")))
    if "items" in older.node and "items" in newer.node:
        below = (older.child(older.node["items"]), newer.child(newer.node["items"]))
        yield from _places(Place(f"{place.path}[]", *below))


def _topic_changed(older: Schema, newer: Schema) -> Iterator[str]:
    if older.get("x-topic") != newer.get("x-topic"):
        yield f"topic was {told(older.get('x-topic'))} and is {told(newer.get('x-topic'))}"


def _id_mismatch(older: Schema, newer: Schema) -> Iterator[str]:
    try:
        before, after = (SchemaName.of_id(str(schema.get("$id"))) for schema in (older, newer))
    except ValueError as error:
        yield str(error)
        return
    if before.type != after.type or before.minor > after.minor:
        yield f"{after} is no later minor version of {before}"


SCHEMA_CHECKS: Final[dict[str, Callable[[Schema, Schema], Iterator[str]]]] = {
    "topic-changed": _topic_changed,
    "id-mismatch": _id_mismatch,
}
"""Checks of two whole schemas."""

LINT_CHECKS: Final[Mapping[str, Callable[[Schema], Iterator[Finding]]]] = {
    "unknown-keyword": unknown_keywords,
    "unsupported-form": unreadable_places,
}
"""Checks of one schema by itself."""
