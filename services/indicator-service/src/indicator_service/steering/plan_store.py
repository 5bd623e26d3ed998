"""The SQL of prevention plans: rows in and out; which of them a caller sees, the policies of the tables say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.steering.plan_versions import Draft, Goal, Held, PlanState, decided_state, rule_state
from indicator_service.steering.versions import Days, Version

_ADD: Final = text("""
INSERT INTO prevention_plan (id, unit) VALUES (:id, :unit) ON CONFLICT (unit) DO NOTHING RETURNING number
""")
_FIND: Final = text("SELECT id, number, unit, version, approvals FROM prevention_plan WHERE id = :id")
_RAISE: Final = text("""
UPDATE prevention_plan SET version = version + 1 WHERE id = :id AND version = :seen RETURNING version
""")
_APPROVAL: Final = text("UPDATE prevention_plan SET approvals = approvals + 1 WHERE id = :id RETURNING approvals")
_ADD_VERSION: Final = text("""
INSERT INTO prevention_plan_version (plan_id, plan_number, unit, number, state, wanted_from, wanted_until,
                                     record_number, written_by, written_at)
VALUES (:plan_id, :plan_number, :unit, :number, 'draft', :wanted_from, :wanted_until, :record_number, :by, :at)
""")
_REWRITE: Final = text("""
UPDATE prevention_plan_version SET wanted_from = :wanted_from, wanted_until = :wanted_until,
       record_number = :record_number, written_by = :by, written_at = :at
WHERE plan_id = :plan_id AND number = :number
""")
_ADD_GOALS: Final = text("""
INSERT INTO prevention_goal (id, plan_id, unit, indicator, theme, case_type, age_band)
SELECT g.id, CAST(:plan_id AS uuid), CAST(:unit AS text), g.indicator, g.theme, g.case_type, g.age_band
FROM unnest(CAST(:ids AS uuid[]), CAST(:indicators AS int[]), CAST(:themes AS text[]), CAST(:case_types AS text[]),
            CAST(:age_bands AS text[])) AS g (id, indicator, theme, case_type, age_band)
ON CONFLICT (plan_id, indicator, theme, case_type, age_band) DO NOTHING
""")
_TIE_GOALS: Final = text("""
INSERT INTO prevention_plan_goal (plan_id, number, unit, position, goal_id)
SELECT o.plan_id, CAST(:number AS int), o.unit, g.position, o.id
FROM unnest(CAST(:indicators AS int[]), CAST(:themes AS text[]), CAST(:case_types AS text[]),
            CAST(:age_bands AS text[])) WITH ORDINALITY AS g (indicator, theme, case_type, age_band, position)
JOIN prevention_goal AS o ON o.plan_id = CAST(:plan_id AS uuid) AND o.indicator = g.indicator
 AND (o.theme, o.case_type, o.age_band) IS NOT DISTINCT FROM (g.theme, g.case_type, g.age_band)
""")
_UNTIE_GOALS: Final = text("DELETE FROM prevention_plan_goal WHERE plan_id = :plan_id AND number = :number")
_VERSIONS: Final = text("""
SELECT plan_id, number, state, wanted_from, wanted_until, first_day, last_day, ended_by, record_number, written_by,
       written_at, submitted_by, submitted_at, approved_by, approved_at, withdrawn_by, withdrawn_at, withdrawal_reason
FROM prevention_plan_version WHERE plan_id = ANY(:ids) ORDER BY plan_id, number
""")
_GOALS: Final = text("""
SELECT v.plan_id, v.number, g.id, g.indicator, g.theme, g.case_type, g.age_band, v.target_id
FROM prevention_plan_goal AS v JOIN prevention_goal AS g ON g.id = v.goal_id
WHERE v.plan_id = ANY(:ids) ORDER BY v.plan_id, v.number, v.position
""")
_SAVE: Final = text("""
UPDATE prevention_plan_version AS v
SET state = c.state, first_day = c.first_day, last_day = c.last_day, ended_by = c.ended_by
FROM unnest(CAST(:numbers AS int[]), CAST(:states AS text[]), CAST(:first_days AS date[]), CAST(:last_days AS date[]),
            CAST(:ended_by AS int[])) AS c (number, state, first_day, last_day, ended_by)
WHERE v.plan_id = :id AND v.number = c.number
""")
_SUBMITTED: Final = text("""
UPDATE prevention_plan_version SET state = 'submitted', submitted_by = :by, submitted_at = :at
WHERE plan_id = :id AND number = :number
""")
_APPROVED: Final = text("""
UPDATE prevention_plan_version SET approved_by = :by, approved_at = :at WHERE plan_id = :id AND number = :number
""")
_WITHDRAWN: Final = text("""
UPDATE prevention_plan_version SET withdrawn_by = :by, withdrawn_at = :at, withdrawal_reason = :reason
WHERE plan_id = :id AND number = :number
""")
# The unit's own target comes before the national one, and that of the last twelve months before that of each month.
_CITE_TARGETS: Final = text("""
UPDATE prevention_plan_goal AS v SET target_id = (
    SELECT t.id FROM target AS t JOIN target_version AS w ON w.target_id = t.id
    WHERE t.indicator = g.indicator AND w.first_day <= :last AND (w.last_day IS NULL OR w.last_day >= :first)
      AND (t.unit = v.unit OR (t.unit = 'national' AND t.indicator <> ALL(CAST(:counts AS int[]))))
    ORDER BY t.unit = 'national', t.period = 'month', w.first_day LIMIT 1)
FROM prevention_goal AS g
WHERE g.id = v.goal_id AND v.plan_id = :plan_id AND v.number = :number
""")
_PAGE: Final = text("""
SELECT id, unit, version FROM prevention_plan
WHERE id < coalesce(CAST(:before AS uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  AND unit = coalesce(CAST(:unit AS text), unit)
ORDER BY id DESC LIMIT :limit
""")
_HELD: Final = text("""
SELECT plan_id, unit, number, first_day AS first, last_day AS last FROM prevention_plan_version
WHERE first_day IS NOT NULL AND last_day >= :day
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """A plan without its versions; ``version`` counts its changes for the ETag, ``approvals`` its events."""

    id: UUID
    number: int
    unit: str
    version: int
    approvals: int = 0


async def add_plan(conn: AsyncConnection, plan_id: UUID, *, unit: str) -> int | None:
    """Add a plan; return its number, or nothing when the unit has one."""
    return (await conn.execute(_ADD, {"id": plan_id, "unit": unit})).scalar_one_or_none()


async def find_plan(conn: AsyncConnection, plan_id: UUID) -> PlanRow | None:
    """Return a plan that the caller sees."""
    row = (await conn.execute(_FIND, {"id": plan_id})).mappings().one_or_none()
    return None if row is None else PlanRow(**row)


async def raise_version(conn: AsyncConnection, plan_id: UUID, *, seen: int) -> int | None:
    """Lock a plan and count its change; nothing when it changed since it was seen."""
    return (await conn.execute(_RAISE, {"id": plan_id, "seen": seen})).scalar_one_or_none()


async def add_version(
    conn: AsyncConnection, plan: PlanRow, draft: Draft, *, number: int, goal_ids: Sequence[UUID], by: str, at: datetime
) -> None:
    """Add a draft; a goal of before keeps its id, and a new one gets the id that is given for it."""
    bind = {**_written(plan, draft, number, by, at), "plan_number": plan.number, "unit": plan.unit}
    await conn.execute(_ADD_VERSION, bind)
    await _write_goals(conn, plan, draft.goals, number, goal_ids)


async def rewrite(
    conn: AsyncConnection, plan: PlanRow, draft: Draft, *, number: int, goal_ids: Sequence[UUID], by: str, at: datetime
) -> None:
    """Write a draft anew."""
    await conn.execute(_REWRITE, _written(plan, draft, number, by, at))
    await conn.execute(_UNTIE_GOALS, {"plan_id": plan.id, "number": number})
    await _write_goals(conn, plan, draft.goals, number, goal_ids)


def _written(plan: PlanRow, draft: Draft, number: int, by: str, at: datetime) -> dict[str, Any]:
    return {
        "plan_id": plan.id,
        "number": number,
        "wanted_from": draft.days.first,
        "wanted_until": draft.days.last,
        "record_number": draft.record_number,
        "by": by,
        "at": at,
    }


async def _write_goals(
    conn: AsyncConnection, plan: PlanRow, goals: Sequence[Goal], number: int, ids: Sequence[UUID]
) -> None:
    bind = {
        "plan_id": plan.id,
        "unit": plan.unit,
        "number": number,
        "ids": list(ids),
        "indicators": [goal.indicator for goal in goals],
        "themes": [goal.theme for goal in goals],
        "case_types": [goal.case_type for goal in goals],
        "age_bands": [goal.age_band for goal in goals],
    }
    await conn.execute(_ADD_GOALS, bind)
    await conn.execute(_TIE_GOALS, {name: bind[name] for name in bind if name not in {"ids", "unit"}})


async def version_rows(conn: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return the versions that the caller sees with their goals, by plan, oldest first."""
    found: dict[UUID, list[dict[str, Any]]] = {plan_id: [] for plan_id in ids}
    goals: dict[tuple[UUID, int], list[RowMapping]] = {}
    for goal in (await conn.execute(_GOALS, {"ids": list(ids)})).mappings():
        goals.setdefault((goal["plan_id"], goal["number"]), []).append(goal)
    for row in (await conn.execute(_VERSIONS, {"ids": list(ids)})).mappings():
        found[row["plan_id"]].append({**row, "goals": goals.get((row["plan_id"], row["number"]), [])})
    return found


def version_of(row: Mapping[str, Any]) -> Version:
    """Return a version as the rules see it."""
    return Version(
        number=row["number"],
        state=rule_state(row["state"]),
        proposed_by=row["submitted_by"] or row["written_by"],
        wanted=Days(first=row["wanted_from"], last=row["wanted_until"]),
        in_force=None if row["first_day"] is None else Days(first=row["first_day"], last=row["last_day"]),
        ended_by=row["ended_by"],
    )


async def save_versions(conn: AsyncConnection, plan_id: UUID, changed: Iterable[Version]) -> None:
    """Write how versions stand that something was decided about."""
    changed = list(changed)
    bind = {
        "id": plan_id,
        "numbers": [each.number for each in changed],
        "states": [decided_state(each.state).value for each in changed],
        "first_days": [each.in_force.first if each.in_force else None for each in changed],
        "last_days": [each.in_force.last if each.in_force else None for each in changed],
        "ended_by": [each.ended_by for each in changed],
    }
    await conn.execute(_SAVE, bind)


async def note_submission(conn: AsyncConnection, plan_id: UUID, number: int, *, by: str, at: datetime) -> None:
    """Write who submitted a draft, and when."""
    await conn.execute(_SUBMITTED, {"id": plan_id, "number": number, "by": by, "at": at})


async def note_approval(conn: AsyncConnection, plan_id: UUID, number: int, *, by: str, at: datetime) -> int:
    """Write who approved a version, before its days are saved; return how many approvals the plan has had."""
    await conn.execute(_APPROVED, {"id": plan_id, "number": number, "by": by, "at": at})
    return int((await conn.execute(_APPROVAL, {"id": plan_id})).scalar_one())


async def note_withdrawal(
    conn: AsyncConnection, plan_id: UUID, number: int, *, by: str, at: datetime, reason: str
) -> None:
    """Write who withdrew a version, and why."""
    await conn.execute(_WITHDRAWN, {"id": plan_id, "number": number, "by": by, "at": at, "reason": reason})


async def cite_targets(conn: AsyncConnection, plan_id: UUID, number: int, *, days: Days, counts: Sequence[int]) -> None:
    """Tie each goal of a version to the target of its indicator that is or will be in force while the version is.

    Args:
        conn: the transaction of the approval.
        plan_id: the plan.
        number: the version.
        days: when it is in force.
        counts: the indicators of which a national target is nobody's, since a unit has only its part.
    """
    bind = {"plan_id": plan_id, "number": number, "first": days.first, "last": days.last, "counts": list(counts)}
    await conn.execute(_CITE_TARGETS, bind)


async def page(conn: AsyncConnection, *, before: UUID | None, limit: int, unit: str | None) -> Sequence[RowMapping]:
    """Return a page of the plans that the caller sees, the newest first."""
    return (await conn.execute(_PAGE, {"before": before, "limit": limit, "unit": unit})).mappings().all()


async def held_on(conn: AsyncConnection, day: date) -> list[Held]:
    """Return the versions that were, are or will be in force on a day or after it."""
    return [Held(**row) for row in (await conn.execute(_HELD, {"day": day})).mappings()]


def under_way(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the version that is being written or decided about, if there is one."""
    return next((row for row in rows if row["state"] in {PlanState.DRAFT, PlanState.SUBMITTED}), None)
