"""What the self-audit knows: whether the figures are what the case service's tables add up to, and since when."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.db import transaction
from forkant_kit.problems import PROBLEM_RESPONSES
from forkant_kit.rls.stance import Stance

from indicator_service import audit_names
from indicator_service.aggregation.calendar import day_of
from indicator_service.api.dependencies import CanReadFigures, Deps, Units
from indicator_service.api.self_audit_documents import SelfAuditDocument, UnitDrift
from indicator_service.api.trail import figures_entry, note_asked
from indicator_service.policy import reader_of
from indicator_service.row_security import EVERY_DISTRICT
from indicator_service.self_audit import store
from indicator_service.self_audit.standing import by_indicator, read_standing

router = APIRouter(prefix="/v1", tags=["reference"], responses=PROBLEM_RESPONSES, dependencies=[Depends(note_asked)])


@router.get("/self-audit")
async def show_self_audit(
    request: Request, principal: Annotated[Principal, CanReadFigures], deps: Deps, units: Units
) -> SelfAuditDocument:
    """Show whether the figures agree with the case service, how old that knowledge is, and where they do not.

    Counts are of the caller's own unit; the directorate sees those of every unit. No case is named.
    """
    reader = reader_of(principal, units)
    stance = EVERY_DISTRICT if reader.sees_all else Stance({"districts": "own", "unit": reader.unit})
    async with transaction(deps.engine, stance, snapshot=True) as conn:
        known = await read_standing(conn)
        drift = await store.drift(conn)
        own = (reader.unit,) if reader.unit else ()
        shown = units.units if reader.sees_all else own
        await trail_of(request).record(conn, figures_entry([audit_names.id_of_unit(unit) for unit in shown]))
    today = day_of(deps.now())
    versions = {indicator.number: indicator.at(today) for indicator in deps.catalogue.indicators}
    drifts = tuple(UnitDrift.of(unit, *found) for unit, found in by_indicator(drift, versions).items())
    return SelfAuditDocument.of_all(known, drifts, sees_all=reader.sees_all)
