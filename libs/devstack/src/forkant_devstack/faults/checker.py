"""Judges a run by its facts alone: what was acknowledged is there, in order, and took effect exactly once.

The guarantees are those of the architecture: nothing acknowledged is lost and nothing refused is kept (G1), the effect
equals a recount (G2), and the events of an aggregate come in the order of their versions without a gap (G3).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from forkant_devstack.faults.evidence import Change, Evidence
from forkant_devstack.faults.history import Outcome


class Breach(StrEnum):
    """How a guarantee may be broken."""

    LOST = "lost"
    REFUSED_KEPT = "refused but kept"
    UNASKED = "nobody asked for"
    TABLES_DIFFER = "tables differ"
    UNPUBLISHED = "not published"
    OUT_OF_ORDER = "out of order"
    APPLIED_TWICE = "applied twice"
    NOT_APPLIED = "not applied"
    APPLIED_OUT_OF_ORDER = "applied out of order"
    NOT_FENCED = "not fenced"
    STANDS_STILL = "stands still"
    UNEXPECTED_ERROR = "unexpected error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken guarantee, and where."""

    breach: Breach
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a run showed; ``duplicated`` counts repeats on Kafka, which are allowed."""

    operations: int
    acknowledged: int
    refused: int
    unknown: int
    duplicated: int
    findings: Sequence[Finding]

    def count(self, *breaches: Breach) -> int:
        """Return how many findings are of these kinds."""
        return sum(finding.breach in breaches for finding in self.findings)


def judge(evidence: Evidence) -> Judgement:
    """Compare the facts with each other."""
    outcomes = Counter(attempt.outcome for attempt in evidence.attempts)
    sent = [record.change.change for record in evidence.kafka]
    findings = [*_writing(evidence), *_tables(evidence), *_publishing(evidence), *_applying(evidence)]
    return Judgement(
        operations=len(evidence.attempts),
        acknowledged=outcomes[Outcome.ACKNOWLEDGED],
        refused=outcomes[Outcome.REFUSED],
        unknown=outcomes[Outcome.UNKNOWN],
        duplicated=len(sent) - len(set(sent)),
        findings=findings,
    )


def _writing(evidence: Evidence) -> Iterator[Finding]:
    """G1 on the writing side: the clients' history against the tables."""
    archived = {change.change for change in evidence.archived}
    made = {change.change for change in evidence.made}
    for attempt in evidence.attempts:
        where = f"change {attempt.change}, version {attempt.version} of {attempt.aggregate}"
        kept = attempt.change in archived or attempt.change in made
        if attempt.outcome is Outcome.ACKNOWLEDGED and not (attempt.change in archived and attempt.change in made):
            yield Finding(Breach.LOST, f"{where}: acknowledged, not in the tables and the archive")
        if attempt.outcome is Outcome.REFUSED and kept:
            yield Finding(Breach.REFUSED_KEPT, where)
    asked = {attempt.change for attempt in evidence.attempts}
    for change in sorted({*evidence.archived, *evidence.made}):
        if change.change not in asked:
            yield Finding(Breach.UNASKED, f"version {change.version} of {change.aggregate}")


def _tables(evidence: Evidence) -> Iterator[Finding]:
    """The tables of one database say the same, since each change is one transaction."""
    for change in sorted(set(evidence.archived) ^ set(evidence.made)):
        yield Finding(Breach.TABLES_DIFFER, f"version {change.version} of {change.aggregate} is only in one")
    reached = _by_aggregate(evidence.archived)
    for aggregate, version in evidence.versions.items():
        if sorted(reached.pop(aggregate, [])) != list(range(1, version + 1)):
            yield Finding(Breach.TABLES_DIFFER, f"the archive of {aggregate} is not versions 1 to {version}")
    for aggregate in reached:
        yield Finding(Breach.TABLES_DIFFER, f"{aggregate} has an archive and no row")


def _publishing(evidence: Evidence) -> Iterator[Finding]:
    """G1 and G3 on Kafka: everything archived is there or waits, and first occurrences run 1, 2, 3 without a gap."""
    waiting = set(evidence.waiting)
    on_kafka = {record.change for record in evidence.kafka}
    for change in evidence.archived:
        if change not in on_kafka:
            lost = change.change not in waiting
            text = f"version {change.version} of {change.aggregate} is not on Kafka"
            yield Finding(Breach.LOST if lost else Breach.UNPUBLISHED, f"{text}, and {'gone' if lost else 'waiting'}")
    for change in sorted(on_kafka - set(evidence.archived)):
        yield Finding(Breach.UNASKED, f"version {change.version} of {change.aggregate} is on Kafka only")
    partitions: dict[UUID, set[int]] = defaultdict(set)
    for record in evidence.kafka:
        partitions[record.change.aggregate].add(record.partition)
    for aggregate, found in partitions.items():
        if len(found) > 1:
            yield Finding(Breach.OUT_OF_ORDER, f"{aggregate} is on partitions {sorted(found)}")
    placed = sorted(evidence.kafka, key=lambda record: (record.partition, record.offset))
    for aggregate, versions in _by_aggregate(record.change for record in placed).items():
        firsts = list(dict.fromkeys(versions))
        for place, version in enumerate(firsts, start=1):
            if version != place:
                yield Finding(Breach.OUT_OF_ORDER, f"{aggregate} has version {version} where {place} must stand")
                break


def _applying(evidence: Evidence) -> Iterator[Finding]:
    """G2: the effect is each change of the archive, and each planted one, once and in order."""
    applied = Counter(evidence.ledger)
    due = {*evidence.archived, *evidence.planted}
    for change in sorted(due):
        if not applied[change]:
            yield Finding(Breach.NOT_APPLIED, f"version {change.version} of {change.aggregate}")
    for change, times in applied.items():
        if times > 1:
            yield Finding(Breach.APPLIED_TWICE, f"version {change.version} of {change.aggregate}: {times} times")
        if change not in due:
            yield Finding(Breach.UNASKED, f"version {change.version} of {change.aggregate} was applied")
    for aggregate, versions in _by_aggregate(evidence.ledger).items():
        if versions != sorted(versions):
            yield Finding(Breach.APPLIED_OUT_OF_ORDER, f"{aggregate}: {versions[:20]}")


def _by_aggregate(changes: Iterable[Change]) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = defaultdict(list)
    for change in changes:
        found[change.aggregate].append(change.version)
    return found
