"""The decision about one object: pure, default deny, and it says why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from forkant_kit.access.grants import Grant, Substitution, Ties, ties
from forkant_kit.access.rules import Action, Allowance, Reach, Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks; `clearance` is the highest level that the person may see, below zero for none."""

    subject: str
    unit: str
    roles: frozenset[str]
    clearance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One person wants to take one action, for a stated purpose, at a moment.

    Raises:
        ValueError: the moment has no zone.
    """

    asker: Asker
    action: str
    purpose: str
    at: datetime

    def __post_init__(self) -> None:
        """Refuse a moment without a zone."""
        if self.at.utcoffset() is None:
            raise ValueError("a time needs a zone: give aware datetimes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The object asked for, as the rules see it; levels count from 0 up, and a level below 0 is seen by nobody."""

    object_id: UUID
    unit: str
    level: int
    purpose: str
    restricted: bool = False


class Refusal(StrEnum):
    """Why not, in the order in which it is looked at; for the audit trail, never for the caller, who gets 404."""

    UNKNOWN_ACTION = "unknown-action"
    ROLE = "role"
    PURPOSE = "purpose"
    RESTRICTED = "restricted"
    CLEARANCE = "clearance"
    UNIT = "unit"
    MEMBERSHIP = "membership"
    LAPSED = "lapsed"
    NOT_BY_BREAK_GLASS = "not-by-break-glass"


class Ground(StrEnum):
    """By what an ask is allowed, the plainest first; the last is for emergencies and calls for a review."""

    RULE = "rule"
    MEMBER = "member"
    SUBSTITUTE = "substitute"
    ACCESS = "access"
    BREAK_GLASS = "break-glass"


_REFUSALS: Final = tuple(Refusal)
_GROUNDS: Final = tuple(Ground)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Either the ground on which the ask is allowed, or why it is refused."""

    ground: Ground | None = None
    refusal: Refusal | None = None

    @property
    def allowed(self) -> bool:
        """Whether the ask is allowed."""
        return self.ground is not None and self.refusal is None


def decide(
    rules: Rules,
    ask: Ask,
    target: Target,
    *,
    grants: Iterable[Grant] = (),
    substitutions: Iterable[Substitution] = (),
) -> Decision:
    """Return whether the ask is allowed, with the plainest ground; or refused, with what the best allowance lacked.

    Args:
        rules: the service's table.
        ask: who wants what, why and when.
        target: the object.
        grants: at least all grants on the object; others do no harm.
        substitutions: at least all substitutions by the asker; others do no harm.
    """
    action = rules.actions.get(ask.action)
    if action is None:
        return Decision(refusal=Refusal.UNKNOWN_ACTION)
    tied = ties(
        subject=ask.asker.subject,
        object_id=target.object_id,
        at=ask.at,
        grants=grants,
        substitutions=substitutions,
    )
    grounds: list[Ground] = []
    refusals = [Refusal.ROLE]
    for allowance in action.allowances:
        refusal = _barred(rules, allowance, ask, target)
        if refusal is not None:
            refusals.append(refusal)
            continue
        grounds += _grounds(action, allowance, ask, target, tied)
        refusals.append(_lacking(allowance, ask, target, tied))
    if grounds:
        return Decision(ground=min(grounds, key=_GROUNDS.index))
    return Decision(refusal=max(refusals, key=_REFUSALS.index))


def _barred(rules: Rules, allowance: Allowance, ask: Ask, target: Target) -> Refusal | None:
    """Return what no grant makes good."""
    if allowance.roles.isdisjoint(ask.asker.roles):
        return Refusal.ROLE
    if ask.purpose not in allowance.purposes or target.purpose not in rules.serves[ask.purpose]:
        return Refusal.PURPOSE
    if target.restricted and not allowance.sees_restricted:
        return Refusal.RESTRICTED
    if not 0 <= target.level <= ask.asker.clearance:
        return Refusal.CLEARANCE
    return None


def _grounds(action: Action, allowance: Allowance, ask: Ask, target: Target, tied: Ties) -> Iterator[Ground]:
    if _in_reach(allowance, ask, target):
        if allowance.members_from is None or target.level < allowance.members_from:
            yield Ground.RULE
        if tied.member:
            yield Ground.MEMBER
        if tied.substitute:
            yield Ground.SUBSTITUTE
    if tied.access:
        yield Ground.ACCESS
    if tied.break_glass and action.break_glass:
        yield Ground.BREAK_GLASS


def _lacking(allowance: Allowance, ask: Ask, target: Target, tied: Ties) -> Refusal:
    if tied.break_glass:
        return Refusal.NOT_BY_BREAK_GLASS
    if tied.lapsed:
        return Refusal.LAPSED
    return Refusal.MEMBERSHIP if _in_reach(allowance, ask, target) else Refusal.UNIT


def _in_reach(allowance: Allowance, ask: Ask, target: Target) -> bool:
    return allowance.reach is Reach.EVERYWHERE or target.unit == ask.asker.unit
