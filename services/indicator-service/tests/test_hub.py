"""The hub behind the streams: what is sent, when, and to whom."""

import asyncio
import json
import time
from datetime import UTC, date, datetime

import anyio
import pytest
import pytest_asyncio
from forkant_kit.db import create_engine, utc_now
from forkant_kit.principal import Principal
from forkant_kit.right import Right
from indicator_service.aggregation.snapshot import Reader
from indicator_service.api.hub import Hub
from indicator_service.api.stream import _events, _seen_already
from indicator_service.definitions import load_catalogue
from indicator_service.policy import reader_of
from indicator_service.projector import apply
from sqlalchemy import text


@pytest_asyncio.fixture
async def hub(database):
    engine = create_engine(database.app_url, application_name="test", pool_size=2)
    yield Hub(engine=engine, catalogue=load_catalogue(), rank=str.encode, now=utc_now, poll_s=0.01)
    await engine.dispose()


@pytest.fixture
def open_cases(engine, new_case):
    async def add(count, unit="oslo"):
        cases = [new_case(unit=unit, at=datetime.now(UTC)) for _ in range(count)]
        async with engine.begin() as conn:
            await apply(conn, [case.opened() for case in cases])
        return cases

    return add


class Client:
    """Reads a stream event by event."""

    def __init__(self, hub, keys, seen=None, seconds=60, sees=None):
        self.stopping = anyio.Event()
        self.last_id = None
        exact = frozenset(unit for unit, is_exact in keys if is_exact)
        sees = sees or (lambda: Reader(unit="", before=exact))
        self.events = _events(hub, keys, seen or {}, self.stopping, Right(expires_at=time.time() + seconds), sees=sees)

    async def next(self, name):
        async with asyncio.timeout(10):
            async for event in self.events:
                lines = dict(line.split(": ", 1) for line in event.decode().splitlines() if line)
                self.last_id = lines.get("id", self.last_id)
                if lines["event"] == name:
                    return json.loads(lines["data"])
        raise AssertionError(f"the stream ended before {name}")


def reached(hub, sequence):
    """Return the id of the event with which a client had the figures of today after so many changes."""
    return f"{hub.day}/{sequence}"


async def test_a_client_gets_every_unit_first_and_then_only_what_changes(hub, open_cases):
    await hub.refresh()
    client = Client(hub, [("oslo", True), ("troms", True)])
    assert (await client.next("metrics"))["unit"] == "oslo"
    assert client.last_id is None
    assert (await client.next("metrics"))["unit"] == "troms"
    assert client.last_id == reached(hub, 0)
    assert (await client.next("freshness"))["seconds_behind"] is None

    await open_cases(7, "troms")
    await hub.refresh()
    found = await client.next("metrics")
    assert (found["unit"], found["counts"]["open"]["value"], client.last_id) == ("troms", 7, reached(hub, 1))
    assert {"period", "as_of", "watermark", "seconds_behind", "indicators"} <= found.keys()


async def test_a_slow_client_gets_the_newest_figures_once(hub, open_cases):
    await hub.refresh()
    client = Client(hub, [("oslo", True)])
    await client.next("freshness")
    for _ in range(3):
        await open_cases(1)
        await hub.refresh()
    assert (await client.next("metrics"))["counts"]["open"]["value"] == 3
    assert client.last_id == reached(hub, 3)


async def test_a_change_that_stays_hidden_is_not_sent(hub, open_cases):
    await hub.refresh()
    before = hub.document(("finnmark", False))
    await open_cases(2, "finnmark")
    await hub.refresh()
    hidden = hub.document(("finnmark", False))
    assert '"opened":{"value":null,"suppressed":true}' in hidden
    assert hidden != before
    await open_cases(1, "finnmark")
    await hub.refresh()
    assert hub.document(("finnmark", False)) == hidden
    assert hub.document(("finnmark", True)) != hidden


async def test_a_client_that_comes_back_gets_what_changed_since(hub, open_cases):
    await open_cases(6, "oslo")
    await hub.refresh()
    keys = [("oslo", True), ("troms", True), ("national", True)]
    assert set(await _seen_already(hub, keys, reached(hub, 1))) == set(keys)
    await open_cases(6, "troms")
    await hub.refresh()
    assert set(await _seen_already(hub, keys, reached(hub, 1))) == {("oslo", True)}
    assert set(await _seen_already(hub, [("oslo", False)], reached(hub, 1))) == set()


@pytest.mark.parametrize("last", [None, "", "nonsense", "1", "{}/-1", "{}/99", "{}/" + "9" * 40, "{}/٣"])
async def test_a_client_with_an_id_that_says_nothing_gets_everything(hub, open_cases, last):
    await open_cases(1)
    await hub.refresh()
    assert await _seen_already(hub, [("oslo", True)], last and last.format(hub.day)) == {}


async def test_a_client_that_is_ahead_of_this_process_gets_nothing_old(hub, open_cases):
    await hub.refresh()
    await open_cases(6)
    client = Client(hub, [("oslo", True)], await _seen_already(hub, [("oslo", True)], reached(hub, 1)))
    await client.next("freshness")
    await open_cases(1)
    await hub.refresh()
    assert (await client.next("metrics"))["counts"]["open"]["value"] == 7


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, at):
        self.at = at

    def __call__(self):
        return self.at


async def test_a_new_day_in_norway_is_sent_with_what_it_changes_and_without_an_event(hub, engine, new_case):
    clock = hub._now = Clock(datetime(2026, 6, 10, 21, 59, 59, tzinfo=UTC))
    case = new_case(at=datetime(2026, 6, 1, tzinfo=UTC))
    case.opened()
    case.follow_up_scheduled(date(2026, 6, 10))
    async with engine.begin() as conn:
        await apply(conn, case.events)
    await hub.refresh()
    client = Client(hub, [("oslo", True), ("troms", True)])
    before = await client.next("metrics")
    await client.next("freshness")
    left_at = client.last_id
    assert (before["period"]["counted_until"], overdue(before)) == ("2026-06-10", 0)

    clock.at = datetime(2026, 6, 10, 22, 0, tzinfo=UTC)
    await hub.refresh()
    after = await client.next("metrics")
    assert (after["unit"], after["period"]["counted_until"], overdue(after)) == ("oslo", "2026-06-11", 1)
    # Whoever was away at midnight has the figures of the day before, though nothing happened since.
    assert await _seen_already(hub, [("oslo", True)], left_at) == {}
    assert set(await _seen_already(hub, [("oslo", True)], reached(hub, 1))) == {("oslo", True)}


def overdue(document):
    return next(item for item in document["indicators"] if item["number"] == 9)["numerator"]["value"]


async def test_changes_that_are_no_longer_kept_mean_everything(hub, engine, open_cases):
    for _ in range(3):
        await open_cases(1)
    async with engine.begin() as conn:
        await conn.execute(text("DELETE FROM metric_change WHERE sequence < 3"))
    await hub.refresh()
    assert await _seen_already(hub, [("troms", True)], reached(hub, 1)) == {}
    assert await _seen_already(hub, [("troms", True)], reached(hub, 2)) != {}


async def test_a_stream_whose_unit_ends_shows_from_then_on_what_everybody_sees(hub, open_cases, engine):
    await open_cases(3, "finnmark")
    await open_cases(9, "troms")
    await hub.refresh()
    person = Principal(
        subject="lead", unit="finnmark", roles=frozenset({"prevention_lead"}), client_id="", token_expires_at=utc_now()
    )
    client = Client(hub, [("finnmark", True)], sees=lambda: reader_of(person, hub.units))
    assert (await client.next("metrics"))["counts"]["opened"] == {"value": 3, "suppressed": False}

    ended = (
        "INSERT INTO unit_change (unit, version, kind, change, effective_on, predecessors, successors)"
        " VALUES ('finnmark', 1, 'district', 'ended', CURRENT_DATE, '{}', '{troms}')"
    )
    async with engine.begin() as conn:
        await conn.execute(text(ended))
    await open_cases(1, "troms")
    await hub.refresh()
    assert (await client.next("metrics"))["counts"]["opened"] == {"value": None, "suppressed": True}


async def test_the_stream_ends_with_the_token(hub):
    await hub.refresh()
    client = Client(hub, [("oslo", True)], seconds=0)
    assert await client.next("end") == {"reason": "token-expired"}
    assert [event async for event in client.events] == []
    assert hub.streams == 0


async def test_the_stream_says_goodbye_when_the_service_stops(hub):
    await hub.refresh()
    client = Client(hub, [("oslo", True)])
    await client.next("freshness")
    client.stopping.set()
    assert await client.next("end") == {"reason": "shutting-down"}


async def test_the_poller_outlives_a_database_that_goes_away(hub, engine, open_cases):
    poller = asyncio.create_task(hub.run())
    async with asyncio.timeout(10):
        await hub.ready.wait()
    async with engine.begin() as conn:
        await conn.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = current_user"
            )
        )
    client = Client(hub, [("oslo", True)])
    await client.next("metrics")
    await open_cases(9)
    assert (await client.next("metrics"))["counts"]["open"]["value"] == 9
    poller.cancel()
    await asyncio.wait([poller])


async def test_all_streams_are_sent_what_is_written_once(hub, open_cases):
    await hub.refresh()
    written = hub.event(("oslo", True))
    assert hub.event(("oslo", True)) is written

    await open_cases(2)
    await hub.refresh()
    assert b'"opened":{"value":2,' in hub.event(("oslo", True))
    assert b'"opened":{"value":0,' in written


async def test_what_is_written_tells_at_the_next_look_that_time_has_passed(hub):
    await hub.refresh()
    before = hub.event(None)
    await hub.refresh()
    assert hub.event(None) != before
