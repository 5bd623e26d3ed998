"""Who steers, when and with which ids: passed in, so that a command reads no clock and no request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from forkant_kit.audit.record import Trail

from indicator_service.aggregation.calendar import day_of
from indicator_service.aggregation.register import Register
from indicator_service.definitions import Catalogue
from indicator_service.steering.refusals import Code, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The caller of one request; ``national`` is whoever acts for the directorate, and so for every unit."""

    subject: str
    unit: str
    national: bool
    now: datetime
    new_id: Callable[[], UUID]
    trail: Trail
    """Where it is recorded what was done, in the transaction that does it."""
    catalogue: Catalogue
    units: Register
    """The units that there are or were."""

    @property
    def today(self) -> date:
        """The day in Norway."""
        return day_of(self.now)

    def check_unit(self, unit: str) -> None:
        """Check that what is done for a unit is the caller's to do.

        Raises:
            Refusal: ``another-unit``.
        """
        if not self.national and unit != self.unit:
            raise Refusal(Code.ANOTHER_UNIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a command is for, as the caller last saw it."""

    id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a caller gets for a change."""

    id: UUID
    version: int
    number: int | None = None
    """The version of the target that was proposed or decided about."""
