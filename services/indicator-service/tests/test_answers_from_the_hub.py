"""The newest figures of a unit, answered from what the streams show while nothing has changed since."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

FRESH = {"as_of", "watermark", "seconds_behind"}


@pytest.fixture
def hub(api):
    """Give the hub of the running API."""
    return api.state.dependencies.hub


@pytest.fixture
def answers(client, as_persona):
    async def ask(unit, persona):
        answer = await client.get(f"/v1/districts/{unit}/metrics", headers=as_persona(persona))
        assert answer.status_code == 200, answer.text
        return {name: value for name, value in answer.json().items() if name not in FRESH}

    return ask


@pytest.fixture
def opened(project, new_case):
    async def add(count, unit="oslo"):
        cases = [new_case(unit=unit, at=datetime.now(UTC) - timedelta(days=1)) for _ in range(count)]
        await project(*[case.opened() for case in cases])

    return add


@pytest.mark.parametrize("persona", ["pod-analyst", "officer-oslo", "officer-troms"])
@pytest.mark.parametrize("unit", ["oslo", "national", "pod"])
async def test_it_is_the_answer_that_is_computed(*, answers, hub, opened, monkeypatch, persona, unit):
    await opened(7)
    await opened(2, "troms")
    await hub.refresh()
    written = await answers(unit, persona)
    monkeypatch.setattr(hub, "still", lambda *_args, **_named: None)
    assert await answers(unit, persona) == written


async def test_a_change_is_in_the_answer_before_the_hub_has_looked(answers, hub, opened, monkeypatch):
    async def nothing():
        return

    await hub.refresh()
    monkeypatch.setattr(hub, "refresh", nothing)
    assert (await answers("oslo", "officer-oslo"))["counts"]["opened"]["value"] == 0
    await opened(3)
    assert (await answers("oslo", "officer-oslo"))["counts"]["opened"]["value"] == 3


async def test_the_next_day_it_is_computed_anew(answers, hub, opened, monkeypatch):
    async def nothing():
        return

    await opened(1)
    await hub.refresh()
    asked = []
    still = hub.still
    monkeypatch.setattr(hub, "still", lambda key, **named: asked.append(still(key, **named)) or asked[-1])
    monkeypatch.setattr(hub, "refresh", nothing)
    await answers("oslo", "officer-oslo")
    hub.day -= timedelta(days=1)
    await answers("oslo", "officer-oslo")
    assert [each is None for each in asked] == [False, True]


async def test_it_is_written_down_as_any_reading_is(answers, hub, opened, engine, monkeypatch):
    async def entries():
        query = "SELECT action, outcome, object_kind, object_ids, unit FROM audit_entry ORDER BY seq"
        async with engine.connect() as conn:
            return [tuple(row) for row in await conn.execute(text(query))]

    await opened(1)
    await hub.refresh()
    await answers("oslo", "officer-oslo")
    monkeypatch.setattr(hub, "still", lambda *_args, **_named: None)
    await answers("oslo", "officer-oslo")
    [written, computed] = await entries()
    assert written == computed
