"""Checks today's schemas against every released one: numbering, vanished types, and compatibility."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import chain, pairwise

from forkant_contracts.compatibility.compare import compare, lint
from forkant_contracts.compatibility.forms import Schema, canonical
from forkant_contracts.compatibility.names import SchemaName
from forkant_contracts.compatibility.rules import Violation

Schemas = Mapping[str, Schema]
"""Schemas by the name of their version, ``case.opened.v1.0``."""


def check_history(released: Schemas, current: Schemas, lifted: Collection[str] = ()) -> list[Violation]:
    """Return every broken rule.

    `released` holds every version ever released and `current` those of today's models; `lifted` names the types
    (``case.opened.v1``) that an upcaster reads, so that they need no model.
    """
    found = [*_misnamed(released), *_misnamed(current)]
    if found:
        return found
    types = sorted({SchemaName.of(name).type for name in (*released, *current)})
    today = {SchemaName.of(name).type: SchemaName.of(name) for name in current}
    found = [*_majors(types), *chain.from_iterable(lint(schema) for schema in current.values())]
    for each in types:
        versions = sorted(name for name in map(SchemaName.of, released) if name.type == each)
        found += _numbering(versions, today.get(each))
        found += _vanished(versions, today.get(each)) if each not in lifted else ()
        found += _compatibility(versions, today.get(each), released, current)
    return list(dict.fromkeys(found))


def _misnamed(schemas: Schemas) -> Iterator[Violation]:
    for name, schema in schemas.items():
        try:
            if str(SchemaName.of_id(str(schema.get("$id")))) == name:
                continue
            found = f"`$id` is {schema.get('$id')}"
        except ValueError as error:
            found = str(error)
        yield Violation(rule="id-mismatch", event=name, field="", found=found)


def _majors(types: list[str]) -> Iterator[Violation]:
    majors: dict[str, list[int]] = defaultdict(list)
    for each in types:
        event, _, major = each.rpartition(".v")
        majors[event].append(int(major))
    for event, found in majors.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            listed = ", ".join(map(str, sorted(found)))
            yield Violation(rule="numbering", event=event, field="", found=f"the major versions are {listed}")


def _numbering(versions: list[SchemaName], today: SchemaName | None) -> Iterator[Violation]:
    minors = [name.minor for name in versions]
    if today and today.minor not in minors[-1:]:
        minors.append(today.minor)
    if minors != list(range(len(minors))):
        listed = ", ".join(map(str, minors))
        name = str(today or versions[-1])
        yield Violation(rule="numbering", event=name, field="", found=f"the minor versions are {listed}")


def _vanished(versions: list[SchemaName], today: SchemaName | None) -> Iterator[Violation]:
    if versions and today is None:
        yield Violation(rule="type-vanished", event=str(versions[-1]), field="", found="no model has this type")


def _compatibility(
    versions: list[SchemaName], today: SchemaName | None, released: Schemas, current: Schemas
) -> Iterator[Violation]:
    for older, newer in pairwise(versions):
        yield from compare(released[str(older)], released[str(newer)])
    if today is None:
        return
    if str(today) in released and not same(released[str(today)], current[str(today)]):
        text = "the model differs from the released schema of the same version"
        yield Violation(rule="changed-without-minor", event=str(today), field="", found=text)
    for version in versions:
        if version <= today:
            yield from compare(released[str(version)], current[str(today)])


def same(one: Schema, other: Schema) -> bool:
    """Whether two schemas say the same; the order of keys and the titles, which nobody wrote, don't count."""
    return canonical(_without_titles(one)) == canonical(_without_titles(other))


def _without_titles(schema: Schema) -> Schema:
    def walk(node: object, *, names: bool) -> object:
        if isinstance(node, Mapping):
            return {
                key: walk(value, names=not names and key in {"properties", "$defs"})
                for key, value in node.items()
                if names or key != "title"
            }
        return [walk(each, names=False) for each in node] if isinstance(node, list) else node

    found = walk(schema, names=False)
    return found if isinstance(found, Mapping) else {}
