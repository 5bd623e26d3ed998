"""Describes the server: its settings, its bucket, which is a folder, and who may ask it."""

import functools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from forkant_devstack.native.kafka.tools import require_java
from forkant_devstack.native.object_store.jars import ensure_jars
from forkant_devstack.native.ports import LOOPBACK
from forkant_devstack.process import ProcessSpec

_JVM: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx192m", "-DLOG_LEVEL=warn")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStore:
    """A prepared server with one bucket; `data / bucket` holds its objects as files."""

    command: tuple[str, ...]
    home: Path
    port: int
    bucket: str = "forkant"
    key: str = "forkant-test"
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def url(self) -> str:
        """The address of its API."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def objects(self) -> Path:
        """The folder whose files are the objects of the bucket."""
        return self.home / "data" / self.bucket


def prepare(home: Path, *, port: int, progress: Callable[[str], None], install: bool = True) -> ObjectStore:
    """Make what it takes to run the server with its data below `home`; quick when it is all there."""
    java = require_java(install=install, progress=progress)
    jars = ensure_jars(install=install, progress=progress)
    command = (java.program, *_JVM, "-cp", ":".join(map(str, jars)), "org.gaul.s3proxy.Main")
    store = ObjectStore(command=command, home=home, port=port)
    store.objects.mkdir(parents=True, exist_ok=True)
    return store


def object_store_spec(store: ObjectStore) -> ProcessSpec:
    """Describe the server, which asks for signed requests."""
    settings = store.home / "s3proxy.conf"
    settings.write_text(
        f"s3proxy.endpoint={store.url}\n"
        "s3proxy.authorization=aws-v2-or-v4\n"
        f"s3proxy.identity={store.key}\n"
        f"s3proxy.credential={store.secret}\n"
        "jclouds.provider=filesystem-nio2\n"
        "jclouds.identity=local\n"
        "jclouds.credential=local\n"
        f"jclouds.filesystem.basedir={store.home / 'data'}\n"
    )
    settings.chmod(0o600)
    return ProcessSpec(
        name="object-store",
        argv=(*store.command, "--properties", str(settings)),
        cwd=store.home,
        ready=functools.partial(_answers, store.url),
        ready_deadline_s=60.0,
        ports=(store.port,),
    )


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=2) as client:
            await client.get(url)
    except httpx.TransportError:
        return False
    return True
