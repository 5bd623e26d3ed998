"""A unit's lead, for the unit, or the directorate, for all, registers a trial, concludes, and closes it."""

from collections.abc import Awaitable, Callable

from forkant_kit.audit.record import Entry
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.steering import trial_rules as rules
from indicator_service.steering import trial_store as store
from indicator_service.steering.context import Context, Receipt, Seen
from indicator_service.steering.pilots import check_comparable
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.trial_rules import Conclusion, Hypothesis, WithdrawalReason
from indicator_service.steering.trial_store import Frozen, Trial
from indicator_service.steering.units import check_there

Freeze = Callable[[AsyncConnection, Trial], Awaitable[Frozen]]
"""Reads the figures of a trial as they are now."""


async def register(conn: AsyncConnection, context: Context, hypothesis: Hypothesis) -> Receipt:
    """Register a trial; nothing of it changes afterwards but its conclusion.

    Raises:
        Refusal: it is another unit's, a unit is unknown or compared with itself, the indicator is unknown or can't be
            compared, or the days contradict each other.
    """
    context.check_unit(hypothesis.unit)
    for unit in (hypothesis.unit, hypothesis.comparison_unit):
        await check_there(conn, context, unit)
    check_comparable(context.catalogue.indicator(hypothesis.indicator), hypothesis.first_day)
    rules.check_hypothesis(hypothesis, today=context.today)
    made = context.new_id()
    await store.add(conn, made, hypothesis, by=context.subject, at=context.now)
    return await _recorded(conn, context, "trial.register", Receipt(id=made, version=1))


async def conclude(conn: AsyncConnection, context: Context, seen: Seen, conclusion: Conclusion) -> Receipt:
    """Say what came of a trial, instead of what was said before; it closes with what was said last.

    Raises:
        Refusal: there is none such, it changed since, it is another unit's, or it was closed or withdrawn.
    """
    trial = await _locked(conn, context, seen)
    rules.check_open(trial.state)
    await store.conclude(conn, trial.id, conclusion, by=context.subject, at=context.now)
    return await _recorded(conn, context, "trial.conclude", Receipt(id=trial.id, version=seen.version + 1))


async def close(conn: AsyncConnection, context: Context, seen: Seen, freeze: Freeze) -> Receipt:
    """Close a trial with its conclusion, and keep its figures as they are now.

    Raises:
        Refusal: there is none such, it changed since, it is another unit's, it was closed or withdrawn, it goes on, or
            nothing was concluded.
    """
    trial = await _locked(conn, context, seen)
    rules.check_closing(trial.state, trial.conclusion, last_day=trial.hypothesis.last_day, today=context.today)
    await store.close(conn, trial.id, await freeze(conn, trial), by=context.subject)
    return await _recorded(conn, context, "trial.close", Receipt(id=trial.id, version=seen.version + 1))


async def withdraw(conn: AsyncConnection, context: Context, seen: Seen, reason: WithdrawalReason) -> Receipt:
    """Take a trial back; it stays on record that there was one.

    Raises:
        Refusal: there is none such, it changed since, it is another unit's, or it was closed or withdrawn.
    """
    trial = await _locked(conn, context, seen)
    rules.check_open(trial.state)
    await store.withdraw(conn, trial.id, reason, by=context.subject, at=context.now)
    return await _recorded(conn, context, "trial.withdraw", Receipt(id=trial.id, version=seen.version + 1))


async def _locked(conn: AsyncConnection, context: Context, seen: Seen) -> Trial:
    row = await store.find_row(conn, seen.id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    context.check_unit(row["unit"])
    if await store.raise_version(conn, seen.id, seen=seen.version) is None:
        raise Refusal(Code.STALE_VERSION)
    return store.trial_of(row)


async def _recorded(conn: AsyncConnection, context: Context, action: str, receipt: Receipt) -> Receipt:
    entry = Entry(action=action, object_kind="trial", object_ids=[receipt.id], version=receipt.version)
    await context.trail.record(conn, entry)
    return receipt
