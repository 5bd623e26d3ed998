"""Events of a concern («bekymring»): the report that something may happen, before any case exists."""

from typing import ClassVar

from forkant_contracts.codes import AgeBand, Arena, ConcernOutcome, ConcernSource, Theme
from forkant_contracts.envelope import EventData
from forkant_contracts.fields import Identifier, MunicipalityNumber
from forkant_contracts.topics import CONCERN_TOPIC


class ConcernReceived(EventData):
    """A concern was received by a unit; ``time`` is when the police received it."""

    TYPE: ClassVar[str] = "no.forkant.concern.received.v1"
    TOPIC: ClassVar[str] = CONCERN_TOPIC

    source: ConcernSource
    """Who raised the concern."""
    theme: Theme
    """Kind of crime that the concern is about."""
    age_band: AgeBand
    """Age band of the person concerned, or ``not_applicable``."""
    arena: Arena = Arena.PHYSICAL
    """Where it was seen."""
    municipality_number: MunicipalityNumber | None = None
    """Municipality that the concern is about, when known."""


class ConcernDecided(EventData):
    """A concern was decided; ``time`` is when."""

    TYPE: ClassVar[str] = "no.forkant.concern.decided.v1"
    TOPIC: ClassVar[str] = CONCERN_TOPIC

    outcome: ConcernOutcome
    """What was decided."""
    case_id: Identifier | None = None
    """The case that the concern became, when the outcome is ``case``."""
