"""What to hide of the categories of a dimension from those who may not see small counts."""

from collections.abc import Mapping
from typing import Final

from forkant_contracts.codes import AgeBand

from indicator_service.aggregation.columns import hide_groups
from indicator_service.aggregation.figures import Mask
from indicator_service.aggregation.months import ByUnit, counts_of, hide_version
from indicator_service.aggregation.suppression import NO_KIN, Hidden, Kin, Rank
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.definitions import Catalogue, Indicator
from indicator_service.definitions.models import Dimension, Version

CHILDREN: Final = (AgeBand.UNDER_15, AgeBand.FROM_15_TO_17)
"""The age bands whose sum another indicator shows."""


def masks_of_categories(
    by_category: Mapping[str, ByUnit],
    indicator: Indicator,
    version: Version,
    *,
    dimension: Dimension,
    catalogue: Catalogue,
    rank: Rank,
    kin: Kin = NO_KIN,
) -> dict[str, Mask]:
    """Choose what to hide of each category of the last twelve months: of others everything, of the nation what tells.

    Args:
        by_category: the tallies of every unit in each category.
        indicator: what the figures are of.
        version: its definition.
        dimension: what the categories are of.
        catalogue: the plain counts that its total may be part of.
        rank: orders categories of equal counts.
        kin: units whose figures are known to the same people.
    """
    hidden = hide_version(version, by_category, catalogue=catalogue, rank=rank, months=False, kin=kin)
    if dimension == "age_band" and version.about_people:
        counts = counts_of(version, by_category, catalogue=catalogue)
        others = [name for name in by_category if name not in CHILDREN]
        hidden |= hide_groups(counts, [CHILDREN, others], rank=rank, kin=kin)
    units = frozenset(unit for tallies in by_category.values() for unit in tallies if unit != NATIONAL)

    def of(names: frozenset[str], category: str) -> dict[int, Hidden]:
        return {indicator.number: Hidden(units, national=category in names)}

    return {
        category: Mask(
            counts={},
            totals=of(hidden.total, category),
            parts=of(hidden.parts, category),
            overlapping=of(hidden.overlapping, category),
        )
        for category in by_category
    }
