"""The projection in a real database, driven through the consumer's batches as Kafka would deliver them."""

import asyncio
import itertools
from collections import defaultdict
from datetime import date, timedelta

import pytest
from forkant_contracts import encode
from forkant_contracts.codes import ConcernOutcome, RestrictionReason
from forkant_contracts.events.case import CaseRestricted
from forkant_kit.batch import BatchProcessor
from forkant_kit.gate import Record
from indicator_service import queries, store
from indicator_service.aggregation.calendar import parse_period
from indicator_service.aggregation.snapshot import take_snapshot
from indicator_service.definitions import load_catalogue
from indicator_service.definitions.metrics import BY_DAY
from indicator_service.projector import apply
from indicator_service.settings import SERVICE
from sqlalchemy import text

DAY = timedelta(days=1)


class Bus:
    """Hands events to the consumer's batch processor, one partition for each topic, as if read from Kafka."""

    def __init__(self, engine):
        self.processor = BatchProcessor(engine=engine, group=SERVICE, apply=apply)
        self.offsets = defaultdict(itertools.count)

    async def deliver(self, *events):
        by_topic = defaultdict(list)
        for event in events:
            message = encode(event)
            by_topic[event.topic].append(
                Record(
                    topic=event.topic,
                    partition=0,
                    offset=next(self.offsets[event.topic]),
                    key=message.key,
                    headers=tuple(message.headers),
                    value=message.value,
                )
            )
        for records in by_topic.values():
            await self.processor.process(records)


@pytest.fixture
def bus(engine):
    return Bus(engine)


@pytest.fixture
def figures(engine):
    async def read(unit="oslo", period="2026-03"):
        asked = parse_period(period, today=date(2026, 11, 23))
        catalogue = load_catalogue()
        async with engine.connect() as conn:
            found = await queries.tallies(conn, generation=1, units=[unit], period=asked, catalogue=catalogue)
        snapshot = take_snapshot(found, period=asked, catalogue=catalogue, rank=str.encode)
        return snapshot.figures(unit, exact=True)

    return read


@pytest.fixture
def rows(engine):
    async def read(sql):
        async with engine.connect() as conn:
            return (await conn.execute(text(sql))).all()

    return read


def counts(found):
    return {key: figure.value for key, figure in found.counts.items()}


def indicator(found, number):
    return next(item for item in found.indicators if item.number == number)


async def test_a_case_is_counted_from_opening_to_closing(bus, figures, new_case):
    case = new_case()
    case.opened()
    await bus.deliver(*case.events)
    assert counts(await figures()) == {"open": 1, "opened": 1, "closed": 0, "concerns_received": 0}
    assert indicator(await figures(), 4).extra["not_started"].value == 1

    later = [case.measure_started(after=3 * DAY), case.evaluated(after=DAY), case.closed(after=DAY)]
    await bus.deliver(*[e for e in case.events if e.aggregate_version > 1])
    assert len(later) == 3
    found = await figures()
    assert counts(found) == {"open": 0, "opened": 1, "closed": 1, "concerns_received": 0}
    assert (indicator(found, 4).median.value, indicator(found, 4).denominator.value) == (3, 1)
    assert (indicator(found, 10).numerator.value, indicator(found, 10).value.value) == (1, 1)


async def test_closing_without_evaluation_lowers_indicator_10(bus, figures, new_case):
    first, second = new_case(), new_case()
    for case, evaluated in ((first, True), (second, False)):
        case.opened()
        case.closed(after=DAY, evaluated=evaluated)
        await bus.deliver(*case.events)
    assert indicator(await figures(), 10).value.value == 0.5


async def test_a_transferred_case_counts_in_the_unit_that_holds_it(bus, figures, new_case):
    case = new_case()
    case.opened()
    await bus.deliver(*case.events)
    await bus.deliver(case.transferred("troms", after=DAY))
    assert counts(await figures("oslo"))["opened"] == 0
    assert counts(await figures("troms")) == {"open": 1, "opened": 1, "closed": 0, "concerns_received": 0}


async def test_a_reopened_case_is_open_again_and_no_longer_closed(bus, figures, new_case):
    case = new_case()
    case.opened()
    case.closed(after=DAY)
    await bus.deliver(*case.events)
    await bus.deliver(case.reopened(after=60 * DAY))
    assert counts(await figures()) == {"open": 1, "opened": 1, "closed": 0, "concerns_received": 0}
    assert indicator(await figures(), 10).denominator.value == 0


async def test_an_erased_case_leaves_a_tombstone_and_no_figure(bus, figures, rows, new_case):
    case = new_case()
    case.opened()
    case.closed(after=DAY)
    await bus.deliver(*case.events)
    await bus.deliver(case.erased(after=DAY))
    await bus.deliver(case.reopened(after=DAY))
    assert set(counts(await figures()).values()) == {0}
    [row] = await rows("SELECT erased, unit, fact - 'version' AS fact FROM case_fact")
    assert (row.erased, row.unit, row.fact) == (True, "", {"erased": True})
    [entry] = await rows("SELECT subject, unit, action, object_ids, version FROM audit_entry")
    assert (entry.subject, entry.action, entry.object_ids) == ("indicator-service", "case.erase_copies", [case.id])
    assert (entry.unit, entry.version) == (case.events[0].unit, 3)


async def test_of_two_cases_merged_into_one_the_other_alone_counts(bus, figures, rows, new_case):
    case, other = new_case(), new_case()
    for each in (case, other):
        each.opened()
        each.closed(after=DAY)
        await bus.deliver(*each.events)
    assert counts(await figures()) == {"open": 0, "opened": 2, "closed": 2, "concerns_received": 0}
    await bus.deliver(case.merged(after=DAY))
    assert counts(await figures()) == {"open": 0, "opened": 1, "closed": 1, "concerns_received": 0}
    await bus.deliver(case.reopened(after=DAY), *case.events)
    assert counts(await figures()) == {"open": 0, "opened": 1, "closed": 1, "concerns_received": 0}
    [row] = await rows("SELECT version, erased, unit, fact - 'version' AS fact FROM case_fact WHERE unit = ''")
    assert (row.version, row.erased, row.fact) == (4, False, {"merged": True})


async def test_an_event_about_last_year_changes_the_figures_of_last_year(bus, figures, new_case):
    case = new_case()
    case.opened()
    await bus.deliver(*case.events)
    late = new_case(at=case.at - 365 * DAY)
    late.opened()
    await bus.deliver(*late.events)
    assert counts(await figures(period="2025-03"))["opened"] == 1
    assert counts(await figures(period="2025-03"))["open"] == 1
    assert counts(await figures(period="2026-03")) == {"open": 2, "opened": 1, "closed": 0, "concerns_received": 0}


@pytest.mark.parametrize("concern_first", [True, False])
async def test_the_two_topics_may_come_in_any_order(bus, figures, new_case, new_concern, concern_first):
    concern, case = new_concern(), new_case()
    concern.received()
    concern.decided(ConcernOutcome.CASE, after=timedelta(hours=30))
    case.opened(after=timedelta(hours=30))
    streams = [concern.events, case.events] if concern_first else [case.events, concern.events]
    for events in streams:
        await bus.deliver(*events)
    found = await figures()
    assert counts(found) == {"open": 1, "opened": 1, "closed": 0, "concerns_received": 1}
    assert indicator(found, 2).median.value == 30
    assert (indicator(found, 3).numerator.value, indicator(found, 3).denominator.value) == (1, 1)


async def test_repeated_events_count_once(bus, figures, new_case):
    case = new_case()
    case.opened()
    case.closed(after=DAY)
    await bus.deliver(*case.events)
    await bus.deliver(*case.events)
    await bus.deliver(*reversed(case.events))
    assert counts(await figures()) == {"open": 0, "opened": 1, "closed": 1, "concerns_received": 0}


async def test_operational_units_count_in_their_district(bus, figures, rows, new_case):
    case = new_case(unit="oslo/gde-sentrum")
    case.opened()
    await bus.deliver(*case.events)
    assert counts(await figures())["opened"] == 1
    assert {row.unit for row in await rows("SELECT unit FROM cell")} == {"oslo/gde-sentrum"}


async def test_the_district_cells_are_the_sums_of_the_cells(bus, rows, new_case):
    for unit in ("oslo", "oslo/gde-sentrum", "troms"):
        case = new_case(unit=unit)
        case.opened()
        case.measure_started(after=2 * DAY)
        case.transferred("vest", after=DAY)
        case.closed(after=DAY)
        await bus.deliver(*case.events)
    by_day = ", ".join(f"'{metric}'" for metric in BY_DAY)
    summed = await rows(
        f"""SELECT district, metric, month, CASE WHEN metric IN ({by_day}) THEN 0 ELSE bucket END, sum(amount)
            FROM cell GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0"""
    )
    kept = await rows("SELECT district, metric, month, bucket, amount FROM district_cell WHERE amount <> 0")
    assert {tuple(row) for row in summed} == {tuple(row) for row in kept}
    summed_by_day = await rows(
        f"""SELECT district, metric, month + bucket - 1, sum(amount) FROM cell WHERE metric IN ({by_day})
            GROUP BY 1, 2, 3 HAVING sum(amount) <> 0"""
    )
    kept_by_day = await rows("SELECT district, metric, day, amount FROM district_day WHERE amount <> 0")
    assert {tuple(row) for row in summed_by_day} == {tuple(row) for row in kept_by_day}
    assert {row.district for row in (*kept, *kept_by_day)} == {"vest"}


async def test_changes_name_each_unit_once_a_batch(bus, rows, new_case):
    first, second = new_case(), new_case(unit="troms")
    first.opened()
    second.opened()
    await bus.deliver(*first.events, *second.events)
    await bus.deliver(first.add(CaseRestricted(restricted=True, reason=RestrictionReason.DISPUTED)))
    assert [row.unit for row in await rows("SELECT unit FROM metric_change ORDER BY sequence")] == ["oslo", "troms"]


async def test_old_changes_are_pruned_but_for_the_newest(engine, bus, rows, new_case):
    for _ in range(3):
        case = new_case()
        case.opened()
        await bus.deliver(*case.events)
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE metric_change SET changed_at = changed_at - interval '2 days'"))
        await store.prune_changes(conn, hours=24)
    assert [row.sequence for row in await rows("SELECT sequence FROM metric_change")] == [3]


async def test_partitions_applied_at_once_add_up(engine, figures, new_case):
    async def one(partition):
        processor = BatchProcessor(engine=engine, group=SERVICE, apply=apply)
        for offset in range(5):
            case = new_case()
            case.opened()
            message = encode(case.events[0])
            await processor.process(
                [
                    Record(
                        topic="forkant.case.v1",
                        partition=partition,
                        offset=offset,
                        key=message.key,
                        headers=tuple(message.headers),
                        value=message.value,
                    )
                ]
            )

    await asyncio.gather(*(one(partition) for partition in range(4)))
    assert counts(await figures())["opened"] == 20
