"""Disclosures («utlevering»): prepared by who works on a case, approved by somebody else, then given or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_contracts.codes import PurposeCode
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Change, Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt
from case_service.domain.disclosures import (
    DisclosureBasis,
    DisclosureMethod,
    DisclosureMove,
    DisclosureState,
    RecipientKind,
    check_fields,
    moved,
)
from case_service.domain.lifecycle import decide
from case_service.domain.refusals import Code, Refusal
from case_service.store import disclosures as store

_ACTIONS: Final[Mapping[DisclosureMove, Action]] = MappingProxyType(
    {
        DisclosureMove.APPROVE: Action.APPROVE_DISCLOSURE,
        DisclosureMove.REFUSE: Action.REFUSE_DISCLOSURE,
        DisclosureMove.DISCLOSE: Action.DISCLOSE,
        DisclosureMove.WITHDRAW: Action.WITHDRAW_DISCLOSURE,
    }
)
_WHO_AND_WHEN: Final[Mapping[DisclosureMove, str]] = MappingProxyType(
    {
        DisclosureMove.APPROVE: "decided",
        DisclosureMove.REFUSE: "decided",
        DisclosureMove.DISCLOSE: "disclosed",
        DisclosureMove.WITHDRAW: "withdrawn",
    }
)
"""The columns that say by whom and when a move was made."""
_FORWARD: Final = frozenset({DisclosureMove.APPROVE, DisclosureMove.DISCLOSE})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDisclosure:
    """What is to be given of a case, to whom, and why."""

    recipient_kind: RecipientKind
    recipient: str
    basis: DisclosureBasis
    purpose_code: PurposeCode
    fields: Sequence[str]
    reason: str


async def prepare(conn: AsyncConnection, context: Context, target: Target, new: NewDisclosure) -> Receipt:
    """Prepare a disclosure, which gives nothing yet.

    Raises:
        Refusal: the case does not hold what is to be given, it is restricted, or the rules say no.
    """
    change = await begin(conn, context, target)
    disclosure_id = context.new_id()
    attempt = Attempt(action=Action.PREPARE_DISCLOSURE, actor=change.actor, item_id=disclosure_id)
    decision = decide(change.case, attempt)
    await _check(change, new.fields)
    receipt = await finish(change, decision, Outcome(action=attempt.action, item_id=disclosure_id))
    values = {
        "id": disclosure_id,
        "case_id": receipt.id,
        "state": DisclosureState.PREPARED.value,
        "recipient_kind": new.recipient_kind.value,
        "recipient": new.recipient,
        "basis": new.basis.value,
        "purpose_code": new.purpose_code.value,
        "fields": sorted(set(new.fields)),
        "reason": new.reason,
        "requested_by": change.actor,
        "requested_at": change.at,
    }
    await store.add(conn, change.key, values)
    return receipt


async def move(
    conn: AsyncConnection,
    context: Context,
    target: Target,
    disclosure_id: UUID,
    move: DisclosureMove,
    *,
    method: DisclosureMethod | None = None,
) -> Receipt:
    """Approve, refuse or withdraw a disclosure, or record that it was given, and how.

    What is to be given is looked at again before it is approved and before it is given: it may be gone by then, or be
    restricted. Any change of the case meanwhile stops the move, since the case has moved on.

    Raises:
        Refusal: there is no such disclosure, its state does not allow it, who asked for it decides about it, the case
            holds no more what is to be given, or the rules say no.
    """
    change = await begin(conn, context, target)
    action = _ACTIONS[move]
    decision = decide(change.case, Attempt(action=action, actor=change.actor, item_id=disclosure_id))
    row = await store.find(conn, change.loaded.id, disclosure_id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    change = change.following(row["decided_at"] or row["requested_at"])
    state = moved(DisclosureState(row["state"]), move, actor=change.actor, requested_by=row["requested_by"])
    if move in _FORWARD:
        await _check(change, row["fields"])
    receipt = await finish(change, decision, Outcome(action=action, item_id=disclosure_id))
    done = _WHO_AND_WHEN[move]
    values = {f"{done}_by": change.actor, f"{done}_at": change.at}
    if method is not None:
        values["method"] = method.value
    await store.change(conn, disclosure_id, state=state, values=values)
    return receipt


async def _check(change: Change, fields: Sequence[str]) -> None:
    check_fields(fields, await store.givable(change.conn, change.loaded.id, at=change.context.now))
