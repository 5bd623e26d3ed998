"""What the self-audit knows, and how old that is: what it found counts only as long as its rounds go on."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.contributions import metrics_behind
from indicator_service.definitions import Version
from indicator_service.self_audit import store


class State(StrEnum):
    """Whether what was found may be relied on."""

    NEVER = "never"
    """No round has ended: nothing is known."""
    OVERDUE = "overdue"
    """The last round ended longer ago than rounds take: nothing is known of now."""
    AGREES = "agrees"
    """All that was compared agrees."""
    DRIFTS = "drifts"
    """Some of it differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known; ``drifting`` and ``waiting`` are counts for whoever sees all districts."""

    state: State
    last_round_ended_at: datetime | None
    round_age_seconds: float | None
    round_seconds: float | None
    expected_within_seconds: float | None
    failing_since: datetime | None
    cases: int
    concerns: int
    cells: int
    drifting: int
    waiting: int | None


def state_of(*, age_s: float | None, within_s: float | None, drifting: int) -> State:
    """Return what may be said; a drift that was found is said however old the last round is."""
    if drifting:
        return State.DRIFTS
    if age_s is None or within_s is None:
        return State.NEVER
    return State.OVERDUE if age_s > within_s else State.AGREES


async def read_standing(conn: AsyncConnection) -> Standing:
    """Read what is known, as far as the stance of the transaction tells."""
    row = await store.last(conn)
    drifting, waiting = await store.seen(conn)
    age = None if row.age is None else float(row.age)
    return Standing(
        state=state_of(age_s=age, within_s=row.next_within_seconds, drifting=drifting),
        last_round_ended_at=row.last_ended_at,
        round_age_seconds=age,
        round_seconds=None if row.took is None else float(row.took),
        expected_within_seconds=row.next_within_seconds,
        failing_since=row.failing_since,
        cases=row.last_cases,
        concerns=row.last_concerns,
        cells=row.last_cells,
        drifting=drifting,
        waiting=waiting,
    )


def by_indicator(
    drift: Iterable[tuple[str, str, int]], versions: Mapping[int, Version]
) -> dict[str, tuple[int, dict[int, int]]]:
    """Return how much has drifted by unit: how many items, and by how many each indicator is touched at the least.

    One item may touch several metrics of an indicator, so the most that one of them is touched by is what is sure.
    """
    items: Counter[str] = Counter()
    touched: dict[str, dict[int, int]] = {}
    for unit, metric, amount in drift:
        numbers = touched.setdefault(unit, {})
        if not metric:
            items[unit] += amount
            continue
        for number, version in versions.items():
            if metric in metrics_behind(version):
                numbers[number] = max(numbers.get(number, 0), amount)
    return {unit: (items[unit], dict(sorted(numbers.items()))) for unit, numbers in sorted(touched.items())}
