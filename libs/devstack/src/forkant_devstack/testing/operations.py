"""The operations of a service by its committed API description, for tests that must cover every one of them."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_JSON: Final = "application/json"
_NATIONAL: Final = frozenset(
    {
        *("methods", "best-practices", "reference", "reorganisations", "imports"),
        *("targets", "priorities", "pilots", "recount"),
    }
)
"""The tags of what all units share, or all read and the directorate decides."""
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation; ``body`` is the schema of its JSON body with all references resolved, or None.

    One that takes a file has no such body.
    """

    service: str
    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    body: Mapping[str, Any] | None
    tags: tuple[str, ...] = ()
    takes_file: bool = False

    @property
    def national(self) -> bool:
        """Whether it is about what all units share: every unit may read it, and no unit has it."""
        approves_plans = self.path.startswith("/v1/plans/") and self.path.endswith("/approval")
        asks_for_others = self.path == "/v1/visibility/person"
        return approves_plans or asks_for_others or not _NATIONAL.isdisjoint(self.tags)

    def __str__(self) -> str:
        """Name it as people do."""
        return f"{self.service} {self.method} {self.path}"

    def named(self, place: str) -> tuple[str, ...]:
        """Return the names of the parameters in a place: path, query or header."""
        return tuple(item["name"] for item in self.parameters if item["in"] == place)

    def at(self, **values: object) -> str:
        """Return the path with its parameters filled in; one that is a code or shows an example may be left out."""
        shown = {item["name"]: {"enum": [], "examples": [], **item["schema"]} for item in self.parameters}
        known = {name: [*schema["enum"], *schema["examples"]] for name, schema in shown.items()}
        given = {**{name: values[0] for name, values in known.items() if values}, **values}
        return self.path.format_map({name: str(given[name]) for name in self.named("path")})

    def needed(self, **values: str) -> dict[str, str]:
        """Return what its query can't do without, of these values."""
        wanted = [item["name"] for item in self.parameters if item["in"] == "query" and item.get("required")]
        return {name: values[name] for name in wanted}

    def example(self) -> Any:
        """Return a body that is accepted, from the description; an empty object where nothing is required.

        Raises:
            LookupError: the body needs fields, and the description shows no example of it.
        """
        if self.body is None:
            return None
        if self.body.get("examples"):
            return deepcopy(self.body["examples"][0])
        if self.body.get("required"):
            raise LookupError(f"{self} shows no example of its body")
        return {}


def operations(repository: Path, service: str) -> tuple[Operation, ...]:
    """Return all operations of ``case``, ``indicator`` or ``notification``."""
    document = json.loads((repository / "services" / f"{service}-service" / "openapi.json").read_text())
    return tuple(
        Operation(
            service=service,
            method=method.upper(),
            path=path,
            parameters=tuple(
                _resolved(document, each) for each in (*item.get("parameters", ()), *operation.get("parameters", ()))
            ),
            body=_body(document, operation),
            tags=tuple(operation.get("tags", ())),
            takes_file=_takes_file(operation),
        )
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    )


def texts(schema: Mapping[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the places of a body where a person may write what they like: ``("goals", "[]", "text")``."""
    if schema.get("type") == "string" and not schema.keys() & {"enum", "const", "format", "pattern"}:
        yield place
    for alternative in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from texts(alternative, place)
    for name, inner in schema.get("properties", {}).items():
        yield from texts(inner, (*place, name))
    if isinstance(schema.get("items"), Mapping):
        yield from texts(schema["items"], (*place, "[]"))


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Mapping[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {})
    found: Any = _resolved(document, content[_JSON]["schema"]) if _JSON in content else None
    return found if isinstance(found, Mapping) else None


def _takes_file(operation: Mapping[str, Any]) -> bool:
    content = operation.get("requestBody", {}).get("content", {})
    return bool(content) and _JSON not in content


def _resolved(document: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, list):
        return [_resolved(document, item) for item in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str):
        return _resolved(document, document["components"]["schemas"][reference.rpartition("/")[2]])
    return {name: item if name == "examples" else _resolved(document, item) for name, item in value.items()}
