"""The CloudEvents 1.0 envelope around every event."""

from datetime import datetime
from typing import Annotated, ClassVar, Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SerializeAsAny

from forkant_contracts.fields import UnitId

TYPE_PREFIX: Final = "no.forkant."
DATA_SCHEMA_BASE: Final = "urn:forkant:schema:"

Source = Annotated[str, Field(pattern=r"^(urn:forkant:|/)[a-z][a-z-]{1,40}$")]
"""CloudEvents ``source``: the service that wrote the event, for example ``urn:forkant:case-service``."""

TraceParent = Annotated[str, Field(pattern=r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]
"""W3C trace context of the change that the event tells of."""


class EventData(BaseModel):
    """Base of every event's data: closed for writers (unknown fields are refused), open for readers.

    ``TYPE`` is the CloudEvents type with its major version, ``MINOR`` counts compatible additions since that major
    version, ``TOPIC`` is the Kafka topic that carries the event.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    TYPE: ClassVar[str]
    MINOR: ClassVar[int] = 0
    TOPIC: ClassVar[str]

    @classmethod
    def data_schema(cls) -> str:
        """Return the ``dataschema`` attribute, which names the minor version."""
        return f"{DATA_SCHEMA_BASE}{cls.TYPE.removeprefix(TYPE_PREFIX)}.{cls.MINOR}"


class Event(BaseModel):
    """One event as it is archived, published and read: CloudEvents attributes and typed data.

    ``aggregate_version`` counts the changes of one aggregate from 1 without a gap and is the order of its events.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    source: Source
    aggregate_id: UUID
    aggregate_version: int = Field(ge=1)
    unit: UnitId
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    data: SerializeAsAny[EventData]
    traceparent: TraceParent | None = None

    @property
    def type(self) -> str:
        """The CloudEvents type, for example ``no.forkant.case.opened.v1``."""
        return self.data.TYPE

    @property
    def topic(self) -> str:
        """The Kafka topic that carries this event."""
        return self.data.TOPIC


def rfc3339(moment: datetime) -> str:
    """Write an aware moment as RFC 3339 with its offset."""
    return moment.isoformat()
