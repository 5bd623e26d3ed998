"""The newest figures of a unit: answered from the hub, the same as when they are computed, and never older."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from forkant_contracts import Event
from forkant_contracts.codes import UnitChange, UnitKindCode
from forkant_contracts.events.catalogue import UnitChanged
from forkant_contracts.units import CASE_UNITS
from forkant_kit.audit import together
from sqlalchemy import text

OF_THE_MOMENT = {"as_of", "watermark", "seconds_behind", "trace_id"}
FROM_THE_HUB = {"Cache-Control": "max-age=60"}
COMPUTED = {"Cache-Control": "no-cache"}
READERS = (
    "officer-oslo", "officer2-oslo", "lead-oslo", "analyst-oslo", "privacy-oslo", "officer-troms", "lead-troms",
    "officer-kripos", "pod-analyst", "pod-methods", "pod-admin", "auditor",
)  # fmt: skip


@pytest.fixture
def hub(api):
    """Give the hub of the running API."""
    return api.state.dependencies.hub


@pytest.fixture
def ask(client, as_persona):
    async def answer(unit, persona, **headers):
        asked = {**FROM_THE_HUB, **as_persona(persona), **headers}
        return await client.get(f"/v1/districts/{unit}/metrics", headers=asked)

    return answer


@pytest.fixture
def figures(ask):
    async def read(unit, persona, **headers):
        answer = await ask(unit, persona, **headers)
        body = answer.json()
        return answer.status_code, {name: value for name, value in body.items() if name not in OF_THE_MOMENT}

    return read


@pytest.fixture
def opened(project, new_case):
    async def add(count, unit="oslo"):
        cases = [new_case(unit=unit, at=datetime.now(UTC) - timedelta(days=1)) for _ in range(count)]
        await project(*[case.opened() for case in cases])
        return cases

    return add


@pytest.fixture
def without_looks(hub, monkeypatch):
    """Let the hub look only when somebody asks for figures."""

    async def never():
        await asyncio.Event().wait()

    monkeypatch.setattr(hub, "run", never)


async def _something(chance, cases, *, opened, project):
    """Let something happen to some cases."""
    cases += await opened(chance.randrange(1, 9), chance.choice(CASE_UNITS))
    for case in chance.sample(cases, len(cases) // 3):
        what = chance.choice(["transfer", "close", "plan", "measure", "erase"])
        before = len(case.events)
        if what == "transfer":
            case.transferred(chance.choice(CASE_UNITS), after=timedelta(minutes=1))
        elif what == "close":
            case.closed(evaluated=chance.random() < 0.5, after=timedelta(minutes=1))
        elif what == "plan":
            case.planned(after=timedelta(minutes=1))
        elif what == "measure":
            case.measure_started(after=timedelta(minutes=1))
        else:
            case.erased(after=timedelta(minutes=1))
            cases.remove(case)
        await project(*case.events[before:])


@pytest.mark.parametrize("seed", range(2))
async def test_every_reader_gets_the_figures_that_are_computed(without_looks, figures, opened, project, seed):
    chance, cases = random.Random(seed), []
    for _ in range(2):
        await _something(chance, cases, opened=opened, project=project)
        units = [chance.choice(CASE_UNITS), "oslo", "national", "pod"]
        for persona in READERS:
            for unit in units:
                assert await figures(unit, persona) == await figures(unit, persona, **COMPUTED), (persona, unit)


async def test_units_are_those_after_a_reorganisation(without_looks, figures, opened, project):
    await opened(7, "agder")
    for unit in ("agder", "national"):
        await figures(unit, "pod-analyst")
    reorganisation, now = uuid4(), datetime.now(UTC)
    for unit, change, before, after in (
        ("sor", UnitChange.ESTABLISHED, ("agder",), ()),
        ("agder", UnitChange.ENDED, (), ("sor",)),
    ):
        data = UnitChanged(
            changed_unit=unit, kind=UnitKindCode.DISTRICT, change=change, effective_on=now.date(),
            reorganisation_id=reorganisation, predecessors=before, successors=after,
        )  # fmt: skip
        told = Event(
            id=uuid4(), source="urn:forkant:case-service", aggregate_id=uuid4(), aggregate_version=1, unit="pod",
            occurred_at=now, recorded_at=now, data=data,
        )  # fmt: skip
        await project(told)
    for unit in ("agder", "national"):
        status, found = await figures(unit, "pod-analyst")
        computed = None
        async with asyncio.timeout(20):
            # The register that a computed answer names units by is a second old at the most.
            while computed != (status, found):
                computed = await figures(unit, "pod-analyst", **COMPUTED)
        assert unit == "national" or found["structure"]["units"][0]["successors"] == ["sor"]


async def test_a_change_is_in_the_answer_at_once(without_looks, figures, opened):
    for _ in range(3):
        _, before = await figures("oslo", "officer-oslo")
        await opened(1)
        _, after = await figures("oslo", "officer-oslo")
        assert after["counts"]["opened"]["value"] == before["counts"]["opened"]["value"] + 1


async def test_what_is_hidden_of_a_unit_goes_by_the_others(without_looks, figures, opened):
    for unit, count in (("oslo", 40), ("ost", 30), ("vest", 20), ("agder", 10), ("finnmark", 3)):
        await opened(count, unit)

    async def agder():
        status, found = await figures("agder", "officer-oslo")
        assert (status, found) == await figures("agder", "officer-oslo", **COMPUTED)
        return found["counts"]["opened"]

    assert await agder() == {"value": None, "suppressed": True}
    await opened(7, "finnmark")
    assert await agder() == {"value": 10, "suppressed": False}


async def test_a_cell_that_was_spoilt_without_a_change_is_seen_by_who_asks_for_computed_figures(ask, opened, engine):
    await opened(6)
    written = await ask("oslo", "pod-analyst")
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE district_cell SET amount = amount + 3 WHERE metric = 'opened'"))
    again, computed = await ask("oslo", "pod-analyst"), await ask("oslo", "pod-analyst", **COMPUTED)
    assert [each.json()["counts"]["opened"]["value"] for each in (written, again, computed)] == [6, 6, 9]


@pytest.mark.parametrize("asks", ["no-cache", "No-Cache", "max-age=0", "no-store", "max-age=60, no-cache"])
async def test_who_asks_for_computed_figures_gets_no_age(ask, asks):
    assert "age" not in (await ask("oslo", "pod-analyst", **{"Cache-Control": asks})).headers
    assert (await ask("oslo", "pod-analyst")).headers["age"] == "0"


@pytest.mark.parametrize("query", ["period=2026-03", "structure=now", "known_at=2026-03-01T00:00:00Z", "period=2025"])
async def test_all_other_questions_are_computed(client, as_persona, query):
    headers = {**FROM_THE_HUB, **as_persona("pod-analyst")}
    answer = await client.get(f"/v1/districts/oslo/metrics?{query}", headers=headers)
    assert (answer.status_code, "age" in answer.headers) == (200, False)


async def test_it_is_written_down_as_any_reading_is(ask, opened, engine):
    await opened(1)
    answers = [await ask("oslo", persona, **headers) for persona in READERS for headers in ({}, COMPUTED)]
    assert {each.status_code for each in answers} == {200}
    query = "SELECT subject, action, outcome, object_kind, object_ids, unit, purpose FROM audit_entry ORDER BY seq"
    async with engine.connect() as conn:
        entries = [tuple(row) for row in await conn.execute(text(query))]
    assert len(entries) == 2 * len(READERS)
    assert entries[::2] == entries[1::2]


async def test_many_at_once_are_each_written_down(ask, engine):
    await asyncio.gather(*[ask(unit, "pod-analyst") for unit in CASE_UNITS for _ in range(4)])
    async with engine.connect() as conn:
        found = await conn.scalar(text("SELECT count(*) FROM audit_entry WHERE action = 'figures.read'"))
        requests = await conn.scalar(text("SELECT count(DISTINCT request_id) FROM audit_entry"))
    assert found == requests == 4 * len(CASE_UNITS)


async def test_what_can_not_be_written_down_is_not_shown(ask, monkeypatch):
    async def broken(_conn, _entries):
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr(together, "write_for_all", broken)
        refused = await ask("oslo", "pod-analyst")
    assert (refused.status_code, refused.json()["code"]) == (503, "audit-unavailable")
    assert (await ask("oslo", "pod-analyst")).status_code == 200


async def test_a_revoked_token_is_shown_nothing_on_either_way(ask, issuer, as_persona):
    headers = as_persona("officer-oslo")
    assert (await ask("oslo", "officer-oslo", **headers)).status_code == 200
    issuer.revoke(headers["Authorization"].removeprefix("Bearer "))
    async with asyncio.timeout(20):
        status = 200
        while status == 200:
            status = (await ask("oslo", "officer-oslo", **headers)).status_code
    for asks in ({}, COMPUTED):
        assert (await ask("oslo", "officer-oslo", **headers, **asks)).status_code == 401
