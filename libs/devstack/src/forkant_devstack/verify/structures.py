"""G2 after reorganisations: the indicator service knows units as the case service does, and adds figures up by them."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import asyncpg
import httpx

from forkant_devstack.stack.dev_token import dev_token
from forkant_devstack.verify.figures import READER, UnreadableFiguresError
from forkant_devstack.verify.platform import Platform
from forkant_devstack.verify.recount import NATIONAL
from forkant_devstack.verify.report import Check, Difference

_PAUSE_S: Final = 0.5
_ADDED: Final = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 19, 21)
"""The indicators that are counted from events, so that what is counted of two units is that of both."""

_DAYS: Final = """
SELECT u.id, u.valid_to - 1 AS until, CASE WHEN made.id IS NOT NULL THEN u.valid_from END AS since
FROM unit AS u LEFT JOIN (
    SELECT DISTINCT each->>'id' AS id FROM reorganisation, jsonb_array_elements(CAST(makes AS jsonb)) AS each
    WHERE state IN ('under_way', 'done')
) AS made USING (id)
WHERE u.kind IN ('district', 'special_body')
"""
_WENT: Final = """
SELECT ends, CAST(successors AS text) AS successors, CAST(municipalities AS text) AS municipalities
FROM reorganisation WHERE state IN ('under_way', 'done') ORDER BY effective_on, id
"""

Rows = Mapping[tuple[str, int, str], float]


async def check_structures(platform: Platform, *, settle_s: float) -> Check:
    """Return the check of units and their figures in the old and the new structure."""
    token = await asyncio.to_thread(dev_token, platform.issuer_url, READER)
    headers = {"Authorization": f"Bearer {token}"}
    cases = await asyncpg.connect(platform.case_database)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + settle_s
    try:
        client = httpx.AsyncClient(base_url=platform.indicator_url, headers=headers, timeout=30, trust_env=False)
        async with client as http:
            while True:
                compared, differences = await _compared(cases, http)
                if not differences or loop.time() > deadline:
                    break
                await asyncio.sleep(_PAUSE_S)
    finally:
        await cases.close()
    name = "units and their days, and figures of the new structure as the sum of those of the old"
    return Check(guarantee="G2", name=name, compared=compared, differences=differences)


async def _compared(
    cases: "asyncpg.Connection[asyncpg.Record]", http: httpx.AsyncClient
) -> tuple[int, list[Difference]]:
    known = {unit["id"]: unit for unit in (await _read(http, "/v1/units")).json()["units"]}
    days = await cases.fetch(_DAYS)
    differences = [
        Difference(f"{row['id']} {name}", f"the indicator service says {found}", str(expected))
        for row in days
        for name, key, expected in (("begins", "valid_from", row["since"]), ("ends", "valid_until", row["until"]))
        if (found := known.get(row["id"], {}).get(key, "nothing")) != (None if expected is None else str(expected))
    ]
    went = [_successors(row) for row in await cases.fetch(_WENT)]
    old, new = await _figures(http, "then"), await _figures(http, "now")
    expected: dict[tuple[str, int, str], float] = {}
    for (unit, number, name), value in old.items():
        place = (holder_of(unit, went), number, name)
        expected[place] = expected.get(place, 0) + value
    differences += [
        Difference(
            f"{unit} {number}.{name} now", f"the indicator service says {new.get((unit, number, name))}", str(value)
        )
        for (unit, number, name), value in expected.items()
        if new.get((unit, number, name), 0) != value
    ]
    return 2 * len(days) + len(expected), differences


def holder_of(unit: str, went: Iterable[Mapping[str, frozenset[str]]]) -> str:
    """Return the unit that all work of one went to, by reorganisations in order; itself when it was shared out."""
    places = {unit}
    for each in went:
        places = {after for place in places for after in each.get(place, {place})}
    return places.pop() if len(places) == 1 else unit


def _successors(row: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return whom the work of each unit that ended went to."""
    successors, municipalities = json.loads(row["successors"]), json.loads(row["municipalities"])
    parts = frozenset(municipalities.values())
    return {unit: parts | ({successors[unit]} if unit in successors else set()) for unit in row["ends"]}


async def _figures(http: httpx.AsyncClient, structure: str) -> Rows:
    answer = await _read(http, f"/v1/exports?format=ndjson&structure={structure}")
    found = {}
    for row in map(json.loads, answer.content.splitlines()):
        if row["indicator"] not in _ADDED:
            continue
        for name in ("numerator", "denominator"):
            if row[f"{name}_suppressed"]:
                raise UnreadableFiguresError(f"a figure is hidden from {READER}")
            found[row["unit"], row["indicator"], name] = row[name] or 0
    if not any(unit == NATIONAL for unit, _, _ in found):
        raise UnreadableFiguresError("the export holds no figures of the nation")
    return found


async def _read(http: httpx.AsyncClient, path: str) -> httpx.Response:
    answer = await http.get(path)
    if answer.status_code != httpx.codes.OK:
        raise UnreadableFiguresError(f"{answer.url} was answered with {answer.status_code}")
    return answer
