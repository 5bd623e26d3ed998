"""Reading figures by category: from one snapshot, hidden as everywhere, written down before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from forkant_kit.audit.record import Trail
from forkant_kit.db import transaction
from forkant_kit.freshness import Freshness, read_freshness

from indicator_service import audit_names, generations, queries
from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.categories import masks_of_categories
from indicator_service.aggregation.figure import IndicatorFigures
from indicator_service.aggregation.figures import Mask, indicator_figures
from indicator_service.aggregation.months import ByUnit
from indicator_service.aggregation.snapshot import Reader
from indicator_service.aggregation.structure import Structure, every_unit
from indicator_service.aggregation.tally import NATIONAL, sum_of
from indicator_service.api.dependencies import Dependencies
from indicator_service.api.parameters import no_such_unit
from indicator_service.api.trail import figures_entry
from indicator_service.definitions import Catalogue, Indicator, Metric
from indicator_service.definitions.models import Dimension
from indicator_service.policy import READ_FIGURES
from indicator_service.queries_breakdown import category_tallies
from indicator_service.row_security import stance

Row = tuple[str, list[tuple[str, IndicatorFigures]]]
"""A unit, and its figures by category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakdownAsked:
    """What is asked for by category, and by whom."""

    indicator: Indicator
    dimension: Dimension
    period: Period
    reader: Reader
    structure: Structure
    unit: str | None
    """None: every unit, and the nation."""

    @property
    def exact(self) -> bool:
        """Whether nothing has to be hidden."""
        return self.reader.sees_all or (self.unit is not None and self.reader.sees_exact(self.unit))

    @property
    def needed(self) -> list[str] | None:
        """Whose figures the answer is made from; None: everybody's."""
        if self.unit is None or not self.exact or not self.structure.register.knows(self.unit):
            return None
        return [*self.structure.members(self.unit)]


async def read_breakdown(
    deps: Dependencies, asked: BreakdownAsked, *, trail: Trail, action: str = READ_FIGURES
) -> tuple[list[Row], Freshness]:
    """Read the figures of each unit by category, and write down what is shown.

    Raises:
        ProblemError: 404, there is no such unit.
    """
    catalogue = deps.catalogue.only(asked.indicator, wholes=not asked.exact)
    async with transaction(deps.engine, stance(asked.reader, units=asked.needed)) as conn:
        generation = await generations.live(conn)
        freshness = await read_freshness(conn, group=generations.group_of(generation))
        uncounted = await queries.uncounted_metrics(conn, generation=generation)
        found = await category_tallies(
            conn,
            dimension=asked.dimension,
            generation=generation,
            units=asked.needed,
            period=asked.period,
            catalogue=catalogue,
        )
        by_category = {category: every_unit(tallies, asked.structure.register) for category, tallies in found.items()}
        shown = _shown(asked, next(iter(found.values())))
        ids = audit_names.shown(
            units=shown, period=asked.period, indicator=asked.indicator.number, dimension=asked.dimension
        )
        await trail.record(conn, figures_entry(ids, action=action))
    masks = {} if asked.exact else _masks(deps, asked, by_category, catalogue)
    split = _Split(asked=asked, found=by_category, masks=masks, uncounted=uncounted)
    return [(each, split.figures(each)) for each in shown], freshness


def _shown(asked: BreakdownAsked, there: ByUnit) -> tuple[str, ...]:
    if asked.unit is None:
        return (*asked.structure.units(asked.period.first_month, asked.period.last_day, counted=there), NATIONAL)
    if asked.unit not in (*asked.structure.register.units, NATIONAL, *there):
        raise no_such_unit()
    return (asked.unit,)


def _masks(
    deps: Dependencies, asked: BreakdownAsked, found: Mapping[str, ByUnit], catalogue: Catalogue
) -> dict[str, Mask]:
    version = asked.indicator.at(asked.period.last_day)
    return masks_of_categories(
        found,
        asked.indicator,
        version,
        dimension=asked.dimension,
        catalogue=catalogue,
        rank=deps.rank,
        kin=asked.structure.register.kin,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Split:
    asked: BreakdownAsked
    found: Mapping[str, ByUnit]
    masks: Mapping[str, Mask]
    uncounted: frozenset[Metric]

    def figures(self, unit: str) -> list[tuple[str, IndicatorFigures]]:
        masks = {} if self.asked.reader.sees_exact(unit) else self.masks
        structure = self.asked.structure
        members = () if unit == NATIONAL else structure.members(unit)
        shown = []
        for category, units in self.found.items():
            tallies = [units[each] for each in (units if unit == NATIONAL else members) if each in units]
            figures = indicator_figures(
                unit,
                tallies[0] if len(tallies) == 1 else sum_of(tallies),
                self.asked.indicator,
                period=self.asked.period,
                mask=masks.get(category),
                uncounted=self.uncounted,
                structure=structure,
            )
            shown.append((category, figures))
        return shown
