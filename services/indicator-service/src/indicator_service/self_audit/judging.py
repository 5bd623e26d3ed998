"""What to think of a fact, given what the case service answered: it agrees, it may be on its way, or it has drifted.

A fact and an answer of the same version must say the same. Of different versions, one is on its way as long as the
stream has not passed the moment of the answer: everything that was committed before the watermark has been applied, so
a fact that is older than an answer from before the watermark has lost an event. On a running platform the watermark is
always some seconds behind the answer that was given just now: so the first answer that a fact is behind is kept, and
the fact is held against that one once the stream has passed it. And neither fact nor gate can have known before the
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
    GATE = "gate"
    """The version up to which events are dropped as repeats is newer than the case service's: new events are lost."""
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
    moved: bool = False
    """Whether what is on its way has reached what was answered before: nothing up to there is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an earlier answer said: which version there was at a moment."""

    version: int
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """How far something was known: its fact's version, and the one up to which the gate drops events; 0 for none."""

    fact: int = 0
    gate: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found of one case or concern: its fact, before it was asked about and after, and the answer between.

    Attributes:
        expected: the fact that should be there; None where the case service knows nothing.
        before: how far it was known before the question; None where nobody looked.
        found: the fact after the question; of version 0 where there is none.
        gate: the version of the gate, read with ``found``; 0 where there is none.
        as_of: the moment by which all that the answer tells was committed.
        watermark: the moment before which everything committed had been applied when ``found`` was read.
        waited_for: the oldest answer that the fact was not known to have reached; None where nothing is waited for.
    """

    expected: Fact | None
    before: Versions | None
    found: Fact
    gate: int = 0
    as_of: datetime
    watermark: datetime | None
    waited_for: Answered | None = None

    @property
    def lost(self) -> bool:
        """Whether the stream has passed a moment at which there was a newer version than the found one."""
        answers = [self.waited_for] if self.waited_for else []
        if self.expected is not None:
            answers.append(Answered(version=self.expected.version, as_of=self.as_of))
        passed = [each for each in answers if self.watermark is not None and self.watermark >= each.as_of]
        return any(self.found.version < each.version for each in passed)

    @property
    def reached(self) -> bool:
        """Whether the fact has reached what was waited for."""
        return self.waited_for is not None and self.found.version >= self.waited_for.version


def judge(look: Look) -> Judgement | None:
    """Return what is to be looked at again, or nothing where fact and answer agree."""
    if look.expected is None:
        return _unknown(look)
    version = look.expected.version
    differs = differing(look.expected, look.found) if look.found.version else ()
    if look.found.version == version and differs:
        return _drift(Reason.DIFFERENT, look, look.expected, differs)
    if look.before is not None and max(look.before.fact, look.before.gate) > version:
        reason = Reason.AHEAD if look.before.fact > version else Reason.GATE
        return _drift(reason, look, look.expected, differs)
    if look.found.version == version and look.gate <= version:
        return None
    from_afar = look.before is None and look.gate > version
    if look.lost and not from_afar:
        return _drift(Reason.BEHIND if look.found.version else Reason.MISSING, look, look.expected, differs)
    return Judgement(reason=Reason.ON_ITS_WAY, moved=look.reached)


def _unknown(look: Look) -> Judgement | None:
    if not look.found.version:
        return None
    if look.before is None or not look.before.fact:
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
