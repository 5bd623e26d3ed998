"""Reads the versions of the lead times that come with the service, and refuses to start on one that is not whole."""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, Self

from forkant_contracts.codes import TaskKind
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from case_service.domain.processes import Basis
from case_service.domain.reminders import LeadTime, Reminders

FILES: Final = ("reminders-1.json",)
"""The files of all versions."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LeadTimeFile(_Strict):
    """The lead time of one kind of task, as the file has it."""

    kind: TaskKind
    working_days: Annotated[int, Field(ge=1, le=60)] | None
    basis: Basis
    source: str = Field(min_length=1)


class RemindersFile(_Strict):
    """One version of the lead times, as the file has it."""

    version: int = Field(ge=1)
    valid_from: date
    lead_times: list[LeadTimeFile]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        kinds = [one.kind for one in self.lead_times]
        if sorted(kinds) != sorted({*TaskKind} - {TaskKind.UNKNOWN}):
            raise ValueError("each kind of task needs one lead time, if only to say that there is none")
        return self


def read_reminders(text: str) -> Reminders:
    """Return the lead times of a file.

    Raises:
        pydantic.ValidationError: it is not whole.
    """
    read = TypeAdapter(RemindersFile).validate_json(text)
    return Reminders(
        version=read.version,
        valid_from=read.valid_from,
        lead_times=tuple(
            LeadTime(kind=one.kind, working_days=one.working_days, basis=one.basis, source=one.source)
            for one in read.lead_times
        ),
    )


@cache
def reminder_rules() -> tuple[Reminders, ...]:
    """Return every version of the lead times."""
    data = files("case_service").joinpath("data")
    return tuple(read_reminders(data.joinpath(name).read_text("utf-8")) for name in FILES)
