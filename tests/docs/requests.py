"""Holds a `curl` call of a page against the committed description of the API that it asks."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema
from forkant_devstack.stack.ports import DEFAULT_PORTS

from .pages import ROOT

SERVICES = {DEFAULT_PORTS[f"{name}-api"]: name for name in ("case", "indicator", "notification")}
WITHOUT_DESCRIPTION = re.compile(r"/(health/(live|ready)|metrics|openapi\.json|docs)")
OF_THE_ISSUER = re.compile(
    r"/dev/(token|disable)|/revoke|/token|/jwks|(/realms/forkant)?/\.well-known/openid-configuration"
)
"""What the development issuer answers, and Keycloak in its place."""
_LONG = {
    "--data",
    "--data-binary",
    "--data-raw",
    "--data-urlencode",
    "--header",
    "--request",
    "--output",
    "--max-time",
    "--cacert",
}
_SHORT = "HdXoDwuTm"


@dataclass
class Request:
    """What a `curl` call would send."""

    url: str = ""
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    in_query: bool = False


def read(words: tuple[str, ...]) -> Request:
    """Return what `curl` with these arguments would send."""
    found, rest = Request(), list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            _take(found, word, rest.pop(0) if word in _LONG else "")
        elif word.startswith("-"):
            for at, letter in enumerate(word[1:], 2):
                if letter in _SHORT:
                    _take(found, f"-{letter}", word[at:] or rest.pop(0))
                    break
                found.in_query |= letter == "G"
        else:
            found.url = word
    found.method = found.method or ("POST" if found.data and not found.in_query else "GET")
    return found


def _take(found: Request, option: str, value: str) -> None:
    if option in {"-H", "--header"}:
        name, _, said = value.partition(":")
        found.headers[name.lower()] = said.strip()
    elif option in {"-X", "--request"}:
        found.method = value
    elif option in {"-d", "--data", "--data-binary", "--data-raw", "--data-urlencode"}:
        found.data.append(value)
    elif option == "--get":
        found.in_query = True


@functools.cache
def description(service: str) -> dict[str, Any]:
    return json.loads((ROOT / f"services/{service}-service/openapi.json").read_text(encoding="utf-8"))


def faults(request: Request) -> Iterator[str]:
    """Yield what the API that is asked would not take."""
    parts = urlsplit(request.url)
    if parts.port == DEFAULT_PORTS["issuer"]:
        if not OF_THE_ISSUER.fullmatch(parts.path):
            yield f"the issuer has no {parts.path}"
        return
    service = SERVICES.get(parts.port or 0)
    if service is None or parts.hostname != "127.0.0.1":
        yield f"{request.url} is not one of the platform"
        return
    if WITHOUT_DESCRIPTION.fullmatch(parts.path):
        return
    operation = _operation(service, request.method, unquote(parts.path))
    if operation is None:
        yield f"the {service} service has no {request.method} {parts.path}"
        return
    yield from _parameters(operation, request, parts.query, service)
    if not request.in_query:
        yield from _body(operation, request, service)


def _operation(service: str, method: str, path: str) -> Mapping[str, Any] | None:
    found = []
    for template, methods in description(service)["paths"].items():
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
        if method.lower() in methods and re.fullmatch(pattern, path):
            found.append((template.count("{"), methods[method.lower()]))
    return min(found, key=lambda each: each[0])[1] if found else None


def _parameters(operation: Mapping[str, Any], request: Request, query: str, service: str) -> Iterator[str]:
    known = {each["name"]: each for each in operation.get("parameters", ())}
    given = parse_qsl(query, keep_blank_values=True)
    if request.in_query:
        given += [pair for each in request.data for pair in parse_qsl(each, keep_blank_values=True)]
    for name, value in given:
        parameter = known.get(name)
        if parameter is None or parameter["in"] != "query":
            yield f"there is no query parameter {name}"
        elif not any(_fits(parameter["schema"], form, service) for form in _forms(value)):
            yield f"{name} can't be {value}"
    for each in known.values():
        sent = each["name"].lower() in request.headers if each["in"] == "header" else each["name"] in dict(given)
        if each.get("required") and each["in"] != "path" and not sent:
            yield f"the {each['in']} parameter {each['name']} is missing"
    if not request.headers.get("authorization", "").startswith("Bearer "):
        yield "there is no token"


def _forms(value: str) -> Iterator[Any]:
    yield value
    yield [value]
    yield from ({"true": True, "false": False}[value] for _ in range(value in {"true", "false"}))
    if re.fullmatch(r"-?\d+", value):
        yield int(value)
        yield [int(value)]


def _body(operation: Mapping[str, Any], request: Request, service: str) -> Iterator[str]:
    content = operation.get("requestBody", {}).get("content", {})
    if not request.data:
        if operation.get("requestBody", {}).get("required"):
            yield "the body is missing"
        return
    media = request.headers.get("content-type", "").partition(";")[0]
    if media not in content:
        yield f"a body is {', '.join(content) or 'not taken'}, not {media or 'without a type'}"
    elif media == "application/json":
        schema = content[media]["schema"]
        yield from _unfit(schema, json.loads(request.data[0]), service)


def _fits(schema: Mapping[str, Any], value: Any, service: str) -> bool:
    return not list(_unfit(schema, value, service))


def _unfit(schema: Mapping[str, Any], value: Any, service: str) -> Iterator[str]:
    """Yield what does not fit; `…` stands for what the reader puts in."""
    whole = {**schema, "components": description(service)["components"]}
    for error in jsonschema.Draft202012Validator(whole).iter_errors(value):
        if error.instance != "…":
            yield f"{'/'.join(map(str, error.absolute_path)) or 'the body'}: {error.message}"
