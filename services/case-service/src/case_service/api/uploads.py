"""The upload of an attachment: asked for, received, attached; and let go when any of it fails."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Depends, Header, Request, Response
from forkant_kit.clamd import ClamdAddress, Scan, ScannerUnavailableError, begin_scan
from forkant_kit.idempotency import Answer
from forkant_kit.principal import invalid_token
from forkant_kit.problems import ProblemError
from forkant_kit.repr_digest import declared_digest
from forkant_kit.right import right_of
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import ClientDisconnect

from case_service.api.calls import Call, Tools, case_answer
from case_service.api.file_names import file_name
from case_service.commands import attachments as commands
from case_service.commands.attachments import Awaited, Came, NewAttachment
from case_service.commands.change import begin
from case_service.commands.receiving import receive
from case_service.domain.attachments import MediaType
from case_service.domain.refusals import Code, Refusal
from case_service.store import attachments as store
from case_service.store.segments import ContentGoneError, StoreUnavailableError

_log = structlog.get_logger(__name__)


async def _read_new(
    request: Request,
    content_type: Annotated[str | None, Header(include_in_schema=False)] = None,
    content_disposition: Annotated[
        str | None,
        Header(description="`attachment; filename*=UTF-8''…`: the file's name, without a path, with a fitting ending."),
    ] = None,
    repr_digest: Annotated[
        str | None, Header(description="`sha-256=:…:`, the SHA-256 of the file in base64 (RFC 9530).")
    ] = None,
) -> NewAttachment:
    tools: Tools = request.app.state.tools
    limits = tools.attachments.limits
    stated = (content_type or "").partition(";")[0].strip().lower()
    if "content-encoding" in request.headers or stated not in set(MediaType):
        raise Refusal(Code.MEDIA_TYPE_NOT_ALLOWED, allowed=sorted(limits.media_types))
    new = NewAttachment(
        name=file_name(content_disposition) or "", media_type=MediaType(stated), sha256=declared_digest(repr_digest)
    )
    commands.check_new(new, limits)
    return new


New = Annotated[NewAttachment, Depends(_read_new)]
"""What the headers say of a file; refused unless its type is taken, its name fits and its digest is there."""


async def upload(call: Call, request: Request, case_id: UUID, new: NewAttachment) -> Response:
    """Receive and attach a file, or answer as before when its key was used before; a repeat is not received again.

    Raises:
        Refusal, ProblemError: nothing is kept.
    """
    fingerprint = _fingerprint(new)
    before = await call.answered_before(fingerprint)
    if before is not None:
        return before
    tools, target = call.tools.attachments, call.target_at(case_id, None)
    async with call.transaction(changes=True) as conn:
        awaited = await commands.await_content(
            conn, call.context, target, limits=tools.limits, object_name=tools.store.new_name()
        )
    attached = False

    async def attach(conn: AsyncConnection) -> Answer:
        nonlocal attached
        receipt = await commands.attach(
            conn, at_last.context, target, new, awaited=awaited, came=came, limits=tools.limits
        )
        attached = True
        return case_answer(receipt, made=f"/v1/cases/{receipt.id}/attachments/{receipt.item_id}")

    try:
        came = await _Upload(call, request).receive(new, awaited)
        at_last = call.renewed()
        return await at_last.once(attach, fingerprint=fingerprint)
    except ContentGoneError:
        # Why it is no longer awaited, the case itself says: it is erased, or gone for this caller; else time is up.
        async with call.transaction(changes=True) as conn:
            await begin(conn, call.context, target)
        raise Refusal(Code.UPLOAD_TOO_SLOW) from None
    except BaseException:
        attached = False
        raise
    finally:
        if not attached:
            await _give_up(call, awaited)


@dataclass(frozen=True, slots=True)
class _Upload:
    """One content under way, within its time and as long as the caller's token holds."""

    call: Call
    request: Request

    async def receive(self, new: NewAttachment, awaited: Awaited) -> Came:
        tools, right = self.call.tools.attachments, right_of(self.request)
        loop = asyncio.get_running_loop()

        async def put(position: int, sealed: bytes) -> None:
            current = self.call.renewed()
            await tools.store.put(lambda: current.transaction(changes=True), awaited.id, position, sealed)

        try:
            async with asyncio.timeout(tools.upload_seconds) as limit, _scanning(tools.scanner) as scan:
                right.on_end(lambda: limit.reschedule(loop.time()))
                return await receive(self.request.stream(), new, awaited, put=put, scan=scan)
        except TimeoutError:
            if right.ended is not None:
                raise invalid_token(right.ended) from None
            raise Refusal(Code.UPLOAD_TOO_SLOW) from None
        except ClientDisconnect:
            raise ProblemError(400, "body-incomplete", "The content broke off", "Send it again, whole.") from None
        except ScannerUnavailableError:
            raise _no_verdict() from None
        except StoreUnavailableError:
            raise no_store() from None


@asynccontextmanager
async def _scanning(scanner: ClamdAddress | None) -> AsyncIterator[Scan | None]:
    if scanner is None:
        yield None
        return
    scan = await begin_scan(scanner)
    try:
        yield scan
    finally:
        await scan.close()


async def _give_up(call: Call, awaited: Awaited) -> None:
    try:
        async with call.transaction(changes=True) as conn:
            await store.give_up(conn, awaited.id)
    except (SQLAlchemyError, OSError) as error:
        # The worker lets go what is awaited for too long.
        _log.warning("content_not_let_go", content_id=str(awaited.id), error=type(error).__name__)


def _fingerprint(new: NewAttachment) -> bytes:
    return hashlib.sha256(b"\x1f".join((new.sha256, new.media_type.encode(), new.name.encode()))).digest()


def no_store() -> ProblemError:
    """Return the answer while the contents' store is away."""
    return ProblemError(
        503,
        "attachment-store-unavailable",
        "The store of attachments does not answer",
        "Nothing was kept or sent. Try again in a while; tell operations if it goes on.",
        headers={"Retry-After": "30"},
    )


def _no_verdict() -> ProblemError:
    return ProblemError(
        503,
        "scanner-unavailable",
        "The virus scanner does not answer",
        "Nothing was kept. Send it again in a while; tell operations if it goes on.",
        headers={"Retry-After": "30"},
    )
