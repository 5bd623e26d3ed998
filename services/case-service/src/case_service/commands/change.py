"""The way of every change of a case: load, decide, move on, publish, audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_contracts import Event
from forkant_contracts.codes import CaseState
from forkant_kit.audit.record import Entry
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands import retention
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Decision
from case_service.domain.moments import local_day, when
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import Case, Turn
from case_service.domain.tasks import Course, Task, TaskChanges, follow
from case_service.events import Details, ItemDetails, Stamp, about_tasks, described, stamped
from case_service.store import cases, items, tasks
from case_service.words import CaseKey

_BY_ITS_UNIT: Final = frozenset(
    {
        Action.APPROVE_PLAN,
        Action.OFFER_TRANSFER,
        Action.REVOKE_TRANSFER,
        Action.ADD_MEMBER,
        Action.END_MEMBER,
        Action.SET_LEVEL,
        Action.SET_GOAL,
        Action.RESTRICT,
        Action.LIFT_RESTRICTION,
        Action.PLACE_LEGAL_HOLD,
        Action.LIFT_LEGAL_HOLD,
        Action.DECIDE_ARCHIVE,
        Action.MERGE,
        Action.PREPARE_DISCLOSURE,
        Action.APPROVE_DISCLOSURE,
        Action.REFUSE_DISCLOSURE,
        Action.DISCLOSE,
        Action.WITHDRAW_DISCLOSURE,
        Action.ERASE,
    }
)
"""What somebody with access from another unit does not do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change under way: the case as loaded, and when the thing happened."""

    conn: AsyncConnection
    context: Context
    loaded: cases.Loaded
    stated: datetime | None
    at: datetime

    @property
    def case(self) -> Case:
        """The case before the change."""
        return self.loaded.case

    @property
    def actor(self) -> str:
        """Who acts."""
        return self.context.subject

    def following(self, earlier: datetime) -> "Change":
        """Return the change as one that comes after something else that happened to the case.

        Raises:
            Refusal: it was said to have happened before.
        """
        return replace(self, at=when(occurred_at=self.stated, now=self.context.now, not_before=earlier))

    @property
    def key(self) -> CaseKey:
        """The data key that the case's texts are sealed under, and by which its words are kept."""
        vault = self.context.vault
        return CaseKey.of(vault.opened(self.loaded.id, self.loaded.sealed_key), vault, self.loaded.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a change writes besides the state: details of events, columns of the case row, a note, the item, tasks."""

    action: Action
    details: Details = field(default_factory=lambda: MappingProxyType({}))
    of_items: ItemDetails = field(default_factory=lambda: MappingProxyType({}))
    columns: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    note: str | None = None
    item_id: UUID | None = None
    moved_to: str | None = None
    offered_to: str | None = None
    added: Task | None = None
    """A task that somebody adds by hand."""
    done: UUID | None = None
    """A task that somebody says is done."""


async def begin(conn: AsyncConnection, context: Context, target: Target, *after: UUID | Turn) -> Change:
    """Load a case for a change, which comes after the last that happened to some of its items, or in its course.

    Raises:
        Refusal: the caller may not see it, it is erased, it moved since the caller saw it, or the moment is wrong.
    """
    loaded = await cases.load(conn, context.scope, target.id)
    if loaded.case.erased:
        raise Refusal(Code.CASE_ERASED)
    if loaded.revision != target.revision:
        raise Refusal(Code.STALE_VERSION)
    return begun(conn, context, loaded, *after, occurred_at=target.occurred_at)


def begun(
    conn: AsyncConnection, context: Context, loaded: cases.Loaded, *after: UUID | Turn, occurred_at: datetime | None
) -> Change:
    """Return a change of a case that was loaded, which comes after some of what happened to it.

    Raises:
        Refusal: the moment is wrong.
    """
    earliest = max([loaded.opened_at, *(loaded.since[one] for one in after if one in loaded.since)])
    at = when(occurred_at=occurred_at, now=context.now, not_before=earliest)
    return Change(conn=conn, context=context, loaded=loaded, stated=occurred_at, at=at)


async def finish(change: Change, decision: Decision, outcome: Outcome) -> Receipt:
    """Write a decided change: first the case row, whose lock orders all that follows, then events, tasks, audit, note.

    Raises:
        Refusal: another change came first, or it is for the unit that holds the case to do.
    """
    if change.loaded.unit != change.context.unit and outcome.action in _BY_ITS_UNIT:
        raise Refusal(Code.CASE_OF_ANOTHER_UNIT)
    context, loaded = change.context, change.loaded
    course = _course(change, decision, outcome)
    # An erased case's tasks go with it, and so does whatever readers know of them.
    changes = TaskChanges() if decision.case.erased else follow(loaded.tasks, decision.case, course)
    columns = _columns(decision, outcome, course, now=context.now)
    columns |= retention.after_change(loaded, decision, columns, at=change.at)
    events = len(decision.happenings) + changes.events
    version, revision = await cases.advance(change.conn, loaded=loaded, events=events, values=columns)
    receipt = Receipt(
        id=loaded.id,
        unit=outcome.moved_to or loaded.unit,
        state=decision.case.state.value,
        version=version,
        revision=revision,
        recorded_at=context.now,
        item_id=outcome.item_id,
    )
    by = tasks.By(
        case_id=loaded.id,
        unit=receipt.unit,
        subject=change.actor,
        at=change.at,
        answering_unit=outcome.offered_to or loaded.offered_to,
    )
    await tasks.write(change.conn, changes, by)
    await publish_change(
        change.conn,
        context,
        _events(change, decision, outcome, receipt, changes),
        action=f"case.{outcome.action.value}",
        case_id=loaded.id,
        version=version,
        purpose=loaded.purpose_code,
        item_id=outcome.item_id,
    )
    if outcome.note is not None:
        # Beside its own event, which comes before those of the tasks that follow from it.
        await _write_note(change, outcome.action, outcome.note, version=version - changes.events)
    return receipt


async def publish_change(
    conn: AsyncConnection,
    context: Context,
    events: Sequence[Event],
    *,
    action: str,
    case_id: UUID,
    version: int,
    kind: str = "case",
    purpose: str | None = None,
    item_id: UUID | None = None,
) -> None:
    """Publish the events of a change, and write in the audit trail who made it.

    ``item_id`` names what of the case or concern was changed: a measure, an offer, a membership.
    """
    ids = [case_id] if item_id is None else [case_id, item_id]
    entry = Entry(action=action, object_kind=kind, object_ids=ids, version=version, purpose=purpose)
    await context.trail.publish(conn, events, entry)


def _course(change: Change, decision: Decision, outcome: Outcome) -> Course:
    day = local_day(change.at)
    return Course(
        action=outcome.action,
        kinds=frozenset(happening.kind for happening in decision.happenings),
        day=day,
        case_type=change.loaded.case_type,
        age_band=change.loaded.age_band,
        process=change.context.procedures.of(change.loaded.process_version, day=local_day(change.context.now)),
        calendar=change.context.procedures.calendar,
        new_id=change.context.new_id,
        held_on=change.loaded.held_on,
        added=outcome.added,
        done=outcome.done,
    )


def _columns(decision: Decision, outcome: Outcome, course: Course, *, now: datetime) -> dict[str, object]:
    held_from = decision.case.held_from
    columns: dict[str, object] = {
        "state": decision.case.state.value,
        "held_from": None if held_from is None else held_from.value,
        "round": decision.case.round,
        "updated_at": now,
        "process_version": course.process.version,
        **outcome.columns,
    }
    if decision.case.state is not CaseState.ON_HOLD:
        columns |= {"hold_reason": None, "held_on": None}
    return columns


def _events(
    change: Change, decision: Decision, outcome: Outcome, receipt: Receipt, of_tasks: TaskChanges
) -> Sequence[Event]:
    stamp = Stamp(
        aggregate_id=receipt.id,
        unit=receipt.unit,
        version=receipt.version,
        occurred_at=change.at,
        recorded_at=receipt.recorded_at,
        new_id=change.context.new_id,
    )
    return stamped(stamp, (*described(decision.happenings, outcome.details, outcome.of_items), *about_tasks(of_tasks)))


async def _write_note(change: Change, action: Action, text: str, *, version: int) -> None:
    await items.insert_note(
        change.conn,
        change.key,
        {
            "id": change.context.new_id(),
            "case_id": change.loaded.id,
            "action": action.value,
            "text": text,
            "author": change.actor,
            "written_at": change.at,
            "version": version,
        },
    )
