"""The timeline of a case: its events, the entries of the audit trail that tell who made them, and the notes.

Whoever looked at the case is not part of it: that is the audit trail's to tell, to those who watch over it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from forkant_kit.vault import Vault
from sqlalchemy import BigInteger, ColumnElement, Integer, RowMapping, and_, bindparam, or_, select, union_all
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.refusals import Code, Refusal
from case_service.domain.timeline import LOOKS, Act, Line, Position, joined
from case_service.queries.archive import CASE_ID, event_of, of_case
from case_service.scope import VISIBLE_CASES, Scope
from case_service.tables import audit_entry, case_note, data_key, event_archive, measure, partner, preventive_case
from case_service.texts import opened

BEGINNING: Final[Position] = (0, 0)
_c: Final = preventive_case.c
_e: Final = event_archive.c
_a: Final = audit_entry.c
_n: Final = case_note.c
_VERSION: Final = bindparam("version", type_=Integer)
_NUMBER: Final = bindparam("number", type_=BigInteger)

_HEAD: Final = (
    select(_c.version, _c.purpose_code, _c.erased_at, data_key.c.sealed)
    .outerjoin_from(preventive_case, data_key, data_key.c.owner_id == _c.id)
    .where(_c.id == CASE_ID, VISIBLE_CASES)
)
# After an act, the event of its version was on a page before; after an event, it is read again to know who made it.
_EVENTS: Final = of_case(
    or_(_e.aggregate_version > _VERSION, and_(_e.aggregate_version == _VERSION, _NUMBER == 0))
).limit(bindparam("events"))


def entries_of_case(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition on entries of the audit trail about a change of the case ``case_id``, and few others.

    A change of two cases has an entry for each, in which the case comes first.
    """
    return and_(
        _a.object_ids.contains(array([CASE_ID])),
        _a.object_ids[1] == CASE_ID,
        _a.object_kind == "case",
        _a.outcome == "done",
        _a.version.is_not(None),
        ~_a.action.like("case.read%"),
        _a.action.not_in(LOOKS),
        *conditions,
    )


_ACTS: Final = (
    select(_a.seq, _a.at, _a.subject, _a.unit, _a.roles, _a.action, _a.version, _a.object_ids[2].label("item_id"))
    .where(entries_of_case(or_(_a.version > _VERSION, and_(_a.version == _VERSION, _a.seq > _NUMBER))))
    .order_by(_a.seq)
    .limit(bindparam("acts"))
)
_NOTES: Final = select(case_note).where(
    _n.case_id == CASE_ID, _n.version.between(_VERSION, bindparam("last", type_=Integer))
)
_KINDS: Final = union_all(
    *(select(table.c.id, table.c.kind).where(table.c.case_id == CASE_ID) for table in (measure, partner))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a timeline, with the notes by version and the kinds of measures and partners by id."""

    version: int
    purpose: str
    lines: Sequence[Line]
    more: bool
    notes: Mapping[int, Mapping[str, Any]]
    kinds: Mapping[UUID, str]


async def get_page(
    conn: AsyncConnection, scope: Scope, case_id: UUID, *, vault: Vault, after: Position, limit: int
) -> Page:
    """Return a page of what happened in a case, oldest first.

    Raises:
        Refusal: there is no such case for this caller, or it was erased.
    """
    head = (await conn.execute(_HEAD, {"case_id": case_id, **scope.params()})).one_or_none()
    if head is None:
        raise Refusal(Code.NOT_FOUND)
    if head.erased_at is not None:
        raise Refusal(Code.CASE_ERASED)
    # Each entry read makes a line or is of an event that does, so that these are enough for a page and one line more.
    asked = {"case_id": case_id, "version": after[0], "number": after[1], "events": limit + 2, "acts": 2 * limit + 4}
    events = [event_of(row) for row in (await conn.execute(_EVENTS, asked)).mappings()]
    acts = [_act(row) for row in (await conn.execute(_ACTS, asked)).mappings()]
    lines = list(islice((line for line in joined(events, acts) if line.position > after), limit + 1))
    shown = lines[:limit]
    last = shown[-1].position[0] if shown else after[0]
    found = (await conn.execute(_NOTES, {**asked, "last": last})).mappings().all()
    key = vault.opened(case_id, head.sealed)
    return Page(
        version=head.version,
        purpose=head.purpose_code,
        lines=shown,
        more=len(lines) > limit,
        notes={row["version"]: opened(key, case_note, dict(row)) for row in found},
        kinds={row.id: row.kind for row in await conn.execute(_KINDS, {"case_id": case_id})},
    )


def _act(row: RowMapping) -> Act:
    return Act(
        number=row["seq"],
        at=row["at"],
        subject=row["subject"],
        unit=row["unit"],
        roles=tuple(row["roles"]),
        action=row["action"],
        version=row["version"],
        item_id=row["item_id"],
    )
