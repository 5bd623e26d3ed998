"""Keeping by which words a case is found, in the transaction that writes the text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service import tables
from case_service.tables import case_words
from case_service.texts import opened
from case_service.words import FOUND_BY, CaseKey, by_part, part

_TABLES: Final[tuple[Table, ...]] = tuple(getattr(tables, name) for name in FOUND_BY)
_ANY: Final = func.any(bindparam("ids", type_=ARRAY(Uuid)))
_INSERT: Final = insert(case_words)
_SAVE: Final = _INSERT.on_conflict_do_update(
    index_elements=["case_id", "part"],
    set_={"words": _INSERT.excluded.words, "blinded_by": _INSERT.excluded.blinded_by},
)


async def add(conn: AsyncConnection, key: CaseKey, table: Table, row: Mapping[str, Any]) -> None:
    """Let the case be found by the texts of a new row."""
    if words := key.words(table, [row]):
        await conn.execute(_INSERT, _row(key, part(table, row), words))


async def save(conn: AsyncConnection, key: CaseKey, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Let the case be found by texts that take the place of those of the same part, which all rows are of."""
    await conn.execute(_SAVE, _row(key, part(table, rows[0]), key.words(table, rows)))


async def save_all(conn: AsyncConnection, keys: Mapping[UUID, CaseKey]) -> None:
    """Let cases be found by all their texts as they are, under the units and the key of now, and by nothing else.

    Args:
        conn: a transaction that holds the cases.
        keys: the keys of the cases, by their ids.
    """
    ids: list[UUID] = sorted(keys)
    found: list[dict[str, object]] = []
    for table in _TABLES:
        of_case = table.c.id if table is tables.preventive_case else table.c.case_id
        rows = (await conn.execute(select(table).where(of_case == _ANY), {"ids": ids})).mappings()
        for case_id, of_one in _grouped([dict(row) for row in rows], by=of_case.name).items():
            key = keys[case_id]
            parts = by_part(table, [opened(key, table, row) for row in of_one])
            found += [_row(key, name, key.words(table, texts)) for name, texts in parts.items()]
    await conn.execute(delete(case_words).where(case_words.c.case_id == _ANY), {"ids": ids})
    if found:
        await conn.execute(_INSERT, found)


def _row(key: CaseKey, name: str, words: Sequence[int]) -> dict[str, object]:
    return {"case_id": key.owner_id, "part": name, "blinded_by": key.blinder.newest, "words": words}


def _grouped(rows: Iterable[Mapping[str, Any]], *, by: str) -> Mapping[UUID, Sequence[Mapping[str, Any]]]:
    groups: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[by], []).append(row)
    return groups
