"""What the routes need, as one record that the composition root builds."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request
from forkant_kit.audit.together import Together
from forkant_kit.policy import requires
from forkant_kit.secrets_in_turn import in_turn
from forkant_kit.visibility import CaseServiceClient
from sqlalchemy.ext.asyncio import AsyncEngine

from indicator_service.aggregation.register import Register
from indicator_service.aggregation.suppression import Rank
from indicator_service.api.hub import Hub
from indicator_service.definitions import Catalogue
from indicator_service.policy import EXPORT_FIGURES, READ_FIGURES, READ_REFERENCE
from indicator_service.unit_names import UnitNames
from indicator_service.units import KnownUnits

CanReadFigures = requires(READ_FIGURES)
CanExportFigures = requires(EXPORT_FIGURES)
CanReadReference = requires(READ_REFERENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLimits:
    """How much is taken at once of figures that are imported."""

    most_rows: int
    upload_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """The database, the definitions, the clock, and the hub of the streams."""

    engine: AsyncEngine
    catalogue: Catalogue
    rank: Rank
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    hub: Hub
    readings: Together
    """Writes down who reads the hub's figures, brought up to date before."""
    stream_client_limit: int
    import_limits: ImportLimits
    case_service: CaseServiceClient
    units: KnownUnits
    unit_names: UnitNames
    cursor_secret: str = field(repr=False)


def secret_rank(secret: str) -> Rank:
    """Return an order of units that only the service knows, and that is the same in all of its processes.

    Of several secrets always the same one counts, whichever is the newest: what is hidden beside small counts moves
    once when they are replaced, and not at each step.
    """
    key = min(hashlib.sha256(each.encode()).digest() for each in in_turn(secret))
    return lambda unit: hashlib.blake2b(unit.encode(), key=key, digest_size=16).digest()


async def dependencies_of(request: Request) -> Dependencies:
    """Return the record that the composition root has put on the application."""
    return cast("Dependencies", request.app.state.dependencies)


Deps = Annotated[Dependencies, Depends(dependencies_of)]


async def known_units(deps: Deps) -> Register:
    """Return the units that there are or were."""
    return await deps.units.register()


Units = Annotated[Register, Depends(known_units)]
