"""Units, definitions and freshness."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from forkant_kit.auth import Principal
from forkant_kit.freshness import read_freshness
from forkant_kit.problems import PROBLEM_RESPONSES

from indicator_service import generations, queries
from indicator_service.aggregation.calendar import day_of
from indicator_service.aggregation.register import KnownUnit
from indicator_service.api.dependencies import CanReadReference, Deps
from indicator_service.api.dependencies import Units as KnownToUs
from indicator_service.api.models import (
    CountDocument,
    Definitions,
    FreshnessDocument,
    IndicatorDocument,
    PartitionDocument,
    UnitDocument,
    Units,
)
from indicator_service.api.self_audit_documents import SelfAuditSummary
from indicator_service.definitions import Indicator, Text, Version
from indicator_service.definitions.series import FORM_OF
from indicator_service.self_audit.standing import read_standing

router = APIRouter(prefix="/v1", tags=["reference"], responses=PROBLEM_RESPONSES)

Reads = Annotated[Principal, CanReadReference]


@router.get("/units")
async def list_units(
    request: Request,
    _principal: Reads,
    deps: Deps,
    units: KnownToUs,
    on: Annotated[
        date | None, Query(description="Those that are there on a day; else all that there ever were.")
    ] = None,
) -> Units:
    """List the districts, the special bodies and the directorate, with the days on which they are there."""
    there = [each for each in units.units.values() if on is None or each.there(on)]
    authorization = request.headers["authorization"]
    names = await deps.unit_names.of([each.id for each in there], authorization=authorization)
    return Units(units=tuple(_unit(each, names[each.id]) for each in there))


def _unit(unit: KnownUnit, name: Text) -> UnitDocument:
    return UnitDocument(
        id=unit.id,
        kind=unit.kind,
        name=name,
        holds_cases=unit.holds_cases,
        valid_from=unit.valid_from,
        valid_until=unit.valid_until,
        predecessors=unit.predecessors,
        successors=unit.successors,
    )


@router.get("/indicators")
async def list_indicators(_principal: Reads, deps: Deps) -> Definitions:
    """List the definitions that are in force today."""
    today = day_of(deps.now())
    return Definitions(
        indicators=tuple(_definition(i, i.at(today)) for i in deps.catalogue.indicators),
        counts=tuple(CountDocument(key=c.key, name=c.name, description=c.description) for c in deps.catalogue.counts),
    )


def _definition(indicator: Indicator, version: Version) -> IndicatorDocument:
    return IndicatorDocument(
        number=indicator.number,
        key=indicator.key,
        kind=version.kind,
        measurement_unit=version.measurement_unit,
        direction=version.direction,
        minimum_n=version.minimum_n,
        counted_at_end=version.counted_at_end,
        definition_version=version.version,
        valid_from=version.valid_from,
        name=version.name,
        description=version.description,
        numerator_text=version.numerator_text,
        denominator_text=version.denominator_text,
        per=version.per,
        dimensions=version.dimensions,
        further={each.key: each.name for each in version.further},
        rests_on=tuple(dict.fromkeys(FORM_OF[each].kind for each in version.series)),
    )


@router.get("/freshness")
async def show_freshness(_principal: Reads, deps: Deps) -> FreshnessDocument:
    """Show how far the figures are behind the events."""
    async with deps.engine.connect() as conn:
        generation = await generations.live(conn)
        freshness = await read_freshness(conn, group=generations.group_of(generation))
        partitions = await queries.partition_lags(conn, group=generations.group_of(generation))
        audited = await read_standing(conn)
    oldest = min((p.observed_at for p in partitions), default=None)
    age = None if oldest is None else max((freshness.now - oldest).total_seconds(), 0.0)
    return FreshnessDocument(
        generation=generation,
        as_of=freshness.now,
        watermark=freshness.watermark,
        seconds_behind=freshness.seconds_behind,
        heartbeat_age_seconds=age,
        lag=freshness.lag_records,
        partitions=tuple(PartitionDocument.model_validate(p, from_attributes=True) for p in partitions),
        self_audit=SelfAuditSummary.of(audited),
    )
