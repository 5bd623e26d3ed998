from unittest.mock import Mock

import pytest
from docker.errors import APIError, ImageNotFound
from forkant_devstack.process import DevstackError
from forkant_devstack.testing.choice import Backend, Choice, choose
from forkant_devstack.testing.docker_engine import image_obstacle
from forkant_devstack.testing.docker_servers import kafka_environment


def taken(wanted: str, *, docker: str | None, kafka: str | None) -> Choice:
    return choose(wanted, docker_obstacle=lambda: docker, kafka_obstacle=lambda: kafka)


@pytest.mark.parametrize(
    ("docker", "kafka", "expected"),
    [
        (None, None, (Backend.DOCKER, Backend.DOCKER)),
        (None, "no Java", (Backend.DOCKER, Backend.DOCKER)),
        ("no engine", None, (Backend.NATIVE, Backend.NATIVE)),
        ("no engine", "no Java", (Backend.NATIVE, Backend.EMBEDDED)),
    ],
)
def test_auto_takes_the_first_that_nothing_stands_against(
    docker: str | None, kafka: str | None, expected: tuple[Backend, Backend]
) -> None:
    choice = taken("auto", docker=docker, kafka=kafka)
    assert (choice.postgres, choice.kafka) == expected
    assert choice.automatic


def test_the_reason_names_every_obstacle() -> None:
    assert str(taken("auto", docker="no engine", kafka="no Java")) == (
        "PostgreSQL native, Kafka embedded (no engine; no Java)"
    )


@pytest.mark.parametrize(
    ("wanted", "postgres"),
    [("native", Backend.NATIVE), ("embedded", Backend.NATIVE), ("docker", Backend.DOCKER)],
)
def test_what_is_asked_for_is_taken(wanted: str, postgres: Backend) -> None:
    choice = taken(wanted, docker=None, kafka="no Java")
    assert (choice.postgres, choice.kafka, choice.automatic) == (postgres, Backend(wanted), False)


def test_docker_asked_for_where_there_is_none_is_refused() -> None:
    with pytest.raises(DevstackError, match="but no engine"):
        taken("docker", docker="no engine", kafka=None)


def test_an_unknown_backend_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DevstackError, match="'podman'") as caught:
        taken("podman", docker=None, kafka=None)
    assert "auto, docker, native, embedded" in caught.value.hint


def test_the_container_gets_the_native_brokers_settings() -> None:
    environment = kafka_environment()
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert environment["KAFKA_PROCESS_ROLES"] == "broker,controller"


def test_an_image_that_is_missing_is_pulled() -> None:
    engine = Mock(**{"images.get.side_effect": ImageNotFound("none")})
    assert image_obstacle(engine, "postgres:18") is None
    engine.images.pull.assert_called_once_with("postgres:18")


def test_an_image_that_cannot_be_pulled_is_named_with_the_engines_reason() -> None:
    refused = APIError("500 Server Error for http+docker://localhost/v1.41/images/create", explanation="no such host\n")
    engine = Mock(**{"images.get.side_effect": ImageNotFound("none"), "images.pull.side_effect": refused})
    assert image_obstacle(engine, "postgres:18") == (
        "the Docker engine lacks postgres:18 and can't pull it (no such host)"
    )
