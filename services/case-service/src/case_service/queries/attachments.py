"""Attachments of a case that the caller may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from forkant_kit.vault import DataKey, Vault
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.refusals import Code, Refusal
from case_service.scope import VISIBLE_CASES, Scope
from case_service.store import attachments as store
from case_service.tables import attachment, data_key, preventive_case

_c: Final = preventive_case.c
_SEEN: Final = select(_c.id).where(_c.id == bindparam("case_id"), _c.erased_at.is_(None), VISIBLE_CASES)
_HEAD: Final = (
    select(_c.version, _c.revision, _c.purpose_code, _c.erased_at, data_key.c.sealed)
    .join(data_key, data_key.c.owner_id == _c.id)
    .where(_c.id == bindparam("case_id"), VISIBLE_CASES)
)
_THERE: Final = _SEEN.where(
    select(attachment.c.id).where(attachment.c.id == bindparam("attachment_id"), attachment.c.case_id == _c.id).exists()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The attachments of a case, with the case's version and purpose."""

    version: int
    purpose: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One attachment, and what opens it."""

    version: int
    revision: int
    purpose: str
    row: Mapping[str, Any]
    key: DataKey = field(repr=False)


async def list_attachments(conn: AsyncConnection, scope: Scope, case_id: UUID, *, vault: Vault) -> Listed:
    """Return what is attached to a case.

    Raises:
        Refusal: there is no such case for this caller, or it was erased.
    """
    head, key = await _head(conn, scope, case_id, vault)
    return Listed(version=head.version, purpose=head.purpose_code, rows=await store.of_case(conn, key, case_id))


async def get_attachment(
    conn: AsyncConnection, scope: Scope, case_id: UUID, attachment_id: UUID, *, vault: Vault
) -> Found:
    """Return one attachment.

    Raises:
        Refusal: there is none for this caller, or the case was erased.
    """
    head, key = await _head(conn, scope, case_id, vault)
    row = await store.one_of_case(conn, key, attachment_id, case_id=case_id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return Found(version=head.version, revision=head.revision, purpose=head.purpose_code, row=row, key=key)


async def require(conn: AsyncConnection, scope: Scope, case_id: UUID, attachment_id: UUID) -> None:
    """Check that the caller still sees an attachment: what takes long to send is asked about again.

    Raises:
        Refusal: there is none for this caller any more.
    """
    params = {"case_id": case_id, "attachment_id": attachment_id, **scope.params()}
    if (await conn.execute(_THERE, params)).one_or_none() is None:
        raise Refusal(Code.NOT_FOUND)


async def _head(conn: AsyncConnection, scope: Scope, case_id: UUID, vault: Vault) -> tuple[Any, DataKey]:
    row = (await conn.execute(_HEAD, {"case_id": case_id, **scope.params()})).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    if row.erased_at is not None:
        raise Refusal(Code.CASE_ERASED)
    return row, vault.opened(case_id, row.sealed)
