"""Moving a case to another unit: offered by the unit that holds it, answered by the one that would."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from forkant_contracts.events.case import CaseTransferred
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Change, Outcome, begin, begun, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.commands.members import member
from case_service.commands.pilots import check_pilot
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.lifecycle import decide
from case_service.domain.moments import local_day
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import TransferState
from case_service.store import cases, departures, grants, items, tasks, words
from case_service.store.units import units_with_cases


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferReceipt:
    """What a unit gets that turned an offer down: nothing of the case."""

    id: UUID
    case_id: UUID
    state: TransferState
    revision: int
    recorded_at: datetime


async def offer(conn: AsyncConnection, context: Context, target: Target, *, to_unit: str, note: str | None) -> Receipt:
    """Offer a case to another unit.

    Raises:
        Refusal: there is no such unit or it is the caller's own, it takes no part in the pilot that the case is of,
            another offer is open, or the rules say no.
    """
    change = await begin(conn, context, target)
    if to_unit not in await units_with_cases(conn, day=local_day(context.now)):
        raise Refusal(Code.UNKNOWN_UNIT)
    if to_unit == change.loaded.unit:
        raise Refusal(Code.SAME_UNIT)
    await check_pilot(conn, change.loaded.case_type, unit=to_unit, day=local_day(context.now))
    transfer_id = context.new_id()
    attempt = Attempt(action=Action.OFFER_TRANSFER, actor=change.actor, item_id=transfer_id)
    outcome = Outcome(action=attempt.action, item_id=transfer_id, offered_to=to_unit)
    receipt = await finish(change, decide(change.case, attempt), outcome)
    await items.insert_transfer(
        conn,
        change.key,
        {
            "id": transfer_id,
            "case_id": receipt.id,
            "from_unit": change.loaded.unit,
            "to_unit": to_unit,
            "state": TransferState.OFFERED,
            "revision": 1,
            "note": note,
            "offered_by": change.actor,
            "offered_at": change.at,
        },
    )
    return receipt


async def accept(conn: AsyncConnection, context: Context, target: Target, transfer_id: UUID) -> Receipt:
    """Take over a case on offer; from now on the caller's unit holds it, and the caller is its owner and only member.

    Raises:
        Refusal: there is no such offer, it was answered, the unit takes no part any more in the pilot that the case is
            of, or the rules say no.
    """
    change = await _begin_answer(conn, context, target, transfer_id)
    await check_pilot(conn, change.loaded.case_type, unit=context.unit, day=local_day(context.now))
    attempt = Attempt(action=Action.ACCEPT_TRANSFER, actor=change.actor, item_id=transfer_id)
    outcome = Outcome(
        action=attempt.action,
        details={Kind.TRANSFERRED: CaseTransferred(from_unit=change.loaded.unit)},
        columns={"unit": context.unit, "case_owner": change.actor},
        item_id=transfer_id,
        moved_to=context.unit,
    )
    # The case is locked, so that nobody is made a member of it meanwhile.
    await grants.end_all(conn, change.loaded.id, at=context.now, by=change.actor)
    await grants.add(conn, member(context, change.loaded.id), by=change.actor)
    receipt = await finish(change, decide(change.case, attempt), outcome)
    await items.answer_transfer(conn, transfer_id, state=TransferState.ACCEPTED, by=change.actor, at=change.at)
    await tasks.move_to(conn, change.loaded.id, context.unit)
    await departures.move(
        conn,
        case_id=receipt.id,
        from_unit=change.loaded.unit,
        to_unit=context.unit,
        version=receipt.version,
        lowest_level=change.loaded.lowest_level,
        at=context.now,
    )
    # Words are kept for the unit that holds the case: as they were, nobody here would find it by them.
    await words.save_all(conn, {receipt.id: replace(change.key, unit=context.unit)})
    return receipt


async def reject(conn: AsyncConnection, context: Context, target: Target, transfer_id: UUID) -> OfferReceipt:
    """Turn an offer down.

    Raises:
        Refusal: there is no such offer, or it was answered.
    """
    change = await _begin_answer(conn, context, target, transfer_id)
    attempt = Attempt(action=Action.REJECT_TRANSFER, actor=change.actor, item_id=transfer_id)
    await finish(change, decide(change.case, attempt), Outcome(action=attempt.action, item_id=transfer_id))
    await items.answer_transfer(conn, transfer_id, state=TransferState.REJECTED, by=change.actor, at=change.at)
    return OfferReceipt(
        id=transfer_id,
        case_id=change.loaded.id,
        state=TransferState.REJECTED,
        revision=target.revision + 1,
        recorded_at=context.now,
    )


async def revoke(conn: AsyncConnection, context: Context, target: Target, transfer_id: UUID) -> Receipt:
    """Take an offer back.

    Raises:
        Refusal: it was answered, or the rules say no.
    """
    change = await begin(conn, context, target, transfer_id)
    attempt = Attempt(action=Action.REVOKE_TRANSFER, actor=change.actor, item_id=transfer_id)
    outcome = Outcome(action=attempt.action, item_id=transfer_id)
    receipt = await finish(change, decide(change.case, attempt), outcome)
    await items.answer_transfer(conn, transfer_id, state=TransferState.REVOKED, by=change.actor, at=change.at)
    return receipt


async def _begin_answer(conn: AsyncConnection, context: Context, target: Target, transfer_id: UUID) -> Change:
    loaded = await cases.load_offered(conn, context.scope, target.id)
    if loaded.case.offer != transfer_id:
        raise Refusal(Code.NOT_FOUND)
    # An open offer is always at its first revision: the answer is its only change.
    if target.revision != 1:
        raise Refusal(Code.STALE_VERSION)
    return begun(conn, context, loaded, transfer_id, occurred_at=target.occurred_at)
