"""Showing of what was asked for only the fields that the caller names.

It makes an answer smaller and nothing else: who may see what is judged, and the reading recorded, as if all were shown,
and the ETag is that of the whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import BaseModel

from case_service.domain.refusals import Code, Refusal

PARAMETER: Final = "fields"
ALWAYS: Final = ("id", "version")
"""What comes whatever is named, where there is such."""

Fields = Annotated[
    str | None,
    Query(
        max_length=2000,
        description="Names of the fields to show, with commas between them; all are shown when it is left out. "
        "`id` and `version` come always.",
        examples=["id,state,theme"],
    ),
]


@dataclass(frozen=True, slots=True)
class Shown:
    """Which fields of something are shown; all of them without names."""

    names: frozenset[str] | None

    def one(self, view: BaseModel) -> str:
        """Return something as JSON."""
        return view.model_dump_json(include=None if self.names is None else {*self.names})

    def page(self, page: BaseModel) -> str:
        """Return a page of such as JSON."""
        if self.names is None:
            return page.model_dump_json()
        whole = dict.fromkeys(type(page).model_fields.keys() - {"items"}, True)
        return page.model_dump_json(include={**whole, "items": {"__all__": {*self.names}}})


WHOLE: Final = Shown(None)


def shown(view: type[BaseModel], fields: str | None) -> Shown:
    """Return what is shown of something.

    Raises:
        Refusal: it has no such field; the refusal names those that it has.
    """
    if fields is None:
        return WHOLE
    known, asked = view.model_fields.keys(), frozenset(name.strip() for name in fields.split(","))
    if not asked <= known:
        raise Refusal(Code.UNKNOWN_FIELD, known=[*known])
    return Shown(asked | (known & {*ALWAYS}))


def describe(document: dict[str, Any]) -> None:
    """Say of each operation that shows only some fields which it has, and what it answers then."""
    schemas = document["components"]["schemas"]
    for operation in (each for path in document["paths"].values() for each in path.values()):
        for parameter in _parameters(operation):
            content = operation["responses"]["200"]["content"]["application/json"]
            whole = content["schema"]
            if "$ref" not in whole:
                # The application keeps the document, and asks for it to be described each time that it shows it.
                continue
            part, names = _part_of(schemas[whole["$ref"].rpartition("/")[2]], schemas)
            content["schema"] = {"anyOf": [whole, part]}
            parameter["description"] += " Of: " + ", ".join(f"`{name}`" for name in names) + "."


def _parameters(operation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (each for each in operation.get("parameters", ()) if each["name"] == PARAMETER)


def _part_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    properties = schema["properties"]
    if "items" in properties:
        line, names = _part_of(schemas[properties["items"]["items"]["$ref"].rpartition("/")[2]], schemas)
        items = {**properties["items"], "items": line}
        return {"type": "object", "properties": {**properties, "items": items}, "required": ["items"]}, names
    required = [name for name in ALWAYS if name in properties]
    part = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return part, [*properties]
