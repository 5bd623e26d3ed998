"""The directorate proposes a pilot programme; somebody else of it approves; then units are enrolled and withdrawn."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from forkant_contracts import Event
from forkant_kit.audit.record import Entry
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import audit_names
from indicator_service.aggregation.comparison import is_comparable
from indicator_service.definitions import Indicator
from indicator_service.steering import pilot_events as events
from indicator_service.steering import pilot_rules as rules
from indicator_service.steering import pilot_store as store
from indicator_service.steering.context import Context, Receipt, Seen
from indicator_service.steering.pilot_events import Telling
from indicator_service.steering.pilot_rules import Enrolment, PilotState, Programme
from indicator_service.steering.pilot_store import Pilot
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.units import check_there


async def propose(conn: AsyncConnection, context: Context, programme: Programme) -> Receipt:
    """Propose a programme.

    Raises:
        Refusal: an indicator is unknown or can't be compared, a case type is no pilot, the days contradict each other,
            or the code is taken.
    """
    for number in programme.indicators:
        check_comparable(context.catalogue.indicator(number), programme.first_day)
    rules.check_programme(programme, today=context.today)
    made = context.new_id()
    if not await store.add(conn, made, programme, by=context.subject, at=context.now):
        raise Refusal(Code.PILOT_EXISTS)
    return await _recorded(conn, context, "pilot.propose", Receipt(id=made, version=1))


def check_comparable(indicator: Indicator | None, day: date) -> None:
    """Check that there is an indicator by which some units can be compared with others.

    Raises:
        Refusal: ``unknown-indicator``, ``not-comparable``.
    """
    if indicator is None:
        raise Refusal(Code.UNKNOWN_INDICATOR)
    if not is_comparable(indicator.at(day)):
        raise Refusal(Code.NOT_COMPARABLE)


async def approve(conn: AsyncConnection, context: Context, seen: Seen) -> Receipt:
    """Let a programme that somebody else proposed begin on its first day; no unit takes part yet.

    Raises:
        Refusal: there is none such, it changed since, it is no proposal, one's own, or its last day is past.
    """
    pilot = await _locked(conn, seen)
    rules.check_approval(
        pilot.state, proposed_by=pilot.proposed_by, by=context.subject, last_day=pilot.closes, today=context.today
    )
    await store.approve(conn, pilot.id, by=context.subject, at=context.now)
    return await _recorded(conn, context, "pilot.approve", Receipt(id=pilot.id, version=seen.version + 1))


async def enrol(conn: AsyncConnection, context: Context, seen: Seen, *, unit: str, first: date | None) -> Receipt:
    """Let a unit take part from a day on; readers of events are told.

    Raises:
        Refusal: there is none such, it changed since, it is not approved, the unit is unknown or takes part already, or
            the day is out of range.
    """
    pilot = await _under_way(conn, seen)
    await check_there(conn, context, unit)
    before = await store.enrolments(conn, pilot.id)
    opens, closes = pilot.programme.first_day, pilot.closes
    new = rules.enrolled(before, unit, first=first, opens=opens, closes=closes, today=context.today)
    await store.enrol(conn, pilot.id, new, by=context.subject, at=context.now)
    told = events.enrolled(await _telling(conn, context, pilot, (*before, new)), new)
    return await _published(conn, context, "pilot.enrol", pilot, [told], unit=unit)


async def withdraw(conn: AsyncConnection, context: Context, seen: Seen, *, unit: str, since: date | None) -> Receipt:
    """Let a unit take part no longer from a day on; what it opened goes on there.

    Raises:
        Refusal: there is none such, it changed since, it is not approved, the unit takes no part, or the day is past.
    """
    pilot = await _under_way(conn, seen)
    if max(since or context.today, context.today) > pilot.closes:
        raise Refusal(Code.ALREADY_ENDED, state="over")
    before = await store.enrolments(conn, pilot.id)
    ended = rules.withdrawn(before, unit, since=since, today=context.today)
    for each in ended:
        await store.withdraw(conn, pilot.id, each, by=context.subject, at=context.now)
    left = {(each.unit, each.number): each for each in ended}
    after = tuple(left.get((each.unit, each.number), each) for each in before)
    telling = await _telling(conn, context, pilot, after)
    told = events.withdrawn(telling, unit, last_day=ended[0].last or context.today)
    return await _published(conn, context, "pilot.withdraw", pilot, [told], unit=unit)


async def end(conn: AsyncConnection, context: Context, seen: Seen, *, since: date | None, reason: str) -> Receipt:
    """Take a proposal back, or end a programme from a day on for all that take part.

    Raises:
        Refusal: there is none such, it changed since, it has ended, or the day is past.
    """
    pilot = await _locked(conn, seen)
    if pilot.state not in {PilotState.PROPOSED, PilotState.APPROVED}:
        raise Refusal(Code.ALREADY_ENDED, state=pilot.state.value)
    proposed = pilot.state is PilotState.PROPOSED
    closes = pilot.closes if proposed else rules.last_day_of(since, last_day=pilot.closes, today=context.today)
    state = PilotState.WITHDRAWN if proposed else PilotState.ENDED
    await store.end(conn, pilot.id, state, closes, by=context.subject, at=context.now, reason=reason)
    before = await store.enrolments(conn, pilot.id)
    told = [events.ended(await _telling(conn, context, pilot, before), last_day=closes)] if before else []
    return await _published(conn, context, "pilot.end", pilot, told)


async def _locked(conn: AsyncConnection, seen: Seen) -> Pilot:
    row = await store.find_row(conn, seen.id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    if await store.raise_version(conn, seen.id, seen=seen.version) is None:
        raise Refusal(Code.STALE_VERSION)
    return store.pilot_of(row)


async def _under_way(conn: AsyncConnection, seen: Seen) -> Pilot:
    pilot = await _locked(conn, seen)
    if pilot.state is not PilotState.APPROVED:
        raise Refusal(Code.PILOT_NOT_APPROVED, state=pilot.state.value)
    return pilot


async def _telling(conn: AsyncConnection, context: Context, pilot: Pilot, after: Sequence[Enrolment]) -> Telling:
    return Telling(
        pilot=pilot,
        number=await store.next_told(conn, pilot.id),
        units=rules.taking_part(after, today=context.today),
        at=context.now,
        new_id=context.new_id,
    )


async def _published(
    conn: AsyncConnection,
    context: Context,
    action: str,
    pilot: Pilot,
    told: Sequence[Event],
    *,
    unit: str | None = None,
) -> Receipt:
    receipt = Receipt(id=pilot.id, version=pilot.version + 1)
    entry = Entry(action=action, object_kind="pilot", object_ids=_objects(pilot.id, unit), version=receipt.version)
    await context.trail.publish(conn, told, entry)
    return receipt


def _objects(pilot_id: UUID, unit: str | None) -> list[UUID]:
    return [pilot_id] if unit is None else [pilot_id, audit_names.id_of_unit(unit)]


async def _recorded(conn: AsyncConnection, context: Context, action: str, receipt: Receipt) -> Receipt:
    entry = Entry(action=action, object_kind="pilot", object_ids=[receipt.id], version=receipt.version)
    await context.trail.record(conn, entry)
    return receipt
