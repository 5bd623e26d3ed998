"""PostgreSQL 18 without Docker and without a system package: prepares a data folder and describes the server."""

import functools
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from forkant_devstack.native.databases import answers
from forkant_devstack.native.pg_binaries import MAJOR, binaries
from forkant_devstack.native.places import RunAs, own_folder, state_home, unprivileged_user
from forkant_devstack.native.ports import LOOPBACK
from forkant_devstack.process import DevstackError, ProcessSpec

SUPERUSER = "postgres"

INITDB_LOCALE = "-E UTF8 --no-locale --locale-provider=builtin --builtin-locale=C.UTF-8"
"""The builtin provider sorts by code point and knows all of Unicode's letters, the same on every machine.

The wheel has no ICU, and libc's locales are seldom installed; an image brings its own.
"""

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # nothing needs a socket, and its path may be at most 107 bytes long
    "max_connections": "120",
    "shared_buffers": "128MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
}
# Only for tests, which kill processes but never the machine: a killed process loses no write that the kernel has.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB"}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A prepared server: its programs, its data folder, its user and its superuser's password."""

    bin: Path
    data: Path
    run_as: RunAs
    password: str = field(repr=False)


def prepare_postgres(*, root: Path, progress: Callable[[str], None]) -> Postgres:
    """Make what the repository at `root` needs to run PostgreSQL; quick when it is all there."""
    return prepare_in(state_home(root), progress=progress)


def prepare_in(home: Path, *, progress: Callable[[str], None]) -> Postgres:
    """As `prepare_postgres`, with the state below `home`, which other users must be able to reach when we are root."""
    run_as = unprivileged_user()
    programs = binaries(home=own_folder(home), for_other_user=run_as.uid is not None)
    folder = own_folder(home / "postgres")
    data = folder / "data"
    postgres = Postgres(bin=programs, data=data, run_as=run_as, password=_password(folder / "superuser.password"))
    if data.exists():
        _check_version(data)
        _remove_stale_lock(data)
    else:
        progress("making the PostgreSQL data folder")
        _initdb(postgres)
    return postgres


def admin_url(postgres: Postgres, *, port: int) -> str:
    """Give the superuser's URL."""
    return f"postgresql://{SUPERUSER}:{postgres.password}@{LOOPBACK}:{port}/postgres"


def postgres_spec(
    postgres: Postgres, *, port: int, durable: bool = True, more: Mapping[str, str] | None = None
) -> ProcessSpec:
    """Describe the server; `durable=False` trades safety against a power cut for speed in tests.

    Settings in `more` are the server's besides.
    """
    settings = _SETTINGS | (_DURABLE if durable else _NOT_DURABLE) | {"port": str(port)} | (dict(more or {}))
    options = (part for key, value in settings.items() for part in ("-c", f"{key}={value}"))
    return ProcessSpec(
        name="postgres",
        argv=(str(postgres.bin / "postgres"), "-D", str(postgres.data), *options),
        env=ENVIRONMENT,
        cwd=postgres.data.parent,
        uid=postgres.run_as.uid,
        gid=postgres.run_as.gid,
        stop_signal=signal.SIGINT,
        stop_deadline_s=20.0,
        death_signal=signal.SIGQUIT,
        ready=functools.partial(answers, admin_url(postgres, port=port)),
        ready_deadline_s=60.0,
        ports=(port,),
    )


# PG* variables of the caller's shell would change what the programs do.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PGDATA": "", "PGOPTIONS": "", "HOME": "/nonexistent"}


def _initdb(postgres: Postgres) -> None:
    """Run initdb into a folder beside, renamed when done, so that an interrupted run leaves nothing half made."""
    partial = postgres.data.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    secret = postgres.data.parent / "initdb.password"
    _write_secret(secret, postgres.password)
    if postgres.run_as.uid is not None and postgres.run_as.gid is not None:
        for path in (partial, secret):
            os.chown(path, postgres.run_as.uid, postgres.run_as.gid)
    options = f"-U {SUPERUSER} -A scram-sha-256 {INITDB_LOCALE}"
    try:
        done = subprocess.run(
            [postgres.bin / "initdb", "-D", partial, "--pwfile", secret, "--no-instructions", *options.split()],
            user=postgres.run_as.uid,
            group=postgres.run_as.gid,
            extra_groups=None if postgres.run_as.uid is None else [],
            env={**os.environ, **ENVIRONMENT},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        secret.unlink()
    if done.returncode != 0:
        raise DevstackError("initdb failed", hint=(done.stdout + done.stderr).strip()[-2_000:])
    partial.rename(postgres.data)


def _check_version(data: Path) -> None:
    try:
        found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        found = "none"
    if found != str(MAJOR):
        raise DevstackError(
            f"the data in {data} was written by PostgreSQL {found}, and this is {MAJOR}",
            hint=f"start over with `make reset`, or keep the data: dump it with PostgreSQL {found}'s pg_dumpall, "
            f"move {data} away, run `make up` and load the dump",
        )


def _remove_stale_lock(data: Path) -> None:
    """Refuse a folder in use, and forget a lock whose process number now belongs to another program."""
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text(encoding="ascii").splitlines()[0])
        process = psutil.Process(pid)
        in_use = process.name() == "postgres" and str(data) in process.cmdline()
    except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
        in_use = False
    except psutil.AccessDenied:
        in_use = True
    if in_use:
        raise DevstackError(
            f"PostgreSQL already runs on {data} (pid {pid})", hint="stop it with `make down`, then try again"
        )
    lock.unlink(missing_ok=True)


def _password(file: Path) -> str:
    if not file.exists():
        _write_secret(file, secrets.token_urlsafe(24))
    return file.read_text(encoding="ascii").strip()


def _write_secret(file: Path, secret: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as target:
        target.write(secret)
