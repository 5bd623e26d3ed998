"""Reads which messages must be acknowledged, and refuses to start on a version that is not whole."""

from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Final, Self

from forkant_contracts.codes import Role
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from notification_service.domain.acknowledgements import Place, Rules, Step
from notification_service.domain.kinds import Kind

FILES: Final = ("acknowledgements-1.json",)
"""The files of all versions. One that has come out never changes: messages are on it."""
MOST_STEPS: Final = 9


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StepFile(_Strict):
    """One step of a chain, as the file has it."""

    roles: Annotated[list[Role], Field(min_length=1)]
    at: Place
    working_days: int = Field(ge=1, le=60)


class DemandFile(_Strict):
    """One kind of message, as the file has it."""

    kind: Kind
    steps: Annotated[list[StepFile], Field(min_length=1, max_length=MOST_STEPS)]
    source: str = Field(min_length=1)


class RulesFile(_Strict):
    """One version, as the file has it."""

    version: int = Field(ge=1)
    valid_from: date
    demands: list[DemandFile]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        kinds = [one.kind for one in self.demands]
        if len(kinds) != len({*kinds}) or Kind.NOT_ACKNOWLEDGED in kinds:
            raise ValueError("each kind of message has one chain, and what tells of one has none itself")
        if any(Role.UNKNOWN in step.roles for one in self.demands for step in one.steps):
            raise ValueError("a role is unknown")
        return self


def read_rules(text: str) -> Rules:
    """Return the rules of a file.

    Raises:
        pydantic.ValidationError: it is not whole.
    """
    read = TypeAdapter(RulesFile).validate_json(text)
    return Rules(
        version=read.version,
        valid_from=read.valid_from,
        demands=MappingProxyType(
            {
                one.kind: tuple(
                    Step(roles=frozenset(step.roles), at=step.at, working_days=step.working_days) for step in one.steps
                )
                for one in read.demands
            }
        ),
    )


@cache
def acknowledgement_rules() -> tuple[Rules, ...]:
    """Return every version of the rules."""
    data = files("notification_service").joinpath("data")
    return tuple(read_rules(data.joinpath(name).read_text("utf-8")) for name in FILES)
