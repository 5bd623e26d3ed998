"""Receiving a concern and deciding it; a decision may open a case in the same transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from forkant_contracts.codes import AgeBand, Arena, ConcernOutcome, ConcernSource, Theme
from forkant_contracts.envelope import EventData
from forkant_contracts.events.concern import ConcernDecided, ConcernReceived
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import publish_change
from case_service.commands.context import Context, Target
from case_service.commands.opening import NewCase, insert_opened
from case_service.domain.concerns import ConcernState, decide_concern
from case_service.domain.moments import when
from case_service.domain.refusals import Code, Refusal
from case_service.events import Stamp, stamped
from case_service.store import concerns, subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernReceipt:
    """What a caller gets for a change of a concern."""

    id: UUID
    unit: str
    state: ConcernState
    version: int
    recorded_at: datetime
    outcome: ConcernOutcome | None = None
    case_id: UUID | None = None


async def receive_concern(
    conn: AsyncConnection,
    context: Context,
    *,
    source: ConcernSource,
    theme: Theme,
    age_band: AgeBand,
    arena: Arena,
    municipality_number: str | None,
    description: str,
    occurred_at: datetime | None,
    subject_form: str | None = None,
) -> ConcernReceipt:
    """Register a concern that the caller's unit received; of the form of a reference, only marks are kept.

    Raises:
        Refusal: the moment is wrong.
    """
    at = when(occurred_at=occurred_at, now=context.now)
    concern_id = context.new_id()
    data = ConcernReceived(
        source=source, theme=theme, age_band=age_band, arena=arena, municipality_number=municipality_number
    )
    await concerns.insert_concern(
        conn,
        context.vault,
        concern_id=concern_id,
        values={
            **data.model_dump(),
            "unit": context.unit,
            "version": 1,
            "state": ConcernState.RECEIVED,
            "description": description,
            "registered_by": context.subject,
            "received_at": at,
            "recorded_at": context.now,
            "updated_at": context.now,
        },
    )
    if subject_form is not None:
        await subjects.add_to_concern(conn, concern_id, context.vault.marker.marks(subject_form))
    await _publish(conn, context, data, concern_id=concern_id, version=1, at=at, action="concern.receive")
    return ConcernReceipt(
        id=concern_id, unit=context.unit, state=ConcernState.RECEIVED, version=1, recorded_at=context.now
    )


async def decide(
    conn: AsyncConnection,
    context: Context,
    target: Target,
    *,
    outcome: ConcernOutcome,
    note: str | None,
    new_case: Callable[[concerns.LoadedConcern], NewCase] | None,
) -> ConcernReceipt:
    """Decide a concern; ``new_case``, given with the outcome ``case``, says which case it becomes.

    Raises:
        Refusal: the caller may not see it, it moved, it was decided before, the moment is wrong, or too little is
            known of the case.
    """
    loaded = await concerns.load(conn, context.scope, target.id)
    if loaded.version != target.revision:
        raise Refusal(Code.STALE_VERSION)
    at = when(occurred_at=target.occurred_at, now=context.now, not_before=loaded.received_at)
    state = decide_concern(loaded.state)
    case_id = context.new_id() if new_case is not None else None
    version = await concerns.advance(
        conn,
        context.vault.opened(loaded.id, loaded.sealed_key),
        loaded=loaded,
        values={
            "state": state,
            "outcome": outcome,
            "case_id": case_id,
            "note": note,
            "decided_by": context.subject,
            "decided_at": at,
            "updated_at": context.now,
        },
    )
    data = ConcernDecided(outcome=outcome, case_id=case_id)
    await _publish(conn, context, data, concern_id=loaded.id, version=version, at=at, action="concern.decide")
    if new_case is not None and case_id is not None:
        await insert_opened(conn, context, new_case(loaded), at=at, case_id=case_id, concern_id=loaded.id)
    return ConcernReceipt(
        id=loaded.id,
        unit=loaded.unit,
        state=state,
        version=version,
        recorded_at=context.now,
        outcome=outcome,
        case_id=case_id,
    )


async def _publish(
    conn: AsyncConnection,
    context: Context,
    data: EventData,
    *,
    concern_id: UUID,
    version: int,
    at: datetime,
    action: str,
) -> None:
    stamp = Stamp(
        aggregate_id=concern_id,
        unit=context.unit,
        version=version,
        occurred_at=at,
        recorded_at=context.now,
        new_id=context.new_id,
    )
    events = stamped(stamp, [data])
    await publish_change(conn, context, events, action=action, case_id=concern_id, version=version, kind="concern")
