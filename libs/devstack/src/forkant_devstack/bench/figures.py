"""How long figures over time and by category take, everything on, when years of many cases are counted."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import asyncpg
from forkant_contracts.units import CASE_UNITS
from indicator_service.migrate import MIGRATIONS

from forkant_devstack.bench.http_line import Line
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread, percentile
from forkant_devstack.issuer.pytest_fixture import running_issuer
from forkant_devstack.native.children import stop
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.platform import Node, Platform

_CASES: Final = 91_000
"""Of 35 events each: 3.2 million."""
_MONTHS: Final = 36
_REQUESTS: Final = 200
_WARM_UP: Final = 20
_BAR_MS: Final = 50.0
_METRICS: Final = (
    "opened", "ended", "closed", "closed_evaluated", "assessed_in_time", "plans", "plans_with_baseline", "evaluated",
    "effect_achieved", "measures", "digital_measures", "standard_measures", "standard_measures_met", "not_started",
)  # fmt: skip
# Every case counts in each metric, in a month after its opening; two of three are evaluated, met or in time.
_FILL: Final = (
    """
    INSERT INTO cell (generation, district, metric, month, unit, case_type, theme, age_band, bucket, amount)
    SELECT 1, district, metric, month, district, case_type, theme, age_band, 0, count(*)
    FROM generate_series(1, $1) AS n
    CROSS JOIN LATERAL (
        SELECT units[1 + abs(hashint4(n)) % 17] AS district, abs(hashint4(n + 1)) AS one, abs(hashint4(n + 2)) AS two,
               abs(hashint4(n + 3)) AS three, abs(hashint4(n + 4)) % 36 AS ago
        FROM (SELECT CAST($2 AS text[]) AS units) AS u
    ) AS chance
    CROSS JOIN unnest(CAST($3 AS text[])) WITH ORDINALITY AS m (metric, place)
    CROSS JOIN LATERAL (
        SELECT CAST(date_trunc('month', now()) - make_interval(months => ago) AS date) AS month,
               (ARRAY['person', 'group', 'place', 'phenomenon'])[1 + one % 4] AS case_type,
               (ARRAY['violence', 'drugs', 'theft', 'vandalism', 'sexual_offences', 'image_sharing',
                      'domestic_violence',
                      'radicalisation', 'hate_crime', 'fraud', 'cybercrime', 'organised_crime'])[1 + two % 12] AS theme,
               (ARRAY['under_15', '15_17', '18_24', '25_plus', 'not_applicable'])[1 + three % 5] AS age_band
    ) AS code
    WHERE (place + n) % 3 > 0 OR metric IN ('opened', 'closed', 'ended')
    GROUP BY 2, 3, 4, 6, 7, 8
    """,
    """
    INSERT INTO district_cell (generation, district, metric, month, bucket, amount)
    SELECT generation, district, metric, month, bucket, sum(amount) FROM cell GROUP BY 1, 2, 3, 4, 5
    """,
)
_FIRST: Final = "SELECT to_char(date_trunc('month', now()) - interval '35 months', 'YYYY-MM')"
_BARE_SERIES: Final = """
SELECT district, metric, month, bucket, sum(amount) FROM district_cell
WHERE generation = 1 AND metric = ANY('{closed,closed_evaluated}')
  AND month >= date_trunc('month', now()) - interval '35 months'
GROUP BY 1, 2, 3, 4
"""
_BARE_SPLIT: Final = """
SELECT district, metric, dimension, sum(amount) FROM cell
WHERE generation = 1 AND metric = ANY('{closed,closed_evaluated}')
  AND month >= date_trunc('month', now()) - interval '11 months'
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is asked for, by whom, and the bare query that finds the same sums."""

    name: str
    persona: str
    path: str
    bare: str
    lines: str
    """What the answer holds a list of, one for each unit and the nation."""

    async def ask(self, line: Line, headers: Mapping[str, str]) -> None:
        answer = await line.send_json("GET", self.path, headers)
        if len(answer[self.lines]) != len(CASE_UNITS) + 1:
            raise AssertionError(f"{len(answer[self.lines])} units are not what was to be measured")


def _questions(first_month: str) -> list[_Question]:
    compared = ",".join(CASE_UNITS)
    series = f"/v1/indicators/10/series?compare={compared}&from={first_month}"
    found = [
        _Question(
            name=f"17 units over {_MONTHS} months", persona="pod-analyst", path=series, bare=_BARE_SERIES, lines="lines"
        ),
        _Question(
            name=f"17 units over {_MONTHS} months, hidden from a unit's lead",
            persona="lead-oslo",
            path=series,
            bare=_BARE_SERIES,
            lines="lines",
        ),
    ]
    for dimension in ("theme", "case_type", "age_band"):
        path, bare = f"/v1/indicators/10/breakdown?by={dimension}", _BARE_SPLIT.replace("dimension", dimension)
        name = f"17 units by {dimension}, the last twelve months"
        found.append(_Question(name=name, persona="pod-analyst", path=path, bare=bare, lines="rows"))
    path, bare = "/v1/indicators/10/breakdown?by=theme", _BARE_SPLIT.replace("dimension", "theme")
    name = "17 units by theme, the last twelve months, hidden from a unit's lead"
    found.append(_Question(name=name, persona="lead-oslo", path=path, bare=bare, lines="rows"))
    return found


async def bench_figures(lab: Laboratory) -> list[Result]:
    """Ask for series and breakdowns over HTTP, one request at a time; the ceiling is the bare query, without walls."""
    cases, count = lab.sized(_CASES), lab.sized(_REQUESTS)
    async with _running_indicator_service(lab) as platform:
        owner = await asyncpg.connect(
            platform.nodes["indicator"].database.owner_url, server_settings={"forkant.system": "on"}
        )
        try:
            await owner.execute("SET jit = off")
            await owner.execute(
                _FILL[0].replace("$1", str(cases)).replace("$2", _array(CASE_UNITS)).replace("$3", _array(_METRICS))
            )
            await owner.execute(_FILL[1])
            await owner.execute("VACUUM ANALYZE")
            cells = await owner.fetchval("SELECT count(*) FROM cell")
            first = await owner.fetchval(_FIRST)
            results = []
            for question in _questions(first):
                bare = await owner.prepare(question.bare)
                line = await Line.open(platform.nodes["indicator"].url)
                ask = partial(question.ask, line, platform.issuer.headers(question.persona))
                measured, ceiling = await _times(ask, count), await _times(bare.fetch, count)
                line.close()
                results.append(_result(question, measured, ceiling, load=f"{cases:,} cases in {cells:,} cells"))
            return results
        finally:
            await owner.close()


def _array(values: tuple[str, ...]) -> str:
    return "'{" + ",".join(values) + "}'"


@asynccontextmanager
async def _running_indicator_service(lab: Laboratory) -> AsyncIterator[Platform]:
    http_port, worker_port = free_ports(2)
    database = await lab.database("indicator", migrations=MIGRATIONS)
    node = Node(service="indicator", database=database, http_port=http_port, worker_port=worker_port)
    with running_issuer() as issuer:
        platform = Platform(
            folder=lab.folder,
            kafka=lab.kafka,
            issuer=issuer,
            nodes={"indicator": node},
            extra_env={"FORKANT_LOG_LEVEL": "INFO"},
        )
        try:
            await platform.start("indicator-api")
            yield platform
        finally:
            await platform.asking.close()
            for child in list(platform.children.values()):
                await stop(child)


async def _times(ask: Callable[[], Awaitable[object]], count: int) -> list[float]:
    """Return how many milliseconds each of so many requests took, after some that are not counted."""
    for _ in range(_WARM_UP):
        await ask()
    found = []
    for _ in range(count):
        began = time.perf_counter()
        await ask()
        found.append((time.perf_counter() - began) * 1000)
    return found


def _result(question: _Question, measured: list[float], ceiling: list[float], *, load: str) -> Result:
    p95, bare = percentile(measured, 0.95), percentile(ceiling, 0.95)
    return Result(
        benchmark="figures",
        load=f"{len(measured):,} answers over HTTP, one after the other: indicator 10 of {question.name}; {load}; "
        "ceiling: the bare query without HTTP, token, policy, row security, suppression and audit",
        figure="figures of many units, p95",
        measured=Spread.of([p95]),
        ceiling=Spread.of([bare]),
        ratio=Spread.of([p95 / bare]),
        unit="ms",
        bar=f"p95 ≤ {_BAR_MS:.0f} ms",
        reached=p95 <= _BAR_MS,
        detail={"p50 ms": percentile(measured, 0.5), "max ms": max(measured), "bare p50 ms": percentile(ceiling, 0.5)},
    )
