"""A bucket of an S3-compatible store, spoken to by ``obstore``: what can go wrong with it is one error.

The library is loaded when a bucket is opened, so that a process without one does not carry it.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr

from case_service.store.segments import StoreUnavailableError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Store

_log: Final = structlog.get_logger(__name__)
_CONNECT: Final = timedelta(seconds=3)
_REQUEST: Final = timedelta(seconds=15)
_RETRIES: Final = 4
_RETRIES_WITHIN: Final = timedelta(seconds=20)
_BEHIND_ALL: Final = "~"
"""Sorts after every name that a bucket of ours holds, so that a listing from there proves access and reads none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAccess:
    """Where a bucket is, and as whom it is spoken to."""

    endpoint: str
    region: str
    bucket: str
    prefix: str
    key: str
    secret: SecretStr
    path_style: bool
    ca: bytes | None
    """A certificate authority that is trusted besides the usual ones, in PEM."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that a listing shows."""

    name: str
    at: datetime


class Bucket:
    """Holds objects by name below its prefix. Each method raises ``StoreUnavailableError`` when it can't be done.

    Requests have deadlines, and what may be repeated is, after waits that grow by chance, for some seconds.
    """

    def __init__(self, access: BucketAccess) -> None:
        """Set it up; nothing is asked of it before the first call."""
        self._store = _opened(access)

    async def check(self) -> None:
        """Make sure that it is there and that we may look into it."""
        from obstore.exceptions import BaseError

        try:
            async for _ in self._store.list(offset=_BEHIND_ALL):
                return
        except (BaseError, OSError) as error:
            raise _failed(error) from None

    async def put(self, name: str, content: bytes) -> None:
        """Write an object, whole or not at all."""
        from obstore.exceptions import BaseError

        try:
            await self._store.put_async(name, content, use_multipart=False)
        except (BaseError, OSError) as error:
            raise _failed(error) from None

    async def get(self, name: str) -> bytes | None:
        """Read an object, or nothing when there is none."""
        from obstore.exceptions import BaseError

        try:
            return bytes(await (await self._store.get_async(name)).bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise _failed(error) from None

    async def listed(self, below: str | None = None, *, at_a_time: int = 500) -> AsyncIterator[list[Stored]]:
        """List all objects, or those below a name, some at a time."""
        from obstore.exceptions import BaseError

        try:
            async for found in self._store.list(below, chunk_size=at_a_time):
                yield [Stored(each["path"], each["last_modified"]) for each in found]
        except (BaseError, OSError) as error:
            raise _failed(error) from None

    async def delete(self, names: Sequence[str]) -> None:
        """Delete objects; those that are not there are deleted already."""
        from obstore.exceptions import BaseError

        try:
            if names:
                await self._store.delete_async(list(names))
        except (BaseError, OSError) as error:
            raise _failed(error) from None


def _failed(error: Exception) -> StoreUnavailableError:
    # What the server said stands behind, and may say more than a log should.
    _log.warning("attachment_store_failed", error=str(error).partition("<")[0].partition("\n")[0][:300])
    return StoreUnavailableError(type(error).__name__)


def _opened(access: BucketAccess) -> "S3Store":
    from obstore.store import S3Store

    options: ClientConfig = {"connect_timeout": _CONNECT, "timeout": _REQUEST}
    if access.endpoint.startswith("http://"):
        options["allow_http"] = True
    if access.ca is not None:
        options["root_certificate"] = access.ca
    retries: RetryConfig = {"max_retries": _RETRIES, "retry_timeout": _RETRIES_WITHIN}
    return S3Store(
        access.bucket,
        prefix=access.prefix,
        config={
            "endpoint": access.endpoint if access.path_style else _of_the_bucket(access),
            "region": access.region,
            "access_key_id": access.key,
            "secret_access_key": access.secret.get_secret_value(),
            "virtual_hosted_style_request": not access.path_style,
        },
        client_options=options,
        retry_config=retries,
    )


def _of_the_bucket(access: BucketAccess) -> str:
    parts = urlsplit(access.endpoint)
    return parts._replace(netloc=f"{access.bucket}.{parts.netloc}").geturl()
