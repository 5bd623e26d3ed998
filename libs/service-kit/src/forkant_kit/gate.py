"""The version gate: a pure decision about each record of a batch, by arithmetic on aggregate versions alone.

The next version is applied. An older one is a repeat and dropped. A later one waits, parked, until what is missing
arrives; so a version that could not be read or applied holds back its own aggregate and no other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from forkant_contracts import Event, MalformedEventError, UnknownEventTypeError
from forkant_contracts.origin import ForeignEventError, decode_from, foreign

_MAX_DETAIL: Final = 500
_MAX_VERSION: Final = 2**31 - 1
"""The largest version that the tables can hold."""


class ParkReason(StrEnum):
    """Why a record is parked."""

    MALFORMED = "malformed"
    GAP = "gap"
    BEHIND_PARKED = "behind_parked"
    APPLY_FAILED = "apply_failed"


class Record(NamedTuple):
    """One Kafka record as it came, or as it was parked."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None
    parked_id: int | None = None


class Read(NamedTuple):
    """A record with what could be read of it: an event, an unknown type to pass over, or neither."""

    record: Record
    aggregate_id: UUID | None
    version: int | None
    event: Event | None
    problem: str | None
    """Why the record can't be applied; None for an event and for an unknown type."""
    foreign: bool = False
    """Whether it is not the topic's producer's; it then belongs to no aggregate, so that it holds up none."""


@dataclass(frozen=True, slots=True)
class Parked:
    """A record to park, and why."""

    read: Read
    reason: ParkReason
    detail: str


@dataclass(slots=True)
class Verdict:
    """What to do with a batch; ``accept`` is in order and holds unknown types too, which only move the version."""

    accept: list[Read] = field(default_factory=list)
    park: list[Parked] = field(default_factory=list)
    repeated: list[Read] = field(default_factory=list)

    @property
    def versions(self) -> dict[UUID, int]:
        """The last accepted version of each aggregate."""
        return {r.aggregate_id: r.version for r in self.accept if r.aggregate_id is not None and r.version is not None}

    @property
    def events(self) -> list[Event]:
        """The events to apply, in order."""
        return [r.event for r in self.accept if r.event is not None]

    @property
    def repeats(self) -> int:
        """How many were applied before."""
        return len(self.repeated)

    @property
    def repeated_events(self) -> list[Event]:
        """The events that were applied before, as far as they can be read."""
        return [r.event for r in self.repeated if r.event is not None]


def read(record: Record) -> Read:
    """Read a record as far as it goes; never raises, since anything may stand on a topic."""
    found = _read(record)
    if found.version is not None and found.version > _MAX_VERSION:
        return Read(record, found.aggregate_id, None, None, "the version is larger than any that is counted to")
    return found


def _read(record: Record) -> Read:
    try:
        event = decode_from(record.topic, record.headers, record.value)
    except UnknownEventTypeError as unknown:
        return Read(record, unknown.aggregate_id, unknown.aggregate_version, None, None)
    except ForeignEventError as error:
        return _foreign(record, str(error))
    except MalformedEventError as error:
        return _unreadable(record, _storable(str(error)))
    return Read(record, event.aggregate_id, event.aggregate_version, event, None)


def _foreign(record: Record, problem: str) -> Read:
    return Read(record, None, None, None, problem, foreign=True)


def _unreadable(record: Record, problem: str) -> Read:
    source = dict(record.headers).get("ce_source")
    not_ours = foreign(record.topic, source=(source or b"").decode(errors="replace"))
    if not_ours is None:
        return Read(record, *_identify(record), None, problem)
    # One that names nobody may still be the producer's, cut off on its way: what it can't show is whose it is.
    return Read(record, None, None, None, problem) if source is None else _foreign(record, not_ours)


def _storable(text: str) -> str:
    # It may repeat a forged type, and the database takes neither NUL nor half a surrogate pair.
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in text[:_MAX_DETAIL])


def _identify(record: Record) -> tuple[UUID | None, int | None]:
    """Find aggregate and version of an unreadable record, so that only its own aggregate waits for it."""
    named = dict(record.headers)
    try:
        aggregate_id = UUID((named.get("ce_partitionkey") or record.key or b"").decode())
    except (ValueError, UnicodeDecodeError):
        return None, None
    try:
        version = int(named.get("ce_aggregateversion", b"").decode())
    except (ValueError, UnicodeDecodeError):
        return aggregate_id, None
    return aggregate_id, version if version >= 1 else None


def judge(reads: Iterable[Read], last_versions: Mapping[UUID, int], held: frozenset[UUID] = frozenset()) -> Verdict:
    """Decide about each record of a batch in its order.

    Args:
        reads: the batch.
        last_versions: the last applied version of each aggregate in it; absent means none yet.
        held: aggregates with parked events, which changes only the reason given for parking more of them.
    """
    verdict = Verdict()
    waiting = set(held)
    versions = dict(last_versions)
    for item in reads:
        if item.aggregate_id is None or item.version is None:
            verdict.park.append(Parked(item, ParkReason.MALFORMED, item.problem or "no aggregate or version"))
            continue
        last = versions.get(item.aggregate_id, 0)
        if item.version <= last:
            verdict.repeated.append(item)
        elif item.version > last + 1:
            reason = ParkReason.BEHIND_PARKED if item.aggregate_id in waiting else ParkReason.GAP
            verdict.park.append(Parked(item, reason, f"version {item.version} came, version {last + 1} is missing"))
            waiting.add(item.aggregate_id)
        elif item.problem is not None:
            verdict.park.append(Parked(item, ParkReason.MALFORMED, item.problem))
            waiting.add(item.aggregate_id)
        else:
            versions[item.aggregate_id] = item.version
            verdict.accept.append(item)
    return verdict


def merge_waiting(reads: Sequence[Read], waiting: Sequence[Read]) -> list[Read]:
    """Put the parked records of some aggregates among a batch's, so that one that fills a gap releases the rest.

    Records of other aggregates keep their order; those of the waiting ones come after, by version, readable ones first.
    """
    if not waiting:
        return list(reads)
    held = {item.aggregate_id for item in waiting}
    others = [item for item in reads if item.aggregate_id not in held or item.version is None]
    theirs = [item for item in (*waiting, *reads) if item.aggregate_id in held and item.version is not None]
    return others + sorted(
        theirs, key=lambda item: (str(item.aggregate_id), item.version or 0, item.problem is not None)
    )
