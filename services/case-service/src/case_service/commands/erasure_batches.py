"""Erasing many cases whose retention has expired: asked for by a privacy officer, worked off by the worker.

Nothing is erased that the single erasure would refuse: each case is looked at again when its turn comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

from forkant_contracts.codes import CaseState, ErasureBasis
from forkant_kit.audit.record import Entry
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands import erasing
from case_service.commands.change import Change, begun
from case_service.commands.context import Context, Receipt
from case_service.domain.erasing import Obstacle, Outcome, obstacles
from case_service.domain.moments import local_day
from case_service.domain.refusals import Code, Refusal
from case_service.store import cases, many
from case_service.store import erasure_batches as store
from case_service.store.cases import Loaded
from case_service.store.erasure_batches import Batch

AT_A_TIME: Final = 50
"""How many cases one transaction erases."""
_BASIS: Final = ErasureBasis.RETENTION_EXPIRED
_EARLIEST: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A case whose retention has expired, and what keeps it."""

    case_id: UUID
    retention_until: date
    obstacles: Sequence[Obstacle] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReceipt:
    """A batch that was accepted."""

    id: UUID
    waiting: int
    left: int
    recorded_at: datetime


async def plan(conn: AsyncConnection, context: Context, *, as_of: date, limit: int) -> list[Candidate]:
    """Return which cases a batch would take and what keeps the others, those that nothing keeps first.

    Raises:
        Refusal: the day is still to come.
    """
    today = local_day(context.now)
    if not _EARLIEST <= as_of <= today:
        raise Refusal(Code.DUE_ON_OUT_OF_RANGE, earliest=_EARLIEST.isoformat(), latest=today.isoformat())
    rows = await store.candidates(conn, context.scope, as_of=as_of, limit=limit)
    return [
        Candidate(
            case_id=row["id"],
            retention_until=row["retention_until"],
            obstacles=obstacles(
                state=CaseState(row["state"]),
                until=row["retention_until"],
                held=row["held"],
                decided_by=row["archive_decided_by"],
                actor=context.subject,
                day=as_of,
            ),
        )
        for row in rows
    ]


async def accept(
    conn: AsyncConnection, context: Context, found: Sequence[Candidate], *, as_of: date, limit: int
) -> BatchReceipt:
    """Keep a batch for the worker; what something keeps is noted as left at once."""
    batch_id = context.new_id()
    batch = {
        "id": batch_id,
        "unit": context.unit,
        "as_of": as_of,
        "most": limit,
        "requested_by": context.subject,
        "clearance": context.scope.clearance,
        "requested_at": context.now,
    }
    items = [
        {
            "batch_id": batch_id,
            "case_id": candidate.case_id,
            "position": position,
            "outcome": Outcome.LEFT.value if candidate.obstacles else None,
            "reason": candidate.obstacles[0].value if candidate.obstacles else None,
            "decided_at": context.now if candidate.obstacles else None,
        }
        for position, candidate in enumerate(found, start=1)
    ]
    await store.add(conn, batch, items)
    ids = [batch_id, *(candidate.case_id for candidate in found)]
    await context.trail.record(conn, Entry(action="case.request_erasures", object_kind="erasure_batch", object_ids=ids))
    left = sum(bool(candidate.obstacles) for candidate in found)
    return BatchReceipt(id=batch_id, waiting=len(found) - left, left=left, recorded_at=context.now)


async def erase_some(
    conn: AsyncConnection, context: Context, batch: Batch, *, limit: int = AT_A_TIME, only: UUID | None = None
) -> int:
    """Erase some cases of a batch that wait, and note what became of each; return how many were claimed.

    The claim, the erasures and the notes stand or fall together, so that a worker that dies leaves its cases as they
    were, for the next one. What somebody changed meanwhile waits for the next turn.
    """
    claimed = await store.claim(conn, batch.id, limit=limit, only=only)
    if not claimed:
        return 0
    merged = await cases.below(conn, claimed)
    # Nothing moves from here on, so that a case and those that were merged into it go together or not at all.
    await cases.lock(conn, context.scope, [*claimed, *chain.from_iterable(merged.values())])
    seen = {loaded.id: loaded for loaded in await many.load_all(conn, context.scope, claimed)}
    kept = {case_id: _kept_by(seen.get(case_id), batch) for case_id in claimed}
    changes: list[Change] = []
    for case_id in [case_id for case_id, reason in kept.items() if reason is None]:
        change = begun(conn, context, seen[case_id], occurred_at=None)
        try:
            below = [await erasing.below(change, each, basis=_BASIS) for each in merged[case_id]]
        except Refusal:
            kept[case_id] = Obstacle.MERGED_CASE_KEPT
        else:
            changes += [change, *below]
    receipts = await _erase(conn, context, batch, changes)
    erased = [_noted(receipt) for receipt in receipts if receipt.id in kept]
    gone = {receipt.id for receipt in receipts}
    at = context.now
    left = [
        {"case_id": case_id, "outcome": Outcome.LEFT.value, "reason": reason.value, "decided_at": at}
        for case_id, reason in kept.items()
        if reason is not None and case_id not in gone
    ]
    await store.note(conn, batch.id, [*left, *erased])
    return len(claimed)


async def set_aside(conn: AsyncConnection, context: Context, batch: Batch, case_id: UUID) -> None:
    """Note that the database refused to erase a case, so that it keeps no other from its turn."""
    if await store.claim(conn, batch.id, limit=1, only=case_id):
        reason = Obstacle.REFUSED_BY_DATABASE.value
        outcome = {"case_id": case_id, "outcome": Outcome.LEFT.value, "reason": reason, "decided_at": context.now}
        await store.note(conn, batch.id, [outcome])


async def _erase(conn: AsyncConnection, context: Context, batch: Batch, changes: Sequence[Change]) -> list[Receipt]:
    for change in changes:
        erasing.check(change, basis=_BASIS)
    return await erasing.erase_all(conn, context, changes, basis=_BASIS, reason_id=batch.id)


def _noted(receipt: Receipt) -> dict[str, Any]:
    return {
        "case_id": receipt.id,
        "outcome": Outcome.ERASED.value,
        "version": receipt.version,
        "decided_at": receipt.recorded_at,
    }


def _kept_by(loaded: Loaded | None, batch: Batch) -> Obstacle | None:
    if loaded is None or loaded.unit != batch.unit:
        return Obstacle.NOT_SEEN
    case = loaded.case
    if case.erased:
        return Obstacle.ALREADY_ERASED
    if case.merged:
        return Obstacle.MERGED
    if case.retention_until is None:
        raise ValueError("a case that was read says until when it is kept")
    found = obstacles(
        state=case.state,
        until=case.retention_until,
        held=bool(case.legal_holds),
        decided_by=case.archive_decided_by,
        actor=batch.requested_by,
        day=batch.as_of,
    )
    return found[0] if found else None
