"""Servers in place of others': a receiver of webhooks that notes what it gets, and the case service's answers."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import uvicorn
from forkant_contracts.visibility import PersonQuestion, VisibilityAnswer, VisibilityQuestion
from forkant_devstack.issuer.personas import COURIER

T = TypeVar("T")


@dataclass(frozen=True)
class Received:
    """One request as the receiver got it."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body)


Reply = Callable[[Received], Awaitable[tuple[int, dict[str, str], bytes]]]


async def _whole(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


@dataclass
class Receiver:
    """A server that notes what it gets and answers each path as the test says, 204 by default."""

    url: str
    received: list[Received] = field(default_factory=list)
    replies: dict[str, Reply] = field(default_factory=dict)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def at(self, path: str) -> list[Received]:
        return [one for one in self.received if one.path == path]

    def answer(self, path: str, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        async def reply(_: Received) -> tuple[int, dict[str, str], bytes]:
            return status, headers or {}, body

        self.replies[path] = reply

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await _whole(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        one = Received(scope["path"], headers, body)
        self.received.append(one)
        self.arrived.set()
        reply = self.replies.get(one.path)
        status, extra, content = await reply(one) if reply else (204, {}, b"")
        pairs = [(name.encode(), value.encode()) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})


@dataclass
class CaseService:
    """Answers in the case service's place, by the contract that both share: whom it shows what, the test says."""

    url: str
    hidden: dict[str, set[UUID]] = field(default_factory=dict)
    gone: dict[str, set[UUID]] = field(default_factory=dict)
    offered: dict[str, set[UUID]] = field(default_factory=dict)
    asked: list[tuple[str, VisibilityQuestion]] = field(default_factory=list)
    status: int = 200
    says: bytes | None = None

    def hide(self, persona: str, *ids: UUID) -> None:
        self.hidden.setdefault(persona, set()).update(ids)

    def offer(self, persona: str, *ids: UUID) -> None:
        self.hide(persona, *ids)
        self.offered.setdefault(persona, set()).update(ids)

    def take_away(self, persona: str, *ids: UUID) -> None:
        self.hide(persona, *ids)
        self.gone.setdefault(persona, set()).update(ids)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await _whole(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        persona = _claims(headers["authorization"])["sub"]
        assert scope["method"] == "POST"
        if scope["path"] == "/v1/visibility/person":
            assert persona == COURIER
            question: VisibilityQuestion = PersonQuestion.model_validate_json(body)
            persona = question.subject
        else:
            assert scope["path"] == "/v1/visibility"
            question = VisibilityQuestion.model_validate_json(body)
        self.asked.append((persona, question))
        hidden, gone = self.hidden.get(persona, set()), self.gone.get(persona, set())
        answer = VisibilityAnswer(
            cases=tuple(sorted({*question.cases} - hidden)),
            former_cases=tuple(sorted({*question.cases} & gone)),
            offered_cases=tuple(sorted({*question.cases} & self.offered.get(persona, set()))),
            concerns=tuple(sorted({*question.concerns} - hidden)),
        )
        content = self.says if self.says is not None else answer.model_dump_json().encode()
        pairs = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": self.status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})


def _claims(authorization: str) -> dict[str, Any]:
    payload = authorization.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@asynccontextmanager
async def listening(app: T) -> AsyncIterator[T]:
    """Serve an application that has a URL to be told of."""
    listener = socket.create_server(("127.0.0.1", 0))
    app.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        app, lifespan="off", ws="none", log_level="critical", loop="none", timeout_graceful_shutdown=0
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve(sockets=[listener]))
    yield app
    server.should_exit = True
    await serving
    listener.close()
