"""Disclosures of a case, for those who may see the case."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from forkant_kit.vault import Vault
from sqlalchemy import RowMapping, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.refusals import Code, Refusal
from case_service.scope import VISIBLE_CASES, Scope
from case_service.store import disclosures as store
from case_service.tables import data_key, disclosure, preventive_case
from case_service.texts import opened

_c: Final = preventive_case.c
_HEAD: Final = select(
    _c.version,
    _c.revision,
    _c.purpose_code,
    _c.erased_at,
    select(data_key.c.sealed).where(data_key.c.owner_id == _c.id).scalar_subquery().label("sealed_key"),
).where(_c.id == bindparam("case_id"), VISIBLE_CASES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Disclosures with their texts opened, and the case that they are of."""

    version: int
    revision: int
    purpose_code: str
    rows: list[dict[str, Any]]


async def get_all(conn: AsyncConnection, scope: Scope, case_id: UUID, *, vault: Vault) -> Shown:
    """Return the disclosures of a case, the oldest first.

    Raises:
        Refusal: there is no such case for this caller, or it was erased.
    """
    # The head is read first: rows that came after its revision do no harm, and a row that it names is never missing.
    head = await _head(conn, scope, case_id)
    return _shown(case_id, vault, head, [*await store.of_case(conn, case_id)])


async def get_one(conn: AsyncConnection, scope: Scope, case_id: UUID, disclosure_id: UUID, *, vault: Vault) -> Shown:
    """Return one disclosure of a case.

    Raises:
        Refusal: there is no such case or disclosure for this caller, or it was erased.
    """
    head = await _head(conn, scope, case_id)
    row = await store.find(conn, case_id, disclosure_id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return _shown(case_id, vault, head, [row])


async def _head(conn: AsyncConnection, scope: Scope, case_id: UUID) -> Any:
    head = (await conn.execute(_HEAD, {"case_id": case_id, **scope.params()})).one_or_none()
    if head is None:
        raise Refusal(Code.NOT_FOUND)
    if head.erased_at is not None:
        raise Refusal(Code.CASE_ERASED)
    return head


def _shown(case_id: UUID, vault: Vault, head: Any, rows: list[RowMapping]) -> Shown:
    key = vault.opened(case_id, head.sealed_key)
    return Shown(
        version=head.version,
        revision=head.revision,
        purpose_code=head.purpose_code,
        rows=[opened(key, disclosure, dict(row)) for row in rows],
    )
