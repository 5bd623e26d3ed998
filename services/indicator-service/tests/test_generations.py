"""A rebuild makes the figures anew beside those that are shown; then the two change places, and can change back."""

import asyncio
import itertools
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from forkant_contracts import encode
from forkant_contracts.codes import ConcernOutcome, Theme
from forkant_contracts.topics import TOPICS
from forkant_kit.batch import BatchProcessor
from forkant_kit.db import transaction
from forkant_kit.gate import Record
from forkant_kit.testing import until
from indicator_service import generations
from indicator_service.counting import count_facts
from indicator_service.generations import READ, State, group_of
from indicator_service.projection import Projection
from indicator_service.projector import applying
from indicator_service.rebuild import main
from indicator_service.rebuild_desk import NotDoneError, RebuildDesk
from sqlalchemy.exc import IntegrityError

GOALS = (UUID(int=1), UUID(int=2), None)
DAY = timedelta(days=1)
REACHED = """
INSERT INTO consumer_offset (consumer_group, topic, partition, caught_up_at)
SELECT $1, $2, p, clock_timestamp() FROM generate_series(0, $3::int - 1) AS p
ON CONFLICT (consumer_group, topic, partition)
DO UPDATE SET caught_up_at = clock_timestamp(), observed_at = clock_timestamp()
"""


class Reader:
    """Reads events into one generation, as its consumer does."""

    def __init__(self, engine, number):
        self.processor = BatchProcessor(engine=engine, group=group_of(number), apply=applying(number))
        self.offsets = defaultdict(itertools.count)

    async def read(self, *events):
        for event in events:
            message = encode(event)
            offset = next(self.offsets[event.topic])
            headers = tuple(message.headers)
            await self.processor.process([Record(event.topic, 0, offset, message.key, headers, message.value)])


@pytest.fixture
def desk(database):
    return RebuildDesk(database_url=database.worker_url, by="operator")


@pytest_asyncio.fixture
async def owner(database):
    connection = await asyncpg.connect(f"{database.owner_url}?forkant.system=on")
    yield connection
    await connection.close()


@pytest.fixture
def events(new_case, new_concern):
    """Make what happened of some cases and concerns of several districts, in the order of happening."""
    made = []
    for number in range(8):
        case = new_case(unit=("oslo", "troms", "oslo/gde-sentrum")[number % 3], at=datetime.now(UTC) - 90 * DAY)
        case.opened(theme=(Theme.FRAUD, Theme.DRUGS)[number % 2], goal=GOALS[number % 3])
        case.tied(GOALS[number % 2], after=DAY)
        case.measure_started(after=number * DAY)
        if number % 2:
            case.evaluated(after=DAY)
            case.closed(after=DAY)
        if number == 4:
            case.transferred("agder", after=DAY)
        if number == 5:
            case.reopened(after=DAY)
        if number == 6:
            case.erased(after=DAY)
        concern = new_concern(at=datetime.now(UTC) - 60 * DAY)
        concern.received()
        concern.decided(ConcernOutcome.CASE, after=DAY)
        made += [*case.events, *concern.events]
    return sorted(made, key=lambda event: event.occurred_at)


@pytest_asyncio.fixture
async def live(engine, events):
    """Give the reader of the live generation, which has read everything."""
    reader = Reader(engine, 1)
    await reader.read(*events)
    return reader


@pytest_asyncio.fixture
async def built(engine, owner, desk, live, events):
    """Give the reader of a second generation, which has read everything too."""
    assert await desk.begin() == 2
    reader = Reader(engine, 2)
    await reader.read(*events)
    await reach_ends(owner, 2)
    return reader


async def reach_ends(owner, number):
    """Note what a consumer notes that has seen the ends of its partitions."""
    for topic in READ:
        await owner.execute(REACHED, group_of(number), topic, TOPICS[topic].partitions)


@pytest.fixture
def metrics(client, as_persona):
    async def read(unit="oslo"):
        answer = (await client.get(f"/v1/districts/{unit}/metrics", headers=as_persona("pod-analyst"))).json()
        return {key: answer[key] for key in ("counts", "indicators")}

    return read


async def counted(owner, number):
    return await owner.fetch(
        "SELECT district, metric, month, bucket, amount FROM district_cell WHERE generation = $1 AND amount <> 0 "
        "ORDER BY 1, 2, 3, 4",
        number,
    )


async def test_what_is_being_built_is_shown_to_nobody(  # noqa: PLR0917  each a fixture
    engine, desk, live, metrics, new_case, owner
):
    before = await metrics()
    await desk.begin()
    case = new_case()
    case.opened()
    await Reader(engine, 2).read(*case.events)
    assert await metrics() == before
    assert (await counted(owner, 2)) != (await counted(owner, 1))


async def test_a_rebuild_counts_the_same_and_takes_the_place_of_the_live_one(built, desk, metrics, owner):
    before = {unit: await metrics(unit) for unit in ("oslo", "troms", "agder", "national")}
    _, found, changes = await desk.compare()
    assert (found.sound, found.different, changes) == (True, 0, [])
    assert found.cells > 20
    assert found.known == 16
    assert await desk.flip() == 2
    assert await counted(owner, 2) == await counted(owner, 1)
    assert {unit: await metrics(unit) for unit in before} == before
    states = {each.generation.number: each.generation.state for each in await desk.standings()}
    assert states == {2: State.LIVE, 1: State.KEPT}


async def test_every_answer_names_the_generation_and_follows_it(  # noqa: PLR0917  each a fixture
    built, desk, client, as_persona, metrics, new_case
):
    async def number():
        return (await client.get("/v1/freshness", headers=as_persona("pod-analyst"))).json()["generation"]

    assert await number() == 1
    await desk.flip()
    assert await number() == 2
    before, case = await metrics(), new_case()
    case.opened()
    await built.read(*case.events)
    assert await metrics() != before


async def test_the_streams_are_told_of_every_unit_when_generations_change_places(built, desk, api, client):
    hub = api.state.dependencies.hub
    await asyncio.wait_for(hub.ready.wait(), 10)
    told = hub.sequence
    await desk.flip()
    assert {"oslo", "troms", "agder", "finnmark"} <= await hub.changed_since(told)


async def test_what_was_live_goes_on_and_can_be_live_again(  # noqa: PLR0917  each a fixture
    built, live, desk, metrics, new_case, owner
):
    await desk.flip()
    case = new_case()
    case.opened()
    for reader in (live, built):
        await reader.read(*case.events)
    shown = await metrics()
    await reach_ends(owner, 1)
    assert await desk.roll_back() == 1
    assert await metrics() == shown
    assert {e.generation.number for e in await desk.standings() if e.generation.state is State.KEPT} == {2}


async def test_only_one_is_built_at_a_time(desk, live):
    await desk.begin()
    with pytest.raises(NotDoneError, match="being built already"):
        await desk.begin()


async def test_one_that_has_not_read_everything_stays_where_it_is(engine, desk, live, events, owner):
    with pytest.raises(NotDoneError, match="No generation is building"):
        await desk.flip()
    await desk.begin()
    with pytest.raises(NotDoneError, match="has not read everything"):
        await desk.flip()
    await Reader(engine, 2).read(*events[:-1])
    await reach_ends(owner, 2)
    await owner.execute("UPDATE consumer_offset SET end_offset = 5000 WHERE consumer_group = $1", group_of(2))
    with pytest.raises(NotDoneError, match="has not read everything"):
        await desk.flip()


async def test_one_that_misses_a_case_that_the_live_one_knows_stays_where_it_is(  # noqa: PLR0917  each a fixture
    engine, desk, live, events, owner, monkeypatch
):
    monkeypatch.setattr("indicator_service.parity.SETTLE_S", 0.1)
    await desk.begin()
    gone = events[0].aggregate_id
    await Reader(engine, 2).read(*[event for event in events if event.aggregate_id != gone])
    await reach_ends(owner, 2)
    with pytest.raises(NotDoneError, match="doesn't know 1 cases"):
        await desk.flip(accept_differences=True)


async def test_parked_events_stand_in_the_way(engine, desk, live, events, owner):
    await desk.begin()
    await Reader(engine, 2).read(*events[1:])
    await reach_ends(owner, 2)
    with pytest.raises(NotDoneError, match="has parked 3 events of 1 cases"):
        await desk.flip()


async def test_what_is_being_built_holds_facts_alone_and_is_counted_once_whoever_asks(  # noqa: PLR0917  fixtures
    built, live, desk, engine, owner, new_case
):
    assert await counted(owner, 2) == []
    assert await asyncio.gather(count_facts(engine, 2), count_facts(engine, 2)) in ([True, False], [False, True])
    assert await counted(owner, 2) == await counted(owner, 1) != []
    case = new_case()
    case.opened()
    case.measure_started(after=DAY)
    await built.read(*case.events)
    await live.read(*case.events)
    assert await counted(owner, 2) == await counted(owner, 1)
    _, found, _ = await desk.compare()
    assert (found.sound, found.different) == (True, 0)


async def test_what_comes_while_it_is_being_counted_is_counted_after(built, live, engine, owner, new_case):
    case = new_case()
    case.opened()
    await live.read(*case.events)
    async with transaction(engine) as conn:
        assert await generations.hold_to_count(conn, 2)
        reading = asyncio.create_task(built.read(*case.events))
        await until(partial(waits_for_a_lock, owner), what="the batch that waits")
        await generations.note_counted(conn, 2)
    await reading
    once = await owner.fetchval("SELECT sum(amount) FROM cell WHERE generation = 2 AND metric = 'opened'")
    assert once == 1


async def test_what_a_worker_of_the_release_before_counted_is_not_counted_twice(built, engine, owner):
    await owner.execute("INSERT INTO cell SELECT (jsonb_populate_record(c, '{\"generation\": 2}')).* FROM cell AS c")
    await owner.execute(
        "INSERT INTO district_cell SELECT (jsonb_populate_record(c, '{\"generation\": 2}')).* FROM district_cell AS c"
    )
    assert await count_facts(engine, 2)
    assert await counted(owner, 2) == await counted(owner, 1)


async def test_one_that_is_not_counted_takes_nobodys_place(built, engine, owner):
    with pytest.raises(IntegrityError, match="generation_counted"):
        async with transaction(engine) as conn:
            await generations.make_live(conn, 2)
    async with transaction(engine) as conn:
        assert await generations.live(conn) == 1


async def test_the_worker_counts_what_has_read_everything_and_the_next_look_tries_again(
    built, engine, owner, monkeypatch, capsys
):
    attempts = []

    async def at_first_away(where, number):
        attempts.append(number)
        if len(attempts) == 1:
            raise OSError("away, once")
        return await count_facts(where, number)

    monkeypatch.setattr("indicator_service.projection.count_facts", at_first_away)
    monkeypatch.setattr(Projection, "_begin", lambda *_: None)
    projection, stop = Projection(engine=engine, kafka_bootstrap="127.0.0.1:1", look_every_s=0.02), asyncio.Event()
    running = asyncio.create_task(projection.run(stop))

    async def is_counted():
        return await counted(owner, 2) == await counted(owner, 1)

    await until(is_counted, what="the second generation counted")
    stop.set()
    await running
    assert attempts[:2] == [2, 2]
    assert "generation_not_counted" in capsys.readouterr().out


async def waits_for_a_lock(owner):
    return await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0


async def test_cells_that_are_no_sum_of_the_facts_stand_in_the_way(built, desk, owner):
    await desk.compare()
    await owner.execute("UPDATE cell SET amount = amount + 1 WHERE generation = 2 AND metric = 'opened'")
    with pytest.raises(NotDoneError, match="not what its facts add up to"):
        await desk.flip(accept_differences=True)


async def test_facts_that_say_something_else_need_somebody_to_accept_them(built, desk, owner):
    other = (
        "UPDATE case_fact SET fact = jsonb_set(fact, '{theme}', '\"theft\"') WHERE generation = 1 AND unit = 'troms'"
    )
    assert await owner.execute(other) != "UPDATE 0"
    _, found, _ = await desk.compare()
    assert (found.sound, found.different > 0) == (True, True)
    with pytest.raises(NotDoneError, match="--accept-differences"):
        await desk.flip()
    assert await desk.flip(accept_differences=True) == 2


async def test_the_check_says_which_counts_would_change(built, desk, owner):
    await owner.execute("UPDATE district_cell SET amount = amount + 2 WHERE generation = 1 AND metric = 'closed'")
    _, _, changes = await desk.compare()
    assert changes
    assert {change.metric for change in changes} == {"closed"}
    assert all(change.next < change.live for change in changes)


async def test_an_erasure_is_recorded_when_the_last_generation_has_erased(built, live, owner, new_case):
    case = new_case()
    case.opened()
    for reader in (live, built):
        await reader.read(*case.events)
    erased = case.erased(after=DAY)
    recorded = "SELECT count(*) FROM audit_entry WHERE action = 'case.erase_copies' AND object_ids = ARRAY[$1::uuid]"
    await built.read(erased)
    assert await owner.fetchval(recorded, case.id) == 0
    await live.read(erased)
    assert await owner.fetchval(recorded, case.id) == 1


async def test_of_two_generations_that_erase_at_once_the_second_records_it(built, live, engine, owner, new_case):
    case = new_case()
    case.opened()
    for reader in (live, built):
        await reader.read(*case.events)
    erased = case.erased(after=DAY)
    recorded = "SELECT count(*) FROM audit_entry WHERE action = 'case.erase_copies' AND object_ids = ARRAY[$1::uuid]"

    async def waits() -> bool:
        return await owner.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 1

    async with transaction(engine) as conn:
        await applying(2)(conn, [erased])
        second = asyncio.create_task(live.read(erased))
        await until(waits, what="the second to wait for the first")
    await second
    assert await owner.fetchval(recorded, case.id) == 1


async def test_a_dropped_generation_is_removed_and_holds_up_no_erasure(  # noqa: PLR0917  each a fixture
    built, live, desk, engine, owner, new_case
):
    case = new_case()
    case.opened()
    for reader in (live, built):
        await reader.read(*case.events)
    await desk.drop(2)
    with pytest.raises(NotDoneError, match="neither being built nor kept"):
        await desk.drop(1)
    await live.read(case.erased(after=DAY))
    assert await owner.fetchval("SELECT count(*) FROM case_fact WHERE generation = 2 AND case_id = $1", case.id) == 0
    recorded = "SELECT count(*) FROM audit_entry WHERE action = 'case.erase_copies' AND object_ids = ARRAY[$1::uuid]"
    assert await owner.fetchval(recorded, case.id) == 1
    before = await counted(owner, 1)
    async with transaction(engine) as conn:
        assert await generations.remove_some(conn, 2) > 20
    async with transaction(engine) as conn:
        assert await generations.remove_some(conn, 2) == 0
        await generations.note_removed(conn, 2, after_s=60)
        assert (await generations.list_all(conn))[0].removed_at is None
        await generations.note_removed(conn, 2, after_s=0)
        assert (await generations.list_all(conn))[0].removed_at is not None
    assert await counted(owner, 1) == before
    late = new_case()
    late.opened()
    await built.read(*late.events)
    assert await counted(owner, 2) == []


async def test_what_was_asked_for_is_on_record(built, desk, owner):
    await desk.flip()
    await reach_ends(owner, 1)
    await desk.roll_back()
    await desk.drop(2)
    rows = await owner.fetch("SELECT * FROM audit_entry WHERE client_id = 'rebuild-desk' ORDER BY seq")
    assert [(row["action"], row["version"]) for row in rows] == [
        ("rebuild.begin", 2), ("rebuild.flip", 2), ("rebuild.roll_back", 1), ("rebuild.drop", 2)
    ]  # fmt: skip
    assert {row["subject"] for row in rows} == {"operator"}


async def test_the_database_holds_one_live_generation_and_one_that_is_built(built, owner):
    for state in ("live", "building"):
        with pytest.raises(asyncpg.UniqueViolationError):
            await owner.execute("INSERT INTO generation (number, state, begun_by) VALUES (9, $1, 'somebody')", state)


async def test_a_generation_that_cannot_be_read_leaves_the_live_one_alone(engine, desk, live, monkeypatch):
    ended = asyncio.Event()

    class Broken:
        def __init__(self, *, group, **_given):
            self.group = group

        def healthy(self):
            return True

        async def run(self, stop):
            if self.group != group_of(1):
                ended.set()
                raise RuntimeError
            await stop.wait()

    monkeypatch.setattr("indicator_service.projection.EventConsumer", Broken)
    await desk.begin()
    stop, projection = asyncio.Event(), Projection(engine=engine, kafka_bootstrap="", look_every_s=0.01)
    running = asyncio.create_task(projection.run(stop))
    for _ in range(3):
        await asyncio.wait_for(ended.wait(), 10)
        ended.clear()
    assert not running.done()
    stop.set()
    await running


def test_the_command_says_what_it_needs(monkeypatch, capsys, database):
    monkeypatch.delenv("FORKANT_DATABASE_URL", raising=False)
    assert main(["status"]) == 78
    monkeypatch.setenv("FORKANT_DATABASE_URL", database.app_url)
    assert main(["start"]) == 78
    monkeypatch.setenv("FORKANT_DATABASE_URL", database.worker_url)
    assert main(["flip"]) == 1
    assert "No generation is building" in capsys.readouterr().err
    assert main(["start", "--by", "operator"]) == 0
    assert main(["status"]) == 0
    assert "generation 2, building" in capsys.readouterr().out
    assert main(["drop", "2"]) == 0
