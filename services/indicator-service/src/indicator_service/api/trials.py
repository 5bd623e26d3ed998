"""Routes of trials: what is tried where, what is expected of it, and what came of it, for everybody to build on."""

from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.db import transaction
from forkant_kit.etag import etag
from forkant_kit.freshness import Freshness
from forkant_kit.idempotency import Answer
from forkant_kit.problems import PROBLEM_RESPONSES
from forkant_kit.table_forms import MEDIA, Form, writer_of
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import audit_names
from indicator_service.api.comparison_documents import ComparedIndicator, SpellDocument
from indicator_service.api.comparison_reading import Comparison, Found, read_comparison
from indicator_service.api.comparison_texts import LIMITS_OF_TRIALS
from indicator_service.api.pilot_bodies import UnitName
from indicator_service.api.steering_bodies import Nothing
from indicator_service.api.steering_calls import Call, Cursor, Limit, Work, changing, creating, reading, shown
from indicator_service.api.steering_views import SteeringReceipt
from indicator_service.api.tables import LICENSE
from indicator_service.api.trail import figures_entry
from indicator_service.api.trial_bodies import ConcludeTrial, RegisterTrial, WithdrawTrial
from indicator_service.api.trial_exports import COLUMNS, TrialExport, export_of, table_of
from indicator_service.api.trial_views import TrialComparison, TrialPage, TrialView
from indicator_service.audit_names import LAST_NUMBER
from indicator_service.policy import (
    CLOSE_TRIALS,
    CONCLUDE_TRIALS,
    EXPORT_FIGURES,
    READ_FIGURES,
    READ_TRIALS,
    REGISTER_TRIALS,
    WITHDRAW_TRIALS,
    reader_of,
)
from indicator_service.row_security import comparing_stance
from indicator_service.steering import trial_store as store
from indicator_service.steering import trials as commands
from indicator_service.steering.context import Context, Receipt
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.trial_rules import spells
from indicator_service.steering.trial_store import Frozen, Trial

router = APIRouter(prefix="/v1/trials", tags=["trials"], responses=PROBLEM_RESPONSES)

_Form = Annotated[Literal["json", "csv"], Query(alias="format")]


@router.get("", response_model=TrialPage)
async def list_trials(
    call: Annotated[Call, reading(READ_TRIALS)],
    unit: Annotated[UnitName | None, Query()] = None,
    indicator: Annotated[int | None, Query(ge=1, le=LAST_NUMBER)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the trials of all units, those that were withdrawn among them."""
    name = f"trials|{unit}|{indicator}"

    async def work(conn: AsyncConnection) -> Any:
        before = call.before(name, cursor)
        return await store.page(conn, before=before, limit=limit + 1, unit=unit, indicator=indicator)

    rows = await call.read(work)
    following = call.following(name, rows, limit)
    items = tuple(TrialView.of(dict(row)) for row in rows[:limit])
    return call.page(TrialPage(items=items, next=following), following)


@router.post("", status_code=201, response_model=SteeringReceipt)
async def register_trial(body: RegisterTrial, call: Annotated[Call, creating(REGISTER_TRIALS)]) -> Response:
    """Register a trial before it begins: a lead for the own unit, the directorate for any."""
    return await _once(call, lambda conn: commands.register(conn, call.context, body.hypothesis()), made=True)


@router.get("/{trial_id}", response_model=TrialView)
async def read_trial(call: Annotated[Call, reading(READ_TRIALS)], trial_id: UUID) -> Response:
    """Show a trial with its conclusion."""
    row = await call.read(lambda conn: store.find_row(conn, trial_id))
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return shown(TrialView.of(dict(row)), row["version"])


@router.post("/{trial_id}/conclusion", response_model=SteeringReceipt)
async def conclude_trial(
    trial_id: UUID, body: ConcludeTrial, call: Annotated[Call, changing(CONCLUDE_TRIALS)]
) -> Response:
    """Say what came of a trial; until it is closed, instead of what was said before."""
    seen = call.seen(trial_id)
    return await _once(call, lambda conn: commands.conclude(conn, call.context, seen, body.conclusion()))


@router.post("/{trial_id}/closing", response_model=SteeringReceipt)
async def close_trial(trial_id: UUID, _body: Nothing, call: Annotated[Call, changing(CLOSE_TRIALS)]) -> Response:
    """Close a trial that is over and concluded; its figures stay as they are now."""
    seen, freeze = call.seen(trial_id), partial(_freeze, call=call)
    return await _once(call, lambda conn: commands.close(conn, call.context, seen, freeze), compares=True)


@router.post("/{trial_id}/withdrawal", response_model=SteeringReceipt)
async def withdraw_trial(
    trial_id: UUID, body: WithdrawTrial, call: Annotated[Call, changing(WITHDRAW_TRIALS)]
) -> Response:
    """Take a trial back; it stays on record that there was one, and why it was taken back."""
    seen = call.seen(trial_id)
    return await _once(call, lambda conn: commands.withdraw(conn, call.context, seen, body.reason))


@router.get("/{trial_id}/comparison")
async def compare_trial(call: Annotated[Call, reading(READ_FIGURES)], trial_id: UUID) -> TrialComparison:
    """Compare the unit with the other: as it is now, or as it was when the trial was closed.

    A reader sees the figures of a unit that they see exactly, and the difference where they see both so.
    """
    async with transaction(call.tools.engine, comparing_stance(call.context)) as conn:
        trial = await _trial(conn, trial_id)
        frozen, found = await store.frozen(conn, trial_id), await _compare(conn, trial, call.context)
        await call.context.trail.record(conn, figures_entry(_shown_ids(trial)))
    return _document(call, trial, frozen, found)


@router.get(
    "/{trial_id}/export",
    response_model=TrialExport,
    responses={200: {"content": {MEDIA[Form.CSV]: {}}, "description": "A closed trial, to be handed on."}},
)
async def export_trial(
    call: Annotated[Call, reading(EXPORT_FIGURES)], trial_id: UUID, form: _Form = "json"
) -> Response:
    """Hand out a closed trial with its definition, the rule of suppression and the licence; alike for every reader."""
    async with transaction(call.tools.engine, comparing_stance(call.context)) as conn:
        trial = await _trial(conn, trial_id)
        frozen = await store.frozen(conn, trial_id)
        indicator = call.tools.catalogue.indicator(trial.hypothesis.indicator)
        if frozen is None or indicator is None:
            raise Refusal(Code.TRIAL_NOT_CLOSED, state=trial.state.value)
        await call.context.trail.record(conn, figures_entry(_shown_ids(trial), action=EXPORT_FIGURES))
    export = export_of(trial, frozen, indicator)
    headers = {
        "Content-Disposition": f'attachment; filename="trial-{trial_id}.{form}"',
        "Link": f'</v1/indicators>; rel="describedby", <{LICENSE}>; rel="license"',
    }
    if form == "json":
        return Response(export.model_dump_json(), headers=headers, media_type="application/json")
    writer = writer_of(Form.CSV, COLUMNS, about={})
    return Response(writer.part(table_of(export)) + writer.end(), headers=headers, media_type=MEDIA[Form.CSV])


async def _trial(conn: AsyncConnection, trial_id: UUID) -> Trial:
    row = await store.find_row(conn, trial_id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return store.trial_of(row)


async def _compare(conn: AsyncConnection, trial: Trial, context: Context) -> Found:
    hypothesis = trial.hypothesis
    before, after = spells(hypothesis, today=context.today)
    asked = Comparison(
        indicators=(hypothesis.indicator,),
        units=(hypothesis.unit,),
        against=(hypothesis.comparison_unit,),
        before=before,
        after=after,
        definitions_of=hypothesis.first_day,
    )
    return await read_comparison(conn, asked, context.catalogue, today=context.today)


async def _freeze(conn: AsyncConnection, trial: Trial, *, call: Call) -> Frozen:
    found = await _compare(conn, trial, call.context)
    if not found.lines:
        raise Refusal(Code.FIGURES_NOT_COUNTED)
    [line] = found.lines
    return Frozen(definition_version=line.version.version, compared=line.compared, frozen_at=call.context.now)


def _shown_ids(trial: Trial) -> list[UUID]:
    hypothesis = trial.hypothesis
    units = (hypothesis.unit, hypothesis.comparison_unit)
    return [
        trial.id,
        *map(audit_names.id_of_unit, units),
        *audit_names.known([f"indicator:{hypothesis.indicator}"]),
    ]


def _document(call: Call, trial: Trial, frozen: Frozen | None, found: Found) -> TrialComparison:
    hypothesis, reader = trial.hypothesis, reader_of(call.principal, call.context.units)
    before, after = spells(hypothesis, today=call.context.today)
    fresh: Freshness = found.freshness
    return TrialComparison(
        trial=trial.id,
        unit=hypothesis.unit,
        comparison_unit=hypothesis.comparison_unit,
        frozen_at=None if frozen is None else frozen.frozen_at,
        before=SpellDocument.of(before),
        after=SpellDocument.of(after),
        indicator=_indicator(call, trial, frozen, found, exact=(
            reader.sees_exact(hypothesis.unit), reader.sees_exact(hypothesis.comparison_unit),
        )),
        does_not_show=LIMITS_OF_TRIALS,
        as_of=fresh.now,
        watermark=fresh.watermark,
        seconds_behind=fresh.seconds_behind,
    )  # fmt: skip


def _indicator(
    call: Call, trial: Trial, frozen: Frozen | None, found: Found, *, exact: tuple[bool, bool]
) -> ComparedIndicator | None:
    own, other = exact
    if frozen is not None:
        indicator = call.tools.catalogue.indicator(trial.hypothesis.indicator)
        if indicator is None:
            return None
        version = next(each for each in indicator.versions if each.version == frozen.definition_version)
        return ComparedIndicator.of(indicator, version, frozen.compared, units_exact=own, others_exact=other)
    if not found.lines:
        return None
    [line] = found.lines
    return ComparedIndicator.of(line.indicator, line.version, line.compared, units_exact=own, others_exact=other)


async def _once(call: Call, work: Work[Receipt], *, made: bool = False, compares: bool = False) -> Response:
    async def answered(conn: AsyncConnection) -> Answer:
        receipt = await work(conn)
        headers = {"ETag": etag(receipt.version)}
        if made:
            headers["Location"] = f"/v1/trials/{receipt.id}"
        body = SteeringReceipt.model_validate(receipt, from_attributes=True).model_dump(mode="json")
        return Answer(201 if made else 200, body, headers=headers, aggregate_id=receipt.id)

    return await call.once(answered, stance=comparing_stance(call.context) if compares else None)
