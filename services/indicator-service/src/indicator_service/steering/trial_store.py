"""The SQL of trials: rows in and out. Figures that were frozen stand in a table of their own."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.comparison import Chance, Compared, Side
from indicator_service.aggregation.uncertainty import Interval
from indicator_service.steering.trial_rules import (
    Conclusion,
    Finding,
    Hypothesis,
    Recommendation,
    Reservation,
    TrialState,
    WithdrawalReason,
)

_COLUMNS: Final = """
SELECT id, version, unit, comparison_unit, indicator, direction, CAST(expected AS float8) AS expected, partners,
       before_from, before_until, first_day, last_day, state, registered_by, registered_at, finding, recommendation,
       reservations, concluded_by, concluded_at, closed_by, closed_at, withdrawn_by, withdrawn_at, withdrawal_reason
FROM trial
"""
_ADD: Final = text("""
INSERT INTO trial (id, unit, comparison_unit, indicator, direction, expected, partners, before_from, before_until,
                   first_day, last_day, state, registered_by, registered_at)
VALUES (:id, :unit, :comparison_unit, :indicator, :direction, :expected, CAST(:partners AS text[]), :before_from,
        :before_until, :first_day, :last_day, 'registered', :by, :at)
""")
_FIND: Final = text(f"{_COLUMNS} WHERE id = :id")
_RAISE: Final = text("""
UPDATE trial SET version = version + 1 WHERE id = :id AND version = :seen RETURNING version
""")
_CONCLUDE: Final = text("""
UPDATE trial SET finding = :finding, recommendation = :recommendation,
                 reservations = CAST(:reservations AS text[]), concluded_by = :by, concluded_at = :at
WHERE id = :id
""")
_CLOSE: Final = text("UPDATE trial SET state = 'closed', closed_by = :by, closed_at = :at WHERE id = :id")
_WITHDRAW: Final = text("""
UPDATE trial SET state = 'withdrawn', withdrawn_by = :by, withdrawn_at = :at, withdrawal_reason = :reason
WHERE id = :id
""")
_FREEZE: Final = text("""
INSERT INTO trial_figures (trial_id, definition_version, figures, frozen_at)
VALUES (:id, :version, CAST(:figures AS jsonb), :at)
""")
_FROZEN: Final = text("SELECT definition_version, figures, frozen_at FROM trial_figures WHERE trial_id = :id")
_PAGE: Final = text(f"""{_COLUMNS}
WHERE id < coalesce(CAST(:before AS uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  AND unit = coalesce(CAST(:unit AS text), unit) AND indicator = coalesce(CAST(:indicator AS int), indicator)
ORDER BY id DESC LIMIT :limit
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A trial as the rules see it."""

    id: UUID
    version: int
    state: TrialState
    hypothesis: Hypothesis
    conclusion: Conclusion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The figures of a trial as they were when it was closed, and the definition that they follow."""

    definition_version: int
    compared: Compared
    frozen_at: datetime


async def add(conn: AsyncConnection, trial_id: UUID, hypothesis: Hypothesis, *, by: str, at: datetime) -> None:
    """Add a trial."""
    values = asdict(hypothesis) | {"partners": list(hypothesis.partners)}
    await conn.execute(_ADD, {"id": trial_id, "by": by, "at": at, **values})


async def find_row(conn: AsyncConnection, trial_id: UUID) -> RowMapping | None:
    """Return a trial as it is kept."""
    return (await conn.execute(_FIND, {"id": trial_id})).mappings().one_or_none()


def trial_of(row: RowMapping) -> Trial:
    """Return a trial as the rules see it."""
    values = {name: row[name] for name in Hypothesis.__dataclass_fields__} | {"partners": tuple(row["partners"])}
    conclusion = None
    if row["finding"] is not None:
        conclusion = Conclusion(
            finding=Finding(row["finding"]),
            recommendation=Recommendation(row["recommendation"]),
            reservations=tuple(Reservation(each) for each in row["reservations"]),
        )
    return Trial(
        id=row["id"],
        version=row["version"],
        state=TrialState(row["state"]),
        hypothesis=Hypothesis(**values),
        conclusion=conclusion,
    )


async def raise_version(conn: AsyncConnection, trial_id: UUID, *, seen: int) -> int | None:
    """Lock a trial and count its change; nothing when it changed since it was seen."""
    return (await conn.execute(_RAISE, {"id": trial_id, "seen": seen})).scalar_one_or_none()


async def conclude(conn: AsyncConnection, trial_id: UUID, found: Conclusion, *, by: str, at: datetime) -> None:
    """Write what was concluded."""
    bind = {
        "id": trial_id,
        "finding": found.finding.value,
        "recommendation": found.recommendation.value,
        "reservations": [each.value for each in found.reservations],
        "by": by,
        "at": at,
    }
    await conn.execute(_CONCLUDE, bind)


async def close(conn: AsyncConnection, trial_id: UUID, frozen: Frozen, *, by: str) -> None:
    """Write who closed a trial, and the figures as they are now."""
    await conn.execute(_CLOSE, {"id": trial_id, "by": by, "at": frozen.frozen_at})
    figures = orjson.dumps(frozen.compared).decode()
    bind = {"id": trial_id, "version": frozen.definition_version, "figures": figures, "at": frozen.frozen_at}
    await conn.execute(_FREEZE, bind)


async def withdraw(conn: AsyncConnection, trial_id: UUID, reason: WithdrawalReason, *, by: str, at: datetime) -> None:
    """Write who took a trial back, and why."""
    await conn.execute(_WITHDRAW, {"id": trial_id, "by": by, "at": at, "reason": reason.value})


async def frozen(conn: AsyncConnection, trial_id: UUID) -> Frozen | None:
    """Return the figures that were frozen when a trial was closed; nothing before."""
    row = (await conn.execute(_FROZEN, {"id": trial_id})).one_or_none()
    if row is None:
        return None
    return Frozen(definition_version=row.definition_version, compared=_compared(row.figures), frozen_at=row.frozen_at)


async def page(
    conn: AsyncConnection, *, before: UUID | None, limit: int, unit: str | None, indicator: int | None
) -> Sequence[RowMapping]:
    """Return a page of trials, the newest first."""
    bind: dict[str, Any] = {"before": before, "limit": limit, "unit": unit, "indicator": indicator}
    return (await conn.execute(_PAGE, bind)).mappings().all()


def _compared(kept: dict[str, Any]) -> Compared:
    sides = {name: Side(**kept[name]) for name in ("before", "after", "others_before", "others_after")}
    interval = None if kept["interval"] is None else Interval(**kept["interval"])
    chance = None if kept["chance"] is None else Chance(**kept["chance"])
    return Compared(**{**kept, **sides, "interval": interval, "chance": chance})
