"""The documents of the API."""

from datetime import date, datetime
from uuid import UUID

from forkant_contracts.units import UnitKind
from pydantic import BaseModel, ConfigDict, Field

from indicator_service.aggregation.calendar import Period, PeriodKind
from indicator_service.aggregation.cited import CitedPriority
from indicator_service.aggregation.figure import Figure, IndicatorFigures
from indicator_service.api.self_audit_documents import SelfAuditSummary
from indicator_service.definitions import Text
from indicator_service.definitions.models import Dimension
from indicator_service.definitions.series import ImportKind


class Document(BaseModel):
    """Base of all documents."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, serialize_by_alias=True)


class PeriodDocument(Document):
    """The period that the figures are about; both days are in it."""

    kind: PeriodKind
    first_day: date = Field(alias="from")
    last_day: date = Field(alias="to")
    counted_until: date
    """What there is at the end of the period is counted at the end of this day: its last, or today while it runs."""

    @classmethod
    def of(cls, period: Period) -> "PeriodDocument":
        """Write a period."""
        days = {"from": period.first_month, "to": period.last_day, "counted_until": period.counted_until}
        return cls.model_validate({"kind": period.kind, **days})


class Fresh(Document):
    """When the answer was made and how fresh it is."""

    as_of: datetime
    """When the answer was made."""
    watermark: datetime | None
    """Everything recorded until this moment and published is counted; null before anything was read."""
    seconds_behind: float | None
    """Time from the watermark to now, 0 when all is counted; null before anything was read."""


class PartitionDocument(Document):
    """How far one partition of the event stream is behind."""

    topic: str
    partition: int
    lag: int
    """Events that wait to be counted."""
    last_recorded_at: datetime | None
    """When the newest counted event was recorded."""
    observed_at: datetime
    """When the projector last reported."""


class FreshnessDocument(Fresh):
    """Freshness of all figures, and of each partition of the event stream."""

    generation: int
    """Which projection of the events the figures are made from; each rebuild has the next number."""
    heartbeat_age_seconds: float | None
    """Time since the slowest report of a projector."""
    lag: int
    """Events that wait to be counted."""
    partitions: tuple[PartitionDocument, ...]
    self_audit: SelfAuditSummary
    """Whether the figures agree with the case service; see `/v1/self-audit`."""


class UnitInStructure(Document):
    """A unit of an answer: when it is there, and whether its figures can be told in the structure."""

    id: str
    valid_from: date | None
    """Its first day; null: it was there before the first reorganisation."""
    valid_until: date | None
    """Its last day; null: it is there."""
    predecessors: tuple[str, ...]
    """Units whose work came to it."""
    successors: tuple[str, ...]
    """Units that its work went to."""
    told_together: tuple[str, ...]
    """Units whose figures are in its own, itself among them."""
    told: bool
    """False: part of its work came from, or went to, another unit in between, and figures don't tell which part; or it
    is not there on the day of the structure, since its work was shared out or it was established later."""


class StructureDocument(Document):
    """In which units figures are told."""

    asked: str
    """`then`, `now` or a day."""
    day: date | None
    """The day whose units they are; null: of each unit as it was."""
    units: tuple[UnitInStructure, ...]
    """The units of the answer."""


class DistrictMetrics(Fresh):
    """All figures of one unit, or of all units together."""

    unit: str
    period: PeriodDocument
    counts: dict[str, Figure]
    indicators: tuple[IndicatorFigures, ...]
    counts_settled_on: dict[str, date]
    """By key, since which day a count stands that the reader is not shown exactly, as `settled_on` of an indicator."""
    priorities: tuple[CitedPriority, ...]
    """What comes first for the unit, or for all, at the end of the period or today while it goes on."""
    structure: StructureDocument


class IndicatorRow(Document):
    """One indicator of one unit."""

    unit: str
    indicator: IndicatorFigures


class IndicatorValues(Fresh):
    """One indicator of every unit, and of all together."""

    number: int
    period: PeriodDocument
    structure: StructureDocument
    rows: tuple[IndicatorRow, ...]


class UnitDocument(Document):
    """A police unit."""

    id: str
    kind: UnitKind
    name: Text
    """As the case service names it where it was established since this release; its id while that does not answer."""
    holds_cases: bool
    valid_from: date | None
    """Its first day; null: it was there before the first reorganisation."""
    valid_until: date | None
    """Its last day; null: it is there."""
    predecessors: tuple[str, ...]
    """Units whose work came to it."""
    successors: tuple[str, ...]
    """Units that its work went to."""


class Units(Document):
    """All police units that are there, or were."""

    units: tuple[UnitDocument, ...]


class IndicatorDocument(Document):
    """The definition of an indicator that is in force."""

    number: int
    key: str
    kind: str
    measurement_unit: str
    direction: str
    minimum_n: int
    counted_at_end: bool
    """Whether it shows what there is at the end of the period, or today while it runs; else what came within it."""
    definition_version: int
    valid_from: date
    name: Text
    description: Text
    numerator_text: Text | None
    denominator_text: Text
    per: int
    """For how much of the denominator a rate is given, such as 1,000 inhabitants; else 1."""
    dimensions: tuple[Dimension, ...]
    """By what its figures are also shown, see `/v1/indicators/{number}/breakdown`."""
    further: dict[str, Text]
    """Further shares that its figures show, by key."""
    rests_on: tuple[ImportKind, ...]
    """The kinds of imports that its figures need, see `/v1/aggregate-imports`."""


class CountDocument(Document):
    """The definition of a plain count."""

    key: str
    name: Text
    description: Text


class Definitions(Document):
    """All definitions."""

    indicators: tuple[IndicatorDocument, ...]
    counts: tuple[CountDocument, ...]


class AuditLine(Document):
    """One act in the audit trail: who, when, which figures, with which outcome, and why."""

    at: datetime
    subject: str
    client_id: str
    unit: str
    """The unit of whoever acted."""
    roles: tuple[str, ...]
    action: str
    objects: tuple[str, ...]
    """Units, indicators and periods that were shown or asked for, such as `unit:oslo` and `period:2026-03`; or the id
    of a case, when what was kept about it was erased."""
    version: int | None
    """The case's version with its erasure."""
    outcome: str
    refusal: str | None
    purpose: str | None
    trace_id: str | None
    request_id: UUID | None


class AuditPage(Document):
    """A page of the audit trail, newest first."""

    items: tuple[AuditLine, ...]
    next: str | None
    """Cursor of the next page; null on the last."""
