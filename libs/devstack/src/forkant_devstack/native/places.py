"""Where the native back ends keep their files, and who owns them.

PostgreSQL refuses to run as root, so root runs it as `nobody`. A clone in `/root` (mode 0700) is closed to that user;
then the state lies in a folder of its own in `/var/lib`, where, unlike in `/tmp` and `/var/tmp`, no cleaner takes files
from under the database and nobody else can lay out a folder for us.
"""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from forkant_devstack.process import DevstackError

UNPRIVILEGED = "nobody"
_SYSTEM_STATE = Path("/var/lib/forkant")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAs:
    """The user a back end runs as; both None: as ourselves."""

    uid: int | None = None
    gid: int | None = None


def unprivileged_user() -> RunAs:
    """Give `nobody` when we are root, else ourselves."""
    if os.geteuid() != 0:
        return RunAs()
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError as error:
        raise DevstackError(
            f"PostgreSQL must not run as root, and this machine has no user {UNPRIVILEGED!r}",
            hint="run the command as a normal user",
        ) from error
    return RunAs(uid=entry.pw_uid, gid=entry.pw_gid)


def open_to_all(path: Path) -> bool:
    """Say whether any user may walk down to `path` (which may not exist yet)."""
    resolved = path.resolve()
    folders = [folder for folder in (resolved, *resolved.parents) if folder.is_dir()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def state_home(root: Path) -> Path:
    """Give the state folder of the repository at `root`, made if missing: `.forkant`, or one in `/var/lib`."""
    inside = root.resolve() / ".forkant"
    if os.geteuid() == 0 and not open_to_all(inside):
        # A umask of 0077 would close the folder between, too.
        return own_folder(own_folder(_SYSTEM_STATE) / _name(root))
    return own_folder(inside)


def own_folder(path: Path) -> Path:
    """Make `path` with mode 0755, and refuse one that another user could have put there or can write to."""
    path.mkdir(parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise DevstackError(f"{path} does not belong to the user that runs this", hint=f"delete {path} or give it back")
    # The umask may be 0077, and the unprivileged user must get through.
    path.chmod(0o755)
    return path


def _name(root: Path) -> str:
    """Name a folder for this clone only: two clones must not share a database."""
    return hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:12]
