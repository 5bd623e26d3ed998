"""The certificate of an erasure, with what was settled before it and the event that told of it."""

from typing import Any, Final
from uuid import UUID

from forkant_contracts.events.case import CaseErased
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.refusals import Code, Refusal
from case_service.scope import VISIBLE_CASES, Scope
from case_service.store import deletions, keeping
from case_service.tables import event_archive, preventive_case

_c: Final = preventive_case.c
_SEEN: Final = select(_c.id).where(_c.id == bindparam("case_id"), VISIBLE_CASES)
_MERGED: Final = select(_c.id).where(_c.merged_into == bindparam("case_id"), VISIBLE_CASES).order_by(_c.id)
_e: Final = event_archive.c
_TOMBSTONE: Final = select(_e.event_id, _e.recorded_at).where(
    _e.aggregate_id == bindparam("case_id"), _e.type == CaseErased.TYPE
)


async def get_certificate(conn: AsyncConnection, scope: Scope, case_id: UUID) -> dict[str, Any]:
    """Return the certificate of an erased case.

    Raises:
        Refusal: there is no such case for this caller, or it is not erased.
    """
    if (await conn.execute(_SEEN, {"case_id": case_id, **scope.params()})).one_or_none() is None:
        raise Refusal(Code.NOT_FOUND)
    certificate = await keeping.certificate_of(conn, case_id)
    if certificate is None:
        raise Refusal(Code.NOT_ERASED)
    event = (await conn.execute(_TOMBSTONE, {"case_id": case_id})).one_or_none()
    decision = await keeping.decision_of(conn, case_id)
    return {
        **certificate,
        "contents_waiting": await deletions.waiting(conn, case_id),
        "topic": CaseErased.TOPIC,
        "event_id": None if event is None else event.event_id,
        "merged": list((await conn.execute(_MERGED, {"case_id": case_id, **scope.params()})).scalars()),
        "archive_decision": None if decision is None else dict(decision),
        "legal_holds": [dict(row) for row in await keeping.holds_of(conn, case_id)],
    }
