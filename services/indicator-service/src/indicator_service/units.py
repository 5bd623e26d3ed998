"""Units as reorganisations change them: kept from ``unit.changed`` as it comes, read as one register.

Each generation reads the topic, and all keep what they read in the same rows: a unit is what it is, whichever
projection is shown. A row is kept once, by unit and version, so that a rebuild and a second worker change nothing.
"""

import time
from collections.abc import Sequence
from typing import Final

from forkant_contracts import Event
from forkant_contracts.codes import UnitChange
from forkant_contracts.events.catalogue import UnitChanged
from forkant_contracts.units import UnitKind
from forkant_kit.db import transaction
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from indicator_service.aggregation.register import OF_THE_RELEASE, Change, Register

_KINDS: Final = frozenset(kind.value for kind in UnitKind)
_LOOK_EVERY_S: Final = 1.0
_KEEP: Final = text("""
INSERT INTO unit_change (unit, version, kind, change, effective_on, predecessors, successors)
VALUES (:unit, :version, :kind, :change, :on, :predecessors, :successors) ON CONFLICT DO NOTHING
""")
_READ: Final = text("SELECT unit, kind, change, effective_on, predecessors, successors FROM unit_change")


async def keep(conn: AsyncConnection, events: Sequence[Event]) -> frozenset[str]:
    """Keep what events tell of units that hold cases, and return the units that something new was told of."""
    told = set()
    for event in events:
        data = event.data
        if not isinstance(data, UnitChanged) or data.change is UnitChange.UNKNOWN or data.kind.value not in _KINDS:
            continue
        bind = {
            "unit": data.changed_unit,
            "version": event.aggregate_version,
            "kind": data.kind.value,
            "change": data.change.value,
            "on": data.effective_on,
            "predecessors": [*data.predecessors],
            "successors": [*data.successors],
        }
        if (await conn.execute(_KEEP, bind)).rowcount:
            told.add(data.changed_unit)
    return frozenset(told)


async def read_register(conn: AsyncConnection) -> Register:
    """Return all units that there are or were."""
    rows = (await conn.execute(_READ)).all()
    if not rows:
        return OF_THE_RELEASE
    return Register.of(
        Change(
            unit=row.unit,
            kind=UnitKind(row.kind),
            what=UnitChange(row.change),
            on=row.effective_on,
            predecessors=tuple(row.predecessors),
            successors=tuple(row.successors),
        )
        for row in rows
    )


class KnownUnits:
    """The register as a process knows it, a second old at the most: it decides what is asked of the database."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Begin with the units of the release."""
        self._engine: Final = engine
        self._register = OF_THE_RELEASE
        self._read_at = float("-inf")

    async def register(self) -> Register:
        """Return the units that there are or were."""
        if time.monotonic() - self._read_at > _LOOK_EVERY_S:
            async with transaction(self._engine) as conn:
                self._register = await read_register(conn)
            self._read_at = time.monotonic()
        return self._register
