"""The journal: the events as they were recorded, from which it is told why a figure changed.

It is read under a group of its own, as a generation is, beside the projection and not by it: to write each event in the
projector's transaction takes a sixth of its time. It counts nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from forkant_contracts import Event
from forkant_contracts.codec import decode, headers_for
from forkant_contracts.events.case import CaseErased
from forkant_contracts.topics import CASE_TOPIC, CONCERN_TOPIC
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.facts import NO_CASE, NO_CONCERN, Fact
from indicator_service.aggregation.moves import History
from indicator_service.fact_codec import case_from_json, concern_from_json
from indicator_service.generations import group_of

NUMBER: Final = 0
"""Stands where a generation has its number, of which the first is 1."""
GROUP: Final = group_of(NUMBER)

_BASES: Final[Mapping[str, Callable[[str], Fact]]] = {"base.case": case_from_json, "base.concern": concern_from_json}
"""What stands before the first event of a case that the journal does not know from its beginning."""

_KEPT_TOPICS: Final = frozenset({CASE_TOPIC, CONCERN_TOPIC})
_ADD: Final = text("""
INSERT INTO event_journal (aggregate_id, version, event_id, type, source, data_schema, unit, occurred_at, recorded_at,
                           data)
SELECT * FROM unnest(CAST(:aggregates AS uuid[]), CAST(:versions AS int[]), CAST(:ids AS uuid[]),
                     CAST(:types AS text[]),
                     CAST(:sources AS text[]), CAST(:schemas AS text[]), CAST(:units AS text[]),
                     CAST(:occurred AS timestamptz[]), CAST(:recorded AS timestamptz[]), CAST(:data AS text[]))
ORDER BY 1, 2
ON CONFLICT DO NOTHING
""")
_FORGET: Final = text("""
DELETE FROM event_journal AS j USING unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS erased (id, version)
WHERE j.aggregate_id = erased.id AND j.version < erased.version
""")
_KEPT: Final = text("SELECT journal_since()")
_BETWEEN: Final = text("SELECT * FROM journal_behind(:district, :since, :until, :concerns, :most)")


async def keep(conn: AsyncConnection, events: Sequence[Event]) -> None:
    """Write events about cases and concerns down; of what is erased nothing is kept but that it was."""
    events = [event for event in events if event.topic in _KEPT_TOPICS]
    if not events:
        return
    bind = {
        "aggregates": [event.aggregate_id for event in events],
        "versions": [event.aggregate_version for event in events],
        "ids": [event.id for event in events],
        "types": [event.type for event in events],
        "sources": [event.source for event in events],
        "schemas": [event.data.data_schema() for event in events],
        "units": [event.unit for event in events],
        "occurred": [event.occurred_at for event in events],
        "recorded": [event.recorded_at for event in events],
        "data": [event.data.model_dump_json() for event in events],
    }
    await conn.execute(_ADD, bind)
    erased = [event for event in events if isinstance(event.data, CaseErased)]
    if erased:
        ids, versions = [event.aggregate_id for event in erased], [event.aggregate_version for event in erased]
        await conn.execute(_FORGET, {"ids": ids, "versions": versions})


async def kept_since(conn: AsyncConnection) -> datetime | None:
    """Return when the oldest event that is kept was recorded; None of none."""
    found: datetime | None = (await conn.execute(_KEPT)).scalar_one()
    return found


async def histories(
    conn: AsyncConnection, *, district: str, since: datetime, until: datetime, concerns: bool, most: int
) -> list[History]:
    """Return what happened until a moment to those cases or concerns of a district that changed since another.

    Args:
        conn: a transaction whose stance says that it looks behind the district's figures.
        district: where they are, or were before they went elsewhere.
        since: the earlier moment.
        until: the later one.
        concerns: whether concerns are meant, not cases.
        most: of how many at the most; of one more, so that it is seen that there are too many.
    """
    bind = {"district": district, "since": since, "until": until, "concerns": concerns, "most": most + 1}
    nothing: Fact = NO_CONCERN if concerns else NO_CASE
    bases: dict[UUID, Fact] = {}
    events: defaultdict[UUID, list[Event]] = defaultdict(list)
    for row in (await conn.execute(_BETWEEN, bind)).mappings():
        if row["type"] in _BASES:
            bases[row["aggregate_id"]] = _BASES[row["type"]](row["data"])
        else:
            events[row["aggregate_id"]].append(_read(row))
    return [History(key=key, base=bases.get(key, nothing), events=some) for key, some in events.items()]


def _read(row: RowMapping) -> Event:
    headers = headers_for(
        event_id=row["event_id"],
        event_type=row["type"],
        source=row["source"],
        data_schema=row["data_schema"],
        aggregate_id=row["aggregate_id"],
        aggregate_version=row["version"],
        unit=row["unit"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        traceparent=None,
    )
    return decode(headers, row["data"].encode())
