"""An S3 server for one test session."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from forkant_devstack.native.object_store import ObjectStore, object_store_spec, prepare
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.controls import Controls, native_controls


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectServer:
    """A running server with one bucket; its objects are files, so that a test sees what really is there."""

    store: ObjectStore
    controls: Controls

    def names(self, prefix: str) -> set[str]:
        """Return the names of all objects below a prefix."""
        below = self.store.objects / prefix
        return {str(path.relative_to(self.store.objects)) for path in below.rglob("*") if path.is_file()}

    def content(self, name: str) -> bytes:
        """Return what an object holds."""
        return (self.store.objects / name).read_bytes()


async def start_object_server(folder: Path) -> ObjectServer:
    """Start S3Proxy with its data below `folder`."""
    [port] = free_ports(1)
    store = await asyncio.to_thread(prepare, folder, port=port, progress=lambda _: None)
    controls = native_controls(object_store_spec(store), log=folder / "s3proxy.log")
    await controls.start()
    return ObjectServer(store=store, controls=controls)
