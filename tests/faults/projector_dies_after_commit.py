"""The indicator worker, killed between its database's commit and the commit of the offset to Kafka."""

import os
import runpy
import signal

from aiokafka import AIOKafkaConsumer


async def _die(*_args: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


AIOKafkaConsumer.commit = _die
runpy.run_module("indicator_service.worker", run_name="__main__")
