"""A child for the supervisor's tests: writes its start and its orderly stop into a journal, then does as told."""

import os
import signal
import sys
import time
from pathlib import Path


def main(name: str, journal: str, how: str) -> None:
    def note(what: str) -> None:
        with Path(journal).open("a", encoding="utf-8") as file:
            file.write(f"{what} {name}\n")

    def stop(_signal: int, _frame: object) -> None:
        note("stopped")
        sys.exit(0)

    signal.signal(signal.SIGTERM, signal.SIG_IGN if how == "deaf" else stop)
    print(f"{name} says hello", flush=True)
    note("started")
    if how == "forks" and os.fork() == 0:
        note(f"grandchild {os.getpid()}")
        while True:
            time.sleep(60)
    if how == "done":
        return
    if how == "broken":
        sys.exit("something is missing")
    while True:
        signal.pause()


main(*sys.argv[1:])
