"""One request of somebody who steers: who, when, what they saw last, and how the work is run and answered."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from forkant_contracts.codes import Role
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.db import transaction
from forkant_kit.etag import etag, expected_version
from forkant_kit.idempotency import Answer, run_idempotent
from forkant_kit.paging import decode_cursor, encode_cursor, link_to
from forkant_kit.policy import requires
from forkant_kit.rls.stance import Stance
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.cells import district_of
from indicator_service.api.dependencies import Dependencies, dependencies_of
from indicator_service.row_security import steering_stance
from indicator_service.steering.context import Context, Seen

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]
Limit = Annotated[int, Query(ge=1, le=100, description="Most items on a page.")]
Cursor = Annotated[str | None, Query(max_length=1024, description="`next` of the page before.")]
_IfMatch = Annotated[
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
class Call:
    """A request by somebody whose role allows it."""

    request: Request
    principal: Principal
    tools: Dependencies
    context: Context
    version: int | None = None

    def seen(self, object_id: UUID) -> Seen:
        """Return what a command is for."""
        if self.version is None:
            raise ValueError("a route that changes something must ask for If-Match")
        return Seen(id=object_id, version=self.version)

    async def once(self, work: Work[Answer], *, stance: Stance | None = None) -> Response:
        """Run a command that is answered once for each Idempotency-Key; the database is told who steers, or more."""
        return await run_idempotent(
            self.tools.engine,
            self.request,
            self.principal,
            work,
            secret=self.tools.cursor_secret,
            stance=stance or steering_stance(self.context),
        )

    async def read(self, work: Work[T]) -> T:
        """Run a query."""
        async with transaction(self.tools.engine, steering_stance(self.context)) as conn:
            return await work(conn)

    def before(self, name: str, cursor: str | None) -> UUID | None:
        """Return the id that a page of the list ``name`` goes on below."""
        return None if cursor is None else UUID(decode_cursor(self.tools.cursor_secret, self._bound(name), cursor))

    def following(self, name: str, rows: Sequence[Any], limit: int) -> str | None:
        """Return the cursor of the next page, given one row more than the page; nothing when this one was the last."""
        if len(rows) <= limit:
            return None
        return encode_cursor(self.tools.cursor_secret, self._bound(name), str(rows[limit - 1]["id"]))

    def page(self, body: BaseModel, following: str | None) -> Response:
        """Return a page with its link to the next one (RFC 8288)."""
        headers = link_to(self.request, following)
        return Response(body.model_dump_json(), headers=headers, media_type="application/json")

    def _bound(self, name: str) -> str:
        return f"{self.principal.unit}|{self.context.national}|{name}"


def shown(body: BaseModel, version: int) -> Response:
    """Return one object with its ETag."""
    return Response(body.model_dump_json(), headers={"ETag": etag(version)}, media_type="application/json")


async def _called(request: Request, principal: Principal, version: int | None = None) -> Call:
    tools = await dependencies_of(request)
    context = Context(
        subject=principal.subject,
        unit=district_of(principal.unit),
        national=principal.has_role(Role.DIRECTORATE),
        now=tools.now(),
        new_id=tools.new_id,
        trail=trail_of(request),
        catalogue=tools.catalogue,
        units=await tools.units.register(),
    )
    return Call(request=request, principal=principal, tools=tools, context=context, version=version)


def reading(action: str) -> Any:
    """Return the dependency of a route that reads."""

    async def call(request: Request, principal: Annotated[Principal, requires(action)]) -> Call:
        return await _called(request, principal)

    return Depends(call)


def creating(action: str) -> Any:
    """Return the dependency of a POST that makes something of its own."""

    async def call(
        request: Request, principal: Annotated[Principal, requires(action)], _key: _IdempotencyKey = None
    ) -> Call:
        return await _called(request, principal)

    return Depends(call)


def changing(action: str) -> Any:
    """Return the dependency of a POST that changes what is there."""

    async def call(
        request: Request,
        principal: Annotated[Principal, requires(action)],
        if_match: _IfMatch = None,
        _key: _IdempotencyKey = None,
    ) -> Call:
        return await _called(request, principal, expected_version(if_match))

    return Depends(call)
