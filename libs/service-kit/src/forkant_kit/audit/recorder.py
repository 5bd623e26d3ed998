"""The one place that sees every answer: what a caller was refused is recorded, and what no route recorded itself.

A route that changes or shows objects records that in its own transaction (see ``record.Trail``), where it knows which
objects these were. This middleware adds the refusals, and a plain entry for every other answer, so that a new route is
never without one. An answer that can't be recorded is not given.
"""

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forkant_kit.audit.record import DONE, NOT_FOUND, REFUSED, REPEATED, Entry, Trail, actor_of, record_alone
from forkant_kit.db import new_id
from forkant_kit.principal import SCOPE_KEY, Principal
from forkant_kit.problems import ProblemError, problem_response
from forkant_kit.telemetry import current_trace_id

_TRAIL_KEY: Final = "forkant.audit"
_NOWHERE: Final = "request.unrouted"


class AuditRecorder:
    """Records, before an answer is sent, what of it is not recorded yet."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        engine: AsyncEngine,
        actions: Callable[[], Mapping[int, str]],
        unaudited: Collection[str] = (),
    ) -> None:
        """Wrap an application.

        Args:
            app: what answers; the principal must be in the scope before.
            engine: the database that holds the audit trail.
            actions: asked once at the first request: the policy's action by the identity of the route.
            unaudited: actions that show nothing about anybody, whose success needs no entry.
        """
        self._app = app
        self._engine = engine
        self._list_actions = actions
        self._actions: Mapping[int, str] | None = None
        self._unaudited = frozenset(unaudited)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        principal = scope.get(SCOPE_KEY)
        if scope["type"] != "http" or not isinstance(principal, Principal):
            await self._app(scope, receive, send)
            return
        trail = Trail(actor_of(principal, trace_id=current_trace_id(), request_id=new_id()))
        scope[_TRAIL_KEY] = trail
        watch = _Watch(send, lambda status, headers, body: self._settle(scope, trail, status, headers, body))
        try:
            await self._app(scope, receive, watch)
        except Exception:
            # What the framework makes of an answer that broke off is not the caller's business.
            if watch.unrecorded is None:
                raise
        if watch.unrecorded is not None:
            await problem_response(watch.unrecorded)(scope, receive, send)

    async def _settle(self, scope: Scope, trail: Trail, status: int, headers: MutableHeaders, body: bytes) -> None:
        action = self._action(scope)
        ids = tuple(dict.fromkeys((*_ids(scope), *trail.asked)))
        kind = action.partition(".")[0] if ids else None
        if status < HTTPStatus.BAD_REQUEST:
            if trail.recorded or action in self._unaudited:
                return
            outcome = REPEATED if "idempotency-replayed" in headers else DONE
            entry = Entry(action=action, object_kind=kind, object_ids=ids, outcome=outcome)
        else:
            outcome = NOT_FOUND if status == HTTPStatus.NOT_FOUND else REFUSED
            entry = Entry(
                action=action,
                object_kind=kind,
                object_ids=ids,
                outcome=outcome,
                refusal=_code(body) or f"http-{status}",
            )
        await record_alone(self._engine, trail, entry)

    def _action(self, scope: Scope) -> str:
        if self._actions is None:
            self._actions = self._list_actions()
        return self._actions.get(id(scope.get("route")), _NOWHERE)


class _Watch:
    """Holds an answer back until it is recorded: a refusal with its body, which names its code; else the start."""

    def __init__(self, send: Send, settle: Callable[[int, MutableHeaders, bytes], Any]) -> None:
        self._send = send
        self._settle = settle
        self._start: Message | None = None
        self._body = b""
        self.unrecorded: ProblemError | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            refused = HTTPStatus.BAD_REQUEST <= message["status"] < HTTPStatus.INTERNAL_SERVER_ERROR
            if not refused:
                await self._release(ask=message["status"] < HTTPStatus.BAD_REQUEST)
            return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        await self._release(ask=True)
        await self._send({"type": "http.response.body", "body": self._body, "more_body": False})

    async def _release(self, *, ask: bool) -> None:
        start, self._start = self._start, None
        assert start is not None  # noqa: S101 - called while an answer is held
        if ask:
            try:
                await self._settle(start["status"], MutableHeaders(raw=list(start.get("headers", ()))), self._body)
            except ProblemError as problem:
                self.unrecorded = problem
                raise
        await self._send(start)


def note_asked(request: HTTPConnection, *ids: UUID) -> None:
    """Keep objects for the entry that the route does not write itself; nothing happens where nothing is recorded."""
    trail = request.scope.get(_TRAIL_KEY)
    if isinstance(trail, Trail):
        trail.asked = (*trail.asked, *ids)


def trail_of(request: HTTPConnection) -> Trail:
    """Return the record of a request.

    Raises:
        RuntimeError: the application was put together without an audit trail, or nobody is authenticated.
    """
    trail = request.scope.get(_TRAIL_KEY)
    if not isinstance(trail, Trail):
        raise RuntimeError("there is no audit trail here: give create_app one, and leave the path out of the public")  # noqa: TRY004
    return trail


def _ids(scope: Scope) -> tuple[UUID, ...]:
    return tuple(found for value in scope.get("path_params", {}).values() if (found := _uuid(value)) is not None)


def _uuid(value: object) -> UUID | None:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        return None


def _code(body: bytes) -> str | None:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    code = document.get("code") if isinstance(document, dict) else None
    return code if isinstance(code, str) else None
