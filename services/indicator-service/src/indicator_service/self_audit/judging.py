"""What to think of a fact, given what the case service answered: it agrees, it may be on its way, or it has drifted.

A fact and an answer of the same version must say the same. Of different versions, one is on its way as long as the
stream has not passed the moment of the answer: everything that was committed before the watermark has been applied, so
a fact that is older than an answer from before the watermark has lost an event. And no fact can have known before the
question what the case service did not know at it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from indicator_service.aggregation.cells import district_of, total
from indicator_service.aggregation.facts import NO_CASE, NO_CONCERN, CaseFact, ConcernFact, Fact
from indicator_service.definitions import Metric
from indicator_service.definitions.metrics import CellMetric, GoalMetric
from indicator_service.self_audit.expecting import UNANSWERED


class Reason(StrEnum):
    """Why something is looked at again."""

    ON_ITS_WAY = "on_its_way"
    """No drift: the stream has not passed the moment of the answer, or somebody works on it right now."""
    DIFFERENT = "different"
    """The same version, and another content."""
    BEHIND = "behind"
    """An older version than the answered, although the stream has passed it."""
    MISSING = "missing"
    """No fact at all, although the stream has passed it."""
    AHEAD = "ahead"
    """A newer version than the case service has."""
    UNKNOWN = "unknown"
    """The case service knows no such case or concern."""
    CELLS = "cells"
    """The sums that figures are read from are not those of the facts."""


DRIFT: Final = frozenset(Reason) - {Reason.ON_ITS_WAY}

Touched = Mapping[str, frozenset[Metric]]
"""Districts and special bodies, and what is counted wrongly in each; perhaps nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is to be looked at again."""

    reason: Reason
    fields: tuple[str, ...] = ()
    """What differs of the fact."""
    touched: Touched = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found of one case or concern: its fact, before it was asked about and after, and the answer between.

    Attributes:
        expected: the fact that should be there; None where the case service knows nothing.
        before: the version of the fact before the question, 0 without one; None where nobody looked.
        found: the fact after the question; of version 0 where there is none.
        as_of: the moment by which all that the answer tells was committed.
        watermark: the moment before which everything committed had been applied when ``found`` was read.
    """

    expected: Fact | None
    before: int | None
    found: Fact
    as_of: datetime
    watermark: datetime | None

    @property
    def passed(self) -> bool:
        """Whether the stream has passed the moment of the answer."""
        return self.watermark is not None and self.watermark >= self.as_of


def judge(look: Look) -> Judgement | None:
    """Return what is to be looked at again, or nothing where fact and answer agree."""
    if look.expected is None:
        return _unknown(look)
    version = look.expected.version
    if look.found.version == version:
        differs = differing(look.expected, look.found)
        return _drift(Reason.DIFFERENT, look, look.expected, differs) if differs else None
    if look.before is not None and look.before > version:
        return _drift(Reason.AHEAD, look, look.expected)
    if look.found.version < version and look.passed:
        reason = Reason.BEHIND if look.found.version else Reason.MISSING
        return _drift(reason, look, look.expected, differing(look.expected, look.found) if look.found.version else ())
    return Judgement(reason=Reason.ON_ITS_WAY)


def _unknown(look: Look) -> Judgement | None:
    if not look.found.version:
        return None
    if not look.before:
        return Judgement(reason=Reason.ON_ITS_WAY)
    return _drift(Reason.UNKNOWN, look, NO_CASE if isinstance(look.found, CaseFact) else NO_CONCERN)


def _drift(reason: Reason, look: Look, expected: Fact, differs: tuple[str, ...] = ()) -> Judgement:
    return Judgement(reason=reason, fields=differs, touched=touched_by(expected, look.found))


def differing(expected: Fact, found: Fact) -> tuple[str, ...]:
    """Return the names of the fields that differ, save the version."""
    plain = _without_what_no_table_keeps(found)
    return tuple(
        each.name
        for each in fields(expected)
        if each.name not in UNANSWERED
        and each.name != "version"
        and getattr(expected, each.name) != getattr(plain, each.name, None)
    )


def _without_what_no_table_keeps(found: Fact) -> Fact:
    # The steps of a measure count for nothing: whether it met them was decided with its completion.
    if isinstance(found, ConcernFact):
        return found
    return replace(found, measures={key: replace(each, steps=()) for key, each in found.measures.items()})


def named(metric: CellMetric) -> Metric:
    """Return what a metric counts for: the goals of plans are one."""
    return Metric.ACTIVE_TIED if isinstance(metric, GoalMetric) else metric


def touched_by(expected: Fact, found: Fact) -> Touched:
    """Return where what is counted differs; where nothing does, whose fact it is."""
    touched: defaultdict[str, set[Metric]] = defaultdict(set)
    for cell in total([(found, expected)]):
        touched[district_of(cell.unit)].add(named(cell.metric))
    if not touched:
        touched[district_of(expected.unit or found.unit)] = set()
    return {unit: frozenset(metrics) for unit, metrics in touched.items()}
