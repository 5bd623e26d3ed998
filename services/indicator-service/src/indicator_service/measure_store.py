"""The SQL of the cells by method and arena; see :mod:`indicator_service.aggregation.measure_cells`."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.measure_cells import MeasureCells

# In the order of the key, as all that partitions share: their transactions never wait for each other in a ring.
_ADD: Final = text("""
INSERT INTO measure_cell AS c (generation, district, metric, month, unit, dimension, category, bucket, amount)
SELECT CAST(:generation AS int), split_part(d.unit, '/', 1), d.metric, d.month, d.unit, d.dimension, d.category,
       d.bucket, d.amount
FROM unnest(CAST(:units AS text[]), CAST(:metrics AS text[]), CAST(:months AS date[]), CAST(:dimensions AS text[]),
            CAST(:categories AS text[]), CAST(:buckets AS int[]), CAST(:amounts AS bigint[]))
     AS d (unit, metric, month, dimension, category, bucket, amount)
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
ON CONFLICT (generation, district, metric, month, unit, dimension, category, bucket)
DO UPDATE SET amount = c.amount + EXCLUDED.amount
""")


async def add_measure_cells(conn: AsyncConnection, delta: MeasureCells, *, generation: int) -> None:
    """Add to the cells by method and arena; nothing where there is nothing to add."""
    if not delta:
        return
    cells = list(delta)
    bind = {
        "generation": generation,
        "units": [cell.unit for cell in cells],
        "metrics": [cell.metric for cell in cells],
        "months": [cell.month for cell in cells],
        "dimensions": [cell.dimension for cell in cells],
        "categories": [cell.category for cell in cells],
        "buckets": [cell.bucket for cell in cells],
        "amounts": [delta[cell] for cell in cells],
    }
    await conn.execute(_ADD, bind)
