"""Which units hold cases, as a process knows them: the contracts' own, and those that reorganisations established."""

import time
from typing import Final

from forkant_contracts.units import CASE_UNITS
from forkant_kit.db import transaction
from sqlalchemy.ext.asyncio import AsyncEngine

from case_service.store.units import units_with_cases

_ASKED_EVERY_S: Final = 2.0


class KnownUnits:
    """Units that hold cases or did. None ever ceases to be known, so that only one that is new is asked for."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Begin with the units of the contracts."""
        self._engine: Final = engine
        self._known = frozenset(CASE_UNITS)
        self._asked_at = float("-inf")

    async def with_(self, unit: str) -> frozenset[str]:
        """Return the units, looked up anew when the one that is asked about is not among them."""
        if unit not in self._known and time.monotonic() - self._asked_at > _ASKED_EVERY_S:
            self._asked_at = time.monotonic()
            async with transaction(self._engine) as conn:
                self._known |= await units_with_cases(conn)
        return self._known
