"""The SQL of targets: rows in and out; which of them a caller sees, the policies of the tables say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.steering.versions import Days, Version, VersionState

_ADD: Final = text("""
INSERT INTO target (id, unit, indicator, period) VALUES (:id, :unit, :indicator, :period)
ON CONFLICT (unit, indicator, period) DO NOTHING RETURNING number
""")
_FIND: Final = text("""
SELECT id, number, unit, indicator, period, version FROM target WHERE id = :id
""")
_RAISE: Final = text("""
UPDATE target SET version = version + 1 WHERE id = :id AND version = :seen RETURNING version
""")
_ADD_VERSION: Final = text("""
INSERT INTO target_version (target_id, target_number, unit, number, state, goal, near, margin, hold_days, wanted_from,
                            wanted_until, reason, proposed_by, proposed_at)
VALUES (:target_id, :target_number, :unit, :number, 'proposed', :goal, :near, :margin, :hold_days, :wanted_from,
        :wanted_until, :reason, :by, :at)
""")
_VERSIONS: Final = text("""
SELECT target_id, number, state, goal, near, margin, hold_days, wanted_from, wanted_until, first_day, last_day,
       ended_by, reason, proposed_by, proposed_at, approved_by, approved_at, withdrawn_by, withdrawn_at,
       withdrawal_reason
FROM target_version WHERE target_id = ANY(:ids) ORDER BY target_id, number
""")
_SAVE: Final = text("""
UPDATE target_version AS v SET state = c.state, first_day = c.first_day, last_day = c.last_day, ended_by = c.ended_by
FROM unnest(CAST(:numbers AS int[]), CAST(:states AS text[]), CAST(:first_days AS date[]), CAST(:last_days AS date[]),
            CAST(:ended_by AS int[])) AS c (number, state, first_day, last_day, ended_by)
WHERE v.target_id = :id AND v.number = c.number
""")
_APPROVED: Final = text("""
UPDATE target_version SET approved_by = :by, approved_at = :at WHERE target_id = :id AND number = :number
""")
_WITHDRAWN: Final = text("""
UPDATE target_version SET withdrawn_by = :by, withdrawn_at = :at, withdrawal_reason = :reason
WHERE target_id = :id AND number = :number
""")
_PAGE: Final = text("""
SELECT id, unit, indicator, period, version FROM target
WHERE id < coalesce(CAST(:before AS uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  AND unit = coalesce(CAST(:unit AS text), unit) AND indicator = coalesce(CAST(:indicator AS int), indicator)
  AND period = coalesce(CAST(:period AS text), period)
ORDER BY id DESC LIMIT :limit
""")
_HAS_FIGURES: Final = text("SELECT EXISTS (SELECT FROM district_cell WHERE district = :unit)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """A target without its versions; ``version`` counts its changes, for the ETag."""

    id: UUID
    number: int
    unit: str
    indicator: int
    period: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is proposed, beside the days."""

    goal: float
    near: float
    margin: float
    hold_days: int
    days: Days
    reason: str


async def add_target(conn: AsyncConnection, target_id: UUID, *, unit: str, indicator: int, period: str) -> int | None:
    """Add a target; return its number, or nothing when the unit has one of that indicator and period."""
    bind = {"id": target_id, "unit": unit, "indicator": indicator, "period": period}
    return (await conn.execute(_ADD, bind)).scalar_one_or_none()


async def find_target(conn: AsyncConnection, target_id: UUID) -> TargetRow | None:
    """Return a target that the caller sees."""
    row = (await conn.execute(_FIND, {"id": target_id})).mappings().one_or_none()
    return None if row is None else TargetRow(**row)


async def raise_version(conn: AsyncConnection, target_id: UUID, *, seen: int) -> int | None:
    """Lock a target and count its change; nothing when it changed since it was seen."""
    return (await conn.execute(_RAISE, {"id": target_id, "seen": seen})).scalar_one_or_none()


async def add_version(
    conn: AsyncConnection, target: TargetRow, draft: Draft, *, number: int, by: str, at: datetime
) -> None:
    """Add a proposed version."""
    bind = {
        "target_id": target.id,
        "target_number": target.number,
        "unit": target.unit,
        "number": number,
        "goal": draft.goal,
        "near": draft.near,
        "margin": draft.margin,
        "hold_days": draft.hold_days,
        "wanted_from": draft.days.first,
        "wanted_until": draft.days.last,
        "reason": draft.reason,
        "by": by,
        "at": at,
    }
    await conn.execute(_ADD_VERSION, bind)


async def versions(conn: AsyncConnection, target_id: UUID) -> tuple[Version, ...]:
    """Return the versions of a target as the rules see them, oldest first."""
    return tuple(version_of(row) for row in (await conn.execute(_VERSIONS, {"ids": [target_id]})).mappings())


async def version_rows(conn: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[RowMapping]]:
    """Return the versions that the caller sees, by target, oldest first."""
    found: dict[UUID, list[RowMapping]] = {target_id: [] for target_id in ids}
    for row in (await conn.execute(_VERSIONS, {"ids": list(ids)})).mappings():
        found[row["target_id"]].append(row)
    return found


def version_of(row: RowMapping) -> Version:
    """Return a version as the rules see it."""
    return Version(
        number=row["number"],
        state=VersionState(row["state"]),
        proposed_by=row["proposed_by"],
        wanted=Days(first=row["wanted_from"], last=row["wanted_until"]),
        in_force=None if row["first_day"] is None else Days(first=row["first_day"], last=row["last_day"]),
        ended_by=row["ended_by"],
    )


async def save_versions(conn: AsyncConnection, target_id: UUID, changed: Iterable[Version]) -> None:
    """Write how versions stand now."""
    changed = list(changed)
    bind = {
        "id": target_id,
        "numbers": [each.number for each in changed],
        "states": [each.state.value for each in changed],
        "first_days": [each.in_force.first if each.in_force else None for each in changed],
        "last_days": [each.in_force.last if each.in_force else None for each in changed],
        "ended_by": [each.ended_by for each in changed],
    }
    await conn.execute(_SAVE, bind)


async def note_approval(conn: AsyncConnection, target_id: UUID, number: int, *, by: str, at: datetime) -> None:
    """Write who approved a version; before its days are saved."""
    await conn.execute(_APPROVED, {"id": target_id, "number": number, "by": by, "at": at})


async def note_withdrawal(
    conn: AsyncConnection, target_id: UUID, number: int, *, by: str, at: datetime, reason: str
) -> None:
    """Write who withdrew a version, and why."""
    await conn.execute(_WITHDRAWN, {"id": target_id, "number": number, "by": by, "at": at, "reason": reason})


async def page(conn: AsyncConnection, *, before: UUID | None, limit: int, **filters: Any) -> Sequence[RowMapping]:
    """Return a page of the targets that the caller sees, the newest first, by ``unit``, ``indicator``, ``period``."""
    return (await conn.execute(_PAGE, {"before": before, "limit": limit, **filters})).mappings().all()


async def has_figures(conn: AsyncConnection, unit: str) -> bool:
    """Whether something was ever counted in a unit: it may have been established since this release."""
    return bool((await conn.execute(_HAS_FIGURES, {"unit": unit})).scalar_one())
