"""Drafting an example of best practice from an evaluated case, and the review of whether it points to anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from forkant_kit.audit.record import Entry
from forkant_kit.vault import DataKey
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.context import Context, Target
from case_service.domain.best_practice import (
    DraftState,
    Language,
    Move,
    Review,
    answered,
    may_move,
    warnings_of,
)
from case_service.domain.identifying import holds_identity_number, is_copied
from case_service.domain.refusals import Code, Refusal
from case_service.store import cases
from case_service.store import example_drafts as store
from case_service.tables import best_practice_draft
from case_service.texts import SEALED, opened

_TEXTS: Final = SEALED[best_practice_draft.name]
_NOT_REVIEWED: Final[Mapping[str, Any]] = {
    "state": DraftState.DRAFT.value,
    "reviewed_by": None,
    "reviewed_at": None,
    "checks": [],
    "answers": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What an example says, written anew."""

    language: Language
    title: str
    context: str
    what_was_done: str
    mechanism: str | None
    conditions: str | None
    advice: str

    def written(self) -> dict[str, str]:
        """Return the texts that there are."""
        return {name: text for name, text in asdict(self).items() if name in _TEXTS and text is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftReceipt:
    """A draft after a command."""

    id: UUID
    state: DraftState
    revision: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft under way, with the key of its case; nobody else changes it before the transaction ends."""

    row: RowMapping
    loaded: cases.Loaded
    key: DataKey

    @property
    def texts(self) -> dict[str, str]:
        """The texts that there are, opened."""
        found = opened(self.key, best_practice_draft, dict(self.row))
        return {name: found[name] for name in _TEXTS if found[name] is not None}


async def draft_example(
    conn: AsyncConnection, context: Context, case_id: UUID, texts: Texts, *, measure_id: UUID | None
) -> DraftReceipt:
    """Draft an example: its codes are the case's, the evaluation's and the measure's, its texts are written anew.

    Raises:
        Refusal: the case is not evaluated, it is not clear which measure the example is about, or a text holds an
            identity number or is taken from the case.
    """
    await store.hold_case(conn, context.scope, case_id)
    loaded, key = await _case(conn, context, case_id)
    about = await store.evaluated(conn, case_id)
    if about is None:
        raise Refusal(Code.EVALUATED_CASE_REQUIRED)
    measure = _chosen(await store.completed_measures(conn, case_id, up_to_round=about.round), measure_id)
    await _are_fit(conn, key, loaded.id, texts.written())
    draft_id = context.new_id()
    codes = {"theme": about.theme, "case_type": about.case_type, "arena": about.arena, "effect": about.effect.value}
    followed = {"method_code": measure.method_code, "method_version": measure.method_version}
    values = {**asdict(texts), **codes, "measure_kind": measure.kind, **followed, **_NOT_REVIEWED}
    when = {"drafted_at": context.now, "updated_at": context.now}
    whose = {"id": draft_id, "case_id": case_id, "revision": 1, "authors": [context.subject]}
    await store.insert_draft(conn, key, {**values, **when, **whose})
    await audit(conn, context, "draft", draft_id, loaded)
    return DraftReceipt(id=draft_id, state=DraftState.DRAFT, revision=1, recorded_at=context.now)


async def rewrite_draft(conn: AsyncConnection, context: Context, target: Target, texts: Texts) -> DraftReceipt:
    """Write a draft anew; whoever did has a hand in it, and it is to be reviewed again.

    Raises:
        Refusal: there is none, it moved since, or a text is not fit.
    """
    draft = await begin(conn, context, target, Move.REWRITE)
    await _are_fit(conn, draft.key, draft.loaded.id, texts.written())
    authors = sorted({*draft.row["authors"], context.subject})
    values = {**asdict(texts), **_NOT_REVIEWED, "authors": authors, "updated_at": context.now}
    await store.save_draft(conn, draft.key, target.id, values)
    await audit(conn, context, "rewrite", target.id, draft.loaded)
    return _receipt(context, draft, DraftState.DRAFT)


async def review_draft(conn: AsyncConnection, context: Context, target: Target, review: Review) -> DraftReceipt:
    """Confirm that a draft points to nobody, and answer each warning; not who wrote on it.

    Raises:
        Refusal: it is the caller's own, something is not confirmed or not answered; else as for rewriting.
    """
    draft = await begin(conn, context, target, Move.REVIEW)
    answers = answered(review, warnings=await warnings(conn, draft))
    values = {
        "state": DraftState.REVIEWED.value,
        "reviewed_by": context.subject,
        "reviewed_at": context.now,
        "checks": sorted(check.value for check in review.checks),
        "answers": {warning: answer.value for warning, answer in answers.items()},
        "updated_at": context.now,
    }
    await store.save_draft(conn, draft.key, target.id, values)
    await audit(conn, context, "review", target.id, draft.loaded)
    return _receipt(context, draft, DraftState.REVIEWED)


async def discard_draft(conn: AsyncConnection, context: Context, target: Target) -> DraftReceipt:
    """Throw a draft away.

    Raises:
        Refusal: there is none, or it moved since.
    """
    draft = await begin(conn, context, target, Move.DISCARD)
    await store.remove_draft(conn, target.id)
    await audit(conn, context, "discard", target.id, draft.loaded)
    return _receipt(context, draft, DraftState(draft.row["state"]))


async def begin(conn: AsyncConnection, context: Context, target: Target, move: Move) -> Draft:
    """Lock a draft that is to be moved on.

    Raises:
        Refusal: there is none for the caller, it moved since the caller saw it, or the move is not legal.
    """
    row = await store.lock_draft(conn, target.id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    loaded, key = await _case(conn, context, row["case_id"])
    if row["revision"] != target.revision:
        raise Refusal(Code.STALE_VERSION)
    may_move(DraftState(row["state"]), move, actor=context.subject, authors=row["authors"])
    return Draft(row=row, loaded=loaded, key=key)


async def warnings(conn: AsyncConnection, draft: Draft) -> list[str]:
    """Return what a reviewer of a draft has to answer."""
    return warnings_of(draft.texts, few_alike=await store.few_alike(conn, draft.loaded.id))


async def audit(conn: AsyncConnection, context: Context, action: str, draft_id: UUID, loaded: cases.Loaded) -> None:
    """Write in the audit trail who did what to which draft of which case: it alone keeps that."""
    ids = [draft_id, loaded.id]
    entry = Entry(action=f"example.{action}", object_kind="draft", object_ids=ids, purpose=loaded.purpose_code)
    await context.trail.record(conn, entry)


async def _case(conn: AsyncConnection, context: Context, case_id: UUID) -> tuple[cases.Loaded, DataKey]:
    loaded = await cases.load(conn, context.scope, case_id)
    if loaded.case.erased:
        raise Refusal(Code.CASE_ERASED)
    # A draft is the unit's that holds the case; of another's it tells nothing.
    if loaded.unit != context.unit:
        raise Refusal(Code.CASE_OF_ANOTHER_UNIT)
    if loaded.case.merged:
        raise Refusal(Code.CASE_MERGED)
    if loaded.case.restricted:
        raise Refusal(Code.CASE_RESTRICTED)
    return loaded, context.vault.opened(case_id, loaded.sealed_key)


def _chosen(completed: Sequence[store.Completed], measure_id: UUID | None) -> store.Completed:
    found = [each for each in completed if measure_id in (None, each.id)]
    if len(found) != 1:
        raise Refusal(Code.COMPLETED_MEASURE_REQUIRED)
    return found[0]


async def _are_fit(conn: AsyncConnection, key: DataKey, case_id: UUID, texts: Mapping[str, str]) -> None:
    numbered = [name for name, text in texts.items() if holds_identity_number(text)]
    if numbered:
        raise Refusal(Code.IDENTITY_NUMBER, fields=numbered)
    of_case, names = await store.texts_of_case(conn, key, case_id)
    copied = [name for name, text in texts.items() if is_copied(text, from_texts=of_case, names=names)]
    if copied:
        raise Refusal(Code.COPIED_FROM_CASE, fields=copied)


def _receipt(context: Context, draft: Draft, state: DraftState) -> DraftReceipt:
    revision = draft.row["revision"] + 1
    return DraftReceipt(id=draft.row["id"], state=state, revision=revision, recorded_at=context.now)
