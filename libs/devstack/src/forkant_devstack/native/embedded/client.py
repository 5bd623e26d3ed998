"""Starts the embedded broker as a process of its own, finds it and makes topics in it."""

import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from forkant_contracts.topics import TOPICS, Topic

from forkant_devstack.native.ports import LOOPBACK
from forkant_devstack.native.topics import broker_answers
from forkant_devstack.process import DevstackError, ProcessSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a running broker takes clients, and where it takes wishes for topics."""

    bootstrap: str
    topics_port: int


def embedded_spec(address_file: Path) -> ProcessSpec:
    """Describe the broker, which writes its address to `address_file`; it comes with the registry's topics."""
    # That of an earlier run would name a port of somebody else by now.
    address_file.unlink(missing_ok=True)

    async def ready() -> bool:
        address = _read(address_file)
        return address is not None and await broker_answers(address.bootstrap)

    return ProcessSpec(
        name="kafka-embedded",
        argv=(sys.executable, "-m", "forkant_devstack.native.embedded", "--address-file", str(address_file)),
        ready=ready,
        ready_deadline_s=30.0,
    )


def bootstrap_from(address_file: Path) -> str:
    """Give the address of the broker that wrote `address_file`, once it is ready."""
    return address_from(address_file).bootstrap


def address_from(address_file: Path) -> Address:
    """Give both ports of the broker that wrote `address_file`, once it is ready."""
    address = _read(address_file)
    if address is None:
        raise DevstackError("the embedded broker does not run", hint="start it with `make up`")
    return address


async def create_topics(address: Address, topics: Iterable[Topic] = tuple(TOPICS.values())) -> None:
    """Make topics that are missing; refuse those that are there with another partition count."""
    reader, writer = await asyncio.open_connection(LOOPBACK, address.topics_port)
    try:
        for topic in topics:
            writer.write(json.dumps([topic.name, topic.partitions]).encode() + b"\n")
            answer = json.loads(await reader.readline())
            if "error" in answer:
                raise DevstackError(f"topics differ from the registry: {answer['error']}", hint="restart the broker")
    finally:
        writer.close()


def _read(address_file: Path) -> Address | None:
    try:
        return Address(**json.loads(address_file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
