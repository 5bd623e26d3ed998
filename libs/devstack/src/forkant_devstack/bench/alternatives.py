"""The same figure in three ways, from the same events: the projector, Quix Streams, and an SQL view.

Indicator 10, by unit and month. The projector counts all indicators and every dimension besides, and keeps its offset
and its figures in one transaction; the others count this figure alone.
"""

import asyncio
import json
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from forkant_contracts import Event
from forkant_contracts.events.case import CaseClosed
from forkant_contracts.topics import CASE_TOPIC, CONCERN_TOPIC, TOPICS, Topic
from forkant_kit.db import create_engine
from indicator_service.migrate import MIGRATIONS

from forkant_devstack.bench.backlog import place, publish
from forkant_devstack.bench.events import events
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.projector import project
from forkant_devstack.bench.report import Result, Spread, percentile
from forkant_devstack.process import DevstackError

_EVENTS: Final = 400_000
_ANSWERS: Final = 50
_DEADLINE_S: Final = 900.0
_SCRIPT: Final = Path(__file__).parent / "quix_streams" / "closings.py"
_UV: Final = Path(".forkant/tools/bin/uv")
# As one would write it first: what happened, and a view that looks for how each case stands and whose it is.
_VIEW: Final = (
    """
    CREATE TABLE event (
        case_id uuid, version integer, type text NOT NULL, unit text NOT NULL, at timestamptz NOT NULL,
        evaluated boolean, PRIMARY KEY (case_id, version)
    )
    """,
    "CREATE INDEX event_by_type ON event (type, case_id, version DESC)",
    """
    CREATE VIEW closed_with_evaluation AS
    SELECT holder.unit, CAST(date_trunc('month', turned.at AT TIME ZONE 'Europe/Oslo') AS date) AS month,
           count(*) AS closed, count(*) FILTER (WHERE turned.evaluated) AS evaluated
    FROM (SELECT DISTINCT ON (case_id) * FROM event WHERE type IN ('case.closed', 'case.reopened', 'case.erased')
          ORDER BY case_id, version DESC) AS turned
    JOIN (SELECT DISTINCT ON (case_id) case_id, unit FROM event ORDER BY case_id, version DESC) AS holder
      USING (case_id)
    WHERE turned.type = 'case.closed'
    GROUP BY 1, 2
    """,
)
_OF_VIEW: Final = "SELECT unit, month, closed, evaluated FROM closed_with_evaluation ORDER BY 1, 2"
_OF_CELLS: Final = """
SELECT district, month, sum(amount) FILTER (WHERE metric = 'closed') AS closed,
       coalesce(sum(amount) FILTER (WHERE metric = 'closed_evaluated'), 0) AS evaluated
FROM district_cell WHERE generation = 1 AND metric IN ('closed', 'closed_evaluated') GROUP BY 1, 2
HAVING sum(amount) FILTER (WHERE metric = 'closed') > 0 ORDER BY 1, 2
"""
Figures = Sequence[tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What one of the ways took: events a second, and the 95th percentile of an answer where it gives answers."""

    rate: float
    answer_ms: float | None = None
    figures: Figures = ()
    late: int = 0


async def bench_alternatives(lab: Laboratory) -> list[Result]:
    """Count the same events in each way, one after the other, and hold the figures against each other."""
    count, made = lab.sized(_EVENTS), []
    made = events(count)
    topics = {
        name: await lab.kafka.new_topic("bench", partitions=TOPICS[name].partitions)
        for name in (CASE_TOPIC, CONCERN_TOPIC)
    }
    await publish(lab, place(made, topics))
    closed = sum(isinstance(event.data, CaseClosed) for event in made)
    ours = await _by_projector(lab, topics, count)
    quix = await _by_quix(lab, topics[CASE_TOPIC], of_cases=sum(e.topic == CASE_TOPIC for e in made), closed=closed)
    view = await _by_view(lab, made)
    if [*ours.figures] != [*view.figures] or sum(int(str(row[2])) for row in ours.figures) != closed:
        raise AssertionError("the projector and the view do not find the same figures")
    load = f"{count:,} events, {closed:,} of them closings, of 18 partitions; indicator 10 by unit and month"
    return [
        _result(load, "the projector, all indicators", ours, {}),
        _result(
            load,
            "Quix Streams, this one alone",
            quix,
            {"closings late for windows of a month with a grace of another": float(quix.late)},
        ),
        _result(load, "SQL view, COPY of the events into a table", view, {}),
    ]


def _result(load: str, name: str, way: _Way, detail: Mapping[str, float]) -> Result:
    answer = {} if way.answer_ms is None else {"answer p95 ms, by SQL": way.answer_ms}
    return Result(
        benchmark="alternatives",
        load=load,
        figure=f"events a second: {name}",
        measured=Spread.of([way.rate]),
        unit="events/s",
        bar="",
        reached=True,
        detail={**answer, **detail},
    )


async def _by_projector(lab: Laboratory, topics: Mapping[str, Topic], count: int) -> _Way:
    urls = await lab.database("projector", migrations=MIGRATIONS)
    engine = create_engine(urls.worker_url, application_name="bench", pool_size=4)
    try:
        taken, _ = await project(lab, engine, topics, count)
    finally:
        await engine.dispose()
    owner = await asyncpg.connect(urls.owner_url, server_settings={"forkant.system": "on"})
    try:
        await owner.execute("ANALYZE district_cell")
        answer_ms, figures = await _asked(owner, _OF_CELLS)
    finally:
        await owner.close()
    return _Way(rate=taken.rate, answer_ms=answer_ms, figures=figures)


async def _by_quix(lab: Laboratory, topic: Topic, *, of_cases: int, closed: int) -> _Way:
    uv = _UV if _UV.exists() else Path(shutil.which("uv") or "")
    if not uv.is_file():
        raise DevstackError("uv is missing", hint="Run `make setup`, and the benchmark from the project's folder.")
    command = (str(uv.resolve()), "run", "--locked", "--script", str(_SCRIPT))
    arguments = (lab.kafka.bootstrap, topic.name, str(lab.folder / "quix"), str(closed))
    process = await asyncio.create_subprocess_exec(*command, *arguments, stdout=asyncio.subprocess.PIPE)
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _DEADLINE_S)
    finally:
        if process.returncode is None:
            process.kill()
    found = json.loads(output)
    return _Way(rate=of_cases / found["seconds"], late=found["late"])


async def _by_view(lab: Laboratory, made: Sequence[Event]) -> _Way:
    urls = await lab.postgres.create_database("view")
    owner = await asyncpg.connect(urls.owner_url)
    try:
        for statement in _VIEW:
            await owner.execute(statement)
        rows = [_row(event) for event in made if event.topic == CASE_TOPIC]
        began = time.monotonic()
        await owner.copy_records_to_table("event", records=rows)
        rate = len(rows) / (time.monotonic() - began)
        await owner.execute("VACUUM ANALYZE event")
        answer_ms, figures = await _asked(owner, _OF_VIEW)
    finally:
        await owner.close()
    return _Way(rate=rate, answer_ms=answer_ms, figures=figures)


def _row(event: Event) -> tuple[object, ...]:
    kind = event.type.removeprefix("no.forkant.").removesuffix(".v1")
    evaluated = event.data.evaluated if isinstance(event.data, CaseClosed) else None
    return event.aggregate_id, event.aggregate_version, kind, event.unit, event.occurred_at, evaluated


async def _asked(conn: "asyncpg.Connection[asyncpg.Record]", query: str) -> tuple[float, Figures]:
    asking = await conn.prepare(query)
    rows = await asking.fetch()
    return percentile(await _times(asking.fetch), 0.95), [tuple(row) for row in rows]


async def _times(ask: Callable[[], Awaitable[object]]) -> list[float]:
    found = []
    for _ in range(_ANSWERS):
        began = time.perf_counter()
        await ask()
        found.append((time.perf_counter() - began) * 1000)
    return found
