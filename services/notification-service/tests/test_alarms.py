"""Those who run the platform are told once when something of a service must be looked after, and once when it is over."""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

import pytest
from forkant_contracts.codes import AlarmKind
from forkant_contracts.events.operations import CaseServiceAlarm, IndicatorServiceAlarm
from forkant_kit.alarms import MOST, is_news
from forkant_kit.db import create_engine
from hypothesis import given
from hypothesis import strategies as st
from notification_service.deadlines import tell_of_alarms


@dataclass
class Sealing:
    """A sealer as far as alarms ask it."""

    broken: bool | None = None


def summary(entries) -> list[tuple]:
    return [(entry["kind"], entry["unit"], entry["roles"]) for entry in entries]


async def park(world, *, reason: str = "apply_failed", aged: str = "0 seconds", count: int = 1) -> None:
    await world.stage.fetch(
        "INSERT INTO parked_event (consumer_group, topic, partition, record_offset, aggregate_id, aggregate_version,"
        " reason, detail, headers, parked_at) SELECT 'notification-service', 'forkant.case.v1', 0,"
        " n + (SELECT count(*) FROM parked_event), gen_random_uuid(), 1, $1, 'test', '{}', now() - $2::text::interval"
        " FROM generate_series(1, $3) AS n",
        reason,
        aged,
        count,
    )


async def settle(world) -> None:
    await world.stage.fetch("UPDATE parked_event SET status = 'applied', settled_at = now()")


PARKED = ("events_parked", "pod", ["administrator"])
APPLIED = ("events_applied_again", "pod", ["administrator"])


async def test_an_alarm_of_another_service_is_told_to_who_runs_the_platform_once(world):
    for model, kind, raised, expected in (
        (CaseServiceAlarm, AlarmKind.EVENTS_PARKED, True, "events_parked"),
        (IndicatorServiceAlarm, AlarmKind.EVENTS_PARKED, False, "events_applied_again"),
        (IndicatorServiceAlarm, AlarmKind.FIGURES_DRIFT, True, "figures_drift"),
        (IndicatorServiceAlarm, AlarmKind.FIGURES_DRIFT, False, "figures_agree_again"),
        (CaseServiceAlarm, AlarmKind.AUDIT_CHAIN_BROKEN, True, "audit_chain_broken"),
    ):
        event = world.event(model(alarm=kind, raised=raised, amount=int(raised)), uuid4(), unit="pod")
        await world.happen(event)
        await world.happen(event)
        assert summary(await world.entries())[-1] == (expected, "pod", ["administrator"])
    assert len(await world.entries()) == 5


async def test_an_alarm_that_this_release_does_not_know_is_told_to_nobody(world):
    data = CaseServiceAlarm.model_construct(alarm=AlarmKind.UNKNOWN, raised=True, amount=1)
    await world.happen(world.event(data, uuid4(), unit="pod"))
    assert await world.entries() == []


async def test_events_that_this_service_put_aside_are_told_of_once_and_once_when_none_is_left(world):
    sealing, engine = Sealing(), world.stage.engine
    await tell_of_alarms(engine, sealing)
    assert await world.entries() == []
    await park(world)
    for _ in range(3):
        await tell_of_alarms(engine, sealing)
    assert summary(await world.entries()) == [PARKED]
    await settle(world)
    for _ in range(3):
        await tell_of_alarms(engine, sealing)
    assert summary(await world.entries()) == [PARKED, APPLIED]
    await park(world)
    await tell_of_alarms(engine, sealing)
    assert summary(await world.entries()) == [PARKED, APPLIED, PARKED]


async def test_what_grows_tenfold_is_told_again(world):
    sealing, engine = Sealing(), world.stage.engine
    for count, told in ((1, 1), (8, 1), (1, 2), (80, 2), (10, 3)):
        await park(world, count=count)
        await tell_of_alarms(engine, sealing)
        assert len(await world.entries()) == told, count


async def test_a_gap_that_may_close_by_itself_is_told_of_after_a_minute(world):
    await park(world, reason="gap", aged="30 seconds")
    await tell_of_alarms(world.stage.engine, Sealing())
    assert await world.entries() == []
    await park(world, reason="gap", aged="61 seconds")
    await tell_of_alarms(world.stage.engine, Sealing())
    assert summary(await world.entries()) == [PARKED]


async def test_two_workers_at_once_tell_of_it_once(world, migrated):
    await park(world)
    other = create_engine(migrated.worker_url, application_name="other", pool_size=4)
    await asyncio.gather(*(tell_of_alarms(one, Sealing()) for one in (world.stage.engine, other) for _ in range(3)))
    await other.dispose()
    assert summary(await world.entries()) == [PARKED]


async def test_a_broken_trail_is_told_of_once_until_who_found_it_finds_it_right(world):
    engine = world.stage.engine
    broken = ("audit_chain_broken", "pod", ["administrator"])
    for sealing, told in ((None, 0), (True, 1), (True, 1), (None, 1), (False, 1), (True, 2)):
        await tell_of_alarms(engine, Sealing(sealing))
        assert summary(await world.entries()) == [broken] * told, sealing


async def test_who_runs_the_platform_reads_alarms_and_nobody_else_does(world, caller):
    await park(world)
    await tell_of_alarms(world.stage.engine, Sealing())
    [entry] = (await caller("pod-admin").get("/v1/inbox")).json()["items"]
    assert (entry["kind"], entry["subject"]) == ("events_parked", "service")
    for persona in ("pod-analyst", "lead-oslo", "officer-oslo"):
        assert (await caller(persona).get("/v1/inbox")).json()["items"] == []


@given(st.lists(st.integers(0, 2 * MOST)))
def test_two_things_told_in_a_row_are_never_the_same_and_what_is_over_is_always_told(amounts):
    told, said = 0, []
    for amount in amounts:
        if is_news(told, amount):
            said.append(amount)
            told = amount
        assert (told == 0) == (amount == 0)
        assert told == 0 or amount < 10 * told
    assert all(before != after for before, after in zip([0, *said], said, strict=False))


@pytest.mark.parametrize(
    ("told", "amount", "news"), [(0, 0, False), (0, 1, True), (1, 9, False), (1, 10, True), (5, 0, True), (5, 1, False)]
)
def test_what_is_news(told, amount, news):
    assert is_news(told, amount) is news
