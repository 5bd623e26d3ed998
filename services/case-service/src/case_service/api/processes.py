"""Routes of how work is to be done: the work process with its deadlines, and which role may do what."""

from typing import Annotated

from fastapi import APIRouter, Request
from forkant_kit.auth import Principal
from forkant_kit.policy import requires

from case_service.api.description import operation_id
from case_service.api.views.tasks import (
    EscalationView,
    LeadTimeView,
    ProcessList,
    ProcessView,
    RemindersView,
    RoleMatrix,
    TemplateView,
)
from case_service.domain.processes import Procedures, Process
from case_service.domain.reminders import Reminders
from case_service.policy import RULES
from case_service.reminder_rules import reminder_rules

router = APIRouter(prefix="/v1", tags=["reference"], generate_unique_id_function=operation_id)


@router.get("/work-processes", summary="Read the work processes")
async def work_processes(request: Request, _principal: Annotated[Principal, requires("reference.read")]) -> ProcessList:
    """Read which tasks cases ask for, by when, where each deadline comes from, and to whom a late task goes."""
    procedures: Procedures = request.app.state.tools.procedures
    return ProcessList(
        items=[_shown(process) for _, process in sorted(procedures.processes.items())],
        reminders=[_lead_times(version) for version in reminder_rules()],
    )


@router.get("/role-matrix", summary="Read who may do what")
async def role_matrix(_principal: Annotated[Principal, requires("reference.read")]) -> RoleMatrix:
    """Read which roles may take which action; what is not listed is refused."""
    return RoleMatrix(actions={action: sorted(roles) for action, roles in sorted(RULES.items())})


def _lead_times(version: Reminders) -> RemindersView:
    lead_times = [
        LeadTimeView(kind=one.kind, working_days=one.working_days, basis=one.basis, source=one.source)
        for one in version.lead_times
    ]
    return RemindersView(version=version.version, valid_from=version.valid_from, lead_times=lead_times)


def _shown(process: Process) -> ProcessView:
    return ProcessView(
        version=process.version,
        valid_from=process.valid_from,
        tasks=[
            TemplateView(
                kind=one.kind,
                role=one.role,
                phases=sorted(one.phases),
                days=one.days,
                counted=one.counted,
                runs_on_hold=one.runs_on_hold,
                anew_on=one.anew_on,
                case_types=None if one.case_types is None else sorted(one.case_types),
                age_bands=None if one.age_bands is None else sorted(one.age_bands),
                basis=one.basis,
                source=one.source,
            )
            for one in process.templates
        ],
        escalations=[
            EscalationView(level=level, role=one.role, working_days=one.working_days)
            for level, one in enumerate(process.escalations, start=1)
        ],
    )
