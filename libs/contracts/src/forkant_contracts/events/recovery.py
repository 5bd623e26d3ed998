"""Events of a recovery: a version that readers may know from before a database was set back, and that means nothing.

A database that is restored to an earlier moment has forgotten changes whose events were published. Were their versions
given to other changes, readers would drop those as repeats. So each is filled by such an event, and counting goes on
behind the last version that anybody may have read. Whoever has applied the forgotten change keeps it until the
aggregate is read anew; the operator says which aggregates these are.
"""

from typing import ClassVar

from forkant_contracts.envelope import EventData
from forkant_contracts.topics import (
    ACCESS_TOPIC,
    CASE_OPERATIONS_TOPIC,
    CASE_TOPIC,
    CATALOGUE_TOPIC,
    CONCERN_TOPIC,
    INDICATOR_OPERATIONS_TOPIC,
    STEERING_TOPIC,
)


class VersionSkippedEvent(EventData):
    """A version that was used before the database was set back and is not used again; it changes nothing."""


class CaseVersionSkipped(VersionSkippedEvent):
    """A version of a case is skipped after a restore; nothing happened."""

    TYPE: ClassVar[str] = "no.forkant.case.version-skipped.v1"
    TOPIC: ClassVar[str] = CASE_TOPIC


class ConcernVersionSkipped(VersionSkippedEvent):
    """A version of a concern is skipped after a restore; nothing happened."""

    TYPE: ClassVar[str] = "no.forkant.concern.version-skipped.v1"
    TOPIC: ClassVar[str] = CONCERN_TOPIC


class CatalogueVersionSkipped(VersionSkippedEvent):
    """A version of a method or unit is skipped after a restore; nothing happened."""

    TYPE: ClassVar[str] = "no.forkant.catalogue.version-skipped.v1"
    TOPIC: ClassVar[str] = CATALOGUE_TOPIC


class AccessVersionSkipped(VersionSkippedEvent):
    """A version of a review of access is skipped after a restore; nothing happened."""

    TYPE: ClassVar[str] = "no.forkant.access.version-skipped.v1"
    TOPIC: ClassVar[str] = ACCESS_TOPIC


class SteeringVersionSkipped(VersionSkippedEvent):
    """A version of a watch or plan is skipped after a restore; nothing happened."""

    TYPE: ClassVar[str] = "no.forkant.steering.version-skipped.v1"
    TOPIC: ClassVar[str] = STEERING_TOPIC


class CaseServiceVersionSkipped(VersionSkippedEvent):
    """A version of an alarm of the case service is skipped after a restore; nothing happened."""

    TYPE: ClassVar[str] = "no.forkant.case-service.version-skipped.v1"
    TOPIC: ClassVar[str] = CASE_OPERATIONS_TOPIC


class IndicatorServiceVersionSkipped(VersionSkippedEvent):
    """A version of an alarm of the indicator service is skipped after a restore; nothing happened."""

    TYPE: ClassVar[str] = "no.forkant.indicator-service.version-skipped.v1"
    TOPIC: ClassVar[str] = INDICATOR_OPERATIONS_TOPIC
