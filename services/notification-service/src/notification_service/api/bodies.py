"""Requests: closed models, so that a misspelt field is refused and not ignored."""

from typing import Annotated, Final, Self
from uuid import UUID

from forkant_contracts.codes import CaseType, Theme
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from notification_service.domain.signing import Signature
from notification_service.domain.urls import MAX_URL

Url = Annotated[str, StringConstraints(min_length=8, max_length=MAX_URL)]
EventType = Annotated[str, StringConstraints(max_length=100, pattern=r"^no\.forkant\.[a-z.\-]+\.v[0-9]+$")]
UnitId = Annotated[str, StringConstraints(max_length=80, pattern=r"^[a-z][a-z-]{1,30}(/gde-[a-z0-9-]{1,40})?$")]
EventTypes = Annotated[list[EventType], Field(max_length=200)]
Units = Annotated[list[UnitId], Field(max_length=500)]
CaseTypes = Annotated[list[CaseType], Field(max_length=100)]
Themes = Annotated[list[Theme], Field(max_length=100)]
Signatures = Annotated[list[Signature], Field(min_length=1, max_length=2)]


_AN_ENDPOINT: Final = "0197f1c2-5d3e-7a4b-8c6d-0123456789ab"


class Closed(BaseModel):
    """Base of all requests."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Nothing(Closed):
    """An empty object."""


class Choice(Closed):
    """What an endpoint asks for."""

    event_types: EventTypes = []
    """CloudEvents types to send; empty sends all."""
    units: Units = []
    """Units whose events to send; empty sends those of every unit that the caller may know of."""
    case_types: CaseTypes = []
    """Of the events that carry a case type, only those of these; empty sends all."""
    themes: Themes = []
    """Of the events that carry a theme, only those of these; empty sends all."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        if CaseType.UNKNOWN in self.case_types or Theme.UNKNOWN in self.themes:
            raise ValueError("unknown is no case type and no theme")
        return self


class EndpointTrial(Choice):
    """What an endpoint would ask for."""

    days: Annotated[int, Field(ge=1, le=30)] = 7
    """Of how many last days to tell what it would have been sent."""


class NewEndpoint(Choice):
    """An endpoint to register."""

    url: Url
    """Where webhooks go: https, a public address, no credentials."""
    signatures: Signatures = [Signature.V1]
    """How messages are signed: ``v1`` with the secret, ``v1a`` with a key whose public half is in ``secrets``."""


class EndpointChanges(Closed):
    """What to change; fields left out stay."""

    url: Url | None = None
    """Where webhooks go."""
    event_types: EventTypes | None = None
    """CloudEvents types to send; empty sends all."""
    units: Units | None = None
    """Units whose events to send."""
    case_types: CaseTypes | None = None
    """Case types to send, of the events that carry one."""
    themes: Themes | None = None
    """Themes to send, of the events that carry one."""
    signatures: Signatures | None = None
    """How messages are signed from now on."""
    enabled: bool | None = None
    """False moves what waits to the dead letters and sends no more; true sends what happens from now on."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set or any(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError("give at least one field, and no null")
        return self


class Replay(Closed):
    """Which dead letters of an endpoint to send again: all, or those between two numbers or two moments."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"endpoint_id": _AN_ENDPOINT, "from_sequence": 10}]})

    endpoint_id: UUID
    """The endpoint."""
    from_sequence: Annotated[int | None, Field(ge=1)] = None
    """The first number of the range."""
    to_sequence: Annotated[int | None, Field(ge=1)] = None
    """The last number of the range."""
    since: AwareDatetime | None = None
    """Those made at this moment or later."""
    until: AwareDatetime | None = None
    """Those made before this moment."""


class Rotation(Closed):
    """How to change the secret, and the key where there is one."""

    overlap_hours: Annotated[int, Field(ge=0, le=168)] = 24
    """How long the secret before signs along."""
