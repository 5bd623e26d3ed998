"""Settings of an S3-compatible store for the contents of attachments; without them, they are in the database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from forkant_kit.health import ReadinessCheck
from forkant_kit.settings import Environment, ServiceSettings, rule
from pydantic import Field, SecretStr

from case_service.store.bucket import Bucket, BucketAccess

_NEEDED: Final = ("endpoint", "bucket", "key", "secret")
_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"


class ObjectStoreSettings(ServiceSettings):
    """What the API and the worker need to know of the store: the same for both."""

    attachment_store_endpoint: str | None = None
    """Address of the S3 API, ``https://host[:port]``; it, bucket, key and secret are set together or not at all."""
    attachment_store_region: str = Field(default="us-east-1", min_length=1)
    """Region that requests are signed for."""
    attachment_store_bucket: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    """Bucket of this service alone; it must be there."""
    attachment_store_prefix: str = Field(default="attachments", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    """What all names of objects begin with; whatever else is there is swept away."""
    attachment_store_key: str | None = Field(default=None, min_length=1)
    """Access key."""
    attachment_store_secret: SecretStr | None = Field(default=None, min_length=1)
    """Secret of the access key."""
    attachment_store_path_style: bool = True
    """Whether the bucket stands in the path of an address, and not in its host."""
    attachment_store_ca: Path | None = None
    """File with the certificate authority of the endpoint, in PEM, where it is none that the system knows."""

    @rule
    def _store_is_whole(self) -> Iterator[str]:
        yield from _wrong(self)


def bucket_of(settings: ObjectStoreSettings) -> Bucket | None:
    """Return the store, when there is one."""
    access = _access(settings)
    return None if access is None else Bucket(access)


def bucket_checks(bucket: Bucket | None) -> list[ReadinessCheck]:
    """Return the check that the store is there and lets us in, when there is one."""
    return [] if bucket is None else [ReadinessCheck("attachment_store", bucket.check)]


def _access(settings: ObjectStoreSettings) -> BucketAccess | None:
    s = settings
    if s.attachment_store_endpoint is None or s.attachment_store_bucket is None:
        return None
    assert s.attachment_store_key is not None  # noqa: S101 - the settings are whole
    assert s.attachment_store_secret is not None  # noqa: S101
    return BucketAccess(
        endpoint=s.attachment_store_endpoint.rstrip("/"),
        region=s.attachment_store_region,
        bucket=s.attachment_store_bucket,
        prefix=s.attachment_store_prefix,
        key=s.attachment_store_key,
        secret=s.attachment_store_secret,
        path_style=s.attachment_store_path_style,
        ca=None if s.attachment_store_ca is None else s.attachment_store_ca.read_bytes(),
    )


def _wrong(settings: ObjectStoreSettings) -> list[str]:
    given = {name: getattr(settings, f"attachment_store_{name}") is not None for name in (*_NEEDED, "ca")}
    if not any(given.values()):
        return []
    missing = [f"attachment_store_{name} is missing" for name in _NEEDED if not given[name]]
    return [*missing, *_wrong_endpoint(settings), *_wrong_ca(settings.attachment_store_ca)]


def _wrong_endpoint(settings: ObjectStoreSettings) -> list[str]:
    endpoint = settings.attachment_store_endpoint
    if endpoint is None:
        return []
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        return ["attachment_store_endpoint must be https://host[:port], without a path"]
    if parts.username is not None:
        return ["attachment_store_endpoint must not hold a user"]
    if settings.env is Environment.PRODUCTION and parts.scheme != "https":
        return ["attachment_store_endpoint must be https in production"]
    return []


def _wrong_ca(file: Path | None) -> list[str]:
    try:
        fine = file is None or _BEGIN in file.read_bytes()
    except OSError as error:
        return [f"attachment_store_ca can't be read: {error.strerror}"]
    return [] if fine else ["attachment_store_ca holds no certificate in PEM"]
