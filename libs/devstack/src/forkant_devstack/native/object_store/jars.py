"""S3Proxy's jars, fetched and checked as Kafka's are, into a cache that all clones share."""

import fcntl
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from forkant_devstack.native.kafka.jars import cache_folder, check, download
from forkant_devstack.native.kafka.tools import require_maven

_HERE: Final = Path(__file__).parent
_POM: Final = _HERE / "pom.xml"


def _version() -> str:
    match = re.search(r"<s3proxy\.version>([^<]+)<", _POM.read_text(encoding="utf-8"))
    assert match is not None
    return match[1]


VERSION: Final = _version()


def cache() -> Path:
    """Give the cache of this version, which may not exist yet."""
    return cache_folder().parent.parent / "object-store" / VERSION


def committed_sums() -> dict[str, str]:
    """Give the SHA-256 of every jar by its file name."""
    lines = (_HERE / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def ensure_jars(*, install: bool, progress: Callable[[str], None]) -> list[Path]:
    """Give the checked jars in a fixed order, downloaded first when the cache has none; one process at a time.

    Raises:
        KafkaUnavailableError: Maven is not here, or can't download.
        DevstackError: a jar is not the one we know.
    """
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        libs = folder / "libs"
        if not libs.is_dir():
            partial = folder / "libs.partial"
            shutil.rmtree(partial, ignore_errors=True)
            fetch(partial, install=install, progress=progress)
            check(partial, committed_sums(), whose="S3Proxy")
            partial.rename(libs)
        check(libs, committed_sums(), whose="S3Proxy")
    return sorted(libs.glob("*.jar"))


def fetch(target: Path, *, install: bool, progress: Callable[[str], None]) -> None:
    """Download what the pom pins."""
    what = f"S3Proxy {VERSION} with Maven (31 MB, once on a machine)"
    download(require_maven(install=install, progress=progress), target=target, progress=progress, pom=_POM, what=what)
