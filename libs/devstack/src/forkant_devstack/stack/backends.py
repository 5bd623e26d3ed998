"""PostgreSQL and the broker, made ready to start: the slow part of a first start."""

import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from forkant_devstack.native.kafka import Kafka, KafkaUnavailableError, prepare_kafka
from forkant_devstack.native.postgres import Postgres, prepare_postgres
from forkant_devstack.process import DevstackError
from forkant_devstack.stack.layout import Layout
from forkant_devstack.supervisor.report import Reporter

T = TypeVar("T")
BrokerChoice = Literal["auto", "kafka", "embedded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backends:
    """What can be started now; without Kafka the embedded broker is taken, for the reason in `why_embedded`."""

    postgres: Postgres
    kafka: Kafka | None
    why_embedded: str = ""

    @property
    def broker(self) -> Literal["kafka", "embedded"]:
        """The broker that will run."""
        return "kafka" if self.kafka else "embedded"


async def prepare_backends(*, layout: Layout, choice: BrokerChoice, report: Reporter) -> Backends:
    """Install, download and lay out what is missing, both at once; a broker that can't be had falls back if it may."""
    root = layout.root
    results = await asyncio.gather(
        _told(report, "prepare postgres", functools.partial(prepare_postgres, root=root)),
        _kafka(layout, choice, report),
        return_exceptions=True,
    )
    failures = [each for each in results if isinstance(each, BaseException)]
    if failures:
        raise failures[0]
    postgres, kafka = results
    assert isinstance(postgres, Postgres)
    if isinstance(kafka, Kafka):
        return Backends(postgres=postgres, kafka=kafka)
    return Backends(postgres=postgres, kafka=None, why_embedded=str(kafka))


async def _kafka(layout: Layout, choice: BrokerChoice, report: Reporter) -> Kafka | str:
    if choice == "embedded":
        return "--broker embedded"
    try:
        return await _told(report, "prepare kafka", functools.partial(prepare_kafka, root=layout.root))
    except KafkaUnavailableError as error:
        if choice == "kafka":
            raise
        return f"{error.message}.\n{error.hint}"


async def _told(report: Reporter, name: str, prepare: Callable[..., T]) -> T:
    loop = asyncio.get_running_loop()

    def progress(text: str) -> None:
        loop.call_soon_threadsafe(report.note, name, text)

    report.started(name)
    try:
        result = await asyncio.to_thread(prepare, progress=progress)
    except DevstackError:
        report.failed(name)
        raise
    report.done(name)
    return result
