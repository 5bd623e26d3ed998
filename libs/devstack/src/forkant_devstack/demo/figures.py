"""Figures that the platform does not count, for the demo: populations and hours, assumed and said to be.

The same whatever the seed: they are imported once, and a platform that has them already keeps them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, Final
from uuid import uuid4

import httpx
from forkant_contracts.units import UNITS

from forkant_devstack.demo.client import DemoError
from forkant_devstack.demo.profiles import UNIT_WEIGHTS

IMPORTER: Final = "import-demo"
MONTHS: Final = 14
"""How many months of hours there are: all that the last twelve whole months and the one before them need."""
SOURCE: Final = "demo"
METHOD: Final = "assumed"
"""What the provenance says of how they were made: nobody measured them."""

_YEARS: Final = 2
_HOURS_PER_WEIGHT: Final = 310
_LEAST_SHARE, _MOST_SHARE = 0.06, 0.17
_PATH: Final = "/v1/aggregate-imports"
_THERE: Final = frozenset({"already-imported"})
_STANDS: Final = "already-stands"


@dataclass(frozen=True, slots=True)
class FigureFile:
    """A file of figures as it is imported."""

    kind: str
    rows: tuple[tuple[str | int, ...], ...]
    header: tuple[str, ...]

    def csv(self) -> bytes:
        """Return it as CSV."""
        lines = [self.header, *self.rows]
        return "".join(",".join(map(str, line)) + "\n" for line in lines).encode()


def files(today: date) -> Iterator[FigureFile]:
    """Yield what is imported, one file for each period, oldest first."""
    for year in range(today.year - _YEARS + 1, today.year + 1):
        people = {unit.id: unit.population_thousands for unit in UNITS.values()}
        inhabitants = tuple((unit, year, 1000 * thousands) for unit, thousands in people.items() if thousands)
        yield FigureFile("populations", inhabitants, ("unit", "period", "inhabitants"))
    for back in range(MONTHS, 0, -1):
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        period = f"{year}-{month + 1:02}"
        hours = tuple((unit, period, *_hours(unit, period)) for unit in UNIT_WEIGHTS)
        yield FigureFile("hours", hours, ("unit", "period", "prevention_hours", "total_hours"))


def _hours(unit: str, period: str) -> tuple[int, int]:
    """Return prevention hours and all hours of a unit in a month."""
    of_unit, of_month = Random(unit), Random(f"{unit}:{period}")  # noqa: S311 - a demo is to repeat, not to be secret
    total = round(UNIT_WEIGHTS[unit] * _HOURS_PER_WEIGHT * of_month.uniform(0.92, 1.05))
    share = of_unit.uniform(_LEAST_SHARE, _MOST_SHARE) * of_month.uniform(0.9, 1.1)
    return round(total * share), total


async def import_figures(http: httpx.AsyncClient, *, token: str, today: date) -> int:
    """Import what the platform does not have yet; return how many files it took.

    Raises:
        DemoError: nothing answers, or it was refused.
    """
    taken = 0
    for each in files(today):
        try:
            answer = await http.post(
                _PATH,
                params={"kind": each.kind, "source": SOURCE, "source_date": today.isoformat(), "method": METHOD},
                content=each.csv(),
                headers={
                    "Authorization": f"Bearer {token}",
                    "Content-Type": "text/csv",
                    "Idempotency-Key": str(uuid4()),
                },
            )
        except httpx.TransportError:
            raise DemoError(f"No indicator service answers at {http.base_url}: is the platform up? (make up)") from None
        if answer.status_code == httpx.codes.CREATED:
            taken += 1
        elif not _is_there(answer.json()):
            raise DemoError(f"The import of {each.kind} was refused: {answer.json().get('code')}")
    return taken


def _is_there(problem: Mapping[str, Any]) -> bool:
    codes = {error["code"] for error in problem.get("errors", ())}
    return problem.get("code") in _THERE or codes == {_STANDS}
