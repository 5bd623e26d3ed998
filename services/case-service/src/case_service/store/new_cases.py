"""The rows of new cases: sealed and put by columns where no database is needed, then inserted many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from forkant_kit.access.schema import access_grant
from forkant_kit.vault import Vault
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.store.batches import Columns, columns_of, insert_columns
from case_service.tables import case_words, data_key, preventive_case, task
from case_service.texts import sealed
from case_service.words import FOUND_BY, Numbers, part

_PART: Final = part(preventive_case, {})


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

    cases: Columns
    keys: Columns
    words: Columns
    grants: Columns
    tasks: Columns


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
        words.append(f"{{{','.join(map(str, found))}}}")
    tasks = [row for each in new for row in each.tasks]
    return Sealed(
        cases=columns_of(rows),
        keys=columns_of(keys),
        words={
            "case_id": [each.case_id for each in new],
            "part": [_PART] * len(new),
            "blinded_by": [vault.blinder.newest] * len(new),
            "words": words,
        },
        grants=columns_of([each.grant for each in new]),
        tasks=columns_of(tasks) if tasks else {},
    )


async def insert(conn: AsyncConnection, rows: Sealed) -> None:
    """Insert new cases together with their data keys, let them be found by their words, and give them to somebody."""
    await insert_columns(conn, {data_key: rows.keys, preventive_case: rows.cases})
    of_cases: dict[Table, Columns] = {access_grant: rows.grants, task: rows.tasks, case_words: rows.words}
    await insert_columns(conn, {table: columns for table, columns in of_cases.items() if columns})
