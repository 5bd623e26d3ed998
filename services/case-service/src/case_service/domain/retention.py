"""Until when a case is kept: rules as data, and one pure function that finds the day.

The rules are tried in order and the first that fits counts, so that the special ones stand before the general ones and
the last one fits everything. Their months are assumptions that a lawyer must confirm; each rule names its source.
The law asks for time limits or for a periodic review (Law Enforcement Directive, art. 5); here are both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Self

from forkant_contracts.codes import CaseState

from case_service.domain.moments import add_months
from case_service.domain.standing import ENDED_STATES

REVIEWED_BEFORE: Final = timedelta(days=30)
"""How long before its last day a case is on the list of those to look at [a]."""
_STANDS: Final = "stands"
CONDITIONS: Final = (_STANDS, "case_type", "age_band", "purpose_code", "reason")
"""What a rule can ask of a case; each lists the codes of which the case has one."""
_OPEN: Final = "open"


class CountsFrom(StrEnum):
    """The day that a period begins on: of the opening or the last reopening, or of the end."""

    BEGAN = "began"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What retention goes by: the codes of a case, how it stands, and its days.

    Attributes:
        reason: why it was closed or rejected.
        began_on: the day of the opening, or of the last reopening.
        ended_on: the day on which it was closed, referred or rejected; None while it is open.
        floor: the day until which it was kept when the legal hold came that stands; None without one.
    """

    case_type: str
    age_band: str
    purpose_code: str
    state: CaseState
    reason: str | None
    began_on: date
    ended_on: date | None
    floor: date | None = None

    def code_of(self, condition: str) -> str | None:
        """Return the code that a rule's condition is about."""
        if condition == _STANDS:
            return self.state.value if self.state in ENDED_STATES else _OPEN
        code: str | None = getattr(self, condition)
        return code


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: which cases it is for, and how many months they are kept from which day."""

    code: str
    when: Mapping[str, frozenset[str]]
    counts_from: CountsFrom
    months: int
    source: str

    def fits(self, kept: Kept) -> bool:
        """Return whether the rule is for a case."""
        return all(kept.code_of(condition) in codes for condition, codes in self.when.items())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rules:
    """All rules of one version, in the order in which they are tried."""

    version: int
    rules: Sequence[Rule] = field(repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return the rules of a document.

        Raises:
            ValueError: a rule asks for what is no condition, counts from an end that its cases may not have, keeps
                nothing, says no source, shares its code, or the last one does not fit everything.
        """
        rules = tuple(_rule(each) for each in document["rules"])
        if len({rule.code for rule in rules}) != len(rules):
            raise ValueError("each rule has a code of its own")
        if not rules or rules[-1].when:
            raise ValueError("the last rule must fit every case")
        return cls(version=int(document["version"]), rules=rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The last day on which a case is kept, and the rule that says so."""

    until: date
    rule: str
    rules_version: int


def retention_of(rules: Rules, kept: Kept) -> Retention:
    """Return until when a case is kept: by the first rule that fits, and never less than a legal hold found."""
    rule = _rule_of(
        rules,
        state=kept.state,
        case_type=kept.case_type,
        age_band=kept.age_band,
        purpose_code=kept.purpose_code,
        reason=kept.reason,
    )
    first = kept.ended_on if rule.counts_from is CountsFrom.ENDED else kept.began_on
    if first is None:
        raise ValueError("a case that has ended must say on which day")
    until = add_months(first, rule.months)
    return Retention(
        until=until if kept.floor is None else max(until, kept.floor), rule=rule.code, rules_version=rules.version
    )


@lru_cache(maxsize=4096)
def _rule_of(
    rules: Rules, *, state: CaseState, case_type: str, age_band: str, purpose_code: str, reason: str | None
) -> Rule:
    """Return the first rule that fits cases with these codes: they are few, and days ask for no other rule."""
    kept = Kept(
        case_type=case_type,
        age_band=age_band,
        purpose_code=purpose_code,
        state=state,
        reason=reason,
        began_on=date.min,
        ended_on=None,
    )
    return next(rule for rule in rules.rules if rule.fits(kept))


def is_expired(until: date, *, day: date) -> bool:
    """Return whether the last day on which a case is kept is past."""
    return until < day


def _rule(document: Mapping[str, Any]) -> Rule:
    when = {name: frozenset(codes) for name, codes in document["when"].items()}
    counts_from, months = CountsFrom(document["counts_from"]), int(document["months"])
    if unknown := sorted(set(when) - set(CONDITIONS)):
        raise ValueError(f"there is no condition {', '.join(unknown)}")
    if counts_from is CountsFrom.ENDED and _OPEN in when.get("stands", {_OPEN}):
        raise ValueError("an open case has no end to count from")
    if months < 1 or not document["source"]:
        raise ValueError("a rule keeps for some months and says its source")
    return Rule(
        code=document["code"],
        when=MappingProxyType(when),
        counts_from=counts_from,
        months=months,
        source=document["source"],
    )
