"""Methods and codes («fagforvaltning»): proposed by districts, heard, approved, published and retired nationally."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from forkant_contracts import EventData
from forkant_contracts.codes import MeasureKind
from forkant_contracts.events.catalogue import MethodPublished, MethodRetired
from forkant_kit.audit.record import Entry
from forkant_kit.outbox import append_events
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.context import Context, Target
from case_service.domain.governance import Move, Mover, Proposal, ProposalState, moved
from case_service.domain.moments import due, local_day
from case_service.domain.refusals import Code, Refusal
from case_service.events import Stamp, stamped
from case_service.store import methods as store
from case_service.store.methods import MethodMoved


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStep:
    """A step of a proposed method."""

    code: str
    mandatory: bool
    name_nb: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A method as it is proposed, and why."""

    name_nb: str
    name_en: str
    summary: str
    steps: Sequence[NewStep]

    def columns(self) -> dict[str, Any]:
        """Return what is stored of it."""
        return {**asdict(self), "steps": [asdict(step) for step in self.steps]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalReceipt:
    """A proposal after a command."""

    id: UUID
    state: ProposalState
    version: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A move under way: what it writes, and why."""

    move: Move
    values: MappingProxyType[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    reason: str | None = None


async def propose(conn: AsyncConnection, context: Context, kind: MeasureKind, draft: Draft) -> ProposalReceipt:
    """Propose a new version of a method, or the first."""
    proposal_id = context.new_id()
    values = {
        "id": proposal_id,
        "method_code": kind.value,
        "unit": context.unit,
        "version": 1,
        "state": ProposalState.PROPOSED.value,
        "proposed_by": context.subject,
        "proposed_at": context.now,
        "updated_at": context.now,
    }
    await store.insert_proposal(conn, {**values, **draft.columns()})
    await _log(conn, context, "propose", kind.value, proposal_id=proposal_id)
    return _receipt(context, proposal_id, ProposalState.PROPOSED, 1)


async def rewrite(conn: AsyncConnection, context: Context, target: Target, draft: Draft) -> ProposalReceipt:
    """Write a proposal anew before its hearing.

    Raises:
        Refusal: there is none, it moved since, or the rules say no.
    """
    return await _move(conn, context, target, _Step(move=Move.REWRITE, values=MappingProxyType(draft.columns())))


async def open_hearing(conn: AsyncConnection, context: Context, target: Target, *, until: date) -> ProposalReceipt:
    """Let everybody say what they think of a proposal, up to a day.

    Raises:
        Refusal: the day is out of range; else as for rewriting.
    """
    due(due_on=until, opened_at=context.now, now=context.now)
    values = MappingProxyType({"hearing_until": until})
    return await _move(conn, context, target, _Step(move=Move.OPEN_HEARING, values=values))


async def approve(conn: AsyncConnection, context: Context, target: Target) -> ProposalReceipt:
    """Approve a proposal that was heard.

    Raises:
        Refusal: the caller proposed it, or the hearing still lasts; else as for rewriting.
    """
    values = MappingProxyType({"approved_by": context.subject, "approved_at": context.now})
    return await _move(conn, context, target, _Step(move=Move.APPROVE, values=values))


async def reject(conn: AsyncConnection, context: Context, target: Target, *, reason: str) -> ProposalReceipt:
    """Turn a proposal down, and say why.

    Raises:
        Refusal: as for rewriting.
    """
    return await _move(conn, context, target, _Step(move=Move.REJECT, reason=reason))


async def withdraw(conn: AsyncConnection, context: Context, target: Target) -> ProposalReceipt:
    """Take a proposal of the own unit back.

    Raises:
        Refusal: as for rewriting.
    """
    return await _move(conn, context, target, _Step(move=Move.WITHDRAW))


async def comment(conn: AsyncConnection, context: Context, proposal_id: UUID, *, text: str) -> UUID:
    """Say something in a hearing; return the comment's id.

    Raises:
        Refusal: there is no such proposal, or no hearing.
    """
    row = await _locked(conn, proposal_id)
    moved(_proposal(row), Move.COMMENT, _mover(context))
    comment_id = context.new_id()
    said = {"unit": context.unit, "author": context.subject, "text": text, "written_at": context.now}
    await store.insert_comment(conn, {"id": comment_id, "proposal_id": proposal_id, **said})
    await _audit(conn, context, "method.comment", [proposal_id, comment_id])
    return comment_id


async def publish(conn: AsyncConnection, context: Context, target: Target, *, valid_from: date) -> ProposalReceipt:
    """Publish an approved proposal as the next version of its method; measures that follow another stay on it.

    Raises:
        Refusal: the day is out of range; else as for rewriting.
    """
    due(due_on=valid_from, opened_at=context.now, now=context.now)
    row = await _current(conn, target)
    moved(_proposal(row), Move.PUBLISH, _mover(context))
    made = await store.publish(conn, target.id, starts=valid_from, at=context.now)
    steps = row["steps"]
    published = MethodPublished(
        method=row["method_code"],
        method_version=made.method_version or 1,
        measure_kind=MeasureKind(row["method_code"]),
        standardised=True,
        steps=len(steps),
        mandatory_steps=sum(step["mandatory"] for step in steps),
        valid_from=valid_from,
    )
    await _tell(conn, context, made, published)
    await _log(conn, context, "publish", row["method_code"], proposal_id=target.id, moved_to=made)
    return _receipt(context, target.id, ProposalState.PUBLISHED, row["version"] + 1)


async def retire_method(
    conn: AsyncConnection, context: Context, kind: MeasureKind, *, since: date, reason: str
) -> None:
    """Let no new measure follow a method from a day on; those that follow it go on.

    Raises:
        Refusal: the day is out of range, or no version of it is in use.
    """
    due(due_on=since, opened_at=context.now, now=context.now)
    retired = await store.retire_method(conn, kind.value, since=since)
    if retired is None:
        raise Refusal(Code.ALREADY_RETIRED)
    await _tell(conn, context, retired, MethodRetired(method=kind.value, retired_from=since))
    await _log(conn, context, "retire", kind.value, moved_to=retired, reason=reason)


async def retire_code(
    conn: AsyncConnection, context: Context, *, code_list: str, code: str, since: date, reason: str
) -> None:
    """Let nothing new take a code from a day on; where it stands it still reads.

    Raises:
        Refusal: the day is out of range, or the code is retired already.
    """
    due(due_on=since, opened_at=context.now, now=context.now)
    done = await store.retire_code(
        conn, code_list=code_list, code=code, since=since, by=context.subject, at=context.now
    )
    if not done:
        raise Refusal(Code.ALREADY_RETIRED)
    await _log(conn, context, "retire_code", f"{code_list}.{code}", reason=reason)


async def _move(conn: AsyncConnection, context: Context, target: Target, step: _Step) -> ProposalReceipt:
    row = await _current(conn, target)
    state = moved(_proposal(row), step.move, _mover(context))
    await store.save_proposal(conn, target.id, {**step.values, "state": state.value, "updated_at": context.now})
    await _log(conn, context, step.move.value, row["method_code"], proposal_id=target.id, reason=step.reason)
    return _receipt(context, target.id, state, row["version"] + 1)


async def _current(conn: AsyncConnection, target: Target) -> RowMapping:
    row = await _locked(conn, target.id)
    if row["version"] != target.revision:
        raise Refusal(Code.STALE_VERSION)
    return row


async def _locked(conn: AsyncConnection, proposal_id: UUID) -> RowMapping:
    row = await store.lock_proposal(conn, proposal_id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return row


def _proposal(row: RowMapping) -> Proposal:
    return Proposal(
        state=ProposalState(row["state"]),
        unit=row["unit"],
        proposed_by=row["proposed_by"],
        hearing_until=row["hearing_until"],
    )


def _mover(context: Context) -> Mover:
    return Mover(subject=context.subject, unit=context.unit, day=local_day(context.now))


def _receipt(context: Context, proposal_id: UUID, state: ProposalState, version: int) -> ProposalReceipt:
    return ProposalReceipt(id=proposal_id, state=state, version=version, recorded_at=context.now)


async def _tell(conn: AsyncConnection, context: Context, moved_to: MethodMoved, event: EventData) -> None:
    stamp = Stamp(
        aggregate_id=moved_to.id,
        unit=context.unit,
        version=moved_to.version,
        occurred_at=context.now,
        recorded_at=context.now,
        new_id=context.new_id,
    )
    await append_events(conn, stamped(stamp, [event]))


async def _log(
    conn: AsyncConnection,
    context: Context,
    action: str,
    method_code: str,
    *,
    proposal_id: UUID | None = None,
    moved_to: MethodMoved | None = None,
    reason: str | None = None,
) -> None:
    """Write the change into the log that everybody may read, and who did it into the audit trail."""
    change_id = context.new_id()
    said = {"action": action, "unit": context.unit, "subject": context.subject, "reason": reason}
    about = {"id": change_id, "method_code": method_code, "proposal_id": proposal_id, "changed_at": context.now}
    await store.log_change(conn, {**about, **said})
    ids = [] if moved_to is None else [moved_to.id]
    ids += [change_id] if proposal_id is None else [proposal_id]
    await _audit(conn, context, f"method.{action}", ids, version=None if moved_to is None else moved_to.version)


async def _audit(
    conn: AsyncConnection, context: Context, action: str, ids: Sequence[UUID], *, version: int | None = None
) -> None:
    await context.trail.record(conn, Entry(action=action, object_kind="method", object_ids=list(ids), version=version))
