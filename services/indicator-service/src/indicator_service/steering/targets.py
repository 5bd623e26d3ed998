"""A unit's lead or the directorate proposes what a unit is to reach; somebody else of the directorate approves it."""

from typing import Final

from forkant_kit.audit.record import Entry
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import store
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.definitions import Version as Definition
from indicator_service.steering import target_store as targets
from indicator_service.steering.bands import LARGEST, Limits, faults_of
from indicator_service.steering.context import Context, Receipt, Seen
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.target_store import Draft, TargetRow
from indicator_service.steering.units import check_there
from indicator_service.steering.versions import Version, approved, check_wanted, withdrawn

MOST_VERSIONS: Final = 1_000


async def propose(
    conn: AsyncConnection, context: Context, draft: Draft, *, unit: str, indicator: int, period: str
) -> Receipt:
    """Propose the first version of a target.

    Raises:
        Refusal: it is another unit's, unit or indicator are unknown, the draft contradicts itself, or there is one.
    """
    context.check_unit(unit)
    await _check_there(conn, context, unit)
    _check(context, draft, indicator)
    made = context.new_id()
    number = await targets.add_target(conn, made, unit=unit, indicator=indicator, period=period)
    if number is None:
        raise Refusal(Code.TARGET_EXISTS)
    target = TargetRow(id=made, number=number, unit=unit, indicator=indicator, period=period, version=1)
    await targets.add_version(conn, target, draft, number=1, by=context.subject, at=context.now)
    return await _recorded(conn, context, "target.propose", Receipt(id=made, version=1, number=1))


async def revise(conn: AsyncConnection, context: Context, seen: Seen, draft: Draft) -> Receipt:
    """Propose the next version of a target.

    Raises:
        Refusal: there is none such, it changed since, it is another unit's, or the draft contradicts itself.
    """
    target = await _locked(conn, context, seen)
    await _check_there(conn, context, target.unit)
    _check(context, draft, target.indicator)
    number = len(await targets.versions(conn, target.id)) + 1
    if number > MOST_VERSIONS:
        raise Refusal(Code.TOO_MANY)
    await targets.add_version(conn, target, draft, number=number, by=context.subject, at=context.now)
    receipt = Receipt(id=target.id, version=seen.version + 1, number=number)
    return await _recorded(conn, context, "target.propose", receipt)


async def approve(conn: AsyncConnection, context: Context, seen: Seen, number: int) -> Receipt:
    """Let a proposed version be in force, from its first day or from today on; it ends the one before.

    Raises:
        Refusal: there is none such, it changed since, it is no proposal, one's own, or its last day is past.
    """
    target = await _locked(conn, context, seen)
    await _check_there(conn, context, target.unit)
    before = await targets.versions(conn, target.id)
    after = approved(before, number, by=context.subject, today=context.today)
    await targets.note_approval(conn, target.id, number, by=context.subject, at=context.now)
    await _save(conn, context, target, before, after)
    receipt = Receipt(id=target.id, version=seen.version + 1, number=number)
    return await _recorded(conn, context, "target.approve", receipt)


async def withdraw(conn: AsyncConnection, context: Context, seen: Seen, number: int, *, reason: str) -> Receipt:
    """Take a version back, from today on; what was in force on days that are past stays.

    Raises:
        Refusal: there is none such, it changed since, it is another unit's, or it has ended.
    """
    target = await _locked(conn, context, seen)
    before = await targets.versions(conn, target.id)
    after = withdrawn(before, number, today=context.today)
    await targets.note_withdrawal(conn, target.id, number, by=context.subject, at=context.now, reason=reason)
    await _save(conn, context, target, before, after)
    receipt = Receipt(id=target.id, version=seen.version + 1, number=number)
    return await _recorded(conn, context, "target.withdraw", receipt)


async def _locked(conn: AsyncConnection, context: Context, seen: Seen) -> TargetRow:
    found = await targets.find_target(conn, seen.id)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    context.check_unit(found.unit)
    if await targets.raise_version(conn, seen.id, seen=seen.version) is None:
        raise Refusal(Code.STALE_VERSION)
    return found


async def _save(
    conn: AsyncConnection, context: Context, target: TargetRow, before: tuple[Version, ...], after: tuple[Version, ...]
) -> None:
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    await targets.save_versions(conn, target.id, [new for _, new in changed])
    if any(old.in_force != new.in_force for old, new in changed):
        # A national target holds for every unit that has none of its own.
        await store.add_changes(
            conn, [*context.units.on(context.today), NATIONAL] if target.unit == NATIONAL else [target.unit]
        )


async def _check_there(conn: AsyncConnection, context: Context, unit: str) -> None:
    if unit != NATIONAL:
        await check_there(conn, context, unit)


async def _recorded(conn: AsyncConnection, context: Context, action: str, receipt: Receipt) -> Receipt:
    entry = Entry(action=action, object_kind="target", object_ids=[receipt.id], version=receipt.version)
    await context.trail.record(conn, entry)
    return receipt


def _check(context: Context, draft: Draft, indicator: int) -> None:
    found = context.catalogue.indicator(indicator)
    if found is None:
        raise Refusal(Code.UNKNOWN_INDICATOR)
    definition = found.at(max(draft.days.first, context.today))
    check_wanted(draft.days, today=context.today)
    limits = limits_of(definition, goal=draft.goal, near=draft.near, margin=draft.margin, hold_days=draft.hold_days)
    faults = faults_of(limits, most=most_of(definition))
    if "direction" in faults:
        raise Refusal(Code.NO_DIRECTION)
    if faults:
        raise Refusal(Code.LIMITS_CONTRADICT, fields=list(faults))


def limits_of(definition: Definition, *, goal: float, near: float, margin: float, hold_days: int) -> Limits:
    """Return the limits of a target, with the direction that the definition gives them."""
    return Limits(direction=definition.direction, goal=goal, near=near, margin=margin, hold_days=hold_days)


def most_of(definition: Definition) -> float:
    """Return the largest value that the indicator can have."""
    return 1.0 if definition.measurement_unit == "share" else float(LARGEST)
