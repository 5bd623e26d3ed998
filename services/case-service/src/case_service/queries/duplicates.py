"""Cases and concerns that look like one: of the same unit, with the same codes, opened or received at about one time.

And cases of whichever unit, and concerns of its own, that came with a reference to the same subject.

Which municipality it is about may be missing on either side; two that are known must be the same.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    false,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.duplicates import NEAR, Alike, Reason
from case_service.domain.refusals import Code, Refusal
from case_service.scope import VISIBLE_CASES, VISIBLE_CONCERNS, Scope
from case_service.tables import concern, concern_mark, preventive_case, subject_mark

_c: Final = preventive_case.c
_n: Final = concern.c
_one: Final = preventive_case.alias("one")
_CASE: Final = select(_c.id, _c.version, _c.purpose_code, _c.erased_at).where(
    _c.id == bindparam("case_id"), VISIBLE_CASES
)
_CONCERN: Final = select(_n.id, _n.version, _n.erased_at).where(_n.id == bindparam("concern_id"), VISIBLE_CONCERNS)


def _alike(one: Any, other: Any, *, at: ColumnElement[Any], other_at: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(
        other.unit == one.unit,
        other.theme == one.theme,
        other.age_band == one.age_band,
        or_(
            other.municipality_number.is_(None),
            one.municipality_number.is_(None),
            other.municipality_number == one.municipality_number,
        ),
        other_at.between(at - NEAR, at + NEAR),
    )


def _same(
    one: Any, other: Any, *, at: ColumnElement[Any], other_at: ColumnElement[Any]
) -> dict[str, ColumnElement[Any]]:
    """Return which reasons hold, by name; those that not every line has in common with what it is like."""
    return {
        Reason.SAME_THEME.value: other.theme == one.theme,
        Reason.SAME_AGE_BAND.value: other.age_band == one.age_band,
        Reason.SAME_MUNICIPALITY.value: other.municipality_number == one.municipality_number,
        Reason.NEAR_IN_TIME.value: other_at.between(at - NEAR, at + NEAR),
    }


def _case_line(
    one: Any, *, at: ColumnElement[Any], same_case_type: ColumnElement[Any], same_subject: ColumnElement[Any]
) -> tuple[ColumnElement[Any], ...]:
    same = _same(one, _c, at=at, other_at=_c.opened_at)
    return (
        literal(Alike.CASE.value).label("kind"),
        _c.id,
        _c.state,
        _c.case_type,
        _c.theme,
        _c.age_band,
        _c.municipality_number,
        _c.opened_at.label("since"),
        same_subject.label(Reason.SAME_SUBJECT.value),
        same_case_type.label(Reason.SAME_CASE_TYPE.value),
        *(holds.label(name) for name, holds in same.items()),
    )


_KEPT: Final = and_(_c.erased_at.is_(None), _c.merged_into.is_(None), VISIBLE_CASES)
# What it is compared with is read beside it: only what the caller was shown to see comes this far.
_mine: Final = subject_mark.alias("mine")
# By the marks of the case that is asked about, which are few: then each is one look into the index of marks.
_OF_ITS_SUBJECT: Final = (
    select(subject_mark.c.case_id)
    .join_from(_mine, subject_mark, subject_mark.c.mark == _mine.c.mark)
    .where(_mine.c.case_id == bindparam("case_id"))
)
_IS_OF_ITS_SUBJECT: Final = _c.id.in_(_OF_ITS_SUBJECT)
_CASES_LIKE_A_CASE: Final = (
    select(
        *_case_line(_one.c, at=_one.c.opened_at, same_case_type=_c.case_type == _one.c.case_type, same_subject=false())
    )
    .join_from(
        preventive_case,
        _one,
        and_(
            _one.c.id == bindparam("case_id"),
            _c.id != _one.c.id,
            _c.case_type == _one.c.case_type,
            _alike(_one.c, _c, at=_one.c.opened_at, other_at=_c.opened_at),
        ),
    )
    .where(_KEPT)
)
_CASES_OF_ITS_SUBJECT: Final = (
    select(
        *_case_line(_one.c, at=_one.c.opened_at, same_case_type=_c.case_type == _one.c.case_type, same_subject=true())
    )
    .join_from(preventive_case, _one, and_(_one.c.id == bindparam("case_id"), _c.id != _one.c.id))
    .where(_KEPT, _IS_OF_ITS_SUBJECT)
)
_seen: Final = concern.alias("seen")
_its: Final = concern_mark.alias("its")
_CASES_LIKE_A_CONCERN: Final = (
    select(*_case_line(_seen.c, at=_seen.c.received_at, same_case_type=false(), same_subject=false()))
    .join_from(
        preventive_case,
        _seen,
        and_(
            _seen.c.id == bindparam("concern_id"),
            _c.concern_id.is_distinct_from(_seen.c.id),
            _alike(_seen.c, _c, at=_seen.c.received_at, other_at=_c.opened_at),
        ),
    )
    .where(_KEPT)
)
_CASES_OF_A_CONCERNS_SUBJECT: Final = (
    select(*_case_line(_seen.c, at=_seen.c.received_at, same_case_type=false(), same_subject=true()))
    .join_from(
        preventive_case,
        _seen,
        and_(_seen.c.id == bindparam("concern_id"), _c.concern_id.is_distinct_from(_seen.c.id)),
    )
    .where(
        _KEPT,
        _c.id.in_(
            select(subject_mark.c.case_id)
            .join_from(_its, subject_mark, subject_mark.c.mark == _its.c.mark)
            .where(_its.c.concern_id == bindparam("concern_id"))
        ),
    )
)


def _concern_line(*, same_subject: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    same = _same(_seen.c, _n, at=_seen.c.received_at, other_at=_n.received_at)
    return (
        literal(Alike.CONCERN.value).label("kind"),
        _n.id,
        _n.state,
        cast(null(), Text).label("case_type"),
        _n.theme,
        _n.age_band,
        _n.municipality_number,
        _n.received_at.label("since"),
        same_subject.label(Reason.SAME_SUBJECT.value),
        false().label(Reason.SAME_CASE_TYPE.value),
        *(holds.label(name) for name, holds in same.items()),
    )


_ANOTHER: Final = and_(_seen.c.id == bindparam("concern_id"), _n.id != _seen.c.id)
_OPEN_TO_SEE: Final = and_(_n.erased_at.is_(None), VISIBLE_CONCERNS)
_CONCERNS_LIKE_A_CONCERN: Final = (
    select(*_concern_line(same_subject=false()))
    .join_from(
        concern,
        _seen,
        and_(_ANOTHER, _alike(_seen.c, _n, at=_seen.c.received_at, other_at=_n.received_at)),
    )
    .where(_OPEN_TO_SEE)
)
_CONCERNS_OF_ITS_SUBJECT: Final = (
    select(*_concern_line(same_subject=true()))
    .join_from(concern, _seen, _ANOTHER)
    .where(
        _OPEN_TO_SEE,
        _n.id.in_(
            select(concern_mark.c.concern_id)
            .join_from(_its, concern_mark, concern_mark.c.mark == _its.c.mark)
            .where(_its.c.concern_id == bindparam("concern_id"))
        ),
    )
)


async def like_case(
    conn: AsyncConnection, scope: Scope, case_id: UUID, *, before: UUID | None, limit: int
) -> tuple[RowMapping, Sequence[RowMapping]]:
    """Return a case's version and purpose, and a page of cases like it that the caller may see, newest first.

    Raises:
        Refusal: there is no such case for this caller, or it was erased.
    """
    params = {"case_id": case_id, **scope.without_broken_glass().params()}
    found = await _found(conn, _CASE, params, erased=Code.CASE_ERASED)
    return found, await _page(conn, [_CASES_LIKE_A_CASE, _CASES_OF_ITS_SUBJECT], params, before=before, limit=limit)


async def like_concern(
    conn: AsyncConnection, scope: Scope, concern_id: UUID, *, before: UUID | None, limit: int
) -> tuple[RowMapping, Sequence[RowMapping]]:
    """Return a concern's version, and a page of concerns and cases like it that the caller may see, newest first.

    Raises:
        Refusal: there is no such concern for this caller, or it was erased.
    """
    params = {"concern_id": concern_id, **scope.without_broken_glass().params()}
    found = await _found(conn, _CONCERN, params, erased=Code.NOT_FOUND)
    sides = [
        _CASES_LIKE_A_CONCERN,
        _CASES_OF_A_CONCERNS_SUBJECT,
        _CONCERNS_LIKE_A_CONCERN,
        _CONCERNS_OF_ITS_SUBJECT,
    ]
    return found, await _page(conn, sides, params, before=before, limit=limit)


async def _found(conn: AsyncConnection, query: Select[Any], params: dict[str, Any], *, erased: Code) -> RowMapping:
    row: RowMapping | None = (await conn.execute(query, params)).mappings().one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    if row["erased_at"] is not None:
        raise Refusal(erased)
    return row


async def _page(
    conn: AsyncConnection, sides: Sequence[Select[Any]], params: dict[str, Any], *, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    found = union_all(*sides).subquery()
    # What is alike by its codes and by its subject is listed once, with both reasons.
    by_subject = found.c[Reason.SAME_SUBJECT.value].desc()
    statement = select(found).ext(distinct_on(found.c.id)).order_by(found.c.id.desc(), by_subject).limit(limit)
    if before is not None:
        statement = statement.where(found.c.id < before)
    return (await conn.execute(statement, params)).mappings().all()
