"""Drafts of examples of best practice, and what of their case they are drawn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from forkant_contracts.codes import Effect
from forkant_kit.vault import DataKey
from sqlalchemy import RowMapping, Select, and_, bindparam, delete, insert, literal_column, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.standing import MeasureState
from case_service.scope import VISIBLE_CASES, Scope
from case_service.tables import best_practice_draft, evaluation, measure, metadata, preventive_case
from case_service.texts import SEALED, opened, sealed

_c: Final = preventive_case.c
_d: Final = best_practice_draft.c
_FEW_ALIKE: Final = text("SELECT few_cases_alike(:case_id)")
_HOLD: Final[Select[Any]] = (
    select(literal_column("1")).where(_c.id == bindparam("case_id"), VISIBLE_CASES).with_for_update(read=True)
)
_EVALUATED: Final = (
    select(_c.theme, _c.case_type, _c.arena, evaluation.c.effect, evaluation.c.round)
    .join(
        evaluation,
        and_(evaluation.c.case_id == _c.id, evaluation.c.completed, evaluation.c.round >= _c.round - 1),
    )
    .where(_c.id == bindparam("case_id"))
    .order_by(evaluation.c.round.desc())
    .limit(1)
)
_NOT_OF_THE_CASE: Final = frozenset({"concern", "saved_search", best_practice_draft.name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """The codes of a case and of its last evaluation, and the round that was evaluated."""

    theme: str
    case_type: str
    arena: str
    effect: Effect
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A measure that was completed."""

    id: UUID
    kind: str
    method_code: str | None
    method_version: int | None


async def hold_case(conn: AsyncConnection, scope: Scope, case_id: UUID) -> None:
    """Let nobody change a case, or erase it, before the transaction ends."""
    await conn.execute(_HOLD, {"case_id": case_id, **scope.params()})


async def evaluated(conn: AsyncConnection, case_id: UUID) -> Evaluated | None:
    """Return the codes of a case that was evaluated in its current round or the one before, or nothing."""
    row = (await conn.execute(_EVALUATED, {"case_id": case_id})).one_or_none()
    if row is None:
        return None
    return Evaluated(
        theme=row.theme, case_type=row.case_type, arena=row.arena, effect=Effect(row.effect), round=row.round
    )


async def completed_measures(conn: AsyncConnection, case_id: UUID, *, up_to_round: int) -> list[Completed]:
    """Return the measures that a case completed, the oldest first."""
    m = measure.c
    query = select(m.id, m.kind, m.method_code, m.method_version).where(
        m.case_id == case_id, m.state == MeasureState.COMPLETED.value, m.round <= up_to_round
    )
    return [Completed(**row) for row in (await conn.execute(query.order_by(m.id))).mappings()]


async def few_alike(conn: AsyncConnection, case_id: UUID) -> bool:
    """Return whether so few cases of the unit are of the theme and type of this one that the codes may point to it."""
    return bool((await conn.execute(_FEW_ALIKE, {"case_id": case_id})).scalar_one())


async def texts_of_case(conn: AsyncConnection, key: DataKey, case_id: UUID) -> tuple[list[str], list[str]]:
    """Return every text of a case, and of these its names of the subject."""
    found, names = [], []
    for name, columns in SEALED.items():
        if name in _NOT_OF_THE_CASE:
            continue
        table = metadata.tables[name]
        of_case = table.c.id == case_id if table is preventive_case else table.c.case_id == case_id
        for row in (await conn.execute(select(table).where(of_case))).mappings():
            texts = opened(key, table, dict(row))
            found += [texts[column] for column in columns if texts[column] is not None]
            names += [texts["subject"]] if texts.get("subject") else []
    return found, names


async def insert_draft(conn: AsyncConnection, key: DataKey, values: Mapping[str, Any]) -> None:
    """Insert a new draft."""
    await conn.execute(insert(best_practice_draft).values(**sealed(key, best_practice_draft, values)))


async def lock_draft(conn: AsyncConnection, draft_id: UUID) -> RowMapping | None:
    """Return a draft, which nobody else changes before the transaction ends; nothing when there is none."""
    query = select(best_practice_draft).where(_d.id == draft_id).with_for_update()
    return (await conn.execute(query)).mappings().one_or_none()


async def save_draft(conn: AsyncConnection, key: DataKey, draft_id: UUID, values: Mapping[str, Any]) -> None:
    """Write what changed of a draft, which is locked."""
    changed = sealed(key, best_practice_draft, values, id=draft_id)
    await conn.execute(update(best_practice_draft).where(_d.id == draft_id).values(revision=_d.revision + 1, **changed))


async def remove_draft(conn: AsyncConnection, draft_id: UUID) -> None:
    """Delete a draft, and with it the way to its case."""
    await conn.execute(delete(best_practice_draft).where(_d.id == draft_id))


async def list_drafts(conn: AsyncConnection, scope: Scope, *, before: UUID | None, limit: int) -> Sequence[RowMapping]:
    """Return a page of the drafts of cases that the caller may see, the newest first; without their texts."""
    texts = SEALED[best_practice_draft.name]
    columns = [column for column in _d if column.name not in texts]
    query = select(*columns).join(preventive_case, _c.id == _d.case_id).where(VISIBLE_CASES, _c.erased_at.is_(None))
    if before is not None:
        query = query.where(_d.id < before)
    params = scope.without_broken_glass().params()
    return (await conn.execute(query.order_by(_d.id.desc()).limit(limit), params)).mappings().all()


async def get_draft(conn: AsyncConnection, scope: Scope, draft_id: UUID) -> RowMapping | None:
    """Return a draft of a case that the caller may see, or nothing."""
    query = select(best_practice_draft).join(preventive_case, _c.id == _d.case_id)
    query = query.where(_d.id == draft_id, VISIBLE_CASES, _c.erased_at.is_(None))
    return (await conn.execute(query, scope.params())).mappings().one_or_none()
