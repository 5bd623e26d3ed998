"""Waits for the end of a child without a thread per child: a pidfd becomes readable when its process ends."""

import asyncio
import os
import subprocess


async def exit_code(process: subprocess.Popen[bytes]) -> int:
    """Wait until the child has ended and give its exit code (negative: the signal that ended it)."""
    known = process.poll()
    if known is not None:
        return known
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    handle = os.pidfd_open(process.pid)
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)
    return process.wait()
