"""The rows of new cases: sealed and put by columns where no database is needed, then inserted many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from forkant_kit.access.schema import access_grant
from forkant_kit.vault import Vault
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.store.batches import columns_of, insert_columns, insert_sql
from case_service.tables import data_key, preventive_case, task
from case_service.texts import sealed
from case_service.words import FOUND_BY, Numbers, part

_KEY: Final = "key_"
_PART: Final = part(preventive_case, {})
_WORDS: Final = text("""
INSERT INTO case_words (case_id, part, blinded_by, words)
SELECT found.id, CAST(:part AS text), CAST(:blinded_by AS text), CAST(found.words AS bigint[])
FROM unnest(CAST(:ids AS uuid[]), CAST(:words AS text[])) AS found (id, words)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRows:
    """What is written for one new case besides its events: its row in clear, its first member, its tasks."""

    case_id: UUID
    values: Mapping[str, object]
    grant: Mapping[str, object]
    tasks: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The rows of some new cases as they are sent: by columns, every text sealed under its own case's key."""

    cases: Mapping[str, list[Any]]
    keys: Mapping[str, list[Any]]
    words: Mapping[str, Any]
    grants: Mapping[str, list[Any]]
    tasks: Mapping[str, list[Any]]


def seal(vault: Vault, new: Sequence[NewRows]) -> Sealed:
    """Return the rows of new cases as they are sent; all of them must hold the same columns."""
    rows: list[dict[str, object]] = []
    keys: list[dict[str, Any]] = []
    words: list[str] = []
    of_units: dict[str, Numbers] = {}
    for each in new:
        key, made = vault.new(each.case_id)
        rows.append({"id": each.case_id, **sealed(key, preventive_case, each.values)})
        keys.append(made)
        unit = str(each.values["unit"])
        numbers = of_units.setdefault(unit, Numbers(vault.blinder, unit))
        found = numbers.of(each.values[name] for name in FOUND_BY[preventive_case.name])  # type: ignore[misc]  # texts
        # Lists of different lengths are no rectangle, as which PostgreSQL would take a list of lists.
        words.append(f"{{{','.join(map(str, found))}}}")
    tasks = [row for each in new for row in each.tasks]
    return Sealed(
        cases=columns_of(rows),
        keys=columns_of(keys),
        words={
            "part": _PART,
            "blinded_by": vault.blinder.newest,
            "ids": [each.case_id for each in new],
            "words": words,
        },
        grants=columns_of([each.grant for each in new]),
        tasks=columns_of(tasks) if tasks else {},
    )


@cache
def _cases(names: tuple[str, ...], of_keys: tuple[str, ...]) -> TextClause:
    made = insert_sql(data_key, of_keys, prefix=_KEY)
    return text(f"WITH made AS ({made}) {insert_sql(preventive_case, names)}")


async def insert(conn: AsyncConnection, rows: Sealed) -> None:
    """Insert new cases together with their data keys, let them be found by their words, and give them to somebody."""
    keys = {f"{_KEY}{name}": column for name, column in rows.keys.items()}
    await conn.execute(_cases(tuple(rows.cases), tuple(rows.keys)), {**rows.cases, **keys})
    await conn.execute(_WORDS, rows.words)
    await insert_columns(conn, access_grant, rows.grants)
    if rows.tasks:
        await insert_columns(conn, task, rows.tasks)
