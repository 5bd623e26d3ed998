"""Erasing cases («sletting»), one or many in one transaction: what they hold, its keys, and a certificate for each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from forkant_contracts.codes import ErasureBasis
from forkant_contracts.events.case import CaseErased
from forkant_kit.audit.record import Entry
from forkant_kit.outbox import append_events
from forkant_kit.vault import shred
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Change, begun
from case_service.commands.context import Context, Receipt
from case_service.domain.attempt import Action, Attempt
from case_service.domain.lifecycle import decide
from case_service.domain.moments import local_day
from case_service.domain.refusals import Code, Refusal
from case_service.events import Stamp, stamped
from case_service.store import cases, disclosures, erasure, keeping, many

_ERASE = f"case.{Action.ERASE.value}"


def check(change: Change, *, basis: ErasureBasis) -> None:
    """Refuse an erasure that the rules do not allow, or that is another unit's to do.

    Raises:
        Refusal: as said.
    """
    day = local_day(change.context.now)
    decide(change.case, Attempt(action=Action.ERASE, actor=change.actor, erasure_basis=basis, day=day))
    if change.loaded.unit != change.context.unit:
        raise Refusal(Code.CASE_OF_ANOTHER_UNIT)


async def below(change: Change, case_id: UUID, *, basis: ErasureBasis) -> Change:
    """Return the change that erases a case together with the one that it was merged into, when the rules allow it.

    It is kept as long as that one: whose retention has expired is not kept for the sake of its duplicates.

    Raises:
        Refusal: the caller may not see it, or the rules say no to the case that ``case`` names.
    """
    conn, context = change.conn, change.context
    try:
        loaded = await cases.load(conn, context.scope, case_id)
    except Refusal:
        raise Refusal(Code.MERGED_CASE_OUT_OF_REACH) from None
    kept = replace(loaded, case=replace(loaded.case, retention_until=change.case.retention_until))
    merged = begun(conn, context, kept, occurred_at=None)
    try:
        check(merged, basis=basis)
    except Refusal as refusal:
        raise Refusal(refusal.code, **refusal.facts, case=str(case_id)) from None
    return merged


async def _whole(conn: AsyncConnection, changes: Sequence[Change]) -> list[Change]:
    """Leave out cases into which others were merged that are neither erased nor among these."""
    ids = {change.loaded.id for change in changes}
    found = await cases.below(conn, ids)
    return [change for change in changes if ids.issuperset(found[change.loaded.id])]


async def erase_all(
    conn: AsyncConnection,
    context: Context,
    changes: Sequence[Change],
    *,
    basis: ErasureBasis,
    reason_id: UUID | None = None,
) -> list[Receipt]:
    """Erase cases that were checked, and certify each; what moved since it was loaded is left as it is.

    So is a case into which others were merged that are not among these: nothing of it is left behind. Every statement
    is for all of them, so that many cost little more than one. ``reason_id`` names in the trail what asked for them
    together.

    Returns:
        The receipts of those that were erased.
    """
    moved = await many.advance_all(
        conn,
        unit=context.unit,
        loaded=[change.loaded for change in await _whole(conn, changes)],
        values={
            **erasure.EMPTIED,
            "erased_at": context.now,
            "erasure_basis": basis.value,
            "updated_at": context.now,
        },
    )
    erased = [change for change in changes if change.loaded.id in moved]
    if not erased:
        return []
    receipts = [_receipt(change, *moved[change.loaded.id]) for change in erased]
    await append_events(conn, [event for change in erased for event in _events(change, moved, basis)])
    await context.trail.record_all(
        conn,
        [
            Entry(
                action=_ERASE,
                object_kind="case",
                object_ids=[change.loaded.id],
                version=moved[change.loaded.id][0],
                purpose=change.loaded.purpose_code,
                reason_id=reason_id,
            )
            for change in erased
        ],
    )
    await _destroy(conn, context, erased, moved, basis)
    return receipts


async def _destroy(
    conn: AsyncConnection,
    context: Context,
    erased: Sequence[Change],
    moved: Mapping[UUID, tuple[int, int]],
    basis: ErasureBasis,
) -> None:
    concerns = {change.loaded.id: change.loaded.concern_id for change in erased}
    gone = await erasure.erase_items(conn, concerns, at=context.now)
    # What the rows held is in dead rows, replicas and backups still: without its key nobody reads it there.
    owners = [*concerns, *(concern for concern in concerns.values() if concern is not None)]
    shredded = await shred(conn, owners)
    given = await disclosures.given(conn, list(concerns))
    certificates: list[dict[str, Any]] = [
        {
            "case_id": case_id,
            "version": moved[case_id][0],
            "basis": basis.value,
            "erased_by": context.subject,
            "erased_at": context.now,
            "concern_id": concern_id,
            "destroyed": {
                **gone[case_id],
                "preventive_case": 1,
                "data_key": len({case_id, concern_id} & shredded),
            },
            "recipients_to_tell": [_to_tell(dict(row)) for row in given if row["case_id"] == case_id],
        }
        for case_id, concern_id in concerns.items()
    ]
    await keeping.certify(conn, certificates)


def _to_tell(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(row[name]) for name in ("disclosure_id", "recipient_kind")} | {
        "disclosed_at": row["disclosed_at"].isoformat()
    }


def _events(change: Change, moved: Mapping[UUID, tuple[int, int]], basis: ErasureBasis) -> Sequence[Any]:
    stamp = Stamp(
        aggregate_id=change.loaded.id,
        unit=change.loaded.unit,
        version=moved[change.loaded.id][0],
        occurred_at=change.at,
        recorded_at=change.context.now,
        new_id=change.context.new_id,
    )
    return stamped(stamp, [CaseErased(basis=basis)])


def _receipt(change: Change, version: int, revision: int) -> Receipt:
    return Receipt(
        id=change.loaded.id,
        unit=change.loaded.unit,
        state=change.case.state.value,
        version=version,
        revision=revision,
        recorded_at=change.context.now,
    )
