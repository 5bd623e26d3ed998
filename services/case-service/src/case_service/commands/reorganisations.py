"""Reorganisations («omorganisering»): proposed by somebody of the directorate, approved by somebody else of it."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from forkant_kit.audit.record import Entry
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.context import Context, Target
from case_service.domain.moments import local_day
from case_service.domain.refusals import Code, Refusal
from case_service.domain.reorganisations import (
    Draft,
    Plan,
    ReorganisationMove,
    ReorganisationState,
    drawn_up,
    moved,
)
from case_service.store import reorganisations as store


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorganisationReceipt:
    """A reorganisation after a command."""

    id: UUID
    state: ReorganisationState
    version: int
    recorded_at: datetime


async def propose(conn: AsyncConnection, context: Context, draft: Draft, *, summary: str) -> ReorganisationReceipt:
    """Propose a reorganisation; nothing changes before somebody else approves it and its day has come.

    Raises:
        Refusal: the day, a unit, a municipality or the parts are wrong, or another one speaks of the same units.
    """
    await store.one_at_a_time(conn)
    structure = await store.structure_on(conn, draft.effective_on)
    plan = drawn_up(draft, structure, today=local_day(context.now))
    made = context.new_id()
    values = {
        "id": made,
        "version": 1,
        "state": ReorganisationState.PROPOSED.value,
        "kind": draft.kind.value,
        "effective_on": draft.effective_on,
        "summary": summary,
        "proposed_by": context.subject,
        "proposed_at": context.now,
        "updated_at": context.now,
    }
    await store.add(conn, {**values, **_columns(plan)})
    receipt = ReorganisationReceipt(id=made, state=ReorganisationState.PROPOSED, version=1, recorded_at=context.now)
    return await _recorded(conn, context, "propose", receipt)


async def decide(
    conn: AsyncConnection, context: Context, target: Target, move: ReorganisationMove
) -> ReorganisationReceipt:
    """Approve, reject or withdraw a reorganisation whose day is ahead.

    Raises:
        Refusal: there is none, it moved since, it is the caller's own that is to be approved, its day came meanwhile,
            or another that was approved since speaks of the same units.
    """
    await store.one_at_a_time(conn)
    row = await store.get(conn, target.id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    if row["version"] != target.revision:
        raise Refusal(Code.STALE_VERSION)
    now = ReorganisationState(row["state"])
    state = moved(now, move, subject=context.subject, proposed_by=row["proposed_by"])
    if move is ReorganisationMove.APPROVE:
        await _still_holds(conn, row, today=local_day(context.now))
    values = {
        "state": state.value,
        "updated_at": context.now,
        "decided_by": context.subject,
        "decided_at": context.now,
    }
    if not await store.save(conn, target.id, version=target.revision, values=values):
        raise Refusal(Code.STALE_VERSION)
    receipt = ReorganisationReceipt(id=target.id, state=state, version=target.revision + 1, recorded_at=context.now)
    return await _recorded(conn, context, move.value, receipt)


async def _still_holds(conn: AsyncConnection, row: RowMapping, *, today: date) -> None:
    """Ask of the units of now what was asked when it was proposed."""
    if row["effective_on"] <= today:
        raise Refusal(Code.NOT_AHEAD, earliest=date.fromordinal(today.toordinal() + 1).isoformat())
    structure = await store.structure_on(conn, row["effective_on"], beside=row["id"])
    if any(store.touched(row) & other for other in structure.underway):
        raise Refusal(Code.REORGANISATION_OVERLAPS)
    made = {each["id"] for each in row["makes"]}
    if taken := sorted(made & structure.taken):
        raise Refusal(Code.UNIT_EXISTS, units=taken)
    if not store.touched(row) - made <= structure.kinds.keys():
        raise Refusal(Code.UNKNOWN_UNIT)
    elsewhere = [each for each in row["municipalities"] if structure.districts.get(each) not in row["from_units"]]
    if elsewhere:
        raise Refusal(Code.MUNICIPALITY_NOT_IN_UNIT, municipalities=sorted(elsewhere))


def _columns(plan: Plan) -> dict[str, Any]:
    return {
        "from_units": list(plan.from_units),
        "ends": list(plan.ends),
        "makes": [{**asdict(unit), "kind": kind} for unit, kind in plan.makes],
        "successors": dict(plan.successors),
        "municipalities": dict(plan.municipalities),
    }


async def _recorded(
    conn: AsyncConnection, context: Context, action: str, receipt: ReorganisationReceipt
) -> ReorganisationReceipt:
    entry = Entry(
        action=f"reorganisation.{action}",
        object_kind="reorganisation",
        object_ids=[receipt.id],
    )
    await context.trail.record(conn, entry)
    return receipt
