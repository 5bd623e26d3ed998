"""A part of the session's S3 server for one test, with the settings that lead there."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from case_service.object_settings import ObjectStoreSettings, bucket_of
from case_service.store.bucket import Bucket
from forkant_devstack.testing.object_server import ObjectServer
from forkant_kit.settings import Environment
from pydantic import SecretStr


@dataclass(frozen=True)
class Prefix:
    """The objects below a prefix of the test's own, as files."""

    server: ObjectServer
    name: str = field(default_factory=lambda: f"test-{secrets.token_hex(6)}")

    def names(self) -> set[str]:
        return {name.removeprefix(f"{self.name}/") for name in self.server.names(self.name)}

    def contents(self) -> list[bytes]:
        return [self.server.content(f"{self.name}/{name}") for name in sorted(self.names())]

    def spoil(self, content: bytes) -> None:
        """Overwrite every object behind the store's back."""
        for name in self.names():
            (self.server.store.objects / self.name / name).write_bytes(content)


def store_settings(prefix: Prefix, **other: Any) -> dict[str, Any]:
    """Return the settings of the store; others take the place of the right ones."""
    store = prefix.server.store
    settings = {
        "endpoint": store.url,
        "bucket": store.bucket,
        "prefix": prefix.name,
        "key": store.key,
        "secret": SecretStr(store.secret),
        **other,
    }
    return {f"attachment_store_{name}": value for name, value in settings.items()}


def store_environment(prefix: Prefix) -> dict[str, str]:
    """Return them as the environment of a process."""
    settings = store_settings(prefix, secret=prefix.server.store.secret)
    return {f"FORKANT_{name.upper()}": str(value) for name, value in settings.items()}


def opened(prefix: Prefix, **other: Any) -> Bucket:
    """Return the bucket as a process opens it."""
    somewhere = {"database_url": SecretStr("postgresql://nowhere/none"), "oidc_issuer": "http://127.0.0.1:1"}
    settings = ObjectStoreSettings(env=Environment.TEST, **somewhere, **store_settings(prefix, **other))
    bucket = bucket_of(settings)
    assert bucket is not None
    return bucket
