"""What a process of the laboratory is told at its start, and the tables that it works on."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal, Self
from uuid import UUID

import asyncpg
from forkant_contracts import TOPICS, Topic
from forkant_contracts.events.case import CaseAssessmentStarted

Role = Literal["writer", "relay", "consumer"]
_VARIABLE: Final = "FORKANT_FAULTS_ORDER"

LABORATORY_DDL: Final = (
    "CREATE TABLE thing (id uuid PRIMARY KEY, version integer NOT NULL)",
    "CREATE TABLE change_made (change uuid NOT NULL, aggregate_id uuid NOT NULL, version integer NOT NULL)",
    # Without a key: what is applied twice must show as two rows.
    """
    CREATE TABLE ledger (
        position bigint GENERATED ALWAYS AS IDENTITY,
        aggregate_id uuid NOT NULL,
        version integer NOT NULL,
        change uuid NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
    "CREATE INDEX ON ledger (change)",
)
"""The writers' aggregates and changes, and the consumer's effect."""

DATABASE_AWAY: Final = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    TimeoutError,
)
"""What asyncpg raises while the server is away, starts or dies in the midst of a statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One process of the laboratory: what it is, where it works, and the pace of a writer's clients in seconds."""

    role: Role
    name: str
    folder: str
    database_url: str
    bootstrap: str
    topic: str
    partitions: int
    seed: int
    pause_s: float = 0.03

    @property
    def trigger(self) -> Path:
        """The file that arms this process's points; see :mod:`forkant_devstack.faults.points`."""
        return Path(self.folder) / f"{self.name}.trigger"

    @property
    def history(self) -> Path:
        """Where a writer's history goes."""
        return Path(self.folder) / f"{self.name}.history.jsonl"

    def environment(self) -> Mapping[str, str]:
        """Return the environment that carries the order."""
        return {_VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def given(cls) -> Self:
        """Return the order of this process."""
        return cls(**json.loads(os.environ[_VARIABLE]))


class NoPatienceError(Exception):
    """What a trial awaited did not come in its patience."""


def use_topic(order: Order) -> Topic:
    """Let the events that the laboratory writes be carried by the run's own topic for as long as this process lives."""
    topic = _topic_of(order)
    TOPICS[topic.name] = topic
    CaseAssessmentStarted.TOPIC = topic.name
    return topic


@contextmanager
def topic_in_use(order: Order) -> Iterator[Topic]:
    """Do so for a block, in a process that goes on to use the real topics."""
    usual = CaseAssessmentStarted.TOPIC
    topic = use_topic(order)
    try:
        yield topic
    finally:
        CaseAssessmentStarted.TOPIC = usual
        del TOPICS[topic.name]


def _topic_of(order: Order) -> Topic:
    return Topic(
        name=order.topic,
        description="A laboratory's own.",
        partitions=order.partitions,
        retention_ms=3_600_000,
        producer="laboratory",
        consumers=(),
    )


def numbered(number: int) -> UUID:
    """Return the id of one of the aggregates that the writers share."""
    return UUID(int=0xFA << 64 | number)
