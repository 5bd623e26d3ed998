"""Reads the versions of the work process that come with the service, and refuses to start on one that is not whole."""

from datetime import date
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Final, Self

from forkant_contracts.codes import AgeBand, CaseState, CaseType, Role, TaskKind
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from case_service.calendars import norwegian_calendar
from case_service.domain.attempt import Kind
from case_service.domain.processes import Basis, Counting, Escalation, Procedures, Process, Template
from case_service.domain.standing import ALL_STATES

FILES: Final = ("work-processes-1.json",)
"""The files of all versions. One that has come out never changes: cases are on it."""

_WITH_DAYS_OF_THEIR_OWN: Final = frozenset(
    {TaskKind.COMPLETE_MEASURE, TaskKind.HOLD_FOLLOW_UP, TaskKind.CLARIFY_INFORMATION}
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TemplateFile(_Strict):
    """One task of a process, as the file has it."""

    kind: TaskKind
    role: Role
    phases: list[CaseState] = Field(min_length=1)
    days: Annotated[int, Field(ge=1, le=366)] | None
    counted: Counting
    basis: Basis
    source: str = Field(min_length=1)
    runs_on_hold: bool = False
    anew_on: Kind | None = None
    case_types: list[CaseType] | None = None
    age_bands: list[AgeBand] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if "unknown" in {self.kind, self.role, *self.phases, *(self.case_types or ()), *(self.age_bands or ())}:
            raise ValueError("a code is unknown")
        if not {*self.phases} <= {*ALL_STATES} - {CaseState.ON_HOLD}:
            raise ValueError("a case on hold is in the phase that it was in")
        if (self.days is None) != (self.kind in _WITH_DAYS_OF_THEIR_OWN):
            raise ValueError("a task has either days or something with a due day of its own")
        return self


class EscalationFile(_Strict):
    """One level of escalation, as the file has it."""

    role: Role
    working_days: int = Field(ge=1, le=250)


class ProcessFile(_Strict):
    """One version of the process, as the file has it."""

    version: int = Field(ge=1)
    valid_from: date
    tasks: list[TemplateFile]
    escalations: list[EscalationFile] = Field(min_length=1, max_length=9)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for_all = {one.kind for one in self.tasks if one.case_types is None and one.age_bands is None}
        if for_all != {*TaskKind} - {TaskKind.UNKNOWN}:
            raise ValueError("each kind of task needs a deadline for all cases")
        days = [one.working_days for one in self.escalations]
        if days != sorted({*days}):
            raise ValueError("each level comes later than the one before")
        return self

    def process(self) -> Process:
        """Return the process that the rules know."""
        return Process(
            version=self.version,
            valid_from=self.valid_from,
            templates=tuple(_template(one) for one in self.tasks),
            escalations=tuple(Escalation(role=one.role, working_days=one.working_days) for one in self.escalations),
        )


def read_process(text: str) -> Process:
    """Return the process of a file.

    Raises:
        pydantic.ValidationError: it is not whole.
    """
    return TypeAdapter(ProcessFile).validate_json(text).process()


def procedures() -> Procedures:
    """Return every version of the work process with the Norwegian calendar."""
    data = files("case_service").joinpath("data")
    read = [read_process(data.joinpath(name).read_text("utf-8")) for name in FILES]
    return Procedures(processes=MappingProxyType({one.version: one for one in read}), calendar=norwegian_calendar())


def _template(one: TemplateFile) -> Template:
    return Template(
        kind=one.kind,
        role=one.role,
        phases=frozenset(one.phases),
        days=one.days,
        counted=one.counted,
        basis=one.basis,
        source=one.source,
        runs_on_hold=one.runs_on_hold,
        anew_on=one.anew_on,
        case_types=None if one.case_types is None else frozenset(one.case_types),
        age_bands=None if one.age_bands is None else frozenset(one.age_bands),
    )
