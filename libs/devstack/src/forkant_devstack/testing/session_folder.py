"""One folder for all servers of a test session; those of sessions that died are swept away."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from forkant_devstack.native.places import open_to_all
from forkant_devstack.process import DevstackError

_LOCK = "session.lock"
_MEMORY = Path("/dev/shm")  # noqa: S108  mkdtemp below makes it ours
_ROOM_BYTES = 8 << 30


@contextlib.contextmanager
def session_folder(*, in_memory: bool = False) -> Iterator[Path]:
    """Give an empty folder that every user can reach, deleted at the end.

    With `in_memory` it lies in the machine's memory where there is room for it: there a database of hundreds of small
    files is made in a tenth of the time that a disk takes.
    """
    base = _MEMORY if in_memory and _memory_is_roomy() else _base()
    for each in {base, _MEMORY} if _MEMORY.is_dir() else {base}:
        _sweep(each)
    folder = Path(tempfile.mkdtemp(prefix=_prefix(), dir=base))
    folder.chmod(0o755)
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _base() -> Path:
    for candidate in (Path(tempfile.gettempdir()), Path("/var/tmp")):  # noqa: S108  mkdtemp below makes it ours
        if os.geteuid() != 0 or open_to_all(candidate):
            return candidate
    raise DevstackError("no temporary folder is open to an unprivileged user", hint="set TMPDIR to one that is")


def _memory_is_roomy() -> bool:
    """Say whether programs may run from there, and both its own limit and the machine leave room for a run's data."""
    try:
        found = os.statvfs(_MEMORY)
    except OSError:
        return False
    free = min(found.f_bavail * found.f_frsize, psutil.virtual_memory().available)
    return not found.f_flag & os.ST_NOEXEC and os.access(_MEMORY, os.W_OK) and free >= _ROOM_BYTES


def _prefix() -> str:
    return f"forkant-test-{os.geteuid()}-"


def _sweep(base: Path) -> None:
    """Delete the folders that no living session holds: the kernel drops a lock with its process."""
    for folder in base.glob(_prefix() + "*"):
        with contextlib.suppress(OSError):  # another session, too, ends or sweeps
            _delete_unheld(folder)


def _delete_unheld(folder: Path) -> None:
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        return
    with (folder / _LOCK).open("r") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
