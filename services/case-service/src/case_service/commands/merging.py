"""Merging a duplicate into the case that goes on.

Nothing is moved or copied: each text stays under the key, and before the eyes, that it was written for. The merged case
stays readable as it was, by those who could read it; nobody sees more than before. See ADR 0020.
"""

from forkant_contracts.events.case import CaseMerged
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.lifecycle import decide
from case_service.domain.refusals import Code, Refusal
from case_service.store import cases


async def merge(conn: AsyncConnection, context: Context, target: Target, *, into: Target, note: str | None) -> Receipt:
    """Merge a case into another of the unit; both as the caller last saw them.

    The other one moves on too, without an event: whoever works on it finds that it was changed, and two mergers into
    it, or one of it, come one after the other. Both rows are locked first, in the order of their ids, so that two that
    merge crosswise wait in line, and the second finds what the first did.

    Raises:
        Refusal: the caller does not see both, either has changed, they are of different units, or the rules say no.
    """
    if into.id == target.id:
        raise Refusal(Code.SAME_CASE)
    await cases.lock(conn, context.scope, (target.id, into.id))
    change = await begin(conn, context, target)
    other = await cases.load(conn, context.scope, into.id)
    if other.revision != into.revision:
        raise Refusal(Code.OTHER_CASE_CHANGED)
    decision = decide(change.case, Attempt(action=Action.MERGE, actor=change.actor, into=other.case))
    if other.unit != change.loaded.unit:
        raise Refusal(Code.UNITS_DIFFER)
    outcome = Outcome(
        action=Action.MERGE,
        details={Kind.MERGED: CaseMerged(into_case_id=other.id)},
        columns={"merged_into": other.id, "merged_at": change.at},
        note=note,
        item_id=other.id,
    )
    receipt = await finish(change, decision, outcome)
    await cases.advance(conn, loaded=other, events=0, values={"updated_at": context.now})
    return receipt
