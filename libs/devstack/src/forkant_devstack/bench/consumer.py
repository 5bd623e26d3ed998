"""The consumer runner against a bare loop that reads as much of Kafka and decodes nothing."""

from collections.abc import Sequence
from typing import Final

from forkant_contracts.topics import CASE_TOPIC, TOPICS
from indicator_service.migrate import MIGRATIONS

from forkant_devstack.bench.backlog import Placed, place, publish
from forkant_devstack.bench.consumer_crew import TIMED_FROM, TIMED_TO, Emptied, empty, order_for
from forkant_devstack.bench.consumer_process import Kind
from forkant_devstack.bench.events import events
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread
from forkant_devstack.bench.rounds import Taken, alternate

_EVENTS: Final = 150_000
_CREWS: Final = (2, 4)
_MEMORY_BAR_MB: Final = 500


async def bench_consumer(lab: Laboratory) -> list[Result]:
    """Empty a backlog with one process of either kind, then with more of the runner's, then with the projector."""
    placed = place((event for event in events(lab.sized(_EVENTS)) if event.topic == CASE_TOPIC), TOPICS)
    count = sum(map(len, placed.values()))
    timed = f"timed from {TIMED_FROM:.0%} to {TIMED_TO:.0%} of them"
    load = f"{count:,} events of {len(placed)} partitions, all in Kafka, {timed}"

    async def one(kind: Kind, processes: int = 1) -> Emptied:
        return await _empty(lab, placed, kind=kind, processes=processes, count=count)

    async def taken(kind: Kind) -> Taken:
        return (await one(kind)).taken

    compared = await alternate(rounds=lab.rounds, measured=lambda: taken("runner"), ceiling=lambda: taken("bare"))
    results = [
        Result(
            benchmark="consumer",
            load=f"{load}; the effect does nothing; ceiling: getmany alone, which decodes nothing and writes nothing",
            figure="events consumed a second, one process",
            measured=compared.measured,
            unit="events/s",
            ceiling=compared.ceiling,
            ratio=compared.ratio,
            bar="",
            reached=True,
            detail=compared.cpu_us,
        )
    ]
    for processes in _CREWS:
        rounds = [(await one("runner", processes)).taken for _ in range(lab.rounds)]
        results.append(_growth(load, processes, rounds, alone=compared.measured.median))
    return [*results, _memory(load, [await one("projector") for _ in range(lab.rounds)])]


def _growth(load: str, processes: int, rounds: Sequence[Taken], *, alone: float) -> Result:
    measured = Spread.of([each.rate for each in rounds])
    return Result(
        benchmark="consumer",
        load=f"{load}; the effect does nothing",
        figure=f"events consumed a second, {processes} processes",
        measured=measured,
        unit="events/s",
        bar="",
        reached=True,
        detail={
            "times one process": measured.median / alone,
            "CPU µs each": Spread.of([r.cpu_us for r in rounds]).median,
        },
    )


def _memory(load: str, rounds: Sequence[Emptied]) -> Result:
    memory = Spread.of([each.memory_mb for each in rounds])
    rate = Spread.of([each.taken.rate for each in rounds]).median
    return Result(
        benchmark="consumer",
        load=f"{load}; the projector in a process of its own",
        figure="largest memory of a projector that is behind",
        measured=memory,
        unit="MB",
        bar=f"≤ {_MEMORY_BAR_MB} MB",
        reached=memory.high <= _MEMORY_BAR_MB,
        detail={"events/s": rate, "CPU µs each": Spread.of([each.taken.cpu_us for each in rounds]).median},
    )


async def _empty(lab: Laboratory, placed: Placed, *, kind: Kind, processes: int, count: int) -> Emptied:
    topic = await lab.kafka.new_topic("bench", partitions=TOPICS[CASE_TOPIC].partitions)
    urls = await lab.database("consumer", migrations=MIGRATIONS)
    order = order_for(kind, bootstrap=lab.kafka.bootstrap, topics=[topic.name], database_url=urls.worker_url)
    return await empty(
        count=count, processes=processes, order=order, publish=lambda: publish(lab, placed, topic=topic.name)
    )
