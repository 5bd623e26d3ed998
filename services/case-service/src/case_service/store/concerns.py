"""The concern row: received, then decided once, under the same optimistic lock as a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from forkant_contracts.codes import AgeBand, Arena, Theme
from forkant_kit.vault import DataKey, Vault
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.concerns import ConcernState
from case_service.domain.refusals import Code, Refusal
from case_service.scope import VISIBLE_CONCERNS, Scope
from case_service.tables import concern, data_key
from case_service.texts import sealed

_c: Final = concern.c
_LOAD: Final = select(
    _c.id,
    _c.unit,
    _c.version,
    _c.state,
    _c.theme,
    _c.age_band,
    _c.arena,
    _c.municipality_number,
    _c.received_at,
    select(data_key.c.sealed).where(data_key.c.owner_id == _c.id).scalar_subquery().label("sealed_key"),
).where(_c.id == bindparam("concern_id"), VISIBLE_CONCERNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConcern:
    """A concern as it stood when it was read."""

    id: UUID
    unit: str
    version: int
    state: ConcernState
    theme: Theme
    age_band: AgeBand
    arena: Arena
    municipality_number: str | None
    received_at: datetime
    sealed_key: bytes | None = field(repr=False)


async def load(conn: AsyncConnection, scope: Scope, concern_id: UUID) -> LoadedConcern:
    """Return a concern that the caller may see, without locking it.

    Raises:
        Refusal: there is none, for this caller.
    """
    row = (await conn.execute(_LOAD, {"concern_id": concern_id, **scope.params()})).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return LoadedConcern(
        id=row.id,
        unit=row.unit,
        version=row.version,
        state=ConcernState(row.state),
        theme=Theme(row.theme),
        age_band=AgeBand(row.age_band),
        arena=Arena(row.arena),
        municipality_number=row.municipality_number,
        received_at=row.received_at,
        sealed_key=row.sealed_key,
    )


async def insert_concern(
    conn: AsyncConnection, vault: Vault, *, concern_id: UUID, values: Mapping[str, object]
) -> None:
    """Insert a new concern together with its data key."""
    key, made = vault.new(concern_id)
    statement = insert(concern).values(id=concern_id, **sealed(key, concern, values))
    await conn.execute(statement.add_cte(insert(data_key).values(**made).cte("made")))


async def advance(conn: AsyncConnection, key: DataKey, *, loaded: LoadedConcern, values: Mapping[str, object]) -> int:
    """Move a concern on by one event and return its new version.

    Raises:
        Refusal: the concern moved since it was read.
    """
    statement = (
        update(concern)
        .where(_c.id == loaded.id, _c.unit == loaded.unit, _c.version == loaded.version)
        .values(version=_c.version + 1, **sealed(key, concern, values))
        .returning(_c.version)
    )
    version: int | None = (await conn.execute(statement)).scalar_one_or_none()
    if version is None:
        raise Refusal(Code.STALE_VERSION)
    return version
