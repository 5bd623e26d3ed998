"""What is found after a run, as plain facts: nothing here comes from the kit, whose work it is to be judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from forkant_devstack.faults.history import Attempt


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A change of an aggregate as it stands in a table."""

    aggregate: UUID
    version: int
    change: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OnKafka:
    """A record that names a change, at its place on Kafka; its change is the event's id."""

    partition: int
    offset: int
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The facts of one run.

    Attributes:
        attempts: The clients' history.
        versions: The aggregates' rows: the version that each stands at.
        made: The changes in the writers' own table.
        archived: The changes in the archive of events.
        waiting: The events still in the outbox.
        kafka: Records in order of offset within each partition, without those put there by hand.
        ledger: The consumer's effect, in order of application.
        planted: Changes put on Kafka by hand which the consumer must apply too.
    """

    attempts: Sequence[Attempt] = ()
    versions: Mapping[UUID, int] = field(default_factory=dict)
    made: Sequence[Change] = ()
    archived: Sequence[Change] = ()
    waiting: Sequence[UUID] = ()
    kafka: Sequence[OnKafka] = ()
    ledger: Sequence[Change] = ()
    planted: Sequence[Change] = ()
