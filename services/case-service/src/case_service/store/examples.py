"""Published examples of best practice, every revision of them, and the search for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    REAL,
    ColumnElement,
    RowMapping,
    and_,
    bindparam,
    cast,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.best_practice import ExampleState, WithdrawalReason
from case_service.tables import best_practice, best_practice_revision

TEXTS: Final = ("title", "context", "what_was_done", "mechanism", "conditions", "advice")
FILTERS: Final = ("unit", "theme", "case_type", "arena", "measure_kind", "effect", "method_code", "language")
"""What a search can be narrowed to."""

# Characters for private use, which stand around what was found until the text is escaped.
FOUND: Final = "\ue000"
FOUND_ENDS: Final = "\ue001"

_b: Final = best_practice.c
_r: Final = best_practice_revision.c
_CONFIGURATION: Final[ColumnElement[Any]] = literal_column("'norwegian'::regconfig")
_HEADLINE: Final = (
    f'StartSel={FOUND}, StopSel={FOUND_ENDS}, MaxFragments=2, MinWords=8, MaxWords=30, FragmentDelimiter=" … "'
)
_CURRENT: Final = and_(_r.example_id == _b.id, _r.revision == _b.revision)
_EXAMPLE: Final = (
    _b.id,
    _b.unit,
    _b.state,
    _b.version,
    _b.withdrawal_reason,
    *(column for column in _r if column.name not in {"example_id", "search"}),
)
_FORGET_ANSWERS: Final = text("SELECT FROM forget_answers_of(CAST(:about AS uuid[]))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look for: words, and codes by the names of :data:`FILTERS`."""

    words: str | None
    codes: Mapping[str, str]


async def insert_example(conn: AsyncConnection, *, unit: str) -> RowMapping:
    """Insert an example under an id that tells nothing, and return its head."""
    values = {"unit": unit, "state": ExampleState.PUBLISHED.value, "version": 1, "revision": 1}
    made = insert(best_practice).values(**values).returning(best_practice)
    head: RowMapping = (await conn.execute(made)).mappings().one()
    return head


async def lock_example(conn: AsyncConnection, example_id: UUID) -> RowMapping | None:
    """Return the head of an example, which nobody else changes before the transaction ends, or nothing."""
    query = select(best_practice).where(_b.id == example_id).with_for_update()
    return (await conn.execute(query)).mappings().one_or_none()


async def begin_revision(conn: AsyncConnection, example_id: UUID) -> RowMapping:
    """Move a locked example on to its next revision, and return its head."""
    moved = update(best_practice).where(_b.id == example_id).values(version=_b.version + 1, revision=_b.revision + 1)
    head: RowMapping = (await conn.execute(moved.returning(best_practice))).mappings().one()
    return head


async def insert_revision(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Insert a revision of an example."""
    await conn.execute(insert(best_practice_revision).values(**values))


async def withdraw(conn: AsyncConnection, example_id: UUID, *, reason: WithdrawalReason) -> int:
    """Withdraw a locked example and return its version; one that points to somebody loses every text it ever had."""
    if reason is WithdrawalReason.IDENTIFIES:
        emptied = dict.fromkeys(TEXTS)
        await conn.execute(update(best_practice_revision).where(_r.example_id == example_id).values(**emptied))
    values = {"state": ExampleState.WITHDRAWN.value, "withdrawal_reason": reason.value}
    moved = update(best_practice).where(_b.id == example_id).values(version=_b.version + 1, **values)
    version: int = (await conn.execute(moved.returning(_b.version))).scalar_one()
    return version


async def forget_answers(conn: AsyncConnection, draft_id: UUID) -> None:
    """Forget the answers that are kept for repeated requests about a draft."""
    await conn.execute(_FORGET_ANSWERS, {"about": [draft_id]})


async def get_example(conn: AsyncConnection, example_id: UUID) -> RowMapping | None:
    """Return an example in its last revision, withdrawn or not, or nothing."""
    query = select(*_EXAMPLE).join(best_practice_revision, _CURRENT).where(_b.id == example_id)
    return (await conn.execute(query)).mappings().one_or_none()


async def revisions_of(conn: AsyncConnection, example_id: UUID) -> Sequence[RowMapping]:
    """Return every revision of an example, the newest first."""
    query = select(*_EXAMPLE).join(best_practice_revision, _r.example_id == _b.id).where(_b.id == example_id)
    return (await conn.execute(query.order_by(_r.revision.desc()))).mappings().all()


async def search(
    conn: AsyncConnection, wanted: Wanted, *, after: tuple[float, UUID] | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of published examples, the best first: by rank with words, by year without; then by id.

    The rank is of the example and the words alone, so that a page goes on where the one before ended, whatever was
    published meanwhile.
    """
    words = func.websearch_to_tsquery(_CONFIGURATION, bindparam("words", wanted.words))
    rank = cast(_r.published_year if wanted.words is None else func.ts_rank(_r.search, words), REAL)
    query = select(*_EXAMPLE, rank.label("rank")).join(best_practice_revision, _CURRENT)
    query = query.where(_b.state == ExampleState.PUBLISHED.value)
    if wanted.words is not None:
        query = query.where(_r.search.bool_op("@@")(words))
    for name, code in wanted.codes.items():
        query = query.where((_b.unit if name == "unit" else _r[name]) == code)
    if after is not None:
        query = query.where(tuple_(rank, _b.id) < tuple_(cast(literal(after[0]), REAL), literal(after[1])))
    found = query.order_by(rank.desc(), _b.id.desc()).limit(limit).subquery()
    # Of the page alone: it reads whole texts.
    spoken = func.concat_ws(" … ", *(found.c[name] for name in TEXTS))
    plain = func.translate(spoken, FOUND + FOUND_ENDS, "")
    shown = None if wanted.words is None else func.ts_headline(_CONFIGURATION, plain, words, _HEADLINE)
    rows = select(found, (literal(None) if shown is None else shown).label("highlight"))
    return (await conn.execute(rows.order_by(found.c.rank.desc(), found.c.id.desc()))).mappings().all()
