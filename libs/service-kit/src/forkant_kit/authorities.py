"""Where the certificates of authorities are found: in a file, or in a folder that holds the old one beside the new."""

import errno
from pathlib import Path


def authorities_in(path: Path) -> list[Path]:
    """Return the files of authorities: the one that is given, or those of a folder.

    Raises:
        OSError: there is none.
    """
    found = sorted(path.glob("*.crt")) if path.is_dir() else [path]
    if not found:
        raise FileNotFoundError(errno.ENOENT, "no file *.crt in the folder", str(path))
    return found
