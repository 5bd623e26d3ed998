"""Routes of attachments on a case: added, listed, shown, sent, removed."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from forkant_kit.etag import etag
from forkant_kit.problems import not_found
from forkant_kit.repr_digest import HEADER, digest_header
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import uploads
from case_service.api.calls import Call, changing, reading, saving
from case_service.api.description import operation_id
from case_service.api.file_names import disposition
from case_service.api.views.attachments import AttachmentList, AttachmentView
from case_service.api.views.cases import CaseReceipt
from case_service.commands import attachments as commands
from case_service.commands.attachments import Awaited
from case_service.commands.receiving import send
from case_service.domain.attachments import MediaType
from case_service.domain.refusals import Code, Refusal
from case_service.queries import attachments as queries
from case_service.store.segments import ContentGoneError, StoreUnavailableError

router = APIRouter(
    prefix="/v1/cases/{case_id}/attachments", tags=["attachments"], generate_unique_id_function=operation_id
)

_Reading = Annotated[Call, reading("case.read_attachment")]
_FILE = {"schema": {"type": "string", "format": "binary"}}
_CONTENT = {media_type.value: _FILE for media_type in MediaType}


@router.get("", summary="List attachments")
async def list_attachments(case_id: UUID, call: _Reading) -> AttachmentList:
    """List what is attached to a case, the oldest first."""

    async def work(conn: AsyncConnection) -> AttachmentList:
        found = await queries.list_attachments(conn, call.context.scope, case_id, vault=call.context.vault)
        ids = [case_id, *(row["id"] for row in found.rows)]
        await call.audit_read(
            conn, action="case.list_attachments", ids=ids, version=found.version, purpose=found.purpose
        )
        return AttachmentList(items=[AttachmentView.model_validate(row) for row in found.rows])

    return await call.read(work)


@router.get("/{attachment_id}", response_model=AttachmentView, summary="Read what is told of an attachment")
async def read_attachment(case_id: UUID, attachment_id: UUID, call: _Reading) -> Response:
    """Read its name, type, size and digest; the ETag is the case's."""
    found = await _found(call, case_id, attachment_id, action="case.read_attachment")
    body = AttachmentView.model_validate(found.row).model_dump_json()
    return Response(body, headers={"ETag": etag(found.revision)}, media_type="application/json")


@router.get(
    "/{attachment_id}/content",
    summary="Download an attachment",
    response_class=StreamingResponse,
    responses={200: {"content": _CONTENT, "description": "The file, as it was added."}},
)
async def read_content(case_id: UUID, attachment_id: UUID, call: _Reading) -> Response:
    """Download the file; it is recorded before the first byte. `Repr-Digest` holds its SHA-256."""
    found = await _found(call, case_id, attachment_id, action="case.download_attachment")
    store = call.tools.attachments.store

    async def get(position: int) -> bytes:
        current = call.renewed()
        await current.read(lambda conn: queries.require(conn, current.context.scope, case_id, attachment_id))
        return await store.get(lambda: current.transaction(changes=False), attachment_id, position)

    content = send(Awaited(id=attachment_id, key=found.key), size=found.row["size"], get=get)
    try:
        # The first piece comes before the answer begins, so that what is not there or not right gets a problem.
        first = await anext(content)
    except ContentGoneError:
        raise Refusal(Code.NOT_FOUND) from None
    except StoreUnavailableError:
        raise uploads.no_store() from None
    headers = {
        "Content-Length": str(found.row["size"]),
        "Content-Disposition": disposition(found.row["name"]),
        HEADER: digest_header(bytes.fromhex(found.row["sha256"])),
        "Accept-Ranges": "none",
    }
    return StreamingResponse(_with_first(first, content), headers=headers, media_type=found.row["media_type"])


@router.post(
    "",
    status_code=201,
    response_model=CaseReceipt,
    summary="Attach a file",
    openapi_extra={"requestBody": {"required": True, "content": _CONTENT}},
)
async def add_attachment(
    case_id: UUID, request: Request, call: Annotated[Call, changing("case.attach")], new: uploads.New
) -> Response:
    """Attach a file, whose bytes are the body; `item_id` is its id. One at a time: each moves the case on."""
    return await uploads.upload(call, request, case_id, new)


@router.delete("/{attachment_id}", response_model=CaseReceipt, summary="Remove an attachment")
async def remove_attachment(
    case_id: UUID, attachment_id: UUID, call: Annotated[Call, saving("case.remove_attachment")]
) -> Response:
    """Remove an attachment for good; while a legal hold stands on the case, none is removed."""
    return await call.save(
        lambda conn: commands.remove(conn, call.context, call.target_at(case_id, None), attachment_id)
    )


async def _with_first(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    try:
        async for piece in rest:
            yield piece
    except (ContentGoneError, Refusal):
        # Removed meanwhile, or no longer for this caller: the client sees the answer break off.
        raise not_found() from None
    except StoreUnavailableError:
        raise uploads.no_store() from None


async def _found(call: Call, case_id: UUID, attachment_id: UUID, *, action: str) -> queries.Found:
    async def work(conn: AsyncConnection) -> queries.Found:
        found = await queries.get_attachment(conn, call.context.scope, case_id, attachment_id, vault=call.context.vault)
        await call.audit_read(
            conn, action=action, ids=[case_id, attachment_id], version=found.version, purpose=found.purpose
        )
        return found

    return await call.read(work)
