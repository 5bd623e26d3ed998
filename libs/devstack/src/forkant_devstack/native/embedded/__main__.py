"""The broker's process: `python -m forkant_devstack.native.embedded --address-file FILE`."""

import argparse
import asyncio
import contextlib
import json
import signal
from pathlib import Path

from forkant_contracts.topics import TOPICS

from forkant_devstack.native.embedded.mock_cluster import MockCluster, MockClusterError
from forkant_devstack.native.ports import LOOPBACK


async def main(address_file: Path) -> None:
    """Run the broker with the registry's topics until SIGTERM or SIGINT; write down where it is."""
    cluster = MockCluster()
    for topic in TOPICS.values():
        cluster.create_topic(topic.name, topic.partitions)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(json.dumps(_obey(cluster, line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, LOOPBACK, 0)
    address = {"bootstrap": cluster.bootstrap, "topics_port": server.sockets[0].getsockname()[1]}
    partial = address_file.with_suffix(".partial")
    partial.write_text(json.dumps(address), encoding="utf-8")
    partial.rename(address_file)
    print(f"the embedded broker listens on {cluster.bootstrap}", flush=True)

    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    await stop.wait()


def _obey(cluster: MockCluster, line: bytes) -> dict[str, str]:
    """Make the topic that a line `["name", partitions]` asks for; say what is wrong with it otherwise."""
    try:
        name, partitions = json.loads(line)
        cluster.create_topic(str(name), int(partitions))
    except (ValueError, TypeError, MockClusterError) as error:
        return {"error": str(error)}
    return {}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address-file", type=Path, required=True)
    where: Path = parser.parse_args().address_file
    try:
        asyncio.run(main(where))
    finally:
        where.unlink(missing_ok=True)
