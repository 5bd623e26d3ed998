"""What of the figures was shown or asked for, as the audit trail names it: units, indicators and periods, by ids.

The trail holds ids. Each name, such as ``unit:oslo``, ``indicator:10``, ``dimension:theme`` or ``period:rolling_12``,
has the UUID of version 5 (RFC 9562) that anybody can work out from it: an export can be read without this service.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Final, get_args
from uuid import NAMESPACE_URL, UUID, uuid5

from forkant_contracts.units import UNITS

from indicator_service.aggregation.calendar import FIRST_YEAR, LAST_YEAR, Period
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.definitions.models import Dimension

NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:forkant:indicator-service:figures")
"""The namespace of the ids."""
LAST_NUMBER: Final = 999
"""Greatest number of an indicator."""


def shown(
    *, units: Iterable[str], period: Period, indicator: int | None = None, dimension: Dimension | None = None
) -> tuple[UUID, ...]:
    """Return the ids of what an answer shows; the units are there, whichever release knows them."""
    numbers = [] if indicator is None else [f"indicator:{indicator}"]
    if dimension is not None:
        numbers.append(f"dimension:{dimension}")
    return (*(uuid5(NAMESPACE, f"unit:{unit}") for unit in units), *known([*numbers, f"period:{period.name}"]))


def shown_months(*, units: Iterable[str], months: Iterable[date], indicator: int) -> tuple[UUID, ...]:
    """Return the ids of what an answer shows of an indicator over many months."""
    names = [f"indicator:{indicator}", *(f"period:{month:%Y-%m}" for month in months)]
    return (*(uuid5(NAMESPACE, f"unit:{unit}") for unit in units), *known(names))


def known(names: Iterable[str]) -> tuple[UUID, ...]:
    """Return the ids of those names that there are, each once; what else callers write has no place in the trail."""
    ids = _ids()
    found = ((ids.get(name) or _by_id(name)) for name in dict.fromkeys(names))
    return tuple(each for each in found if each is not None)


def id_of_unit(unit: str) -> UUID:
    """Return the id of a unit, whichever release knows it."""
    return uuid5(NAMESPACE, f"unit:{unit}")


_BY_ID: Final = frozenset({"case", "target", "priority", "plan", "import", "pilot", "trial"})


def _by_id(name: str) -> UUID | None:
    """Return what has an id of its own: what is steered by, an import, or a case of which the rest was erased."""
    kind, _, rest = name.partition(":")
    try:
        return UUID(rest) if kind in _BY_ID else None
    except ValueError:
        return None


def name_of(found: UUID, units: Iterable[str] = ()) -> str | None:
    """Return the name of an id, of one of some units too; nothing when it is no id of ours."""
    asked = UUID(str(found))
    return _names().get(asked) or next((f"unit:{unit}" for unit in units if id_of_unit(unit) == asked), None)


@cache
def _ids() -> Mapping[str, UUID]:
    years, months = range(FIRST_YEAR, LAST_YEAR + 1), range(1, 13)
    names = [f"unit:{unit}" for unit in (*UNITS, NATIONAL)]
    names += [f"indicator:{number}" for number in range(1, LAST_NUMBER + 1)]
    names += [f"dimension:{each}" for each in get_args(Dimension)]
    names += ["period:rolling_12", "period:year_to_date", *(f"period:{year}" for year in years)]
    names += [f"period:{year}-{month:02}" for year in years for month in months]
    names += [f"period:{year}-Q{quarter}" for year in years for quarter in range(1, 5)]
    return MappingProxyType({name: uuid5(NAMESPACE, name) for name in names})


@cache
def _names() -> Mapping[UUID, str]:
    return MappingProxyType({found: name for name, found in _ids().items()})
