"""Which back ends a test run uses: containers, native processes or the in-memory broker."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from forkant_devstack.native.kafka.jars import jars_are_cached
from forkant_devstack.native.kafka.tools import MINIMUM_JAVA, can_install, find_java, find_maven
from forkant_devstack.process import DevstackError

VARIABLE = "FORKANT_TEST_BACKEND"
AUTO = "auto"

Obstacle = Callable[[], str | None]


class Backend(StrEnum):
    """Where a server comes from."""

    DOCKER = "docker"
    NATIVE = "native"
    EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The back end of each server, why it was taken, and whether another may stand in for it."""

    postgres: Backend
    kafka: Backend
    reason: str
    automatic: bool

    def __str__(self) -> str:
        return f"PostgreSQL {self.postgres}, Kafka {self.kafka} ({self.reason})"


def choose(wanted: str, *, docker_obstacle: Obstacle, kafka_obstacle: Obstacle) -> Choice:
    """Take what is wanted; for "auto" the first of docker, native and embedded that nothing stands against."""
    if wanted != AUTO:
        return _asked_for(wanted, docker_obstacle=docker_obstacle)
    no_docker = docker_obstacle()
    if no_docker is None:
        return _automatic(kafka=Backend.DOCKER, reason="a Docker engine answers and has the images")
    no_kafka = kafka_obstacle()
    if no_kafka is None:
        return _automatic(kafka=Backend.NATIVE, reason=no_docker)
    return _automatic(kafka=Backend.EMBEDDED, reason=f"{no_docker}; {no_kafka}")


def native_kafka_obstacle() -> str | None:
    """Say what Apache Kafka lacks here that can't be installed, or None."""
    if can_install():
        return None
    java = find_java()
    if java is None or java.major < MINIMUM_JAVA:
        return f"no Java {MINIMUM_JAVA} is here"
    if find_maven() is None and not jars_are_cached():
        return "no Maven is here"
    return None


def _asked_for(wanted: str, *, docker_obstacle: Obstacle) -> Choice:
    try:
        kafka = Backend(wanted)
    except ValueError as error:
        known = ", ".join((AUTO, *Backend))
        raise DevstackError(f"{VARIABLE} is {wanted!r}", hint=f"it must be one of {known}") from error
    if kafka is Backend.DOCKER and (obstacle := docker_obstacle()):
        raise DevstackError(f"{VARIABLE} is {wanted!r}, but {obstacle}", hint=f"start Docker, or set {VARIABLE}={AUTO}")
    return Choice(postgres=_postgres(kafka), kafka=kafka, reason=f"{VARIABLE}={wanted}", automatic=False)


def _automatic(*, kafka: Backend, reason: str) -> Choice:
    return Choice(postgres=_postgres(kafka), kafka=kafka, reason=reason, automatic=True)


def _postgres(kafka: Backend) -> Backend:
    """PostgreSQL is always a real one."""
    return Backend.DOCKER if kafka is Backend.DOCKER else Backend.NATIVE
