"""The pages of the three HTTP APIs, made from their committed OpenAPI documents: one a service, one a subject of it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from forkant_devstack.reference.json_types import Schema, kind, meaning, names_below
from forkant_devstack.reference.markdown import slug, table

SERVICES: Final = {"case": 8001, "indicator": 8002, "notification": 8003}
"""The services, and where the development platform has their APIs."""
_METHODS: Final = ("get", "post", "put", "patch", "delete")

Operation = tuple[str, str, Mapping[str, Any]]
"""Method, path, and what the document says of them."""


def pages(root: Path) -> dict[str, str]:
    """Return every page by its path in the documentation."""
    found: dict[str, str] = {}
    for service, port in SERVICES.items():
        document = json.loads((root / f"services/{service}-service/openapi.json").read_text(encoding="utf-8"))
        by_tag = _by_tag(document)
        found[f"reference/{service}-api/index.md"] = _overview(service, port, document, by_tag)
        for tag, operations in by_tag.items():
            found[f"reference/{service}-api/{tag}.md"] = _subject(service, tag, document, operations)
    return found


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield every operation of a document."""
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield method.upper(), path, methods[method]


def _by_tag(document: Mapping[str, Any]) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for method, path, operation in operations(document):
        found.setdefault((operation.get("tags") or ["other"])[0], []).append((method, path, operation))
    return dict(sorted(found.items()))


def _overview(service: str, port: int, document: Mapping[str, Any], by_tag: Mapping[str, list[Operation]]) -> str:
    said, _, _ = document["info"].get("description", "").partition("| code |")
    rows = [
        (f"[{tag}]({tag}.md)", f"[`{method} {path}`]({tag}.md#{slug(_heading(method, path))})", operation["summary"])
        for tag, group in by_tag.items()
        for method, path, operation in group
    ]
    return "\n".join(
        (
            f"# API of the {service} service\n",
            said.strip() + "\n" if said else "",
            f"On the development platform: <http://127.0.0.1:{port}>, where `/docs` lets you try it and",
            "`/openapi.json` is the document that this page is made from",
            f"(`services/{service}-service/openapi.json`). What is refused comes with a [code](../problems.md); who",
            "may do what is in the [roles](../roles.md).\n",
            table(("subject", "operation", "what it does"), rows),
        )
    )


def _heading(method: str, path: str) -> str:
    return f"{method} {path}"


def _subject(service: str, tag: str, document: Mapping[str, Any], group: list[Operation]) -> str:
    schemas: Mapping[str, Schema] = document["components"]["schemas"]
    parts = [f"# {tag.replace('-', ' ').capitalize()} ({service} service)\n"]
    for method, path, operation in group:
        parts.append(_operation(method, path, operation))
    used = _reached(schemas, names_below([operation for _, _, operation in group]))
    if used:
        parts.append("## Bodies\n")
        parts += [_schema(name, schemas[name]) for name in used]
    return "\n".join(parts)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parts = [f"## {_heading(method, path)}\n", f"**{operation['summary']}.** {operation.get('description', '')}\n"]
    rows = [
        (f"`{each['name']}`", _where(each), kind(each["schema"], _link), _said_of_parameter(each))
        for each in operation.get("parameters", ())
    ]
    parts.append(table(("parameter", "where", "values", "meaning"), rows))
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"Body, `{media}`: {kind(body.get('schema', {}), _link)}.\n")
    answers = [
        (f"`{status}`", _answer(answer), ", ".join(f"`{name}`" for name in answer.get("headers", {})))
        for status, answer in operation["responses"].items()
        if not status.startswith("4")
    ]
    parts.append(table(("answer", "body", "headers"), answers))
    return "\n".join(part for part in parts if part)


def _where(parameter: Mapping[str, Any]) -> str:
    return f"{parameter['in']}, required" if parameter.get("required") else str(parameter["in"])


def _said_of_parameter(parameter: Mapping[str, Any]) -> str:
    return str(parameter.get("description") or meaning(parameter["schema"]))


def _answer(answer: Mapping[str, Any]) -> str:
    shown = [
        f"{kind(body['schema'], _link)}" if body.get("schema") else f"`{media}`"
        for media, body in answer.get("content", {}).items()
    ]
    return ", ".join(dict.fromkeys(shown)) or "none"


def _reached(schemas: Mapping[str, Schema], names: set[str]) -> list[str]:
    found, waiting = set[str](), names
    while waiting:
        found |= waiting
        below: list[set[str]] = [names_below(schemas[name]) for name in waiting]
        waiting = set[str]().union(*below) - found
    return sorted(found)


def _schema(name: str, schema: Schema) -> str:
    said = " ".join(str(schema.get("description", "")).split())
    properties = schema.get("properties", {})
    required = set(schema.get("required", ()))
    rows = [
        (f"`{field}`{', required' if field in required else ''}", kind(node, _link), meaning(node))
        for field, node in properties.items()
    ]
    shown = table(("field", "values", "meaning"), rows) or f"{kind(schema, _link).capitalize()}.\n"
    return f"### {name}\n\n{said}\n\n{shown}" if said else f"### {name}\n\n{shown}"


def _link(name: str) -> str:
    return f"[{name}](#{slug(name)})"
