"""An S3 server without Docker: S3Proxy over a folder, from Maven's jars, each checked against a committed SHA-256."""

from forkant_devstack.native.object_store.server import ObjectStore, object_store_spec, prepare

__all__ = ["ObjectStore", "object_store_spec", "prepare"]
