"""Records put on a trial's topic by hand: repeats in another order, and what no consumer can apply."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer
from forkant_contracts import encode
from forkant_kit.outbox import partition_of

from forkant_devstack.faults.collect import read_topic
from forkant_devstack.faults.evidence import Change
from forkant_devstack.faults.order import numbered
from forkant_devstack.faults.trial import Trial
from forkant_devstack.faults.writer import an_event

_REPEATS = 60
_TOO_LARGE = b'{"text": "' + b"x" * 100_000 + b'"}'
Headers = Sequence[tuple[str, bytes]]


async def repeat_some(trial: Trial) -> None:
    """Send records that stand on the topic once more, in a random order."""
    records = await read_topic(trial)
    chosen = trial.chance.sample(records, min(_REPEATS, len(records)))
    async with AIOKafkaProducer(bootstrap_servers=trial.servers.kafka.bootstrap) as producer:
        for record in chosen:
            if (record.partition, record.offset) not in trial.forged:
                await producer.send_and_wait(
                    trial.topic,
                    record.value,
                    key=record.key,
                    headers=list(record.headers),
                    partition=record.partition,
                )


async def plant_poison(trial: Trial) -> None:
    """Send what can't be read among what can; a stranger's readable events must be applied around it."""
    stranger, real = uuid4(), numbered(trial.chance.randrange(8))
    next_version = int(await trial.value("SELECT version FROM thing WHERE id = $1", real)) + 3
    async with AIOKafkaProducer(bootstrap_servers=trial.servers.kafka.bootstrap) as producer:
        hand = _Hand(trial, producer, trial.order("laboratory", "writer").partitions)
        await hand.send(b"\xff\xfe not JSON", [], uuid4())
        await hand.send(None, [], uuid4())
        await hand.send(b'{"a": ', _headers(real, next_version), real)
        await hand.send(_TOO_LARGE, _headers(uuid4(), 1), uuid4())
        for version in (1, 2, 3):
            await hand.event(stranger, version, unknown=version == 2)  # noqa: PLR2004  the one in the middle


class _Hand:
    def __init__(self, trial: Trial, producer: AIOKafkaProducer, partitions: int) -> None:
        self._trial, self._producer, self._partitions = trial, producer, partitions

    async def event(self, aggregate: UUID, version: int, *, unknown: bool) -> None:
        change = uuid4()
        message = encode(an_event(change, aggregate, version))
        headers: Headers = message.headers
        if unknown:
            headers = [(n, b"no.forkant.case.painted-blue.v9" if n == "ce_type" else v) for n, v in headers]
        else:
            self._trial.planted.append(Change(aggregate, version, change))
        await self.send(message.value, headers, aggregate)

    async def send(self, value: bytes | None, headers: Headers, aggregate: UUID) -> None:
        """Send to the partition of the aggregate, and keep the place, so that the record isn't taken for a relay's."""
        key = str(aggregate).encode()
        place = await self._producer.send_and_wait(
            self._trial.topic, value, key=key, headers=list(headers), partition=partition_of(key, self._partitions)
        )
        self._trial.forged.add((place.partition, place.offset))


def _headers(aggregate: UUID, version: int) -> Headers:
    return encode(an_event(uuid4(), aggregate, version)).headers
