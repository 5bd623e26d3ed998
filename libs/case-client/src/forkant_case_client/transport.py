"""How a call reaches the service: its headers, what is tried again, and how answers and problems are read.

Tried again are a call that got no answer, one that came while the service was busy (429, 503), and one whose first
attempt still runs (409 ``idempotency-key-in-use``). That is safe for every call: what reads changes nothing, a POST
carries one idempotency key over all attempts, and the rest carries the ETag that it is based on.
"""

import uuid
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential

from forkant_case_client.answers import Answer, RefusedError

T = TypeVar("T")
Token = Callable[[], Awaitable[str]]
"""Gives a bearer token that is valid now; it is asked before each attempt."""

_BUSY: Final = frozenset({429, 503})
_IN_USE: Final = "idempotency-key-in-use"
_REPLAYED: Final = "idempotency-replayed"
_JITTER: Final = wait_random_exponential(multiplier=0.2, max=5)
_RESERVED: Final = frozenset({"type", "title", "status", "detail", "code", "instance"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, however often it is tried.

    Attributes:
        query: parameters by name; those that are None or empty are left out.
        content: a body that is no JSON, sent as it comes; a call with an iterator is tried once.
        answers: the model of a successful answer's body; None for an answer without one.
    """

    method: str
    path: str
    query: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: BaseModel | None = None
    content: bytes | AsyncIterable[bytes] | None = None
    answers: Any = None


class Transport:
    """Sends calls of one caller over an HTTP client that others may share."""

    def __init__(self, http: httpx.AsyncClient, *, token: Token, tries: int = 5) -> None:
        """Take the client, whose base URL is the service's, and where tokens come from."""
        self._http = http
        self._token = token
        self._tries = tries

    async def send(self, call: Call) -> Answer[Any]:
        """Send a call and return its answer.

        Raises:
            RefusedError: the service refused it, or was busy to the last attempt.
            httpx.TransportError: nothing answered to the last attempt.
        """
        headers = {"Idempotency-Key": str(uuid.uuid4())} if call.method == "POST" else {}
        headers |= {name: value for name, value in call.headers.items() if value is not None}
        tries = 1 if call.content is not None and not isinstance(call.content, bytes) else self._tries
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(tries), retry=retry_if_exception(_passes), wait=_pause, reraise=True
        ):
            with attempt:
                answer = await self._http.send(await self._request(call, headers))
                if not answer.is_success:
                    raise refusal_of(answer)
        return _read(answer, call.answers)

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[httpx.Response]:
        """Open an answer whose body is read as it comes; it is tried once.

        Raises:
            RefusedError: the service refused the call.
            httpx.TransportError: nothing answered, or the answer broke off.
        """
        headers = {name: value for name, value in call.headers.items() if value is not None}
        answer = await self._http.send(await self._request(call, headers), stream=True)
        try:
            if not answer.is_success:
                await answer.aread()
                raise refusal_of(answer)
            yield answer
        finally:
            await answer.aclose()

    async def _request(self, call: Call, headers: Mapping[str, str]) -> httpx.Request:
        sent = {**headers, "Authorization": f"Bearer {await self._token()}"}
        content = call.content
        if call.body is not None:
            content = call.body.model_dump_json(exclude_unset=True).encode()
            sent["Content-Type"] = "application/json"
        query = httpx.QueryParams([(name, text) for name, value in call.query.items() for text in _texts(value)])
        return self._http.build_request(call.method, call.path, params=query, content=content, headers=sent)


def refusal_of(answer: httpx.Response) -> RefusedError:
    """Return what an unsuccessful answer, which was read, says."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    problem: Mapping[str, Any] = found if isinstance(found, dict) else {}
    after = answer.headers.get("retry-after", "")
    return RefusedError(
        status=answer.status_code,
        code=str(problem.get("code", f"http-{answer.status_code}")),
        advice=str(problem.get("detail", answer.reason_phrase)),
        facts={name: value for name, value in problem.items() if name not in _RESERVED},
        retry_after_s=float(after) if after.isdigit() else None,
    )


def _passes(error: BaseException) -> bool:
    if isinstance(error, RefusedError):
        return error.status in _BUSY or error.code == _IN_USE
    return isinstance(error, httpx.TransportError)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, RefusedError) else None
    return (asked or 0.0) + _JITTER(state)


def _read(answer: httpx.Response, model: Any) -> Answer[Any]:
    return Answer(
        body=None if model is None else TypeAdapter(model).validate_json(answer.content),
        status=answer.status_code,
        etag=answer.headers.get("etag"),
        location=answer.headers.get("location"),
        replayed=_REPLAYED in answer.headers,
    )


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, (list, tuple, set, frozenset)):
        return [text for each in value for text in _texts(each)]
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, (date, datetime)):
        return [value.isoformat()]
    return [str(value.value if isinstance(value, Enum) else value)]
