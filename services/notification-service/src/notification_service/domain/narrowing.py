"""What a person may subscribe to: kinds of message that are meant for their roles, narrowed and never widened."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from forkant_contracts.codes import Role, Theme
from forkant_contracts.units import DIRECTORATE, UNITS

from notification_service.domain.audiences import ABOUT_NOBODY, OTHERS_TOO, RULES, THRESHOLD_CROSSED, Rule, Side
from notification_service.domain.happenings import district_of, may_know
from notification_service.domain.kinds import Kind


class Objection(StrEnum):
    """Why somebody can't have a subscription."""

    KIND_NOT_FOR_YOU = "kind_not_for_you"
    """A kind that none of the roles gets, in this unit."""
    ROLE_NOT_HELD = "role_not_held"
    UNKNOWN_UNIT = "unknown_unit"
    UNIT_NOT_FOR_YOU = "unit_not_for_you"
    """A unit of which none of the kinds tells somebody of this one."""
    CASE_NOT_FOUND = "case_not_found"
    """There is no such case, or it is not theirs to see."""
    NOTHING_MATCHES = "nothing_matches"
    """Two things that no message has both of, such as a case and an indicator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """Which of the messages that are meant for a person; what is empty narrows nothing."""

    kinds: frozenset[Kind] = frozenset()
    roles: frozenset[Role] = frozenset()
    units: frozenset[str] = frozenset()
    case_id: UUID | None = None
    themes: frozenset[Theme] = frozenset()
    indicator: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose subscription it is: what a token says of them."""

    unit: str
    roles: frozenset[str]


_KINDS_ABOUT_NOBODY: Final = frozenset(rule.kind for type_ in ABOUT_NOBODY for rule in RULES.get(type_, ()))
_KINDS_OF_AN_INDICATOR: Final = frozenset(rule.kind for rule in RULES[THRESHOLD_CROSSED])
_KINDS_WITH_A_THEME: Final = frozenset(Kind) - (_KINDS_ABOUT_NOBODY - {Kind.BEST_PRACTICE_PUBLISHED})


def objections(narrowing: Narrowing, person: Person) -> tuple[Objection, ...]:
    """Return all that is against a subscription, besides that its case may not be theirs to see."""
    found = set()
    rules = [rule for rule in _rules_for(person) if not narrowing.kinds or rule.kind in narrowing.kinds]
    kinds = {rule.kind for rule in rules}
    if narrowing.kinds - kinds or not kinds:
        found.add(Objection.KIND_NOT_FOR_YOU)
    if {role.value for role in narrowing.roles} - person.roles:
        found.add(Objection.ROLE_NOT_HELD)
    if any(district_of(unit) not in UNITS for unit in narrowing.units):
        found.add(Objection.UNKNOWN_UNIT)
    elif not _told_of(narrowing, person, rules):
        found.add(Objection.UNIT_NOT_FOR_YOU)
    if kinds and not _matching(narrowing, kinds):
        found.add(Objection.NOTHING_MATCHES)
    return tuple(sorted(found))


def _rules_for(person: Person) -> list[Rule]:
    of_the_directorate = person.unit == DIRECTORATE
    return [
        rule
        for rules in RULES.values()
        for rule in rules
        if not {role.value for role in rule.roles}.isdisjoint(person.roles)
        and (rule.side is Side.DIRECTORATE) == of_the_directorate
    ]


def _told_of(narrowing: Narrowing, person: Person, rules: list[Rule]) -> bool:
    others = any(rule.side in OTHERS_TOO for rule in rules)
    return others or all(may_know(person.unit, unit) for unit in narrowing.units)


def _matching(narrowing: Narrowing, kinds: set[Kind]) -> bool:
    left = set(kinds)
    if narrowing.case_id is not None:
        left -= _KINDS_ABOUT_NOBODY
    if narrowing.themes:
        left &= _KINDS_WITH_A_THEME
    if narrowing.indicator is not None:
        left &= _KINDS_OF_AN_INDICATOR
    return bool(left)
