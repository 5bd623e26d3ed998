"""A broker's folder: its settings file, and its data formatted for KRaft."""

import os
import shutil
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

from forkant_devstack.native.kafka.jars import VERSION
from forkant_devstack.native.ports import LOOPBACK
from forkant_devstack.process import DevstackError

JAVA_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "JAVA_TOOL_OPTIONS": "", "_JAVA_OPTIONS": "", "JDK_JAVA_OPTIONS": ""}
"""Lets Java read file names that are not ASCII, whatever the caller's locale, and nobody add options."""

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    # One node can't replicate; fewer internal partitions start faster.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "2",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    # After a kill a broker may come back only when its old session is over; the default is 9 s.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # The default takes 128 MB of a heap that is not much larger.
    "log.cleaner.dedupe.buffer.size": "2097152",
    "num.network.threads": "2",
    "num.io.threads": "4",
}
"""What a broker with one node needs whatever its addresses are."""


def write_settings(home: Path, *, port: int, controller_port: int) -> Path:
    """Write `server.properties` for these ports and give its path."""
    listeners = f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}"
    own = {
        "listeners": listeners,
        "advertised.listeners": listeners,
        "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{controller_port}",
        "log.dirs": str(home / "data"),
    }
    file = home / "server.properties"
    lines = (f"{key}={value}\n" for key, value in (SETTINGS | own).items())
    file.write_text("".join(map(_escape, "".join(lines))), encoding="ascii")
    return file


def ensure_formatted(home: Path, *, command: Sequence[str], settings: Path) -> None:
    """Format the data folder once, with `command` to start Java; refuse data that a newer Kafka wrote."""
    data, mark = home / "data", home / "formatted-by"
    if mark.exists():
        _check_version(mark, data)
        return
    shutil.rmtree(data, ignore_errors=True)
    tool = (*command, "kafka.tools.StorageTool")
    identity = "Zm9ya2FudC1kZXYtc3RhY2"  # any 16 bytes in base64: one node meets no other cluster
    done = subprocess.run(
        [*tool, "format", "--standalone", "--cluster-id", identity, "--config", settings],
        env={**os.environ, **JAVA_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DevstackError("Kafka could not format its data folder", hint=(done.stdout + done.stderr).strip()[-2_000:])
    mark.write_text(VERSION, encoding="ascii")


def _escape(character: str) -> str:
    """Write a letter as Java's property files want it; a home folder may be called `/home/bjørn`."""
    return character if character.isascii() else "".join(f"\\u{unit:04x}" for unit in _utf16(character))


def _utf16(character: str) -> tuple[int, ...]:
    encoded = character.encode("utf-16-be", errors="surrogatepass")
    return struct.unpack(f">{len(encoded) // 2}H", encoded)


def _check_version(mark: Path, data: Path) -> None:
    """Refuse data of a newer Kafka; the data of an older one is taken over."""
    found = mark.read_text(encoding="ascii").strip()
    if _key(found) > _key(VERSION):
        raise DevstackError(
            f"the data in {data} was written by Kafka {found}, and this is {VERSION}",
            hint="start over with `make reset`, or go back to the newer version of the repository",
        )
    mark.write_text(VERSION, encoding="ascii")


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
