"""Java's class-data archive: the classes that a broker loads, parsed once, which halves its start."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from forkant_devstack.native.children import wrapped_argv
from forkant_devstack.native.kafka.storage import JAVA_ENVIRONMENT, ensure_formatted, write_settings
from forkant_devstack.native.kafka.tools import Java
from forkant_devstack.native.ports import free_ports
from forkant_devstack.process import ProcessSpec

_STARTED = "Kafka Server started"
_DEADLINE_S = 60.0
_LOG_SETTINGS = Path(__file__).parent / "log4j2.properties"
JVM_OPTIONS = (
    "-Xms64m",
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
    f"-Dlog4j2.configurationFile={_LOG_SETTINGS.as_uri()}",
)


def class_data_archive(java: Java, *, jars: Sequence[Path], cache: Path, progress: Callable[[str], None]) -> Path:
    """Give the archive for this Java and these jars, made on first use; it may be missing when that failed."""
    # Java refuses an archive whose jars have another path or time.
    parts = (java.version, *JVM_OPTIONS, *(f"{jar}:{jar.stat().st_mtime_ns}" for jar in jars))
    archive = cache / f"classes-{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}.jsa"
    if not archive.exists():
        for old in cache.glob("classes-*.jsa"):
            old.unlink()
        progress("making Kafka's class-data archive (10 s, once on a machine)")
        with contextlib.suppress(_TrainingError):  # without an archive Java only starts more slowly
            _train(java, classpath=":".join(map(str, jars)), archive=archive)
    return archive


class _TrainingError(Exception):
    """The run that makes the archive failed."""


def _train(java: Java, *, classpath: str, archive: Path) -> None:
    """Run a broker once, on a folder of its own, and have Java write down the classes that it loaded."""
    folder = archive.with_suffix(".training")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    partial = archive.with_suffix(".partial")
    port, controller_port = free_ports(2)
    try:
        command = (java.program, *JVM_OPTIONS, "-cp", classpath)
        settings = write_settings(folder, port=port, controller_port=controller_port)
        ensure_formatted(folder, command=command, settings=settings)
        recording = (java.program, f"-XX:ArchiveClassesAtExit={partial}", *command[1:], "kafka.Kafka", str(settings))
        _run_until_started(recording, log=folder / "log")
        partial.rename(archive)
    except OSError as error:
        raise _TrainingError from error
    finally:
        partial.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _run_until_started(command: tuple[str, ...], *, log: Path) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    argv = wrapped_argv(ProcessSpec(name="kafka-training", argv=command))
    with (
        log.open("wb") as sink,
        subprocess.Popen(argv, stdout=sink, stderr=sink, env={**os.environ, **JAVA_ENVIRONMENT}) as process,
    ):
        try:
            while _STARTED not in log.read_text(errors="replace"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise _TrainingError
                time.sleep(0.05)
            process.terminate()
            process.wait(timeout=max(1.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise _TrainingError from error
        finally:
            process.kill()
