"""Publishing a reviewed example of best practice, whose way back to the case ends there, and withdrawing one.

The unit's own prevention lead publishes: the draft is of a case that the directorate need not know, and the unit
answers for what it tells others of its work. Methods are national standards and the directorate's; an example is none.
The directorate may withdraw it, as may the unit.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from forkant_contracts.codes import Arena, CaseType, Effect, MeasureKind, Theme
from forkant_contracts.events.catalogue import BestPracticePublished
from forkant_contracts.units import DIRECTORATE
from forkant_kit.audit.record import Entry
from forkant_kit.outbox import append_events
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands import example_drafts
from case_service.commands.context import Context, Target
from case_service.domain.best_practice import ExampleState, Move, WithdrawalReason
from case_service.domain.moments import local_day
from case_service.domain.refusals import Code, Refusal
from case_service.events import Stamp, stamped
from case_service.store import example_drafts as drafts
from case_service.store import examples as store

_KEPT: Final = (
    "language", "theme", "case_type", "arena", "measure_kind", "effect", "method_code", "method_version", "checks",
    "answers",
)  # fmt: skip
"""What of a draft stays, beside its texts: codes. Who wrote and reviewed it, when, and from which case, does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleReceipt:
    """An example after a command."""

    id: UUID
    state: ExampleState
    version: int
    revision: int
    recorded_at: datetime


async def publish(conn: AsyncConnection, context: Context, target: Target, *, revises: UUID | None) -> ExampleReceipt:
    """Publish a reviewed draft as a new example, or as the next revision of one, and remove the draft.

    Raises:
        Refusal: it is not reviewed, its case is not like enough others any more, the caller wrote on it, or the
            example to revise is withdrawn or another unit's; else as for rewriting.
    """
    draft = await example_drafts.begin(conn, context, target, Move.PUBLISH)
    if set(await example_drafts.warnings(conn, draft)) - set(draft.row["answers"]):
        raise Refusal(Code.REVIEW_OUTDATED)
    head = await _head(conn, context, draft.loaded.unit, revises)
    await drafts.remove_draft(conn, target.id)
    # An answer that is kept for a repeated request names the draft, and with it, by the audit trail, the case.
    await store.forget_answers(conn, target.id)
    kept = {name: draft.row[name] for name in _KEPT}
    place = {"example_id": head["id"], "revision": head["revision"], "published_year": local_day(context.now).year}
    await store.insert_revision(conn, {**dict.fromkeys(store.TEXTS), **draft.texts, **kept, **place})
    await _tell(conn, context, head, draft.row)
    await _audit(conn, context, "publish", head["id"], version=head["revision"])
    return ExampleReceipt(
        id=head["id"],
        state=ExampleState.PUBLISHED,
        version=head["version"],
        revision=head["revision"],
        recorded_at=context.now,
    )


async def withdraw(
    conn: AsyncConnection, context: Context, target: Target, *, reason: WithdrawalReason
) -> ExampleReceipt:
    """Take an example out of the search; one that points to somebody loses its texts too.

    Raises:
        Refusal: there is none, it moved since, it is withdrawn already, or it is another unit's.
    """
    head = await store.lock_example(conn, target.id)
    if head is None:
        raise Refusal(Code.NOT_FOUND)
    if head["version"] != target.revision:
        raise Refusal(Code.STALE_VERSION)
    if context.unit not in {head["unit"], DIRECTORATE}:
        raise Refusal(Code.EXAMPLE_OF_ANOTHER_UNIT)
    # That it points to somebody may be found after it was withdrawn for another reason.
    if head["withdrawal_reason"] is not None and reason is not WithdrawalReason.IDENTIFIES:
        raise Refusal(Code.ALREADY_WITHDRAWN)
    version = await store.withdraw(conn, target.id, reason=reason)
    await _audit(conn, context, "withdraw", target.id, version=head["revision"])
    return ExampleReceipt(
        id=target.id,
        state=ExampleState.WITHDRAWN,
        version=version,
        revision=head["revision"],
        recorded_at=context.now,
    )


async def _head(conn: AsyncConnection, context: Context, unit: str, revises: UUID | None) -> RowMapping:
    if revises is None:
        return await store.insert_example(conn, unit=unit)
    head = await store.lock_example(conn, revises)
    if head is None:
        raise Refusal(Code.NOT_FOUND)
    if head["unit"] != context.unit:
        raise Refusal(Code.EXAMPLE_OF_ANOTHER_UNIT)
    if head["state"] != ExampleState.PUBLISHED.value:
        raise Refusal(Code.ALREADY_WITHDRAWN)
    return await store.begin_revision(conn, revises)


async def _tell(conn: AsyncConnection, context: Context, head: RowMapping, row: RowMapping) -> None:
    stamp = Stamp(
        aggregate_id=head["id"],
        unit=head["unit"],
        version=head["revision"],
        occurred_at=context.now,
        recorded_at=context.now,
        new_id=context.new_id,
    )
    published = BestPracticePublished(
        theme=Theme(row["theme"]),
        case_type=CaseType(row["case_type"]),
        arena=Arena(row["arena"]),
        measure_kind=MeasureKind(row["measure_kind"]),
        method=row["method_code"],
        method_version=row["method_version"],
        effect=Effect(row["effect"]),
    )
    await append_events(conn, stamped(stamp, [published]))


async def _audit(conn: AsyncConnection, context: Context, action: str, example_id: UUID, *, version: int) -> None:
    entry = Entry(action=f"example.{action}", object_kind="example", object_ids=[example_id], version=version)
    await context.trail.record(conn, entry)
