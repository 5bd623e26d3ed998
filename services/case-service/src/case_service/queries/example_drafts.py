"""Drafts of examples of best practice, as those who work on their cases and those who review see them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from forkant_kit.vault import Vault
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.best_practice import warnings_of
from case_service.domain.refusals import Code, Refusal
from case_service.scope import Scope
from case_service.store import cases
from case_service.store import example_drafts as store
from case_service.tables import best_practice_draft
from case_service.texts import SEALED, opened


async def list_drafts(conn: AsyncConnection, scope: Scope, *, before: UUID | None, limit: int) -> Sequence[RowMapping]:
    """Return a page of drafts, the newest first; without their texts."""
    return await store.list_drafts(conn, scope, before=before, limit=limit)


async def get_draft(conn: AsyncConnection, scope: Scope, draft_id: UUID, *, vault: Vault) -> dict[str, Any]:
    """Return a draft with its texts opened, and the warnings that its reviewer has to answer.

    Raises:
        Refusal: there is none for this caller.
    """
    row = await store.get_draft(conn, scope, draft_id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    loaded = await cases.load(conn, scope, row["case_id"])
    found = opened(vault.opened(loaded.id, loaded.sealed_key), best_practice_draft, dict(row))
    texts = {name: found[name] for name in SEALED[best_practice_draft.name] if found[name] is not None}
    few = await store.few_alike(conn, loaded.id)
    return {**found, "warnings": warnings_of(texts, few_alike=few)}
