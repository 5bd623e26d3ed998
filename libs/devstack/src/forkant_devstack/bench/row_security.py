"""What row-level security costs: the same requests with the policies of all tables on, and turned off."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import psutil
from case_service.texts import place
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.vault import Vault
from forkant_kit.vault_settings import DEV_TEXT_KEY

from forkant_devstack.bench.case_platform import running_case_service
from forkant_devstack.bench.http_line import Line
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result
from forkant_devstack.bench.rounds import Taken, alternate
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import A_CASE

_CASES: Final = 100_000
_REQUESTS: Final = 1_500
_LINES: Final = 4
_WARM_UP: Final = 80
_LARGEST_CREATED: Final = 201
# Cases of six units with some work below each, as they are after a while.
_FILL: Final = (
    """
    INSERT INTO preventive_case (
        id, unit, version, revision, state, case_type, theme, age_band, subject_category, purpose_code, legal_basis,
        arena, special_category, title, opened_by, case_owner, opened_at, recorded_at, updated_at,
        clarification_deadline, retention_until, retention_rule, retention_rules_version)
    SELECT uuidv7(), (ARRAY['oslo', 'troms', 'agder', 'finnmark', 'innlandet', 'nordland'])[1 + n % 6], 1, 1,
           'registered', 'person', 'drugs', '15_17', 'at_risk', 'prevent_crime', 'police_act', 'physical', false,
           sha256('A case'), 'somebody', 'somebody', now(), now(), now(), current_date,
           current_date + 730, 'open_minor', 1
    FROM generate_series(1, $1) AS n
    """,
    """
    INSERT INTO measure (id, case_id, round, kind, arena, state, due_on, planned_by, planned_at)
    SELECT uuidv7(), id, 1, 'home_visit', 'physical', 'planned', current_date, 'somebody', now()
    FROM preventive_case, generate_series(1, 2)
    """,
    """
    INSERT INTO follow_up (id, case_id, round, state, due_on, scheduled_by, scheduled_at)
    SELECT uuidv7(), id, 1, 'scheduled', current_date, 'somebody', now() FROM preventive_case
    """,
    # Who asks sees cases as a member, as officers do.
    """
    INSERT INTO access_grant (id, kind, subject, object_id, valid_from, reason, given_by)
    SELECT uuidv7(), 'member', 'officer-oslo', id, now() - interval '1 day', '', 'somebody'
    FROM (SELECT id FROM preventive_case WHERE unit = 'oslo' ORDER BY id LIMIT 500) AS mine
    """,
)
_GUARDED: Final = """
SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace AND NOT relispartition
"""

Send = Callable[[Line, Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Bench:
    platform: Platform
    owner: "asyncpg.Connection[asyncpg.Record]"
    tables: list[str]
    headers: Mapping[str, str]

    async def take(self, send: Send, count: int, *, guarded: bool) -> Taken:
        """Send requests over a few connections, with the policies on or off."""
        await row_security(self.owner, self.tables, on=guarded)
        await self._send(send, _WARM_UP)
        process = psutil.Process(self.platform.children["case-api"].process.pid)
        began, cpu = time.monotonic(), _cpu_s(process)
        await self._send(send, count)
        return Taken.of(count, seconds=time.monotonic() - began, cpu_s=_cpu_s(process) - cpu)

    async def _send(self, send: Send, count: int) -> None:
        lines = [await Line.open(self.platform.nodes["case"].url) for _ in range(_LINES)]
        left = iter(range(count))

        async def work(line: Line) -> None:
            for _ in left:
                await send(line, self.headers)

        try:
            await asyncio.gather(*map(work, lines))
        finally:
            for line in lines:
                line.close()


async def tables_under_row_security(owner: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    """Return the names of the guarded tables."""
    return [row["relname"] for row in await owner.fetch(_GUARDED)]


async def row_security(owner: "asyncpg.Connection[asyncpg.Record]", tables: list[str], *, on: bool) -> None:
    """Turn the policies of these tables on or off."""
    for table in tables:
        await owner.execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} ROW LEVEL SECURITY")


async def _give_texts(owner: "asyncpg.Connection[asyncpg.Record]", ids: list[UUID]) -> None:
    """Give cases a data key and a title that opens, so that they can be read."""
    vault = Vault(Keyring(read_keys(DEV_TEXT_KEY)))
    made = [vault.new(case_id) for case_id in ids]
    keys = [(row["owner_id"], row["sealed"], row["sealed_by"]) for _, row in made]
    await owner.executemany("INSERT INTO data_key (owner_id, sealed, sealed_by) VALUES ($1, $2, $3)", keys)
    titles = [(key.owner_id, key.seal("A case", place=place("preventive_case", "title", {}))) for key, _ in made]
    await owner.executemany("UPDATE preventive_case SET title = $2 WHERE id = $1", titles)


async def bench_row_security(lab: Laboratory) -> list[Result]:
    """Open, change, read and list cases of one unit among those of six."""
    cases, count = lab.sized(_CASES), lab.sized(_REQUESTS)
    async with running_case_service(lab, names=("case-api",)) as platform:
        owner = await asyncpg.connect(
            platform.nodes["case"].database.owner_url, server_settings={"forkant.system": "on"}
        )
        try:
            for statement in _FILL:
                await owner.execute(statement.replace("$1", str(cases)))
            await owner.execute("ANALYZE")
            ids = [row["id"] for row in await owner.fetch("SELECT object_id AS id FROM access_grant")]
            tables = await tables_under_row_security(owner)
            await _give_texts(owner, ids)
            bench = _Bench(platform, owner, tables, platform.issuer.headers("officer-oslo"))
            results = []
            for name, send in _loads(cycle(ids)).items():
                results.append(await _compare(lab, bench, name, send, cases=cases, count=count))
            return results
        finally:
            await owner.close()


async def _compare(lab: Laboratory, bench: _Bench, name: str, send: Send, *, cases: int, count: int) -> Result:
    compared = await alternate(
        rounds=lab.rounds,
        measured=lambda: bench.take(send, count, guarded=True),
        ceiling=lambda: bench.take(send, count, guarded=False),
    )
    return Result(
        benchmark="row security",
        load=f"{count:,} requests over {_LINES} connections, {cases:,} cases of six units, API process alone (token, "
        "policy, audit); ceiling: the same with the policies of all tables turned off",
        figure=f"requests a second: {name}",
        measured=compared.measured,
        unit="requests/s",
        ceiling=compared.ceiling,
        ratio=compared.ratio,
        bar="",
        reached=True,
        detail=compared.cpu_us,
    )


def _loads(ids: "cycle[object]") -> dict[str, Send]:
    opened = json.dumps(A_CASE).encode()
    saved = json.dumps({"risk_factors": ["truancy"]}).encode()
    held: dict[Line, tuple[str, int]] = {}

    async def open_one(line: Line, headers: Mapping[str, str]) -> None:
        await _done(line, "POST", "/v1/cases", {**headers, "Idempotency-Key": str(uuid4())}, opened)

    async def change(line: Line, headers: Mapping[str, str]) -> None:
        if line not in held:
            made = await _done(line, "POST", "/v1/cases", {**headers, "Idempotency-Key": str(uuid4())}, opened)
            held[line] = (made["id"], 1)
        case, revision = held[line]
        await _done(line, "PUT", f"/v1/cases/{case}/assessment", {**headers, "If-Match": f'"v{revision}"'}, saved)
        held[line] = (case, revision + 1)

    async def read(line: Line, headers: Mapping[str, str]) -> None:
        await _done(line, "GET", f"/v1/cases/{next(ids)}", headers)

    async def list_page(line: Line, headers: Mapping[str, str]) -> None:
        await _done(line, "GET", "/v1/cases?limit=50", headers)

    return {"open a case": open_one, "change a case": change, "read a case": read, "list 50 cases": list_page}


async def _done(line: Line, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Mapping[str, str]:
    status, answer = await line.send(method, path, headers, body)
    if status > _LARGEST_CREATED:
        raise AssertionError(f"{method} {path}: {status} {answer.decode()}")
    found: Mapping[str, str] = json.loads(answer)
    return found


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
