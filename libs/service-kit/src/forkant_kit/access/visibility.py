"""The same rule as :func:`forkant_kit.access.decision.decide`, as a predicate for lists, counts, exports and streams.

What ties the asker to objects is read by subqueries that don't depend on the row: PostgreSQL runs each once, and can
use the ids it finds in an index. So a list is one statement, however many grants there are.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true

from forkant_kit.access.decision import Ask
from forkant_kit.access.grants import BREAK_GLASS_LASTS, GrantKind
from forkant_kit.access.rules import Action, Allowance, Reach, Rules
from forkant_kit.access.schema import access_grant, access_substitution

_g = access_grant.c
_s = access_substitution.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where a query has what the rules look at; a row that has NULL in one of them is seen by nobody."""

    object_id: ColumnElement[Any]
    unit: ColumnElement[str]
    level: ColumnElement[int]
    purpose: ColumnElement[str]
    restricted: ColumnElement[bool]


def visible(rules: Rules, ask: Ask, columns: Columns) -> ColumnElement[bool]:
    """Return the predicate that holds on exactly the rows for which `decide` allows the ask."""
    action = rules.actions.get(ask.action)
    if action is None:
        return false()
    allowed = [
        _allowed(rules, action, allowance, ask, columns)
        for allowance in action.allowances
        if ask.purpose in allowance.purposes and not allowance.roles.isdisjoint(ask.asker.roles)
    ]
    return or_(false(), *allowed)


def _allowed(rules: Rules, action: Action, allowance: Allowance, ask: Ask, columns: Columns) -> ColumnElement[bool]:
    # Named, though it says nothing when all restricted rows are covered: a row whose restriction is unknown stays out.
    restriction = columns.restricted.is_not(None) if allowance.sees_restricted else ~columns.restricted
    return and_(
        columns.purpose.in_(sorted(rules.serves[ask.purpose])),
        restriction,
        columns.level.between(0, ask.asker.clearance),
        columns.unit.is_not(None),
        or_(*_by_rule(allowance, ask, columns), *_by_grant(action, ask, columns)),
    )


def _by_rule(allowance: Allowance, ask: Ask, columns: Columns) -> list[ColumnElement[bool]]:
    in_reach = true() if allowance.reach is Reach.EVERYWHERE else columns.unit == ask.asker.unit
    if allowance.members_from is None:
        return [in_reach]
    mine = _held(GrantKind.MEMBER, ask).where(_g.subject == ask.asker.subject)
    stood_in_for = _held(GrantKind.MEMBER, ask).where(_g.subject.in_(_absent(ask)))
    ways = [and_(in_reach, _among(columns.object_id, ids)) for ids in (mine, stood_in_for)]
    if allowance.members_from > 0:
        # Left out where it can't hold: the planner would read the whole unit to find that out.
        ways.append(and_(in_reach, columns.level < allowance.members_from))
    return ways


def _by_grant(action: Action, ask: Ask, columns: Columns) -> list[ColumnElement[bool]]:
    own = _g.subject == ask.asker.subject
    found = [_among(columns.object_id, _held(GrantKind.ACCESS, ask).where(own))]
    if action.break_glass:
        # The limit stands here too, for a database whose constraint was dropped.
        young = _g.valid_from > ask.at - BREAK_GLASS_LASTS
        found.append(_among(columns.object_id, _held(GrantKind.BREAK_GLASS, ask).where(own, young)))
    return found


def _held(kind: GrantKind, ask: Ask) -> Select[Any]:
    ends = _g.valid_to > ask.at
    if kind is GrantKind.MEMBER:
        ends = or_(_g.valid_to.is_(None), ends)
    return select(_g.object_id).where(_g.kind == kind.value, _g.valid_from <= ask.at, ends)


def _absent(ask: Ask) -> Select[Any]:
    return select(_s.absent).where(_s.substitute == ask.asker.subject, _s.valid_from <= ask.at, _s.valid_to > ask.at)


def _among(column: ColumnElement[Any], ids: Select[Any]) -> ColumnElement[bool]:
    return column == func.any(func.array(ids.scalar_subquery()))
