"""Whether containers can be used here: an engine answers, and it has or gets the images."""

import gc
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forkant_devstack.native.kafka import VERSION

POSTGRES_IMAGE = os.environ.get("FORKANT_TEST_POSTGRES_IMAGE") or "postgres:18"
KAFKA_IMAGE = os.environ.get("FORKANT_TEST_KAFKA_IMAGE") or f"apache/kafka:{VERSION}"
_REASON_LENGTH = 160


def docker_obstacle() -> str | None:
    """Say why containers can't be used here, or None when they can; pulls images that are missing."""
    if not _may_be_here():
        return "no Docker engine is here"
    with warnings.catch_warnings():
        # docker-py leaves its socket open when nobody answers.
        warnings.simplefilter("ignore", ResourceWarning)
        obstacle = _ask_engine()
        gc.collect()
    return obstacle


def _may_be_here() -> bool:
    """Say whether it is worth the second that loading the client takes."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "/run/user/0")
    sockets = (Path("/var/run/docker.sock"), Path(runtime) / "docker.sock", Path.home() / ".docker/run/docker.sock")
    settings = (Path.home() / ".testcontainers.properties", Path.home() / ".docker/config.json")
    told = any(name == "DOCKER_HOST" or name.startswith(("TC_", "TESTCONTAINERS_")) for name in os.environ)
    return told or any(map(Path.exists, (*sockets, *settings)))


def _ask_engine() -> str | None:
    import requests
    from docker.errors import DockerException
    from testcontainers.core.docker_client import DockerClient

    try:
        client = DockerClient().client
    except (DockerException, requests.exceptions.RequestException) as error:
        return f"no Docker engine answers ({type(error).__name__})"
    try:
        return next(filter(None, (image_obstacle(client, image) for image in _images())), None)
    finally:
        client.close()


def image_obstacle(client: Any, image: str) -> str | None:
    """Get the image if it is missing; say why that can't be done, in the engine's words, or None when it is here."""
    import requests
    from docker.errors import APIError, DockerException, ImageNotFound

    try:
        try:
            client.images.get(image)
        except ImageNotFound:
            client.images.pull(image)
    except (DockerException, requests.exceptions.RequestException) as error:
        why = (error.explanation if isinstance(error, APIError) else None) or str(error)
        return f"the Docker engine lacks {image} and can't pull it ({why.strip()[:_REASON_LENGTH]})"
    return None


def _images() -> Sequence[str]:
    from testcontainers.core.config import testcontainers_config

    helper = () if testcontainers_config.ryuk_disabled else (testcontainers_config.ryuk_image,)
    return (POSTGRES_IMAGE, KAFKA_IMAGE, *helper)
