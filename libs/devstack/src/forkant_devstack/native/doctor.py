"""What this machine lacks to run the platform, asked without changing anything."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from forkant_devstack.native.kafka.jars import VERSION, cache_folder, check, committed_sums
from forkant_devstack.native.kafka.tools import MINIMUM_JAVA, can_install, find_java, find_maven
from forkant_devstack.native.pg_binaries import MAJOR, wheel_folder
from forkant_devstack.native.places import unprivileged_user
from forkant_devstack.native.ports import holder_of, is_free
from forkant_devstack.process import DevstackError

_PYTHONS = ((3, 11), (3, 14))
_DISK_NEEDED_GB = 2
_GB = 1024**3
_OR_EMBEDDED = 'or use the in-memory broker: `make up ARGS="--broker embedded"`'


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: whether it is fine, what was found, and what to do when it isn't."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def checks(*, root: Path, ports: Mapping[str, int]) -> list[Check]:
    """Look at all that the repository at `root` needs; `ports` by the name of their server must be free."""
    simple: tuple[Callable[[], Check], ...] = (_python, _environment, _user, _postgres, _java, _maven, _kafka_jars)
    return [*(each() for each in simple), _uv(root), _disk(root), *_ports(ports)]


def _python() -> Check:
    lowest, above = _PYTHONS
    return Check(
        name="Python",
        ok=lowest <= sys.version_info[:2] < above,
        detail=platform.python_version(),
        remedy="install Python 3.11, 3.12 or 3.13, delete .venv and run `make up`",
    )


def _environment() -> Check:
    return Check(
        name="environment",
        ok=sys.prefix != sys.base_prefix,
        detail=sys.prefix,
        remedy="don't run on the system's Python: `make up` makes .venv and runs in it",
    )


def _uv(root: Path) -> Check:
    found = shutil.which("uv", path=os.pathsep.join((str(root / ".forkant/tools/bin"), os.environ.get("PATH", ""))))
    return Check(name="uv", ok=found is not None, detail=found or "not found", remedy="`make up` installs it")


def _user() -> Check:
    if can_install():
        detail = "root on Debian: `make up` installs missing packages by itself"
    elif os.geteuid() == 0:
        detail = "root, without apt-get"
    else:
        detail = "a normal user: missing packages are yours to install"
    try:
        unprivileged_user()
    except DevstackError as error:
        return Check(name="user", ok=False, detail=error.message, remedy=error.hint)
    return Check(name="user", ok=True, detail=detail)


def _disk(root: Path) -> Check:
    free = shutil.disk_usage(root).free / _GB
    return Check(
        name="disk",
        ok=free >= _DISK_NEEDED_GB,
        detail=f"{free:.0f} GB free",
        remedy=f"make room for {_DISK_NEEDED_GB} GB at {root}",
    )


def _postgres() -> Check:
    name = f"PostgreSQL {MAJOR}"
    try:
        program = wheel_folder() / f"pginstall{MAJOR}" / "bin" / "postgres"
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except DevstackError as error:
        return Check(name=name, ok=False, detail=error.message, remedy=error.hint)
    except OSError as error:
        return Check(name=name, ok=False, detail=f"{error}", remedy="run `uv sync --reinstall`")
    said = (done.stdout + done.stderr).strip()
    return Check(name=name, ok=done.returncode == 0, detail=said, remedy="it needs glibc 2.28 or newer")


def _java() -> Check:
    found = find_java()
    if found is not None and found.major >= MINIMUM_JAVA:
        return Check(name="Java", ok=True, detail=found.version.splitlines()[0])
    return _package("Java", package=f"openjdk-{MINIMUM_JAVA}-jre-headless")


def _maven() -> Check:
    found = find_maven()
    if found is not None:
        return Check(name="Maven", ok=True, detail=found)
    if (cache_folder() / "libs").is_dir():
        return Check(name="Maven", ok=True, detail="missing, but Kafka is downloaded already")
    return _package("Maven", package="maven")


def _package(name: str, *, package: str) -> Check:
    if can_install():
        return Check(name=name, ok=True, detail=f"missing; `make up` installs {package}")
    return Check(
        name=name,
        ok=False,
        detail="missing or too old",
        remedy=f"on Debian: `sudo apt-get install {package}`, {_OR_EMBEDDED}",
    )


def _kafka_jars() -> Check:
    name, libs = f"Kafka {VERSION}", cache_folder() / "libs"
    if not libs.is_dir():
        return Check(name=name, ok=True, detail=f"not downloaded yet: 45 MB at the first start, to {libs}")
    try:
        check(libs, committed_sums())
    except DevstackError as error:
        return Check(name=name, ok=False, detail=error.message, remedy=error.hint)
    return Check(name=name, ok=True, detail=f"{libs}, every checksum is right")


def _ports(ports: Mapping[str, int]) -> Iterator[Check]:
    for name, port in ports.items():
        free = is_free(port)
        yield Check(
            name=f"port {port}",
            ok=free,
            detail=f"free for {name}" if free else f"{name} needs it; held by {holder_of(port) or 'another user'}",
            remedy=f'stop that program, or choose another: `make up ARGS="--port {name}=NUMBER"`',
        )
