"""A large data set, made as another system would hand it over: by imports of ten thousand, each with every check."""

from typing import Final

import asyncpg

from forkant_devstack.bench.case_platform import running_case_service
from forkant_devstack.bench.case_rows import case_rows, ndjson
from forkant_devstack.bench.importing import copied, imported, take, written
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread
from forkant_devstack.bench.rounds import Taken

AT_ONCE: Final = 10_000
"""Cases in one import: as many as the service takes."""


async def load(lab: Laboratory, cases: int) -> Result:
    """Import so many cases, and copy the rows of one import barely, before, between and after."""
    async with running_case_service(lab, names=("case-api",)) as platform:
        owner = await asyncpg.connect(
            platform.nodes["case"].database.owner_url, server_settings={"forkant.system": "on"}
        )
        try:
            each = min(AT_ONCE, cases)
            # The first import also warms up, so it is not counted.
            await take(platform, ndjson(case_rows(each)))
            rows = await written(owner)
            taken: list[Taken] = []
            bare = [await copied(owner, rows, each)]
            places = range(each, each + cases, each)
            for number, first in enumerate(places):
                taken.append(await imported(platform, min(each, each + cases - first), first=first))
                if number in {len(places) // 2, len(places) - 1}:
                    bare.append(await copied(owner, rows, each))
        finally:
            await owner.close()
    return _result(cases, taken, bare)


def _result(cases: int, taken: list[Taken], bare: list[Taken]) -> Result:
    rates, ceiling = Spread.of([each.rate for each in taken]), Spread.of([each.rate for each in bare])
    return Result(
        benchmark="load",
        load=f"{cases:,} cases of twelve units by POST /v1/imports of {AT_ONCE:,}, one after the other, API process "
        "alone; ceiling: COPY of the rows of one import into empty tables with the same indexes, no walls, three times",
        figure="cases imported a second",
        measured=rates,
        unit="cases/s",
        ceiling=ceiling,
        ratio=Spread.of([each.rate / ceiling.median for each in taken]),
        bar="",
        reached=True,
        detail={
            "the first import's cases/s": taken[0].rate,
            "the last import's cases/s": taken[-1].rate,
            "CPU µs each": sum(each.cpu_us for each in taken) / len(taken),
        },
    )
