"""One KRaft node: prepares its folder and its class-data archive, and describes the server.

It runs as ourselves, root too: unlike PostgreSQL it does not mind, it listens on the loopback interface only, and its
jars lie in a cache in the home folder, which is closed to other users.
"""

import functools
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from forkant_devstack.native.kafka.classdata import JVM_OPTIONS, class_data_archive
from forkant_devstack.native.kafka.jars import ensure_jars, locked_cache
from forkant_devstack.native.kafka.storage import JAVA_ENVIRONMENT, ensure_formatted, write_settings
from forkant_devstack.native.kafka.tools import require_java
from forkant_devstack.native.places import own_folder, state_home
from forkant_devstack.native.ports import LOOPBACK
from forkant_devstack.native.topics import broker_answers
from forkant_devstack.process import ProcessSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Kafka:
    """A prepared broker: its Java command up to the main class, and the folder of its data and settings."""

    command: tuple[str, ...]
    home: Path


def prepare_kafka(*, root: Path, progress: Callable[[str], None], install: bool = True) -> Kafka:
    """Make what the repository at `root` needs to run Kafka; quick when it is all there."""
    return prepare_in(state_home(root), progress=progress, install=install)


def prepare_in(home: Path, *, progress: Callable[[str], None], install: bool = True) -> Kafka:
    """As `prepare_kafka`, with the state below `home`; `install` allows apt-get."""
    command = java_command(progress=progress, install=install)
    return Kafka(command=command, home=own_folder(home / "kafka"))


def java_command(*, progress: Callable[[str], None], install: bool = True) -> tuple[str, ...]:
    """Fill the cache that all clones share: Java, Kafka's jars and their class data; give the command for them."""
    java = require_java(install=install, progress=progress)
    with locked_cache() as cache:
        jars = ensure_jars(cache, install=install, progress=progress)
        archive = class_data_archive(java, jars=jars, cache=cache, progress=progress)
    return (java.program, f"-XX:SharedArchiveFile={archive}", *JVM_OPTIONS, "-cp", ":".join(map(str, jars)))


def kafka_spec(kafka: Kafka, *, port: int, controller_port: int) -> ProcessSpec:
    """Describe the broker on these ports; formats its data folder if that is empty."""
    settings = write_settings(kafka.home, port=port, controller_port=controller_port)
    ensure_formatted(kafka.home, command=kafka.command, settings=settings)
    return ProcessSpec(
        name="kafka",
        argv=(*kafka.command, "kafka.Kafka", str(settings)),
        env=JAVA_ENVIRONMENT,
        cwd=kafka.home,
        stop_signal=signal.SIGTERM,
        stop_deadline_s=20.0,
        ready=functools.partial(broker_answers, f"{LOOPBACK}:{port}"),
        ready_deadline_s=60.0,
        ports=(port, controller_port),
    )
