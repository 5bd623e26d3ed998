"""Takes a figure and its ceiling by turns, so that a machine that slows down slows both."""

import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from forkant_devstack.bench.report import Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One run of a load: its rate, and the processor time of the process under test for each unit of the load."""

    rate: float
    cpu_us: float

    @classmethod
    def of(cls, count: int, *, seconds: float, cpu_s: float) -> "Taken":
        """Compute both from a count and two times."""
        return cls(rate=count / seconds, cpu_us=cpu_s / count * 1_000_000)


Take = Callable[[], Awaitable[Taken]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Rates of both over all rounds, and the ratio within each round."""

    measured: Spread
    ceiling: Spread
    ratio: Spread
    cpu_us: Mapping[str, float]
    """Medians, for what changes less than rates when others use the machine."""


async def alternate(*, rounds: int, measured: Take, ceiling: Take) -> Compared:
    """Take both in each round; every other round takes the ceiling first."""
    ours: list[Taken] = []
    best: list[Taken] = []
    for number in range(rounds):
        if number % 2:
            best.append(await ceiling())
            ours.append(await measured())
        else:
            ours.append(await measured())
            best.append(await ceiling())
    return Compared(
        measured=Spread.of([each.rate for each in ours]),
        ceiling=Spread.of([each.rate for each in best]),
        ratio=Spread.of([one.rate / other.rate for one, other in zip(ours, best, strict=True)]),
        cpu_us={"CPU µs each": _median_cpu(ours), "ceiling's CPU µs each": _median_cpu(best)},
    )


def _median_cpu(taken: Sequence[Taken]) -> float:
    return statistics.median(each.cpu_us for each in taken)
