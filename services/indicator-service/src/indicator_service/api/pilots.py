"""Routes of pilot programmes: what is tried where and when, who decided it, and which units take part."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_contracts.codes import CaseType
from forkant_kit.db import transaction
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from forkant_kit.problems import PROBLEM_RESPONSES
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import audit_names
from indicator_service.aggregation.comparison import spell_within
from indicator_service.api.comparison_documents import ComparedIndicator, PilotComparison, SpellDocument
from indicator_service.api.comparison_reading import Comparison, Found, read_comparison
from indicator_service.api.comparison_texts import LIMITS_OF_PILOTS
from indicator_service.api.pilot_bodies import EndPilot, Enrol, ProposePilot, UnitName, WithdrawUnit
from indicator_service.api.pilot_views import PilotLine, PilotPage, PilotView
from indicator_service.api.steering_bodies import Nothing
from indicator_service.api.steering_calls import Call, Cursor, Limit, Work, changing, creating, reading, shown
from indicator_service.api.steering_views import SteeringReceipt
from indicator_service.api.trail import figures_entry
from indicator_service.policy import (
    APPROVE_PILOTS,
    END_PILOTS,
    ENROL_IN_PILOTS,
    PROPOSE_PILOTS,
    READ_FIGURES,
    READ_PILOTS,
    WITHDRAW_FROM_PILOTS,
    reader_of,
)
from indicator_service.row_security import comparing_stance
from indicator_service.steering import pilot_store as store
from indicator_service.steering import pilots as commands
from indicator_service.steering.context import Receipt
from indicator_service.steering.pilot_rules import took_part
from indicator_service.steering.pilot_store import Pilot
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.units import taking_part_until

router = APIRouter(prefix="/v1/pilots", tags=["pilots"], responses=PROBLEM_RESPONSES)

AsOf = Annotated[date | None, Query(description="Show which units take part on this day; else today.")]


@router.get("", response_model=PilotPage)
async def list_pilots(
    *,
    call: Annotated[Call, reading(READ_PILOTS)],
    unit: Annotated[UnitName | None, Query(description="Only those in which this unit was ever enrolled.")] = None,
    case_type: Annotated[CaseType | None, Query()] = None,
    as_of: AsOf = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the pilot programmes; those that are only proposed show to the directorate."""
    name, day = f"pilots|{unit}|{case_type}|{as_of}", as_of or call.context.today

    async def work(conn: AsyncConnection) -> Any:
        rows = await store.page(
            conn,
            before=call.before(name, cursor),
            limit=limit + 1,
            unit=unit,
            case_type=None if case_type is None else case_type.value,
        )
        return rows, await store.enrolment_rows(conn, [row["id"] for row in rows[:limit]])

    rows, enrolments = await call.read(work)
    following = call.following(name, rows, limit)
    there = call.context.units
    items = tuple(PilotLine.of(row, taking_part_until(enrolments[row["id"]], there), day) for row in rows[:limit])
    return call.page(PilotPage(items=items, next=following), following)


@router.post("", status_code=201, response_model=SteeringReceipt)
async def propose_pilot(body: ProposePilot, call: Annotated[Call, creating(PROPOSE_PILOTS)]) -> Response:
    """Propose a pilot programme: what it opens, what it is judged by and when; none of that changes afterwards."""
    return await _once(call, lambda conn: commands.propose(conn, call.context, body.programme()), made=True)


@router.get("/{pilot_id}", response_model=PilotView)
async def read_pilot(call: Annotated[Call, reading(READ_PILOTS)], pilot_id: UUID, as_of: AsOf = None) -> Response:
    """Show a pilot programme with who decided what, and all enrolments."""

    async def work(conn: AsyncConnection) -> Any:
        return await store.find_row(conn, pilot_id), await store.enrolment_rows(conn, [pilot_id])

    row, enrolments = await call.read(work)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    history = taking_part_until(enrolments[pilot_id], call.context.units)
    return shown(PilotView.of(row, history, as_of or call.context.today), row["version"])


@router.post("/{pilot_id}/approval", response_model=SteeringReceipt)
async def approve_pilot(pilot_id: UUID, _body: Nothing, call: Annotated[Call, changing(APPROVE_PILOTS)]) -> Response:
    """Approve a programme that somebody else proposed; units can then be enrolled."""
    seen = call.seen(pilot_id)
    return await _once(call, lambda conn: commands.approve(conn, call.context, seen))


@router.post("/{pilot_id}/ending", response_model=SteeringReceipt)
async def end_pilot(pilot_id: UUID, body: EndPilot, call: Annotated[Call, changing(END_PILOTS)]) -> Response:
    """Take a proposal back, or end a programme before its last day, for every unit that takes part."""
    seen = call.seen(pilot_id)
    return await _once(
        call, lambda conn: commands.end(conn, call.context, seen, since=body.valid_from, reason=body.reason)
    )


@router.post("/{pilot_id}/enrolments", response_model=SteeringReceipt)
async def enrol_unit(pilot_id: UUID, body: Enrol, call: Annotated[Call, changing(ENROL_IN_PILOTS)]) -> Response:
    """Let a unit take part from a day on: what the programme opens can be opened there as soon as it is known."""
    seen = call.seen(pilot_id)
    return await _once(
        call, lambda conn: commands.enrol(conn, call.context, seen, unit=body.unit, first=body.valid_from)
    )


@router.post("/{pilot_id}/enrolments/{unit}/withdrawal", response_model=SteeringReceipt)
async def withdraw_unit(
    pilot_id: UUID, unit: UnitName, body: WithdrawUnit, call: Annotated[Call, changing(WITHDRAW_FROM_PILOTS)]
) -> Response:
    """Let a unit take part no longer from a day on; the cases that it opened go on."""
    seen = call.seen(pilot_id)
    return await _once(call, lambda conn: commands.withdraw(conn, call.context, seen, unit=unit, since=body.valid_from))


@router.get("/{pilot_id}/comparison")
async def compare_pilot(call: Annotated[Call, reading(READ_FIGURES)], pilot_id: UUID) -> PilotComparison:
    """Compare the units that took part with the others, before and since, by what the pilot is judged by.

    What is shown says on its face what it does not show. To whom small counts are hidden from no figure is shown: the
    sums of some units over months of their own would be one more to subtract from.
    """
    async with transaction(call.tools.engine, comparing_stance(call.context)) as conn:
        row = await store.find_row(conn, pilot_id)
        if row is None:
            raise Refusal(Code.NOT_FOUND)
        pilot, today = store.pilot_of(row), call.context.today
        enrolments = await store.enrolments(conn, pilot_id)
        asked = _asked(pilot, took_part(enrolments, until=min(today, pilot.closes)), today)
        found = await read_comparison(conn, asked, call.tools.catalogue, today=today)
        names = [f"unit:{unit}" for unit in asked.units] + [f"indicator:{number}" for number in asked.indicators]
        await call.context.trail.record(conn, figures_entry([pilot_id, *audit_names.known(names)]))
    return _comparison(pilot, asked, found, exact=reader_of(call.principal, call.context.units).sees_all)


def _asked(pilot: Pilot, units: Sequence[str], today: date) -> Comparison:
    programme = pilot.programme
    return Comparison(
        indicators=programme.indicators,
        units=units,
        against=None,
        before=spell_within(programme.baseline_from, programme.baseline_until, today=today),
        after=spell_within(programme.first_day, pilot.closes, today=today),
        definitions_of=programme.first_day,
    )


def _comparison(pilot: Pilot, asked: Comparison, found: Found, *, exact: bool) -> PilotComparison:
    return PilotComparison(
        pilot=pilot.id,
        code=pilot.programme.code,
        name_nb=pilot.programme.name_nb,
        name_en=pilot.programme.name_en,
        units=tuple(asked.units),
        others=found.others,
        before=SpellDocument.of(asked.before),
        after=SpellDocument.of(asked.after),
        indicators=tuple(
            ComparedIndicator.of(e.indicator, e.version, e.compared, units_exact=exact, others_exact=exact)
            for e in found.lines
        ),
        does_not_show=LIMITS_OF_PILOTS,
        as_of=found.freshness.now,
        watermark=found.freshness.watermark,
        seconds_behind=found.freshness.seconds_behind,
    )


async def _once(call: Call, work: Work[Receipt], *, made: bool = False) -> Response:
    async def answered(conn: AsyncConnection) -> Answer:
        receipt = await work(conn)
        headers = {"ETag": etag(receipt.version)}
        if made:
            headers["Location"] = f"/v1/pilots/{receipt.id}"
        body = SteeringReceipt.model_validate(receipt, from_attributes=True).model_dump(mode="json")
        return Answer(201 if made else 200, body, headers=headers, aggregate_id=receipt.id)

    return await call.once(answered)
