"""Kafka's jars: downloaded by Maven into a cache that all clones share, and checked each time before they run.

Run as a module it prints the SHA-256 of what Maven resolves now, for SHA256SUMS after a change of pom.xml.
"""

import collections
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from forkant_devstack.native.kafka.tools import KafkaUnavailableError, require_maven
from forkant_devstack.process import DevstackError

_HERE = Path(__file__).parent
_POM = _HERE / "pom.xml"
_DOWNLOADED = re.compile(r"Downloaded from \S+: \S+/([^/ ]+\.jar) ")


def _version() -> str:
    match = re.search(r"<kafka\.version>([^<]+)<", _POM.read_text(encoding="utf-8"))
    assert match is not None
    return match[1]


VERSION = _version()


def cache_folder() -> Path:
    """Give the cache of this version of Kafka, which may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "forkant" / "kafka" / VERSION


@contextmanager
def locked_cache() -> Iterator[Path]:
    """Give the cache to one process at a time, since two may start on an empty one together."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def jars_are_cached() -> bool:
    """Say whether a start needs no download; the jars are checked only when they are used."""
    return (cache_folder() / "libs").is_dir()


def committed_sums() -> dict[str, str]:
    """Give the SHA-256 of every jar by its file name."""
    lines = (_HERE / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def ensure_jars(cache: Path, *, install: bool, progress: Callable[[str], None]) -> list[Path]:
    """Give Kafka's checked jars in a fixed order, downloaded first when the cache has none."""
    libs = cache / "libs"
    if not libs.is_dir():
        maven = require_maven(install=install, progress=progress)
        partial = cache / "libs.partial"
        shutil.rmtree(partial, ignore_errors=True)
        download(maven, target=partial, progress=progress)
        check(partial, committed_sums())
        partial.rename(libs)
    check(libs, committed_sums())
    return sorted(libs.glob("*.jar"))


def check(libs: Path, expected: Mapping[str, str], *, whose: str = "Kafka") -> None:
    """Raise with every jar in `libs` that is missing, not expected or not the one we know."""
    found = {path.name: path for path in libs.iterdir()}
    wrong = {
        name: digest for name in expected.keys() & found.keys() if (digest := sha256(found[name])) != expected[name]
    }
    problems = [
        *(f"{name} is missing" for name in sorted(expected.keys() - found.keys())),
        *(f"{name} is not expected" for name in sorted(found.keys() - expected.keys())),
        *(f"{name} has SHA-256 {digest}, not {expected[name]}" for name, digest in sorted(wrong.items())),
    ]
    if problems:
        raise DevstackError(
            f"{whose}'s jars in {libs} are not the ones we know: {'; '.join(problems)}",
            hint=f"delete {libs.parent} and these files in ~/.m2/repository, then try again; when it happens again, "
            "don't run them: ask who runs your Maven mirror",
        )


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def download(
    maven: str,
    *,
    target: Path,
    progress: Callable[[str], None],
    pom: Path = _POM,
    what: str = f"Apache Kafka {VERSION} with Maven (45 MB, once on a machine)",
) -> None:
    """Fetch the jars that a pom pins into a folder; a failure leaves none there."""
    progress(f"downloading {what}")
    command = [maven, "--batch-mode", "--strict-checksums", "--file", str(pom), "dependency:copy-dependencies"]
    last: collections.deque[str] = collections.deque(maxlen=15)
    count = 0
    with subprocess.Popen(
        [*command, f"-DoutputDirectory={target}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            last.append(line.rstrip())
            if match := _DOWNLOADED.search(line):
                count += 1
                progress(f"downloaded {count}: {match[1]}")
    if process.returncode != 0:
        shutil.rmtree(target, ignore_errors=True)
        errors = [line for line in last if "ERROR" in line] or list(last)
        raise KafkaUnavailableError(
            f"Maven could not download {what.partition(' with ')[0]}",
            hint="\n".join(errors[:4]) + "\nCheck the network or ~/.m2/settings.xml and try again; what was downloaded "
            "is kept. Or take the in-memory broker: `--broker embedded`",
        )


def _print_sums() -> None:
    with tempfile.TemporaryDirectory() as folder:
        libs = Path(folder) / "libs"
        download(require_maven(install=False, progress=print), target=libs, progress=lambda _: None)
        for path in sorted(libs.iterdir()):
            print(f"{sha256(path)}  {path.name}")


if __name__ == "__main__":
    _print_sums()
