"""Events of a measure («tiltak»); the case is their aggregate, so its version orders them."""

from typing import ClassVar

from forkant_contracts.codes import Arena, CancelReason, MeasureKind
from forkant_contracts.envelope import EventData
from forkant_contracts.fields import CatalogueCode, Day, Flag, Identifier, Version
from forkant_contracts.topics import CASE_TOPIC


class MeasureEvent(EventData):
    """Base of the measure events."""

    TOPIC: ClassVar[str] = CASE_TOPIC

    measure_id: Identifier
    """The measure."""


class MeasurePlanned(MeasureEvent):
    """A measure was planned."""

    TYPE: ClassVar[str] = "no.forkant.measure.planned.v1"

    kind: MeasureKind
    """Kind of measure."""
    arena: Arena
    """Physical or digital."""
    due_on: Day
    """Day by which it is to be completed."""
    method_version: Version | None = None
    """Version of the national method that it follows; absent for a measure without a standard."""


class MeasureRescheduled(MeasureEvent):
    """The measure is due on another day, since its case was on hold; the newest day holds."""

    TYPE: ClassVar[str] = "no.forkant.measure.rescheduled.v1"

    due_on: Day
    """Day by which it is to be completed from now on."""


class MeasureStarted(MeasureEvent):
    """Work on the measure began."""

    TYPE: ClassVar[str] = "no.forkant.measure.started.v1"


class MeasureStepCompleted(MeasureEvent):
    """A step of the measure's method was done."""

    TYPE: ClassVar[str] = "no.forkant.measure.step-completed.v1"

    step: CatalogueCode
    """Code of the step."""


class MeasureCompleted(MeasureEvent):
    """The measure was completed."""

    TYPE: ClassVar[str] = "no.forkant.measure.completed.v1"

    mandatory_steps_met: Flag | None = None
    """Whether every mandatory step was done; absent for a measure without a standard."""


class MeasureCancelled(MeasureEvent):
    """The measure was cancelled."""

    TYPE: ClassVar[str] = "no.forkant.measure.cancelled.v1"

    reason: CancelReason
    """Why."""
