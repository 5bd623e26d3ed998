"""Events of what all units share: national methods and examples of best practice («beste praksis»).

``unit`` in the envelope is the unit that published: the directorate for a method, the example's own for best practice.
"""

from typing import ClassVar

from forkant_contracts.codes import Arena, CaseType, Effect, MeasureKind, Theme
from forkant_contracts.envelope import EventData
from forkant_contracts.fields import CatalogueCode, Count, Day, Flag, Version
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
