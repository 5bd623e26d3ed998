"""Routes of reference data, the same for everybody."""

from dataclasses import asdict
from typing import Annotated, Final

from fastapi import APIRouter
from forkant_contracts import codes
from forkant_contracts.units import UNITS
from forkant_kit.auth import Principal
from forkant_kit.db import transaction
from forkant_kit.policy import requires
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from case_service.api.description import operation_id
from case_service.api.views.reference import Catalogue, MethodList, MethodView, MunicipalityView, UnitView
from case_service.domain.moments import local_day
from case_service.queries import reference as queries

router = APIRouter(prefix="/v1", tags=["reference"], generate_unique_id_function=operation_id)

_LISTS: Final = {
    "case_type": codes.CaseType,
    "case_state": codes.CaseState,
    "theme": codes.Theme,
    "age_band": codes.AgeBand,
    "arena": codes.Arena,
    "concern_source": codes.ConcernSource,
    "concern_outcome": codes.ConcernOutcome,
    "subject_category": codes.SubjectCategory,
    "purpose_code": codes.PurposeCode,
    "legal_basis": codes.LegalBasis,
    "risk_factor": codes.RiskFactor,
    "protective_factor": codes.ProtectiveFactor,
    "measure_kind": codes.MeasureKind,
    "partner_kind": codes.PartnerKind,
    "hold_reason": codes.HoldReason,
    "effect": codes.Effect,
    "close_reason": codes.CloseReason,
    "reject_reason": codes.RejectReason,
    "reopen_reason": codes.ReopenReason,
    "cancel_reason": codes.CancelReason,
    "break_glass_reason": codes.BreakGlassReason,
    "access_verdict": codes.AccessVerdict,
    "restriction_reason": codes.RestrictionReason,
    "erasure_basis": codes.ErasureBasis,
    "task_kind": codes.TaskKind,
}
CODES: Final = {name: [code.value for code in listed if code.name != "UNKNOWN"] for name, listed in _LISTS.items()}
"""The codes of each list, as clients may give them."""


@router.get("/catalogue", summary="Read codes, units, municipalities and methods")
async def catalogue(request: Request, _principal: Annotated[Principal, requires("reference.read")]) -> Catalogue:
    """Read what forms are filled in from: code lists, units, municipalities with their district, methods."""
    engine: AsyncEngine = request.app.state.tools.engine
    async with transaction(engine) as conn:
        municipalities = await queries.list_municipalities(conn, day=local_day(request.app.state.tools.now()))
        methods = await queries.list_methods(conn)
        retired = await queries.list_retired_codes(conn)
    return Catalogue(
        codes=CODES,
        retired=retired,
        units=[UnitView.model_validate(asdict(unit)) for unit in UNITS.values()],
        municipalities=[MunicipalityView.model_validate(dict(row)) for row in municipalities],
        methods=[MethodView.model_validate(dict(row)) for row in methods],
    )


@router.get("/methods", summary="Read the national methods")
async def methods(request: Request, _principal: Annotated[Principal, requires("reference.read")]) -> MethodList:
    """Read every version of every national method with its steps; a measure stays on the version it began with."""
    engine: AsyncEngine = request.app.state.tools.engine
    async with transaction(engine) as conn:
        rows = await queries.list_methods(conn)
    return MethodList(items=[MethodView.model_validate(dict(row)) for row in rows])
