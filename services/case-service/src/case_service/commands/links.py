"""Linking cases, and taking a link away.

A link is a thing of its own between two cases, made and removed and never changed. It moves neither case on: who works
on the other would lose a race to somebody whom they may not know of, and an ETag that moves would tell whoever watches
a case of links that they may not see. So no event tells of it, and no feed; the audit trail does.
"""

from typing import Final
from uuid import UUID

from forkant_kit.audit.record import Entry
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.context import Context
from case_service.domain.attempt import Action, Attempt
from case_service.domain.lifecycle import decide
from case_service.domain.links import BOTH_WAYS, LinkKind
from case_service.domain.refusals import Code, Refusal
from case_service.store import cases, links

ONLY_REVISION: Final = 1
"""Of a link: it is made and removed, and never changed in between."""


async def link(conn: AsyncConnection, context: Context, case_id: UUID, *, other_id: UUID, kind: LinkKind) -> UUID:
    """Link a case to another and return the link's id.

    Both rows are locked meanwhile, so that neither is erased, restricted or merged under the link.

    Raises:
        Refusal: the caller does not see both, they are linked so already, or the rules say no.
    """
    if other_id == case_id:
        raise Refusal(Code.SAME_CASE)
    await cases.lock(conn, context.scope, (case_id, other_id))
    loaded = await cases.load(conn, context.scope, case_id)
    other = await cases.load(conn, context.scope, other_id)
    attempt = Attempt(action=Action.LINK, actor=context.subject, into=other.case)
    decide(loaded.case, attempt)
    # What says the same from either end is kept one way, so that it is there once.
    ends = sorted((case_id, other_id)) if kind in BOTH_WAYS else [case_id, other_id]
    link_id = context.new_id()
    await links.add(
        conn,
        {
            "id": link_id,
            "from_case": ends[0],
            "to_case": ends[1],
            "kind": kind.value,
            "made_by": context.subject,
            "made_at": context.now,
        },
    )
    await _audit(conn, context, "case.link", (case_id, link_id, other_id), purpose=loaded.purpose_code)
    return link_id


async def unlink(conn: AsyncConnection, context: Context, case_id: UUID, link_id: UUID, *, revision: int) -> None:
    """Take a link away, of which there is one revision.

    Raises:
        Refusal: there is none that the caller sees both ends of, or the rules say no.
    """
    loaded = await cases.load(conn, context.scope, case_id)
    decide(loaded.case, Attempt(action=Action.UNLINK, actor=context.subject, item_id=link_id))
    other_id = await links.other_end(conn, case_id, link_id)
    if other_id is None or not await cases.is_visible(conn, context.scope, other_id):
        raise Refusal(Code.NOT_FOUND)
    if revision != ONLY_REVISION:
        raise Refusal(Code.STALE_VERSION)
    if not await links.remove(conn, link_id):
        raise Refusal(Code.NOT_FOUND)
    await _audit(conn, context, "case.unlink", (case_id, link_id, other_id), purpose=loaded.purpose_code)


async def _audit(conn: AsyncConnection, context: Context, action: str, ids: tuple[UUID, ...], *, purpose: str) -> None:
    await context.trail.record(conn, Entry(action=action, object_kind="case", object_ids=ids, purpose=purpose))
