"""The operations of the typed client: a method for each, by the conventions of this API.

Those are ETags and ``If-Match``, idempotency keys, stated purposes, bodies that are streamed, problem documents.
"""

import keyword
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from forkant_contracts import codes

from scripts.client_models import HEAD

_SCALARS: Final = {"integer": "int", "number": "float", "boolean": "bool", "string": "str"}
_FORMATS: Final = {"uuid": "UUID", "date": "date", "date-time": "datetime"}
_IF_MATCH: Final = "If-Match"
_HEADERS: Final = {_IF_MATCH: "if_match", "Idempotency-Key": "idempotency_key", "Forkant-Purpose": "purpose"}
_FOR_KEEPERS: Final = frozenset({"If-None-Match"})
"""Headers of those who keep answers, which this client does not."""
_TAKEN: Final = frozenset({"body", "content", "self"})
_JSON: Final = "application/json"
_PART: Final = "fields"
_WIDTH: Final = 108

_MODULE: Final = """\
{head}

from collections.abc import AsyncIterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Final, overload
from urllib.parse import quote
from uuid import UUID

import httpx
from forkant_contracts.codes import {codes}

from forkant_case_client.answers import Answer, Part
from forkant_case_client.models import {models}
from forkant_case_client.routes import Route
from forkant_case_client.transport import Call, Transport


class CaseService:
    \"\"\"The case service, as one caller sees it; what is tried again: :mod:`forkant_case_client.transport`.\"\"\"

    def __init__(self, transport: Transport) -> None:
        \"\"\"Take the way to the service.\"\"\"
        self._transport = transport

{methods}


ROUTES: Final = (
    {routes},
)
\"\"\"The operations that take JSON or nothing and answer with JSON, by their routes.\"\"\"
"""


def operations_of(document: Mapping[str, Any]) -> str:
    """Return the module of operations."""
    methods = sorted(_methods(document), key=lambda method: method.name)
    return _MODULE.format(
        head=HEAD.format(doc="Every operation of the case service."),
        codes=", ".join(sorted({code for method in methods for code in method.codes})),
        models=", ".join(sorted({model for method in methods for model in method.models})),
        methods="\n\n".join(method.source() for method in methods),
        routes=",\n    ".join(method.route() for method in methods if not method.streams and not method.content),
    )


def _methods(document: Mapping[str, Any]) -> Iterator["_Method"]:
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            if path.startswith("/v1/"):
                yield _Method(verb.upper(), path, operation)


@dataclass
class _Method:
    """One operation on its way to become a method."""

    verb: str
    path: str
    operation: Mapping[str, Any]
    first: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    query: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    sends: list[str] = field(default_factory=list)
    content: bool = False
    partly: bool = False
    models: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Read the parameters and the body."""
        for parameter in self.operation.get("parameters", ()):
            if parameter["name"] == _PART:
                # What it answers then has no model: each choice of fields would be one of its own.
                self.partly = True
            else:
                self._take(parameter)
        if self.partly:
            self.query.append(f'"{_PART}": {_PART}')
        self._take_body(self.operation.get("requestBody", {}).get("content", {}))
        self.answers, self.streams = self._answer()

    @property
    def name(self) -> str:
        """The method's name: that of the operation."""
        return str(self.operation["operationId"])

    def source(self) -> str:
        """Return the method."""
        returns = "AbstractAsyncContextManager[httpx.Response]" if self.streams else f"Answer[{self.answers}]"
        returns += " | Answer[Part]" if self.partly else ""
        send = "return self._transport.stream(call)" if self.streams else "return await self._transport.send(call)"
        lines = [
            *self._overloads(),
            f"{self._signature(returns)}:",
            f"    {self._docstring()}",
            f"    call = Call({', '.join(self._call())})",
            f"    {send}",
        ]
        return "\n".join(f"    {line}" for line in lines)

    def _signature(self, returns: str, part: str = f"{_PART}: str | None = None") -> str:
        named = [*self.named, *([part] if self.partly else [])]
        taken = ", ".join(["self", *self.first, *(["*", *named] if named else [])])
        return f"{'' if self.streams else 'async '}def {self.name}({taken}) -> {returns}"

    def _overloads(self) -> Iterator[str]:
        """Yield what it answers with all fields, and with some of them alone."""
        if self.partly:
            for part, answers in ((f"{_PART}: None = None", self.answers), (f"{_PART}: str", "Part")):
                yield from ("@overload", f"{self._signature(f'Answer[{answers}]', part)}: ...")

    def route(self) -> str:
        """Return how the operation is found by its route."""
        bodies = [part.removeprefix("body: ") for part in self.first if part.startswith("body: ")]
        body = bodies[0] if bodies else None
        return f'Route(method="{self.verb}", path="{self._template()}", name="{self.name}", body={body})'

    def _template(self) -> str:
        return re.sub(r"\{quote\((\w+), safe=''\)\}", r"{\1}", self.path)

    def _take(self, parameter: Mapping[str, Any]) -> None:
        name, kind = parameter["name"], parameter["in"]
        if name in _FOR_KEEPERS:
            return
        argument, annotation = _HEADERS.get(name) or _identifier(name), self._type(parameter["schema"])
        if kind == "path":
            self.first.append(f"{argument}: {annotation}")
            if annotation == "str":
                self.path = self.path.replace(f"{{{name}}}", f"{{quote({argument}, safe='')}}")
            return
        if name == _IF_MATCH:
            # An answer's ETag may be missing, as far as its type says.
            self.named.append(f"{argument}: str | None")
        elif parameter["required"] and name not in _HEADERS:
            self.named.append(f"{argument}: {annotation}")
        elif annotation.startswith("Sequence"):
            self.named.append(f"{argument}: {annotation} = ()")
        else:
            self.named.append(f"{argument}: {annotation.removesuffix(' | None')} | None = None")
        (self.headers if kind == "header" else self.query).append(f'"{name}": {argument}')

    def _take_body(self, content: Mapping[str, Any]) -> None:
        if "$ref" in content.get(_JSON, {}).get("schema", {}):
            self.first.append(f"body: {self._model(content[_JSON]['schema'])}")
            self.sends.append("body=body")
        elif content:
            self.content = True
            self.first.append("content: bytes | AsyncIterable[bytes]")
            self.named.append(f'content_type: str = "{next(iter(content))}"')
            self.headers.append('"Content-Type": content_type')
            self.sends.append("content=content")

    def _answer(self) -> tuple[str, bool]:
        """Return the model of a successful answer, and whether it is a stream instead."""
        done = next(found for status, found in self.operation["responses"].items() if status.startswith("2"))
        content = done.get("content", {})
        schema = content.get(_JSON, {}).get("schema", {})
        schema = schema.get("anyOf", [schema])[0]
        if "$ref" in schema and len(content) == 1:
            return self._model(schema), False
        return "None", bool(content)

    def _call(self) -> Iterator[str]:
        yield f'method="{self.verb}"'
        yield f'path={"f" if "{" in self.path else ""}"{self.path}"'
        if self.query:
            yield f"query={{{', '.join(self.query)}}}"
        if self.headers:
            yield f"headers={{{', '.join(self.headers)}}}"
        yield from self.sends
        if self.answers != "None":
            yield f"answers={self.answers}{f' if {_PART} is None else Part' if self.partly else ''}"

    def _docstring(self) -> str:
        summary = f"{self.operation['summary']}: ``{self.verb} {self._template()}``."
        told = textwrap.wrap(" ".join(str(self.operation.get("description", "")).replace("\\", "").split()), _WIDTH)
        if not told:
            return f'"""{summary}"""'
        indent = " " * 8
        return f'"""{summary}\n\n{indent}' + f"\n{indent}".join(told) + f'\n{indent}"""'

    def _model(self, schema: Mapping[str, Any]) -> str:
        name = str(schema["$ref"].rpartition("/")[2])
        self.models.add(name)
        return name

    def _type(self, schema: Mapping[str, Any]) -> str:
        if "anyOf" in schema:
            return " | ".join(dict.fromkeys(self._type(each) for each in schema["anyOf"]))
        kind = str(schema.get("type", "string"))
        if kind == "array":
            return f"Sequence[{self._type(schema['items'])}]"
        code = str(schema.get("title", "")) if "enum" in schema else str(schema.get("$ref", "")).rpartition("/")[2]
        if code and hasattr(codes, code):
            self.codes.add(code)
            return code
        return "None" if kind == "null" else _FORMATS.get(str(schema.get("format", "")), _SCALARS[kind])


def _identifier(name: str) -> str:
    found = re.sub(r"\W", "_", name)
    return f"{found}_" if keyword.iskeyword(found) or found in _TAKEN else found
