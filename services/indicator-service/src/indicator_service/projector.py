"""The projection: events into facts and cells, in the transaction that the consumer owns.

There are no windows and there is no lateness limit: an event about last year changes last year's cells. The consumer
locks the row of the partition's offset for the transaction, so no one else writes the facts of its aggregates.
"""

from collections.abc import Sequence
from typing import Final

from forkant_contracts import Event
from forkant_contracts.events.case import CaseErased
from forkant_contracts.topics import CASE_TOPIC, CONCERN_TOPIC
from forkant_kit.audit.record import record_erasure
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import store
from indicator_service.aggregation.cells import district_of
from indicator_service.aggregation.fold import fold, streams_of

GROUP: Final = "indicator-service"
TOPICS: Final = (CASE_TOPIC, CONCERN_TOPIC)


async def apply(conn: AsyncConnection, events: Sequence[Event]) -> None:
    """Apply fresh events, those of one aggregate in order of version."""
    streams = streams_of(events)
    folded = fold(
        streams,
        cases=await store.load_cases(conn, streams.cases),
        concerns=await store.load_concerns(conn, streams.concerns),
    )
    await store.save_cases(conn, folded.cases)
    await store.save_concerns(conn, folded.concerns)
    for event in events:
        if isinstance(event.data, CaseErased):
            await record_erasure(
                conn, service=GROUP, unit=event.unit, case_id=event.aggregate_id, version=event.aggregate_version
            )
    if folded.delta:
        await store.add_cells(conn, folded.delta)
        await store.add_changes(conn, (district_of(cell.unit) for cell in folded.delta))
