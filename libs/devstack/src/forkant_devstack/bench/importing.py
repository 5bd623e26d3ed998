"""Importing cases over HTTP with every check on, against a bare COPY of the very rows that an import writes."""

import io
import time
from collections.abc import Mapping
from itertools import count as counted
from typing import Final
from uuid import uuid4

import asyncpg
import httpx
import psutil

from forkant_devstack.bench.case_platform import running_case_service
from forkant_devstack.bench.case_rows import case_rows, ndjson
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result
from forkant_devstack.bench.rounds import Taken, alternate
from forkant_devstack.testing.platform import Platform

_CASES: Final = 10_000
_BAR: Final = 2_000
_CREATED: Final = 201
_TABLES: Final = (
    "preventive_case", "data_key", "case_words", "case_word", "access_grant", "task", "imported_case",
    "event_archive", "outbox", "audit_entry",
)  # fmt: skip
"""What an import writes. The ceiling's tables have the same indexes, and no policies, triggers or foreign keys."""


async def bench_importing(lab: Laboratory) -> list[Result]:
    """Import cases of twelve units, one import after the other, into a database that grows."""
    cases = lab.sized(_CASES)
    async with running_case_service(lab, names=("case-api",)) as platform:
        owner = await asyncpg.connect(
            platform.nodes["case"].database.owner_url, server_settings={"forkant.system": "on"}
        )
        try:
            numbers = counted(0, cases)
            await take(platform, ndjson(case_rows(cases, first=next(numbers))))
            rows = await written(owner)
            compared = await alternate(
                rounds=lab.rounds,
                measured=lambda: imported(platform, cases, first=next(numbers)),
                ceiling=lambda: copied(owner, rows, cases),
            )
        finally:
            await owner.close()
    return [
        Result(
            benchmark="import cases",
            load=f"{cases:,} cases of twelve units in one POST /v1/imports, API process alone (token, policy, "
            "row-level security, every check of opening, sealing, words, tasks, outbox, audit), one after the other; "
            "ceiling: COPY of the very rows by one connection into tables with the same indexes, no walls",
            figure="cases imported a second, one API process",
            measured=compared.measured,
            unit="cases/s",
            ceiling=compared.ceiling,
            ratio=compared.ratio,
            bar=f"≥ {_BAR:,} cases/s on two quiet cores",
            reached=compared.measured.median >= _BAR,
            detail=compared.cpu_us,
        )
    ]


async def take(platform: Platform, body: bytes, *, source: str = "load") -> None:
    """Hand cases over as the importer does.

    Raises:
        AssertionError: they were refused; the problem document is shown.
    """
    headers = {
        **platform.issuer.headers("import-demo", clearance=2),
        "Content-Type": "application/x-ndjson",
        "Idempotency-Key": str(uuid4()),
    }
    async with httpx.AsyncClient(timeout=600) as client:
        url = f"{platform.nodes['case'].url}/v1/imports?source={source}"
        answer = await client.post(url, content=body, headers=headers)
    if answer.status_code != _CREATED:
        raise AssertionError(f"importing: {answer.status_code} {answer.text[:2000]}")


async def imported(platform: Platform, cases: int, *, first: int) -> Taken:
    """Import so many cases, numbered from ``first`` on, at once."""
    body = ndjson(case_rows(cases, first=first))
    process = psutil.Process(platform.children["case-api"].process.pid)
    began, cpu = time.monotonic(), process.cpu_times()
    await take(platform, body)
    seconds, after = time.monotonic() - began, process.cpu_times()
    return Taken.of(cases, seconds=seconds, cpu_s=after.user + after.system - cpu.user - cpu.system)


async def written(owner: asyncpg.Connection) -> Mapping[str, bytes]:
    """Return the rows of the one import so far, as COPY sends them, and make the ceiling's tables."""
    found = {}
    for table in _TABLES:
        buffer = io.BytesIO()
        await owner.copy_from_query(f"SELECT * FROM {table}", output=buffer, format="binary")  # noqa: S608 - ours
        found[table] = buffer.getvalue()
        await owner.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING INDEXES)")
    return found


async def copied(owner: asyncpg.Connection, rows: Mapping[str, bytes], cases: int) -> Taken:
    """Copy the rows of an import of so many cases into the ceiling's tables, which are emptied before."""
    await owner.execute(f"TRUNCATE {', '.join(f'bare_{table}' for table in rows)}")
    began, cpu = time.monotonic(), time.process_time()
    async with owner.transaction():
        for table, content in rows.items():
            await owner.copy_to_table(f"bare_{table}", source=io.BytesIO(content), format="binary")
    return Taken.of(cases, seconds=time.monotonic() - began, cpu_s=time.process_time() - cpu)
