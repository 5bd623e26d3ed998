"""The archive's months: made in time, found for strays, and removed only when nothing is missed."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from forkant_contracts import Event, EventData
from forkant_contracts.codes import ErasureBasis
from forkant_contracts.events.case import CaseAssessmentStarted, CaseErased
from forkant_kit.archive import drop_old_months, measure_archive, prepare_archive
from forkant_kit.archive_schema import LEAST_MONTHS, archive_ddl
from forkant_kit.outbox import append_events
from forkant_kit.testing import Stage
from prometheus_client import REGISTRY
from sqlalchemy.exc import DBAPIError

GONE = CaseErased(basis=ErasureBasis.UNFOUNDED)
GOES_ON = CaseAssessmentStarted()


@pytest.fixture
async def archive(stage: Stage) -> Stage:
    for statement in archive_ddl(final_types=["no.forkant.case.erased"]):
        await stage.fetch(statement)
    return stage


def months_ago(months: int) -> datetime:
    first = datetime.now(UTC).replace(day=1, hour=12, minute=0, second=0, microsecond=0)
    total = first.year * 12 + first.month - 1 - months
    return first.replace(year=total // 12, month=total % 12 + 1, day=15)


def id_at(moment: datetime) -> UUID:
    """Return an id as it would have been made at that moment (UUIDv7)."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62) | (uuid4().int & ((1 << 62) - 1)))


def an_event(case: UUID, version: int, data: EventData, *, at: datetime) -> Event:
    return Event(
        id=id_at(at),
        source="/test",
        aggregate_id=case,
        aggregate_version=version,
        unit="oslo",
        occurred_at=at,
        recorded_at=at,
        data=data,
    )


async def write(stage: Stage, *events: Event, published: bool = True) -> None:
    async with stage.engine.begin() as conn:
        await append_events(conn, events)
    if published:
        await stage.fetch("DELETE FROM outbox")


async def life(stage: Stage, *course: tuple[int, EventData], published: bool = True) -> UUID:
    """Write one aggregate's events, each so many months ago, and return its id."""
    case = uuid4()
    events = [an_event(case, version, data, at=months_ago(ago)) for version, (ago, data) in enumerate(course, start=1)]
    await write(stage, *events, published=published)
    return case


async def places(stage: Stage) -> dict[str, int]:
    rows = await stage.fetch("SELECT tableoid::regclass::text AS place, count(*) AS n FROM event_archive GROUP BY 1")
    return {row["place"].removeprefix("event_archive_"): row["n"] for row in rows}


async def months(stage: Stage) -> list[str]:
    rows = await stage.fetch("SELECT month FROM archive_state() WHERE month IS NOT NULL ORDER BY month")
    return [row["month"] for row in rows]


def name_of(months: int) -> str:
    return months_ago(months).strftime("%Y_%m")


async def in_months(stage: Stage, *lives: Sequence[tuple[int, EventData]]) -> None:
    for course in lives:
        await life(stage, *course)
    await prepare_archive(stage.engine)


async def test_the_months_to_come_are_made_and_making_them_again_changes_nothing(archive: Stage):
    await prepare_archive(archive.engine)
    made = await months(archive)
    await prepare_archive(archive.engine)
    assert made == await months(archive) == [name_of(-ahead) for ahead in range(4)]


async def test_events_that_were_in_no_month_get_one(archive: Stage):
    case = await life(archive, (5, GOES_ON), (5, GOES_ON), (3, GOES_ON), (0, GOES_ON))
    assert await places(archive) == {"default": 3, name_of(0): 1}
    await prepare_archive(archive.engine)
    assert await places(archive) == {name_of(5): 2, name_of(3): 1, name_of(0): 1}
    versions = await archive.fetch("SELECT aggregate_version AS v FROM event_archive WHERE aggregate_id = $1", case)
    assert sorted(row["v"] for row in versions) == [1, 2, 3, 4]
    await write(archive, an_event(uuid4(), 1, GOES_ON, at=months_ago(5)))
    assert (await places(archive))[name_of(5)] == 3


async def test_a_month_made_from_strays_refuses_a_version_used_twice(archive: Stage):
    case = await life(archive, (5, GOES_ON))
    await prepare_archive(archive.engine)
    with pytest.raises(DBAPIError, match="unique"):
        await write(archive, an_event(case, 1, GOES_ON, at=months_ago(5)))


async def test_people_go_on_writing_while_strays_are_moved(archive: Stage):
    await asyncio.gather(*[life(archive, (ago, GOES_ON), published=False) for ago in range(4, 8) for _ in range(5)])
    done = asyncio.Event()
    written = 0

    async def keep_writing() -> None:
        nonlocal written
        while not done.is_set():
            await life(archive, (4 + written % 4, GOES_ON), published=False)
            written += 1

    writers = [asyncio.create_task(keep_writing()) for _ in range(3)]
    await prepare_archive(archive.engine)
    done.set()
    await asyncio.gather(*writers)
    found = await places(archive)
    assert "default" not in found
    assert sum(found.values()) == 20 + written


async def test_an_event_dated_by_a_broken_clock_stays_where_it_is(archive: Stage):
    await write(archive, an_event(uuid4(), 1, GOES_ON, at=datetime(2011, 3, 1, tzinfo=UTC)))
    await prepare_archive(archive.engine)
    assert await places(archive) == {"default": 1}


async def test_old_months_go_when_everything_in_them_has_ended(archive: Stage):
    await in_months(archive, [(40, GOES_ON), (38, GONE)], [(38, GOES_ON), (38, GONE)], [(3, GOES_ON)])
    await drop_old_months(archive.engine, keep_months=30)
    assert await places(archive) == {name_of(3): 1}
    assert name_of(40) not in await months(archive)


async def test_a_month_in_which_something_goes_on_is_kept_with_all_that_leads_into_it(archive: Stage):
    await in_months(
        archive,
        [(40, GOES_ON)],  # still open
        [(40, GOES_ON), (38, GONE)],  # ended, but its beginning lies in a month that stays
        [(36, GOES_ON), (36, GONE)],  # ended, alone in its month
    )
    await drop_old_months(archive.engine, keep_months=30)
    assert await places(archive) == {name_of(40): 2, name_of(38): 1}
    assert REGISTRY.get_sample_value("forkant_archive_held_months") == 2


async def test_what_ended_in_a_month_that_is_kept_keeps_its_beginning(archive: Stage):
    await in_months(archive, [(40, GOES_ON), (2, GONE)])
    await drop_old_months(archive.engine, keep_months=30)
    assert await places(archive) == {name_of(40): 1, name_of(2): 1}


async def test_a_month_with_an_event_that_waits_in_the_outbox_is_kept(archive: Stage):
    await life(archive, (38, GOES_ON), (38, GONE))
    await life(archive, (40, GOES_ON), (40, GONE), published=False)
    await prepare_archive(archive.engine)
    await drop_old_months(archive.engine, keep_months=30)
    assert await places(archive) == {name_of(40): 2}
    assert REGISTRY.get_sample_value("forkant_archive_held_months") == 1
    await archive.fetch("DELETE FROM outbox")
    await drop_old_months(archive.engine, keep_months=30)
    assert await places(archive) == {}


async def test_no_month_within_the_time_to_keep_goes(archive: Stage):
    await in_months(archive, [(30, GOES_ON), (30, GONE)], [(31, GOES_ON), (31, GONE)])
    await drop_old_months(archive.engine, keep_months=30)
    assert await places(archive) == {name_of(30): 2}


async def test_fewer_months_than_the_least_are_refused(archive: Stage):
    with pytest.raises(DBAPIError, match=f"at least {LEAST_MONTHS} months"):
        await drop_old_months(archive.engine, keep_months=LEAST_MONTHS - 1)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM event_archive_default",
        "DROP TABLE event_archive_default",
        "ALTER TABLE event_archive DETACH PARTITION event_archive_default",
    ],
)
async def test_the_application_removes_nothing_but_by_the_rule(archive: Stage, statement: str):
    connection = await asyncpg.connect(archive.app_url)
    try:
        await archive.fetch(f'REVOKE DELETE ON event_archive_default FROM "{await connection.fetchval("SELECT user")}"')
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_size_and_age_are_measured(archive: Stage):
    await in_months(archive, [(7, GOES_ON)])
    await write(archive, an_event(uuid4(), 1, GOES_ON, at=months_ago(9)))
    await measure_archive(archive.engine)
    read: Callable[[str], float | None] = REGISTRY.get_sample_value
    assert read("forkant_archive_months") == 5
    assert read("forkant_archive_strays") == 1
    assert (read("forkant_archive_bytes") or 0) > 0
    oldest = timedelta(seconds=read("forkant_archive_oldest_month_seconds") or 0)
    assert timedelta(days=7 * 28) < oldest < timedelta(days=8 * 31)
