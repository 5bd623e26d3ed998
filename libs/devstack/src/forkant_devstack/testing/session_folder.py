"""One folder for all servers of a test session; those of sessions that died are swept away."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from forkant_devstack.native.places import open_to_all
from forkant_devstack.process import DevstackError

_LOCK = "session.lock"


@contextlib.contextmanager
def session_folder() -> Iterator[Path]:
    """Give an empty folder that every user can reach, deleted at the end."""
    base = _base()
    _sweep(base)
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
