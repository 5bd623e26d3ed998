"""Routes of reference data, the same for everybody: as of a day, and kept by clients until it changes."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from forkant_kit.auth import Principal
from forkant_kit.db import transaction
from forkant_kit.policy import requires
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import fields as f
from case_service.api.calls import Tools, Work
from case_service.api.conditional import NOT_MODIFIED, IfNoneMatch, conditional
from case_service.api.description import operation_id
from case_service.api.views.reference import (
    Catalogue,
    CodeView,
    ListedCodes,
    MethodList,
    MethodView,
    MunicipalityHistory,
    MunicipalityList,
    MunicipalityView,
    PilotedView,
    TakingPartView,
    UnitList,
    UnitView,
)
from case_service.domain.catalogue import CODES, LISTS, listed_codes
from case_service.domain.moments import local_day
from case_service.domain.pilots import Pilots
from case_service.domain.refusals import Code, Refusal
from case_service.queries import reference as queries

router = APIRouter(prefix="/v1", tags=["reference"], generate_unique_id_function=operation_id)

Reader = Annotated[Principal, requires("reference.read")]
On = Annotated[f.Day | None, Query(description="As it was, or will be, on a day; today, if left out.")]
_ListName = Annotated[str | None, Query(alias="code_list", json_schema_extra={"enum": sorted(LISTS)}, max_length=40)]
_Every = Annotated[bool, Query(description="Every unit that ever was or will be, instead of those of a day.")]
_EveryDay = Annotated[f.Day | None, Query(description="What may be chosen on a day; everything, if left out.")]


@router.get(
    "/catalogue",
    response_model=Catalogue,
    responses=NOT_MODIFIED,
    summary="Read codes, units, municipalities and methods",
)
async def catalogue(request: Request, _principal: Reader, on: On = None, kept: IfNoneMatch = None) -> Response:
    """Read what forms are filled in from: code lists, units, municipalities with their district, methods."""
    day = _day(request, on)

    async def work(conn: AsyncConnection) -> Catalogue:
        return Catalogue(
            on=day,
            codes=dict(CODES),
            retired=await queries.list_retired_codes(conn),
            piloted=_piloted(await queries.list_pilots(conn)),
            units=_units(await queries.list_units(conn, day=day)),
            municipalities=_municipalities(await queries.list_municipalities(conn, day=day)),
            methods=_methods(await queries.list_methods(conn)),
        )

    return conditional(await _read(request, work), kept)


@router.get("/units", response_model=UnitList, responses=NOT_MODIFIED, summary="Read the units of a day")
async def units(
    request: Request, _principal: Reader, on: On = None, every: _Every = False, kept: IfNoneMatch = None
) -> Response:
    """Read districts, special bodies, the directorate and operational units, with the days between which each is."""
    day = None if every else _day(request, on)

    async def work(conn: AsyncConnection) -> UnitList:
        return UnitList(on=day, items=_units(await queries.list_units(conn, day=day)))

    return conditional(await _read(request, work), kept)


@router.get(
    "/municipalities",
    response_model=MunicipalityList,
    responses=NOT_MODIFIED,
    summary="Read the municipalities of a day",
)
async def municipalities(request: Request, _principal: Reader, on: On = None, kept: IfNoneMatch = None) -> Response:
    """Read the municipalities of a day with the district of each; none of days before the division that is loaded."""
    day = _day(request, on)

    async def work(conn: AsyncConnection) -> MunicipalityList:
        return MunicipalityList(on=day, items=_municipalities(await queries.list_municipalities(conn, day=day)))

    return conditional(await _read(request, work), kept)


@router.get(
    "/municipalities/{number}",
    response_model=MunicipalityHistory,
    responses=NOT_MODIFIED,
    summary="Read a municipality and its districts",
)
async def municipality(
    request: Request,
    _principal: Reader,
    number: Annotated[str, Path(pattern=r"^[0-9]{4}$", examples=["0301"])],
    kept: IfNoneMatch = None,
) -> Response:
    """Read to which district a municipality belonged between which days."""

    async def work(conn: AsyncConnection) -> MunicipalityHistory:
        rows = await queries.history_of(conn, number=number)
        if not rows:
            raise Refusal(Code.NOT_FOUND)
        return MunicipalityHistory.of([dict(row) for row in rows])

    return conditional(await _read(request, work), kept)


@router.get("/codes", response_model=ListedCodes, responses=NOT_MODIFIED, summary="Read codes with their names")
async def list_codes(
    request: Request,
    _principal: Reader,
    chosen: _ListName = None,
    on: _EveryDay = None,
    kept: IfNoneMatch = None,
) -> Response:
    """Read themes, types of case and all other codes, what each is called, and until when something new takes it."""
    if chosen is not None and chosen not in LISTS:
        raise Refusal(Code.UNKNOWN_CODE)

    async def work(conn: AsyncConnection) -> ListedCodes:
        found = listed_codes(await queries.list_retired_codes(conn), on=on)
        items = [CodeView.model_validate(asdict(code)) for code in found if chosen in {None, code.code_list}]
        return ListedCodes(on=on, items=items)

    return conditional(await _read(request, work), kept)


@router.get("/methods", response_model=MethodList, responses=NOT_MODIFIED, summary="Read the national methods")
async def methods(request: Request, _principal: Reader, on: _EveryDay = None, kept: IfNoneMatch = None) -> Response:
    """Read every version of every national method with its steps; a measure stays on the version it began with."""

    async def work(conn: AsyncConnection) -> MethodList:
        return MethodList(items=_methods(await queries.list_methods(conn), on=on))

    return conditional(await _read(request, work), kept)


def _day(request: Request, on: date | None) -> date:
    tools: Tools = request.app.state.tools
    return on or local_day(tools.now())


async def _read(request: Request, work: Work[Any]) -> Any:
    tools: Tools = request.app.state.tools
    async with transaction(tools.engine) as conn:
        return await work(conn)


def _units(rows: queries.Rows) -> list[UnitView]:
    return [UnitView.model_validate(dict(row)) for row in rows]


def _municipalities(rows: queries.Rows) -> list[MunicipalityView]:
    return [MunicipalityView.model_validate(dict(row)) for row in rows]


def _piloted(pilots: Pilots) -> list[PilotedView]:
    return [
        PilotedView(
            code_list="case_type",
            code=code,
            valid_from=days.first,
            valid_until=days.last,
            open_in=[
                TakingPartView(unit=e.unit, pilot=e.pilot, valid_from=e.days.first, valid_until=e.days.last)
                for e in pilots.open_in.get(code, ())
                if e.days.last is None or e.days.first <= e.days.last
            ],
        )
        for code in sorted(pilots.piloted)
        for days in pilots.piloted[code]
    ]


def _methods(rows: queries.Rows, *, on: date | None = None) -> list[MethodView]:
    shown = [MethodView.model_validate(dict(row)) for row in rows]
    return [one for one in shown if on is None or one.is_valid(on)]
