"""One PostgreSQL server that archives its log, and can be backed up, destroyed and brought back to a moment."""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg

from forkant_devstack.native import postgres
from forkant_devstack.native.databases import close_shared_databases
from forkant_devstack.native.places import own_folder
from forkant_devstack.native.ports import LOOPBACK, free_ports
from forkant_devstack.native.postgres import ENVIRONMENT, SUPERUSER, Postgres
from forkant_devstack.process import DevstackError
from forkant_devstack.testing.controls import native_controls
from forkant_devstack.testing.postgres_server import PostgresServer

_PATIENCE_S: Final = 60.0
_POLL_S: Final = 0.05
_ARCHIVED: Final = "SELECT coalesce(last_archived_wal, '') >= $1 FROM pg_stat_archiver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backed:
    """A server with its archive of the write-ahead log, and a place for its base backup, which no disaster reaches."""

    prepared: Postgres
    server: PostgresServer
    port: int
    archive: Path
    backup: Path

    async def back_up(self) -> None:
        """Take a base backup while the server works, and verify it by its manifest."""
        where = ("-h", LOOPBACK, "-p", str(self.port), "-U", SUPERUSER)
        how = ("-X", "stream", "-c", "fast", "--manifest-checksums", "SHA256")
        await self._run("pg_basebackup", *where, "-D", str(self.backup), *how)
        # As pg_verifybackup does; that of the wheel crashes.
        if wrong := await asyncio.to_thread(damaged, self.backup):
            raise DevstackError(f"the base backup is damaged: {', '.join(wrong[:3])}")

    async def now(self) -> datetime:
        """Return the moment by the server's clock."""
        connection = await asyncpg.connect(self.server.admin_url)
        try:
            moment: datetime = await connection.fetchval("SELECT clock_timestamp()")
        finally:
            await connection.close()
        return moment

    async def archive_log(self) -> None:
        """Wait until all that is committed now is in the archive, as `archive_timeout` does with time."""
        connection = await asyncpg.connect(self.server.admin_url)
        try:
            segment = await connection.fetchval("SELECT pg_walfile_name(pg_switch_wal())")
            deadline = time.monotonic() + _PATIENCE_S
            while not await connection.fetchval(_ARCHIVED, segment):
                if time.monotonic() > deadline:
                    raise DevstackError("the write-ahead log was not archived", hint="look at the server's log")
                await asyncio.sleep(_POLL_S)
        finally:
            await connection.close()

    async def destroy(self) -> None:
        """Kill the server and delete its data, as the loss of its disk does."""
        await self.server.kill()
        await asyncio.to_thread(shutil.rmtree, self.prepared.data)

    async def restore(self, until: datetime) -> None:
        """Bring the base backup back, let the server apply its archived log up to a moment, and wait until it works."""
        self.prepared.data.mkdir(mode=0o700)
        self._give_away(self.prepared.data)
        await self._run("cp", "-a", f"{self.backup}/.", f"{self.prepared.data}/")
        await asyncio.to_thread(self._aim, until)
        await self.server.start()
        connection = await asyncpg.connect(self.server.admin_url)
        try:
            deadline = time.monotonic() + _PATIENCE_S
            while await connection.fetchval("SELECT pg_is_in_recovery()"):
                if time.monotonic() > deadline:
                    raise DevstackError("the server did not end its recovery", hint="look at the server's log")
                await asyncio.sleep(_POLL_S)
        finally:
            await connection.close()

    def _aim(self, until: datetime) -> None:
        settings = {
            "restore_command": f"cp {self.archive}/%f %p",
            "recovery_target_time": until.isoformat(sep=" "),
            "recovery_target_action": "promote",
        }
        with (self.prepared.data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        signal = self.prepared.data / "recovery.signal"
        signal.touch()
        self._give_away(signal)

    async def _run(self, program: str, *arguments: str) -> None:
        found = self.prepared.bin / program
        await asyncio.to_thread(self._run_as, [str(found) if found.exists() else program, *arguments])

    def _run_as(self, argv: Sequence[str]) -> None:
        run_as = self.prepared.run_as
        done = subprocess.run(
            argv,
            user=run_as.uid,
            group=run_as.gid,
            extra_groups=None if run_as.uid is None else [],
            env={**os.environ, **ENVIRONMENT, "PGPASSWORD": self.prepared.password},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DevstackError(f"{Path(argv[0]).name} failed", hint=(done.stdout + done.stderr).strip()[-2_000:])

    def _give_away(self, path: Path) -> None:
        run_as = self.prepared.run_as
        if run_as.uid is not None and run_as.gid is not None:
            os.chown(path, run_as.uid, run_as.gid)


def damaged(backup: Path) -> list[str]:
    """Return the files of a base backup that are not as its manifest says."""
    manifest = json.loads((backup / "backup_manifest").read_text("utf-8"))
    wrong = []
    for entry in manifest["Files"]:
        path = backup / entry["Path"]
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != entry["Checksum"]:
            wrong.append(entry["Path"])
    return wrong


async def start_backed(folder: Path, name: str, *, durable: bool) -> Backed:
    """Start a server that archives its log below `folder`, in a folder of its name."""
    home = own_folder(folder / name)
    prepared = await asyncio.to_thread(postgres.prepare_in, home, progress=lambda _: None)
    kept = home / "kept"
    kept.mkdir(mode=0o700, exist_ok=True)
    (archive := kept / "log").mkdir(exist_ok=True)
    for place in (kept, archive):
        if prepared.run_as.uid is not None and prepared.run_as.gid is not None:
            os.chown(place, prepared.run_as.uid, prepared.run_as.gid)
    [port] = free_ports(1)
    more = {
        "archive_mode": "on",
        "archive_command": f"test ! -f {archive}/%f && cp %p {archive}/%f.part && mv {archive}/%f.part {archive}/%f",
        "max_connections": "60",
        "shared_buffers": "32MB",
    }
    spec = postgres.postgres_spec(prepared, port=port, durable=durable, more=more)
    controls = native_controls(spec, log=home / "postgres.log")
    await controls.start()
    server = PostgresServer(admin_url=postgres.admin_url(prepared, port=port), controls=controls)
    await close_shared_databases(server.admin_url)
    return Backed(prepared=prepared, server=server, port=port, archive=archive, backup=kept / "base")
