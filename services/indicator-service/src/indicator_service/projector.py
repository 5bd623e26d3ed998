"""The projection: events into facts and cells, in the transaction that the consumer owns.

There are no windows and there is no lateness limit: an event about last year changes last year's cells. The consumer
locks the row of the partition's offset for the transaction, so no one else writes the facts of its aggregates. Each
generation (see :mod:`indicator_service.generations`) has facts and cells of its own.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from forkant_contracts import Event
from forkant_contracts.events.case import CaseErased
from forkant_contracts.events.catalogue import UnitChanged
from forkant_kit.audit.record import record_erasure
from forkant_kit.batch import Apply
from forkant_kit.consumer_client import ConsumerConfig
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import generations, measure_store, store, units
from indicator_service.aggregation.cells import district_of
from indicator_service.aggregation.fold import fold, streams_of
from indicator_service.aggregation.measure_cells import total_of_measures
from indicator_service.generations import FIRST, State
from indicator_service.settings import SERVICE

CONFIG: Final = ConsumerConfig(partitions_at_once=3)
"""How events are read: facts are of one partition, and cells are added to in order of their keys, so that batches of
several partitions wait for each other at the end alone."""


def applying(generation: int) -> Apply:
    """Return what applies fresh events, those of one aggregate in order of version, to a generation."""
    return partial(_apply, generation=generation)


async def _apply(conn: AsyncConnection, events: Sequence[Event], *, generation: int) -> None:
    held = await generations.hold(conn, generation)
    if held.state is State.DROPPED:
        # Its rows are being removed: what came late would be left over.
        return
    streams = streams_of(events)
    cases = await store.load_cases(conn, streams.cases, generation=generation)
    folded = fold(
        streams,
        cases=cases,
        concerns=await store.load_concerns(conn, streams.concerns, generation=generation),
        counting=not held.facts_alone,
    )
    await store.save_cases(conn, folded.cases, generation=generation)
    await store.save_concerns(conn, folded.concerns, generation=generation)
    kinds = {type(event.data) for event in events}
    if CaseErased in kinds:
        await _record_erasures(conn, events, generation=generation)
    changed = await units.keep(conn, events) if UnitChanged in kinds else frozenset[str]()
    if not held.facts_alone:
        measured = total_of_measures(cases, folded.cases)
        await measure_store.add_measure_cells(conn, measured, generation=generation)
    if folded.delta:
        await store.add_cells(conn, folded.delta, generation=generation)
        if held.state is State.LIVE:
            changed |= {district_of(cell.unit) for cell in folded.delta}
    if changed:
        # A unit that is new, or is no more, changes answers without a figure.
        await store.add_changes(conn, changed)


async def _record_erasures(conn: AsyncConnection, events: Sequence[Event], *, generation: int) -> None:
    """Write down whose facts are erased, once no generation holds them any more: the last to erase them says so."""
    erased = {event.aggregate_id: event for event in events if isinstance(event.data, CaseErased)}
    held = await store.held_elsewhere(conn, erased, generation=generation)
    for case_id, event in erased.items():
        if case_id not in held:
            await record_erasure(
                conn, service=SERVICE, unit=event.unit, case_id=case_id, version=event.aggregate_version
            )


apply: Final = applying(FIRST)
"""Applies events to the first generation, with which every database begins."""
