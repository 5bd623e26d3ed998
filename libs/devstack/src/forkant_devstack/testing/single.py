"""One process of a service as it runs in production: started with an environment, stopped by a signal."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaProducer
from forkant_contracts import Event, encode

from forkant_devstack.native.children import kill, start
from forkant_devstack.process import ProcessSpec
from forkant_devstack.testing.platform import answers_ready


@asynccontextmanager
async def running_process(
    module: str, *, environment: Mapping[str, str], port: str, folder: Path
) -> AsyncIterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Run a module until the block ends; give its URL once it is ready, and the process.

    Args:
        module: for example ``case_service.worker``.
        environment: all of the process's environment.
        port: the name of the variable that holds the port on which it answers ``/health/ready``.
        folder: where its log goes.
    """
    url = f"http://127.0.0.1:{environment[port]}"
    spec = ProcessSpec(
        name=module,
        argv=(sys.executable, "-m", module),
        env=environment,
        cwd=folder,
        ready=answers_ready(f"{url}/health/ready"),
    )
    child = await start(spec, log=folder / f"{module}.log")
    try:
        yield url, child.process
    finally:
        await kill(child)


async def stopped(process: "subprocess.Popen[bytes]", *, within_s: float = 15.0) -> int:
    """Ask a process to end and return its exit code."""
    process.terminate()
    return await asyncio.to_thread(process.wait, within_s)


async def refusal_to_start(module: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a module that is to end by itself; return its exit code and what it wrote to the error stream."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, env=dict(environment), stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    return process.returncode or 0, errors.decode()


async def publish(bootstrap: str, *events: Event) -> None:
    """Put events on Kafka as another service would have."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for event in events:
            message = encode(event)
            await producer.send_and_wait(event.topic, message.value, key=message.key, headers=message.headers)
    finally:
        await producer.stop()
