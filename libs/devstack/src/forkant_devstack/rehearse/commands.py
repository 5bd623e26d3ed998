"""The commands that an operator gives, run as they stand in the how-to: real modules in processes of their own."""

import asyncio
import os
import sys
from dataclasses import dataclass

from forkant_devstack.process import DevstackError
from forkant_devstack.testing.platform import Platform


@dataclass(frozen=True, slots=True)
class Told:
    """How a command ended and what it said."""

    code: int
    text: str


async def command(
    platform: Platform, service: str, module: str, *arguments: str, accept: tuple[int, ...] = (0,)
) -> Told:
    """Run ``python -m <service>_service.<module>`` with the worker's environment of a service.

    Raises:
        DevstackError: it ended with another code than those that are accepted.
    """
    node = platform.nodes[service]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module if "." in module else f"{service}_service.{module}",
        *arguments,
        env={**os.environ, **platform.env(node), "FORKANT_DATABASE_URL": node.database.worker_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    told = Told(process.returncode or 0, out.decode().strip())
    if told.code not in accept:
        raise DevstackError(f"{service}: {module} {' '.join(arguments)} ended with {told.code}", hint=told.text)
    return told
