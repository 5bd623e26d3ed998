"""The body: limited in size before it is read on, and strict JSON, since lenient parsers disagree about the rest.

Refused are NaN and infinities, NUL characters, lone surrogates, repeated keys, nesting without end, invalid UTF-8.
A route that takes more than fits into memory declares its own limit, and reads and checks its body itself, piece by
piece.
"""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn

from starlette.datastructures import Headers
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forkant_kit.problems import ProblemError, problem_response

MAX_BODY: Final = 1024 * 1024
_MAX_DEPTH: Final = 32
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
_NONE: Final[Mapping[str, int]] = MappingProxyType({})


class StrictBody:
    """Reads the whole body within the limit, checks it, and hands it on in one piece; a declared large one as it comes.

    Of a large body nothing but its size is looked at here: its route streams it, and says what it must be.
    """

    def __init__(self, app: ASGIApp, *, large: Mapping[str, int] = _NONE) -> None:
        """Wrap an application; ``large`` holds the most bytes by method and path template, ``POST /v1/things``."""
        self._app = app
        self._large = tuple((*_pattern(operation), most) for operation, most in large.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            _check_address(scope)
            declared, most = headers.get("content-length", "0"), self._most_of(scope)
            if not declared.isdecimal() or int(declared) > (most or MAX_BODY):
                raise _too_large(most or MAX_BODY)
            if most is not None:
                await self._app(scope, _within(most, receive), send)
                return
            if scope["method"] in _BODILESS and declared == "0" and "transfer-encoding" not in headers:
                await self._app(scope, receive, send)
                return
            body = await _read(receive)
            if body is None:
                return
            if body:
                check_json(headers.get("content-type", ""), body)
        except ProblemError as problem:
            await problem_response(problem)(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _most_of(self, scope: Scope) -> int | None:
        for method, path, most in self._large:
            if scope["method"] == method and path.match(scope["path"]):
                return most
        return None


def _pattern(operation: str) -> tuple[str, re.Pattern[str]]:
    method, _, path = operation.partition(" ")
    return method, compile_path(path)[0]


def _within(most: int, receive: Receive) -> Receive:
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise _too_large(most)
        return message

    return limited


def _check_address(scope: Scope) -> None:
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        raise ProblemError(
            400, "invalid-request", "The request is not valid", "The address holds a NUL character; leave it out."
        )


async def _read(receive: Receive) -> bytes | None:
    """Return the body, or None when the client went away."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            raise _too_large(MAX_BODY)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def once() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


def _too_large(most: int) -> ProblemError:
    return ProblemError(
        413,
        "body-too-large",
        "The body is too large",
        f"Send at most {most} bytes.",
        headers={"Connection": "close"},
    )


def _refuse(reason: str) -> ProblemError:
    return ProblemError(
        400, "invalid-json", "The body is not acceptable JSON", f"{reason}. Correct it and send it again."
    )


def check_json(content_type: str, body: bytes) -> None:
    """Check a JSON body.

    Raises:
        ProblemError: 415 ``unsupported-media-type``, or 400 ``invalid-json`` with the reason.
    """
    media = content_type.partition(";")[0].strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise ProblemError(415, "unsupported-media-type", "The media type is not supported", "Send application/json.")
    strict_json(body)


def strict_json(body: bytes) -> Any:
    """Return what a JSON text says.

    Raises:
        ProblemError: 400 ``invalid-json`` with the reason.
    """
    try:
        document = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise _refuse("It is not UTF-8") from None
    except RecursionError:
        raise _refuse("It is nested too deeply") from None
    except ValueError:
        raise _refuse("It is not JSON") from None
    _check_values(document, 0)
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _refuse("A key stands twice in one object")
    return found


def _no_constant(_name: str) -> NoReturn:
    raise _refuse("NaN and infinities are not JSON")


def _check_values(value: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise _refuse("It is nested too deeply")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_values(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_values(item, depth + 1)
    elif (isinstance(value, float) and value in (float("inf"), float("-inf"))) or (
        isinstance(value, int) and not -(2**63) <= value < 2**63
    ):
        raise _refuse("A number is too large")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise _refuse("A text holds a NUL character")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _refuse("A text holds a lone surrogate")
