"""Which events an endpoint gets: what its owner may know, narrowed by what it asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from notification_service.domain.happenings import Happening, may_know


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What of an event says whether an endpoint gets it."""

    type: str
    units: tuple[str, ...]
    for_every_unit: bool
    case_type: str | None = None
    theme: str | None = None

    @classmethod
    def of(cls, happening: Happening) -> "Traits":
        """Return an event's."""
        return cls(
            type=happening.type,
            units=happening.units,
            for_every_unit=happening.for_every_unit,
            case_type=happening.case_type,
            theme=happening.theme,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFilter:
    """What an endpoint may know (its unit, or every unit when national) and wants (empty sets want everything).

    Case types and themes narrow the events that carry one: the others say nothing of it.
    """

    endpoint_id: UUID
    unit: str
    national: bool
    event_types: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    case_types: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()

    def knows(self, unit: str) -> bool:
        """Whether the owner may know what happens in a unit."""
        return self.national or may_know(self.unit, unit)

    def wants(self, happening: Happening) -> bool:
        """Whether an event is due to this endpoint."""
        return self.matches(Traits.of(happening))

    def matches(self, traits: Traits) -> bool:
        """Whether events with these traits are due to this endpoint."""
        if self.event_types and traits.type not in self.event_types:
            return False
        for asked, carried in ((self.case_types, traits.case_type), (self.themes, traits.theme)):
            if asked and carried is not None and carried not in asked:
                return False
        knows_all = traits.for_every_unit
        return any((knows_all or self.knows(unit)) and self._asked_for(unit) for unit in traits.units)

    def unit_shown(self, happening: Happening) -> str | None:
        """Return the unit that the message may name: none when the case has since gone where the owner can't see."""
        return happening.unit if happening.for_every_unit or any(self.knows(unit) for unit in happening.units) else None

    def _asked_for(self, unit: str) -> bool:
        return not self.units or any(may_know(asked, unit) for asked in self.units)


def not_allowed(*, unit: str, national: bool, asked: Iterable[str]) -> tuple[str, ...]:
    """Return which of the units asked for the owner may not know."""
    return tuple(sorted(other for other in set(asked) if not national and not may_know(unit, other)))
