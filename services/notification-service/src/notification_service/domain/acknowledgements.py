"""Messages that somebody must acknowledge («kvittere»), and who is told when nobody does.

The chain is data with a version and a day from which it holds; a message stays on the version of the day that it came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID, uuid5

from forkant_contracts.codes import Role
from forkant_contracts.units import DIRECTORATE

from notification_service.domain.audiences import Needs
from notification_service.domain.happenings import Subject
from notification_service.domain.kinds import Kind


class Place(StrEnum):
    """Whose people a step tells."""

    UNIT = "unit"
    DIRECTORATE = "directorate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Who is told next, when those before have not acknowledged within so many whole working days."""

    roles: frozenset[Role]
    at: Place
    working_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One version of which kinds of message must be acknowledged, and of the steps of each."""

    version: int
    valid_from: date
    demands: Mapping[Kind, tuple[Step, ...]]

    def days_until(self, kind: Kind, level: int) -> int | None:
        """Return how many working days a message has at a level before the next one is told; None at the last."""
        steps = self.demands[kind]
        return steps[level].working_days if level < len(steps) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A message that nobody has acknowledged, and at which level it is: 0 is the message itself."""

    entry_id: UUID
    event_id: UUID
    kind: Kind
    unit: str
    needs: Needs
    subject: Subject
    subject_id: UUID
    subject_version: int
    rules: int
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """The message of the next level: for whom it is, and what it is about.

    The directorate sees no case: it is told that a message at a unit waits, and not about what.
    """

    event_id: UUID
    level: int
    unit: str
    roles: frozenset[Role]
    needs: Needs
    subject: Subject
    subject_id: UUID
    about_unit: str | None


def in_force(versions: Sequence[Rules], day: date) -> Rules:
    """Return the version that holds on a day; the first one before that."""
    ordered = sorted(versions, key=lambda one: one.version)
    return next((one for one in reversed(ordered) if one.valid_from <= day), ordered[0])


def told_next(demand: Demand, steps: Sequence[Step]) -> Telling:
    """Return the message of the next level; the same demand at the same level always gives the same ``event_id``."""
    step, level = steps[demand.level], demand.level + 1
    event_id = uuid5(demand.event_id, f"{demand.kind} {demand.unit} {level}")
    national = step.at is Place.DIRECTORATE
    return Telling(
        event_id=event_id,
        level=level,
        unit=DIRECTORATE if national else demand.unit,
        roles=step.roles,
        needs=Needs.ROLE if national else demand.needs,
        subject=Subject.UNIT if national else demand.subject,
        subject_id=event_id if national else demand.subject_id,
        about_unit=demand.unit if national else None,
    )
