"""Attachments («vedlegg»): room is made, the content comes, and what came whole is attached; or removed again.

What comes from a client takes as long as the client likes, so that no transaction may wait for it: a first one asks
whether it may be attached, a last one attaches it, and what is between leaves nothing when it fails.
"""

from dataclasses import dataclass
from uuid import UUID

from forkant_kit.vault import DataKey
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Change, Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attachments import ENDINGS, Limits, MediaType, ScanState, fits_name
from case_service.domain.attempt import Action, Attempt
from case_service.domain.lifecycle import decide
from case_service.domain.refusals import Code, Refusal
from case_service.store import attachments as store


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttachment:
    """What is said of a file before its content comes."""

    name: str
    media_type: MediaType
    sha256: bytes
    """Of the content in clear, as the caller worked it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A content that may come."""

    id: UUID
    key: DataKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A content that came whole and is what was said of it."""

    size: int
    scan: ScanState


def check_new(new: NewAttachment, limits: Limits) -> None:
    """Check what is said of a file.

    Raises:
        Refusal: its type is not taken, or its name is not one of the type's.
    """
    if new.media_type not in limits.media_types:
        raise Refusal(Code.MEDIA_TYPE_NOT_ALLOWED, allowed=sorted(limits.media_types))
    if not fits_name(new.media_type, new.name):
        raise Refusal(Code.FILE_NAME_UNFIT, endings=[*ENDINGS[new.media_type]])


async def await_content(
    conn: AsyncConnection, context: Context, target: Target, *, limits: Limits, object_name: UUID | None = None
) -> Awaited:
    """Make room for a content, which is let go unless it is attached later; ``object_name`` where it is no rows.

    Raises:
        Refusal: the rules say no, or the case holds as much as it may.
    """
    change, content_id = await begin(conn, context, target), context.new_id()
    decide(change.case, Attempt(action=Action.ADD_ATTACHMENT, actor=change.actor, item_id=content_id))
    await _check_room(change, limits, files=1, size=1)
    await store.begin_content(
        conn, content_id, case_id=target.id, object_name=object_name, by=change.actor, at=context.now
    )
    return Awaited(id=content_id, key=change.key)


async def attach(
    conn: AsyncConnection,
    context: Context,
    target: Target,
    new: NewAttachment,
    *,
    awaited: Awaited,
    came: Came,
    limits: Limits,
) -> Receipt:
    """Attach a content that came whole.

    Raises:
        Refusal: the case moved meanwhile, the rules say no, it holds as much as it may, or the content came too late.
    """
    change = await begin(conn, context, target)
    attempt = Attempt(action=Action.ADD_ATTACHMENT, actor=change.actor, item_id=awaited.id)
    decision = decide(change.case, attempt)
    await _check_room(change, limits, files=0, size=came.size)
    receipt = await finish(change, decision, Outcome(action=attempt.action, item_id=awaited.id))
    if not await store.keep_content(conn, awaited.id):
        raise Refusal(Code.UPLOAD_TOO_SLOW)
    values = {
        "id": awaited.id,
        "case_id": receipt.id,
        "name": new.name,
        "media_type": new.media_type.value,
        "size": came.size,
        "sha256": new.sha256.hex(),
        "scan": came.scan.value,
        "added_by": change.actor,
        "added_at": context.now,
    }
    await store.add(conn, change.key, values)
    return receipt


async def remove(conn: AsyncConnection, context: Context, target: Target, attachment_id: UUID) -> Receipt:
    """Remove an attachment with its content; that there was one stays in the audit trail.

    Raises:
        Refusal: there is none, or a legal hold stands on the case; see also
            :func:`~case_service.commands.change.begin`.
    """
    change = await begin(conn, context, target)
    attempt = Attempt(action=Action.REMOVE_ATTACHMENT, actor=change.actor, item_id=attachment_id)
    decision = decide(change.case, attempt)
    if not await store.remove(conn, attachment_id, case_id=target.id):
        raise Refusal(Code.NOT_FOUND)
    return await finish(change, decision, Outcome(action=attempt.action, item_id=attachment_id))


async def _check_room(change: Change, limits: Limits, *, files: int, size: int) -> None:
    held = await store.held(change.conn, change.loaded.id)
    if held.files + files > limits.files_a_case or held.size + size > limits.bytes_a_case:
        facts = {"files": str(limits.files_a_case), "bytes": str(limits.bytes_a_case)}
        raise Refusal(Code.ATTACHMENT_LIMIT, **facts)
