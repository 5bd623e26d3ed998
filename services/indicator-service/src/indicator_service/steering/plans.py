"""A unit's lead writes its prevention plan and submits it; somebody of the directorate approves it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from forkant_kit.audit.record import Entry
from forkant_kit.outbox import append_events
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import store
from indicator_service.steering import plan_store as plans
from indicator_service.steering.context import Context, Receipt, Seen
from indicator_service.steering.events import plan_approved
from indicator_service.steering.plan_store import PlanRow
from indicator_service.steering.plan_versions import Draft, PlanState, check_draft
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.units import check_there
from indicator_service.steering.versions import Version, approved, withdrawn

MOST_VERSIONS: Final = 1_000


async def write(conn: AsyncConnection, context: Context, draft: Draft, *, unit: str) -> Receipt:
    """Write the first draft of a unit's plan.

    Raises:
        Refusal: it is another unit's, the unit has no plan of its own, an indicator is unknown, the days are out of
            range, or there is a plan.
    """
    _check_own(context, unit)
    await check_there(conn, context, unit)
    _check(context, draft)
    made = context.new_id()
    number = await plans.add_plan(conn, made, unit=unit)
    if number is None:
        raise Refusal(Code.PLAN_EXISTS)
    plan = PlanRow(id=made, number=number, unit=unit, version=1)
    await _add(conn, context, plan, draft, number=1)
    return await _recorded(conn, context, "plan.write", Receipt(id=made, version=1, number=1))


async def revise(conn: AsyncConnection, context: Context, seen: Seen, draft: Draft) -> Receipt:
    """Write the draft of a plan's next version.

    Raises:
        Refusal: there is no such plan, it changed since, it is another unit's, a version is under way, or the draft is
            refused.
    """
    plan, rows = await _locked(conn, context, seen)
    _check_own(context, plan.unit)
    await check_there(conn, context, plan.unit)
    before = plans.under_way(rows)
    if before is not None:
        raise Refusal(Code.VERSION_UNDER_WAY, state=str(before["state"]), number=str(before["number"]))
    _check(context, draft)
    number = len(rows) + 1
    if number > MOST_VERSIONS:
        raise Refusal(Code.TOO_MANY)
    await _add(conn, context, plan, draft, number=number)
    return await _recorded(conn, context, "plan.write", _receipt(seen, number))


async def rewrite(conn: AsyncConnection, context: Context, seen: Seen, number: int, draft: Draft) -> Receipt:
    """Write a draft anew, as a whole.

    Raises:
        Refusal: there is none such, it changed since, it is another unit's or no draft any more, or it is refused.
    """
    plan, rows = await _locked(conn, context, seen)
    _check_own(context, plan.unit)
    _check_draft(_row(rows, number))
    _check(context, draft)
    ids = [context.new_id() for _ in draft.goals]
    await plans.rewrite(conn, plan, draft, number=number, goal_ids=ids, by=context.subject, at=context.now)
    return await _recorded(conn, context, "plan.write", _receipt(seen, number))


async def submit(conn: AsyncConnection, context: Context, seen: Seen, number: int) -> Receipt:
    """Submit a draft for approval: from then on the directorate sees it, and it can't be written anew.

    Raises:
        Refusal: there is none such, it changed since, it is another unit's, no draft any more, or its last day is past.
    """
    plan, rows = await _locked(conn, context, seen)
    _check_own(context, plan.unit)
    chosen = _row(rows, number)
    _check_draft(chosen)
    if chosen["wanted_until"] < context.today:
        raise Refusal(Code.VALIDITY_OUT_OF_RANGE, earliest=context.today.isoformat())
    await plans.note_submission(conn, plan.id, number, by=context.subject, at=context.now)
    return await _recorded(conn, context, "plan.submit", _receipt(seen, number))


async def approve(conn: AsyncConnection, context: Context, seen: Seen, number: int) -> Receipt:
    """Let a submitted version be in force, from its first day or from today on; it ends the one before.

    Raises:
        Refusal: there is none such, it changed since, it is not submitted, one's own, or its last day is past.
    """
    plan, rows = await _locked(conn, context, seen)
    context.check_unit(plan.unit)
    await check_there(conn, context, plan.unit)
    chosen = _row(rows, number)
    if chosen["state"] != PlanState.SUBMITTED:
        raise Refusal(Code.NOT_PROPOSED, state=str(chosen["state"]))
    if context.subject in {chosen["written_by"], chosen["submitted_by"]}:
        raise Refusal(Code.OWN_PROPOSAL)
    before = tuple(map(plans.version_of, rows))
    after = approved(before, number, by=context.subject, today=context.today)
    approvals = await plans.note_approval(conn, plan.id, number, by=context.subject, at=context.now)
    await _save(conn, plan, before, after)
    await _tell(conn, context, plan, _version(after, number), approvals)
    return await _recorded(conn, context, "plan.approve", _receipt(seen, number))


async def withdraw(conn: AsyncConnection, context: Context, seen: Seen, number: int, *, reason: str) -> Receipt:
    """Take a version back, from today on; what was in force on days that are past stays.

    Raises:
        Refusal: there is none such, it changed since, it is another unit's, or it has ended.
    """
    plan, rows = await _locked(conn, context, seen)
    context.check_unit(plan.unit)
    before = tuple(map(plans.version_of, rows))
    after = withdrawn(before, number, today=context.today)
    await plans.note_withdrawal(conn, plan.id, number, by=context.subject, at=context.now, reason=reason)
    await _save(conn, plan, before, after)
    return await _recorded(conn, context, "plan.withdraw", _receipt(seen, number))


async def _tell(conn: AsyncConnection, context: Context, plan: PlanRow, version: Version, approvals: int) -> None:
    if version.in_force is None:
        raise ValueError("a version that was approved is in force on some day")
    counts = [each.number for each in context.catalogue.indicators if each.at(context.today).kind == "count"]
    await plans.cite_targets(conn, plan.id, version.number, days=version.in_force, counts=counts)
    [chosen] = [row for row in (await plans.version_rows(conn, [plan.id]))[plan.id] if row["number"] == version.number]
    event = plan_approved(
        plan_id=plan.id, unit=plan.unit, approval=approvals, version=version, goals=chosen["goals"], at=context.now,
        new_id=context.new_id,
    )  # fmt: skip
    await append_events(conn, [event])


async def _add(conn: AsyncConnection, context: Context, plan: PlanRow, draft: Draft, *, number: int) -> None:
    ids = [context.new_id() for _ in draft.goals]
    await plans.add_version(conn, plan, draft, number=number, goal_ids=ids, by=context.subject, at=context.now)


async def _locked(conn: AsyncConnection, context: Context, seen: Seen) -> tuple[PlanRow, list[dict[str, Any]]]:
    found = await plans.find_plan(conn, seen.id)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    context.check_unit(found.unit)
    if await plans.raise_version(conn, seen.id, seen=seen.version) is None:
        raise Refusal(Code.STALE_VERSION)
    return found, (await plans.version_rows(conn, [found.id]))[found.id]


async def _save(conn: AsyncConnection, plan: PlanRow, before: tuple[Version, ...], after: tuple[Version, ...]) -> None:
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    await plans.save_versions(conn, plan.id, [new for _, new in changed])
    if any(old.in_force != new.in_force for old, new in changed):
        await store.add_changes(conn, [plan.unit])


async def _recorded(conn: AsyncConnection, context: Context, action: str, receipt: Receipt) -> Receipt:
    entry = Entry(action=action, object_kind="plan", object_ids=[receipt.id], version=receipt.version)
    await context.trail.record(conn, entry)
    return receipt


def _receipt(seen: Seen, number: int) -> Receipt:
    return Receipt(id=seen.id, version=seen.version + 1, number=number)


def _row(rows: Sequence[Mapping[str, Any]], number: int) -> Mapping[str, Any]:
    found = next((row for row in rows if row["number"] == number), None)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    return found


def _version(versions: Sequence[Version], number: int) -> Version:
    return next(each for each in versions if each.number == number)


def _check_own(context: Context, unit: str) -> None:
    # A plan is its unit's to write, also for somebody who acts for the directorate besides.
    if unit != context.unit:
        raise Refusal(Code.ANOTHER_UNIT)


def _check_draft(row: Mapping[str, Any]) -> None:
    if row["state"] != PlanState.DRAFT:
        raise Refusal(Code.NOT_A_DRAFT, state=str(row["state"]))


def _check(context: Context, draft: Draft) -> None:
    check_draft(draft, today=context.today)
    if any(context.catalogue.indicator(goal.indicator) is None for goal in draft.goals):
        raise Refusal(Code.UNKNOWN_INDICATOR)
