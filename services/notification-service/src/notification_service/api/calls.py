"""One request of an authenticated caller: who, when, and how the work is run and answered."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Header, Query, Request, Response
from forkant_contracts.visibility import VisibilityAnswer, VisibilityQuestion
from forkant_kit.audit.record import Entry, Trail
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.db import transaction
from forkant_kit.idempotency import Answer, run_idempotent
from forkant_kit.keyring import Keyring
from forkant_kit.paging import decode_cursor, encode_cursor, link_to
from forkant_kit.policy import requires
from forkant_kit.rls.stance import Stance
from forkant_kit.visibility import CaseServiceClient
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notification_service.api.feed import Feed
from notification_service.commands.context import Context
from notification_service.domain.contacts import ChannelName
from notification_service.policy import OF_PEOPLE, owner_of, reader_of
from notification_service.row_security import ROLES, stance
from notification_service.store import people
from notification_service.store.people import Proof
from notification_service.visibility import NOTHING, Owner, Reader, Sight

T = TypeVar("T")
_PROVEN_ANEW_AFTER: Final = timedelta(hours=1)
Work = Callable[[AsyncConnection], Awaitable[T]]
Limit = Annotated[int, Query(ge=1, le=100, description="Most items on a page.")]
Cursor = Annotated[str | None, Query(max_length=1024, description="`next` of the page before.")]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="ETag of the last answer: 428 without it, 412 when it is stale.")
]
_IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A new random value for each new request; the same value repeats the answer for 24 hours.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What requests need of the process; built in the composition root."""

    engine: AsyncEngine
    cursor_secret: str
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    keyring: Keyring
    allow_local: bool
    case_service: CaseServiceClient
    feed: Feed
    streams: int = 500
    """How many streams the process keeps open."""
    streams_of_a_person: int = 10
    standing_holds: timedelta = timedelta(days=30)
    channels: tuple[ChannelName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request by somebody whose role allows it."""

    request: Request
    principal: Principal
    tools: Tools
    sight: Sight = NOTHING

    @property
    def trail(self) -> Trail:
        """What is recorded of the request."""
        return trail_of(self.request)

    @property
    def reader(self) -> Reader:
        """Whose inbox is read."""
        return reader_of(self.principal, self.sight)

    @property
    def owner(self) -> Owner:
        """Whose endpoints are meant."""
        return owner_of(self.principal)

    def context(self) -> Context:
        """Return what a command is told."""
        return Context(
            owner=self.owner,
            subject=self.principal.subject,
            now=self.tools.now(),
            new_id=self.tools.new_id,
            keyring=self.tools.keyring,
            allow_local=self.tools.allow_local,
            standing_holds=self.tools.standing_holds,
        )

    def proof(self) -> Proof:
        """Return what the caller's own token says of them, for letters that are sent when there is none."""
        roles = tuple(sorted(self.principal.roles & ROLES))
        return Proof(
            person=self.principal.subject,
            unit=self.principal.unit,
            roles=roles,
            clearance=self.principal.clearance,
        )

    async def prove(self) -> "Call":
        """Keep what the caller's token says, for whom letters are sent to; written anew when it changed or is old."""
        now = self.tools.now()
        async with transaction(self.tools.engine, self._stance(changes=True)) as conn:
            lapsed = now - self.tools.standing_holds
            await people.prove(conn, self.proof(), now=now, stale=now - _PROVEN_ANEW_AFTER, lapsed=lapsed)
        return self

    def seeing(self, sight: Sight) -> "Call":
        """Return the same call, by somebody of whom it is known what they may see."""
        return replace(self, sight=sight)

    async def visible(self, question: VisibilityQuestion) -> VisibilityAnswer:
        """Ask the case service what the caller may see.

        Raises:
            ProblemError: 503, it does not say.
        """
        authorization = self.request.headers["authorization"]
        return await self.tools.case_service.visible(question, authorization=authorization)

    async def peek(self, work: Work[T]) -> T:
        """Run a query of which nothing is shown, and so nothing recorded: what to ask about before reading."""
        async with transaction(self.tools.engine, self._stance(changes=False)) as conn:
            return await work(conn)

    async def read(self, work: Work[T]) -> T:
        """Run a query."""
        async with transaction(self.tools.engine, self._stance(changes=False)) as conn:
            return await self._recorded(conn, work)

    async def save(self, work: Work[T]) -> T:
        """Run a change that If-Match alone makes safe to repeat."""
        async with transaction(self.tools.engine, self._stance(changes=True)) as conn:
            return await self._recorded(conn, work)

    async def once(self, work: Work[Answer]) -> Response:
        """Run a command that is answered once for each Idempotency-Key."""
        return await run_idempotent(
            self.tools.engine,
            self.request,
            self.principal,
            lambda conn: self._recorded(conn, work),
            secret=self.tools.cursor_secret,
            stance=self._stance(changes=True),
        )

    async def once_with_secret(self, work: Work[tuple[Answer, str]]) -> Response:
        """Run a command that gives a secret; a repeated request is answered without it, for it is stored nowhere."""
        given: list[str] = []

        async def answered(conn: AsyncConnection) -> Answer:
            answer, secret = await work(conn)
            given.append(secret)
            return answer

        response = await self.once(answered)
        if not given:
            return response
        content = orjson.dumps({**orjson.loads(response.body), "secret": given[-1]})
        kept = {name: value for name, value in response.headers.items() if name != "content-length"}
        return Response(content, response.status_code, headers=kept)

    async def record(
        self, conn: AsyncConnection, action: str, ids: Iterable[UUID | None], *, version: int | None = None
    ) -> None:
        """Write in the audit trail what is done or shown, in the transaction that does it.

        Args:
            conn: the connection of that transaction.
            action: what is done, in the words of the policy or finer.
            ids: every object that is touched or shown, and the case or concern that each is about.
            version: the version of the one object that has one.
        """
        kind, _, _ = action.partition(".")
        found = tuple(dict.fromkeys(each for each in ids if each is not None))
        await self.trail.record(conn, Entry(action=action, object_kind=kind, object_ids=found, version=version))

    def asks_about(self, *ids: UUID | None) -> None:
        """Keep what is asked for by other means than the path, for the entry of a refusal."""
        self.trail.asked = tuple(each for each in ids if each is not None)

    def _stance(self, *, changes: bool) -> Stance:
        return stance(self.reader, self.owner, changes=changes)

    async def _recorded(self, conn: AsyncConnection, work: Work[T]) -> T:
        done = await work(conn)
        if not self.trail.recorded:
            # Raised before the commit, so that nothing is done or shown.
            raise RuntimeError(f"{self.request.method} {self.request.url.path} does something and records nothing")
        return done

    def before(self, name: str, cursor: str | None) -> UUID | None:
        """Return the id that a page of the list ``name`` goes on below."""
        if cursor is None:
            return None
        return UUID(decode_cursor(self.tools.cursor_secret, self._bound(name), cursor))

    def following(self, name: str, ids: Sequence[UUID], limit: int) -> str | None:
        """Return the cursor of the next page, given the ids of one row more than the page; None for the last page."""
        return self.cursor_at(name, ids[limit - 1] if len(ids) > limit else None)

    def cursor_at(self, name: str, last: UUID | None) -> str | None:
        """Return the cursor of what comes after an id in the list ``name``; None when nothing does."""
        return None if last is None else encode_cursor(self.tools.cursor_secret, self._bound(name), str(last))

    def page(self, body: BaseModel, following: str | None) -> Response:
        """Return a page with its link to the next one (RFC 8288)."""
        headers = link_to(self.request, following)
        return Response(body.model_dump_json(), headers=headers, media_type="application/json")

    def _bound(self, name: str) -> str:
        return f"{self.principal.unit}|{self.principal.subject}|{name}"


def reading(action: str) -> Any:
    """Return the dependency of a route that reads, or that changes by If-Match."""

    async def call(request: Request, principal: Annotated[Principal, requires(action)]) -> Call:
        found = Call(request=request, principal=principal, tools=request.app.state.tools)
        return await found.prove() if action in OF_PEOPLE else found

    return Depends(call)


def posting(action: str) -> Any:
    """Return the dependency of a POST."""

    async def call(
        request: Request, principal: Annotated[Principal, requires(action)], _key: _IdempotencyKey = None
    ) -> Call:
        found = Call(request=request, principal=principal, tools=request.app.state.tools)
        return await found.prove() if action in OF_PEOPLE else found

    return Depends(call)
