"""One request of an authenticated caller: who, when, what they saw last, and how the work is run and answered."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, Self, TypeVar
from uuid import UUID

from fastapi import Header, Request, Response
from forkant_contracts.codes import PurposeCode
from forkant_kit.audit.record import Entry
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.clamd import ClamdAddress
from forkant_kit.db import transaction
from forkant_kit.etag import etag, expected_version
from forkant_kit.idempotency import Answer, find_answer, key_of, run_idempotent
from forkant_kit.outbox import RelayNudge
from forkant_kit.policy import declaring, permit
from forkant_kit.rls.stance import Stance
from forkant_kit.vault import Vault
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from case_service.access_rules import import_scope, national_scope, scope_of
from case_service.api.bodies import Act
from case_service.api.fields import PurposeCodeCode
from case_service.api.views.cases import CaseReceipt
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attachments import Limits
from case_service.domain.processes import Procedures
from case_service.domain.refusals import Refusal
from case_service.known_units import KnownUnits
from case_service.row_security import RECOUNTING, stance
from case_service.scope import Scope
from case_service.store.reference import refused_by_database
from case_service.store.segments import SegmentStore

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentTools:
    """What attachments need of the process besides."""

    limits: Limits
    upload_seconds: float
    scanner: ClamdAddress | None
    store: SegmentStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeTools:
    """How much is taken at once of what another system hands over, and how many lists are handed out."""

    most_rows: int
    upload_seconds: float
    exports: asyncio.Semaphore
    export_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What requests need of the process; built in the composition root."""

    engine: AsyncEngine
    nudge: RelayNudge
    vault: Vault
    procedures: Procedures
    cursor_secret: str = field(repr=False)
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    attachments: AttachmentTools
    exchange: ExchangeTools
    units: KnownUnits


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request by somebody whose role allows it."""

    request: Request
    principal: Principal
    tools: Tools
    context: Context
    revision: int | None
    recounts: bool = False

    def target(self, target_id: UUID, body: Act) -> Target:
        """Return what a command is for."""
        return self.target_at(target_id, body.occurred_at)

    def target_at(self, target_id: UUID, occurred_at: datetime | None) -> Target:
        """Return what a command is for, when it has no body."""
        if self.revision is None:
            raise ValueError("a route that changes something must ask for If-Match")
        return Target(id=target_id, revision=self.revision, occurred_at=occurred_at)

    def renewed(self) -> Self:
        """Return the call as of now: what takes long is asked about again, at the moment that it is then."""
        now = self.tools.now()
        scope = replace(self.context.scope, at=now)
        return replace(self, context=replace(self.context, scope=scope, now=now))

    async def once(self, work: Work[Answer], *, fingerprint: bytes | None = None) -> Response:
        """Run a command that is answered once for each Idempotency-Key, and wake the relay."""
        response = await run_idempotent(
            self.tools.engine,
            self.request,
            self.principal,
            lambda conn: _run(conn, work),
            secret=self.tools.cursor_secret,
            stance=self._stance(changes=True),
            fingerprint=fingerprint,
        )
        self.tools.nudge.committed()
        return response

    async def answered_before(self, fingerprint: bytes) -> Response | None:
        """Return the answer to the Idempotency-Key when it was used before, for who asks before reading the body."""
        return await find_answer(
            self.tools.engine,
            self.request,
            self.principal,
            secret=self.tools.cursor_secret,
            fingerprint=fingerprint,
            stance=self._stance(changes=True),
        )

    def transaction(self, *, changes: bool) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open one of several transactions, of a route that waits for its client between them."""
        return transaction(self.tools.engine, self._stance(changes=changes))

    def snapshot(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction all of whose queries see the database as of its first."""
        return transaction(self.tools.engine, self._stance(changes=False), snapshot=True)

    async def change(self, work: Work[Receipt], *, makes: str | None = None) -> Response:
        """Run a POST that changes a case; ``makes`` names the list below the case where it puts something new."""

        async def answered(conn: AsyncConnection) -> Answer:
            receipt = await work(conn)
            made = None if makes is None else f"/v1/cases/{receipt.id}/{makes}/{receipt.item_id}"
            return case_answer(receipt, made=made)

        return await self.once(answered)

    async def save(self, work: Work[Receipt]) -> Response:
        """Run a PUT or DELETE, which If-Match alone makes safe to repeat, and wake the relay."""
        return case_answer(await self.saved(work)).response()

    async def saved(self, work: Work[T]) -> T:
        """Run a change that If-Match alone makes safe to repeat, and wake the relay."""
        async with transaction(self.tools.engine, self._stance(changes=True)) as conn:
            done = await _run(conn, work)
        self.tools.nudge.committed()
        return done

    async def read(self, work: Work[T], *, whole_unit: bool = False) -> T:
        """Run a query; what it wrote in the audit trail is committed before the answer."""
        async with transaction(self.tools.engine, self._stance(changes=False, whole_unit=whole_unit)) as conn:
            return await work(conn)

    def _stance(self, *, changes: bool, whole_unit: bool = False) -> Stance:
        if self.recounts:
            return RECOUNTING
        about = self.request.path_params.get("case_id")
        return stance(
            self.context.scope, changes=changes, whole_unit=whole_unit, about=None if about is None else UUID(about)
        )

    async def audit_read(
        self,
        conn: AsyncConnection,
        *,
        action: str,
        ids: Iterable[UUID] = (),
        kind: str = "case",
        version: int | None = None,
        purpose: str | None = None,
    ) -> None:
        """Write in the audit trail what the caller is shown: every object by its id, in the reading's transaction."""
        entry = Entry(
            action=action,
            object_kind=kind,
            object_ids=tuple(ids),
            version=version,
            purpose=purpose or self.context.scope.purpose,
        )
        await self.context.trail.record(conn, entry)


async def _run(conn: AsyncConnection, work: Work[T]) -> T:
    try:
        return await work(conn)
    except IntegrityError as error:
        code = refused_by_database(error)
        if code is None:
            raise
        raise Refusal(code) from None


def case_answer(receipt: Receipt, *, made: str | None = None) -> Answer:
    """Return the answer for a change of a case; ``made`` is where something new can be found."""
    headers = {"ETag": etag(receipt.revision)}
    if made is not None:
        headers["Location"] = made
    body = CaseReceipt.model_validate(receipt).model_dump(mode="json")
    return Answer(status=200 if made is None else 201, body=body, headers=headers, aggregate_id=receipt.id)


async def _call(
    request: Request, principal: Principal, action: str, purpose: PurposeCode | None, revision: int | None = None
) -> Call:
    tools: Tools = request.app.state.tools
    known = await tools.units.with_(principal.unit)
    scope = scope_of(principal, action, at=tools.now(), purpose=purpose, units=known)
    return _called(request, principal, scope, revision)


def _called(request: Request, principal: Principal, scope: Scope, revision: int | None = None) -> Call:
    tools: Tools = request.app.state.tools
    context = Context(
        scope=scope,
        now=scope.at,
        new_id=tools.new_id,
        trail=trail_of(request),
        vault=tools.vault,
        procedures=tools.procedures,
    )
    return Call(request=request, principal=principal, tools=tools, context=context, revision=revision)


_IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="ETag of the last answer: 428 without it, 412 when it is stale."),
]
_IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A new random value for each new request; the same value repeats the answer for 24 hours.",
    ),
]


_Purpose = Annotated[
    PurposeCodeCode | None,
    Header(
        alias="Forkant-Purpose",
        description="For which purpose the caller acts: then only cases of that purpose are there, and it is recorded, "
        "with lists too. Without it each case is seen for its own purpose.",
    ),
]


def reading(action: str) -> Any:
    """Return the dependency of a route that reads."""

    async def call(request: Request, purpose: _Purpose = None) -> Call:
        return await _call(request, permit(request, action), action, purpose)

    return declaring(action, call)


def _national_call(request: Request, principal: Principal, action: str, revision: int | None = None) -> Call:
    tools: Tools = request.app.state.tools
    return _called(request, principal, national_scope(principal, action, at=tools.now()), revision)


def national(action: str) -> Any:
    """Return the dependency of a route that reads what all units share."""

    async def call(request: Request) -> Call:
        return _national_call(request, permit(request, action), action)

    return declaring(action, call)


def recounting() -> Any:
    """Return the dependency of a route that tells a service of all units what is counted of their cases."""

    async def call(request: Request) -> Call:
        return replace(_national_call(request, permit(request, "recount.read"), "recount.read"), recounts=True)

    return declaring("recount.read", call)


async def for_person(call: Call, person: Principal) -> Call | None:
    """Return a call that sees what somebody else sees in lists, for a service that may ask; None if they see no case.

    The trail keeps who asks. Purposes are none's: a letter serves no case more than another.
    """
    known = await call.tools.units.with_(person.unit)
    if person.unit not in known or not call.request.app.state.policy.allows(person, "case.read"):
        return None
    scope = scope_of(person, "case.read", at=call.context.now, units=known)
    return replace(call, context=replace(call.context, scope=scope))


def couriers() -> Any:
    """Return the dependency of a route by which a service asks what the people it writes to may see."""

    async def call(request: Request) -> Call:
        return _national_call(request, permit(request, "visibility.ask_for_person"), "visibility.ask_for_person")

    return declaring("visibility.ask_for_person", call)


def national_creating(action: str) -> Any:
    """Return the dependency of a POST that adds to what all units share."""

    async def call(request: Request, _key: _IdempotencyKey = None) -> Call:
        return _national_call(request, permit(request, action), action)

    return declaring(action, call)


def national_changing(action: str) -> Any:
    """Return the dependency of a POST that changes what all units share."""

    async def call(
        request: Request,
        if_match: _IfMatch = None,
        _key: _IdempotencyKey = None,
    ) -> Call:
        return _national_call(request, permit(request, action), action, expected_version(if_match))

    return declaring(action, call)


def creating(action: str) -> Any:
    """Return the dependency of a POST that makes something of its own."""

    async def call(
        request: Request,
        _key: _IdempotencyKey = None,
        purpose: _Purpose = None,
    ) -> Call:
        return await _call(request, permit(request, action), action, purpose)

    return declaring(action, call)


def importing() -> Any:
    """Return the dependency of the POST that takes cases over from another system."""

    async def call(request: Request, _key: _IdempotencyKey = None) -> Call:
        principal, tools = permit(request, "case.import"), request.app.state.tools
        key_of(request)  # before rows are read that may be many
        known = await tools.units.with_(principal.unit)
        return _called(request, principal, import_scope(principal, at=tools.now(), units=known))

    return declaring("case.import", call)


def changing(action: str) -> Any:
    """Return the dependency of a POST that changes what is there."""

    async def call(
        request: Request,
        if_match: _IfMatch = None,
        _key: _IdempotencyKey = None,
        purpose: _Purpose = None,
    ) -> Call:
        return await _call(request, permit(request, action), action, purpose, expected_version(if_match))

    return declaring(action, call)


def saving(action: str) -> Any:
    """Return the dependency of a PUT or DELETE."""

    async def call(
        request: Request,
        if_match: _IfMatch = None,
        purpose: _Purpose = None,
    ) -> Call:
        return await _call(request, permit(request, action), action, purpose, expected_version(if_match))

    return declaring(action, call)
