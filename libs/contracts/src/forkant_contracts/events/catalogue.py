"""Events of what all units share: national methods, examples of best practice («beste praksis»), and units themselves.

``unit`` in the envelope is the unit that published: the directorate for a method or a unit, the example's own for best
practice.
"""

from typing import ClassVar

from forkant_contracts.codes import Arena, CaseType, Effect, MeasureKind, Theme, UnitChange, UnitKindCode
from forkant_contracts.envelope import EventData
from forkant_contracts.fields import CatalogueCode, Count, Day, Flag, Identifier, MunicipalityNumber, UnitId, Version
from forkant_contracts.topics import CATALOGUE_TOPIC


class MethodPublished(EventData):
    """A version of a national method was published; measures that follow an earlier version stay on it.

    The method is the aggregate, so its versions are in order.
    """

    TYPE: ClassVar[str] = "no.forkant.method.published.v1"
    TOPIC: ClassVar[str] = CATALOGUE_TOPIC

    method: CatalogueCode
    """Code of the method."""
    method_version: Version
    """The version that was published."""
    measure_kind: MeasureKind
    """Kind of measure that the method is for."""
    standardised: Flag
    """Whether it is a national standard, so that measures following it count for conformance."""
    steps: Count
    """Steps in this version."""
    mandatory_steps: Count
    """Steps that a measure must take to conform."""
    valid_from: Day
    """Day from which new measures follow this version."""


class MethodRetired(EventData):
    """A national method was retired: no new measure follows it, those that do go on. The method is the aggregate."""

    TYPE: ClassVar[str] = "no.forkant.method.retired.v1"
    TOPIC: ClassVar[str] = CATALOGUE_TOPIC

    method: CatalogueCode
    """Code of the method."""
    retired_from: Day
    """Day from which no new measure follows it."""


class BestPracticePublished(EventData):
    """A reviewed, de-identified example drawn from an evaluated case was published.

    The example is the aggregate. It has no link to the case and nothing about its subject.
    """

    TYPE: ClassVar[str] = "no.forkant.best-practice.published.v1"
    MINOR: ClassVar[int] = 1
    TOPIC: ClassVar[str] = CATALOGUE_TOPIC

    theme: Theme
    """Kind of crime that the example prevented."""
    case_type: CaseType
    """Whether it is about a person, a group, a place or a phenomenon."""
    arena: Arena
    """Physical or digital."""
    measure_kind: MeasureKind
    """Kind of measure that the example is about."""
    method: CatalogueCode | None = None
    """Code of the national method that was followed; absent when there was none."""
    method_version: Version | None = None
    """Version of the method; absent when there was none."""
    effect: Effect
    """Outcome of the evaluation; an example of what did harm teaches too."""


class UnitChanged(EventData):
    """A reorganisation established a unit, ended one, or moved municipalities from one to another.

    The unit that changed is the aggregate. Its open cases follow one by one as ``case.transferred`` with the reason
    ``reorganisation``; ended ones stay with the unit of their time, so that old and new structure can be shown side by
    side. What a unit is called stands at the case service's ``/v1/units``.
    """

    TYPE: ClassVar[str] = "no.forkant.unit.changed.v1"
    TOPIC: ClassVar[str] = CATALOGUE_TOPIC

    changed_unit: UnitId
    """The unit."""
    kind: UnitKindCode
    """What it is."""
    change: UnitChange
    """What became of it."""
    effective_on: Day
    """First day on which it is so."""
    reorganisation_id: Identifier
    """The reorganisation, whose other changes have the same."""
    predecessors: tuple[UnitId, ...] = ()
    """Units whose work comes to it, where it was established or gained."""
    successors: tuple[UnitId, ...] = ()
    """Units that its work goes to, where it ended or lost."""
    municipalities: tuple[MunicipalityNumber, ...] = ()
    """Municipalities that it gained or lost; they are known of districts."""
