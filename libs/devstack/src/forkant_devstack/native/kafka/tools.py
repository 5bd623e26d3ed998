"""Java and Maven: finds them, says what is wrong with them, and installs them where that is ours to do."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from forkant_devstack.process import DevstackError

MINIMUM_JAVA = 17
_JAVA_PACKAGES = ("openjdk-17-jre-headless", "default-jre-headless")
_EMBEDDED = "or take the in-memory broker: `--broker embedded`"


class KafkaUnavailableError(DevstackError):
    """Kafka can't be had on this machine as it is; the embedded broker can stand in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Java:
    """A Java that runs Kafka: its program, its major version and the full text of `java -version`."""

    program: str
    major: int
    version: str


def find_java() -> Java | None:
    """Give the Java of JAVA_HOME, else of PATH; None when there is none or it can't say its version."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which(Path(home) / "bin" / "java") if home else shutil.which("java")
    if program is None:
        return None
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(\d+)', said)
    return Java(program=program, major=int(match[1]), version=said) if match else None


def find_maven() -> str | None:
    """Give the path of `mvn`."""
    return shutil.which("mvn")


def can_install() -> bool:
    """Say whether packages may be installed here: by root, on Debian or a system made from it."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def require_java(*, install: bool, progress: Callable[[str], None]) -> Java:
    """Give a Java that is new enough, installed by apt-get if need be and allowed."""
    java = find_java()
    if (java is None or java.major < MINIMUM_JAVA) and install and can_install() and not os.environ.get("JAVA_HOME"):
        _apt_install(_JAVA_PACKAGES, what="Java", progress=progress)
        java = find_java()
    if java is None or java.major < MINIMUM_JAVA:
        found = "no Java is here" if java is None else f"{java.program} is Java {java.major}"
        raise KafkaUnavailableError(
            f"Apache Kafka needs Java {MINIMUM_JAVA} or newer, and {found}",
            hint=f"on Debian: `sudo apt-get install {_JAVA_PACKAGES[0]}`, {_EMBEDDED}",
        )
    return java


def require_maven(*, install: bool, progress: Callable[[str], None]) -> str:
    """Give `mvn`, installed by apt-get if need be and allowed."""
    maven = find_maven()
    if maven is None and install and can_install():
        _apt_install(("maven",), what="Maven", progress=progress)
        maven = find_maven()
    if maven is None:
        raise KafkaUnavailableError(
            "Maven, which downloads Apache Kafka, is not here",
            hint=f"on Debian: `sudo apt-get install maven`, {_EMBEDDED}",
        )
    return maven


def _apt_install(candidates: Sequence[str], *, what: str, progress: Callable[[str], None]) -> None:
    """Install the first of `candidates` that this release of Debian has."""
    progress(f"{what} is missing: running `apt-get update` as root")
    _apt("update")
    known = [name for name in candidates if _is_known(name)]
    package = known[0] if known else candidates[0]
    progress(f"installing {package} with apt-get; this happens once on a machine")
    _apt("install", "--yes", "--no-install-recommends", package)


def _is_known(package: str) -> bool:
    said = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True, check=False).stdout
    return "Candidate:" in said and "Candidate: (none)" not in said


def _apt(*arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", "--quiet", "-o", "DPkg::Lock::Timeout=120", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise KafkaUnavailableError(
            f"`apt-get {' '.join(arguments)}` failed",
            hint=f"{(done.stderr or done.stdout).strip()[-1_000:]}\nMend this and try again, {_EMBEDDED}",
        )
