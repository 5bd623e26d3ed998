"""How a worker is made to die at a chosen moment: what the programs share that are killed here."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any


def die_before_commit(module: ModuleType, work: str) -> None:
    """Kill the process when this function has told of something, within the transaction that it was given."""
    done = getattr(module, work)

    async def dying(*given: Any) -> int:
        if told := await done(*given):
            _die()
        return int(told)

    setattr(module, work, dying)


def die_after_commit(module: ModuleType, work: str, *, committed_by: ModuleType) -> None:
    """Kill the process right after the first commit of what this function told of, two at a time: more is left.

    ``committed_by`` is the module whose ``transaction`` it runs in.
    """
    done, transaction = getattr(module, work), committed_by.transaction
    told = 0

    async def noting(*given: Any) -> int:
        nonlocal told
        told = await done(*given)
        return told

    @asynccontextmanager
    async def dying(*given: Any) -> AsyncIterator[Any]:
        async with transaction(*given) as conn:
            yield conn
        if told:
            _die()

    module.AT_A_TIME = 2  # type: ignore[attr-defined]  # both have it
    setattr(module, work, noting)
    committed_by.transaction = dying  # type: ignore[attr-defined]  # as looked up above


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
