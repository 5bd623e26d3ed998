"""Registering, changing, testing and removing endpoints. A secret leaves these functions once, when it is made."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from forkant_contracts import EVENT_TYPES, TOPICS
from forkant_contracts.units import UNITS
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.commands.context import Context
from notification_service.domain.attempts import Reason
from notification_service.domain.filters import not_allowed
from notification_service.domain.happenings import district_of
from notification_service.domain.payloads import PING_TYPE
from notification_service.domain.refusals import Code, Refusal
from notification_service.domain.signing import SECRET_BYTES, Signature, secret_text
from notification_service.domain.urls import check_url
from notification_service.signing_keys import KeyPair
from notification_service.store import endpoints, queue
from notification_service.store.queue import Draft

MAX_ENDPOINTS: Final = 1_000

TOLD_TYPES: Final = frozenset(
    name for name, model in EVENT_TYPES.items() if "notification-service" in TOPICS[model.TOPIC].consumers
)
"""The event types that an endpoint can ask for: those of the topics that this service reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What of an endpoint is to be changed; None leaves it."""

    url: str | None = None
    event_types: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None
    case_types: tuple[str, ...] | None = None
    themes: tuple[str, ...] | None = None
    signatures: tuple[Signature, ...] | None = None
    enabled: bool | None = None


async def register(
    conn: AsyncConnection,
    context: Context,
    *,
    url: str,
    event_types: Collection[str],
    units: Collection[str],
    case_types: Collection[str] = (),
    themes: Collection[str] = (),
    signatures: Collection[Signature] = (Signature.V1,),
) -> tuple[UUID, str]:
    """Register an endpoint and return its id and its secret, which it has whether it is asked for now or not.

    Raises:
        Refusal: the URL, a type or a unit is not one that may be given, or there are too many endpoints.
    """
    _check(context, url=url, event_types=event_types, units=units)
    owner = context.owner
    if await endpoints.count(conn, unit=owner.unit, subject=owner.subject) >= MAX_ENDPOINTS:
        raise Refusal(Code.TOO_MANY_ENDPOINTS)
    endpoint_id = context.new_id()
    await endpoints.insert(
        conn,
        {
            "id": endpoint_id,
            "unit": owner.unit,
            "owner": context.subject,
            "national": owner.national,
            "url": url,
            "event_types": sorted(set(event_types)),
            "units": sorted(set(units)),
            "case_types": sorted(set(case_types)),
            "themes": sorted(set(themes)),
            "signatures": sorted(set(signatures)),
            "enabled": True,
            "version": 1,
            "created_at": context.now,
            "updated_at": context.now,
            "proven_at": context.now,
        },
    )
    if Signature.V1A in signatures:
        await _new_key(conn, context, endpoint_id)
    return endpoint_id, await _new_secret(conn, context, endpoint_id)


async def change(conn: AsyncConnection, context: Context, endpoint_id: UUID, *, version: int, changes: Changes) -> None:
    """Change an endpoint; switching it off moves what waits for it to the dead letters.

    Raises:
        Refusal: it is not the caller's, it changed meanwhile, or a value is not one that may be given.
    """
    _check(context, url=changes.url, event_types=changes.event_types or (), units=changes.units or ())
    await _lock_version(conn, context, endpoint_id, version)
    await endpoints.update(conn, endpoint_id=endpoint_id, values=_values(changes))
    if Signature.V1A in (changes.signatures or ()):
        await _have_key(conn, context, endpoint_id)
    if changes.url is not None or changes.enabled:
        await queue.lock_lanes(conn, [endpoint_id])
        await endpoints.forget_failures(conn, endpoint_id=endpoint_id)
    if changes.enabled is False:
        await queue.lock_lanes(conn, [endpoint_id])
        await endpoints.end_pending(conn, endpoint_id=endpoint_id, reason=Reason.ENDPOINT_DISABLED, now=context.now)


def _values(changes: Changes) -> dict[str, Any]:
    values: dict[str, Any] = {} if changes.url is None else {"url": changes.url}
    for name in ("event_types", "units", "case_types", "themes", "signatures"):
        if (chosen := getattr(changes, name)) is not None:
            values[name] = sorted(set(chosen))
    if changes.enabled is not None:
        values |= {"enabled": changes.enabled, "disabled_reason": None if changes.enabled else "by_owner"}
    return values


async def remove(conn: AsyncConnection, context: Context, endpoint_id: UUID, *, version: int) -> None:
    """Remove an endpoint and its secrets; what waits for it is cancelled.

    Raises:
        Refusal: it is not the caller's, or it changed meanwhile.
    """
    await _lock_version(conn, context, endpoint_id, version)
    values = {"enabled": False, "disabled_reason": "by_owner", "deleted_at": context.now}
    await endpoints.update(conn, endpoint_id=endpoint_id, values=values)
    await endpoints.forget_secrets(conn, endpoint_id=endpoint_id)
    await queue.lock_lanes(conn, [endpoint_id])
    await endpoints.end_pending(
        conn, endpoint_id=endpoint_id, reason=Reason.ENDPOINT_DELETED, now=context.now, deleted=True
    )


async def rotate(conn: AsyncConnection, context: Context, endpoint_id: UUID, *, overlap: timedelta) -> str:
    """Give an endpoint a new secret, which is returned, and a new key if it has one; those before sign along.

    Raises:
        Refusal: it is not the caller's.
    """
    await _must_own(conn, context, endpoint_id)
    if await endpoints.touch(conn, endpoint_id=endpoint_id, now=context.now) is None:
        raise Refusal(Code.NOT_FOUND)
    expired = await endpoints.expire_secrets(conn, endpoint_id=endpoint_id, expires_at=context.now + overlap)
    if Signature.V1A in expired:
        await _new_key(conn, context, endpoint_id)
    return await _new_secret(conn, context, endpoint_id)


async def ping(conn: AsyncConnection, context: Context, endpoint_id: UUID) -> UUID:
    """Queue a test message and return the id of its delivery; it is tried once. Whoever asks wants the endpoint still.

    Raises:
        Refusal: the endpoint is not the caller's, or it is off.
    """
    await _must_own(conn, context, endpoint_id)
    if not await queue.lock_enabled(conn, [endpoint_id]):
        raise Refusal(Code.ENDPOINT_DISABLED)
    await endpoints.prove(conn, endpoint_id=endpoint_id, now=context.now)
    await queue.lock_lanes(conn, [endpoint_id])
    draft = Draft(
        id=context.new_id(),
        endpoint_id=endpoint_id,
        message_id=context.new_id(),
        event_type=PING_TYPE,
        occurred_at=context.now,
        recorded_at=context.now,
    )
    await queue.enqueue(conn, [draft], now=context.now)
    return draft.id


def check_choice(context: Context, *, event_types: Collection[str], units: Collection[str]) -> None:
    """Refuse what an endpoint of the caller's can't ask for.

    Raises:
        Refusal: there is no such type or unit, or the caller may not know of it.
    """
    _check(context, url=None, event_types=event_types, units=units)


def _check(context: Context, *, url: str | None, event_types: Collection[str], units: Collection[str]) -> None:
    if url is not None:
        check_url(url, allow_local=context.allow_local)
    if not set(event_types) <= TOLD_TYPES:
        raise Refusal(Code.UNKNOWN_EVENT_TYPE)
    if not UNITS.keys() >= {district_of(unit) for unit in units}:
        raise Refusal(Code.UNKNOWN_UNIT)
    refused = not_allowed(unit=context.owner.unit, national=context.owner.national, asked=units)
    if refused:
        raise Refusal(Code.UNIT_NOT_ALLOWED, allowed=[context.owner.unit])


async def _must_own(conn: AsyncConnection, context: Context, endpoint_id: UUID) -> None:
    if not await endpoints.owned(conn, context.owner, endpoint_id=endpoint_id):
        raise Refusal(Code.NOT_FOUND)


async def _lock_version(conn: AsyncConnection, context: Context, endpoint_id: UUID, version: int) -> None:
    await _must_own(conn, context, endpoint_id)
    if await endpoints.advance(conn, endpoint_id=endpoint_id, version=version, now=context.now) is None:
        raise Refusal(Code.STALE_VERSION)


async def _new_secret(conn: AsyncConnection, context: Context, endpoint_id: UUID) -> str:
    secret = secrets.token_bytes(SECRET_BYTES)
    await _keep(conn, context, endpoint_id, secret, version=Signature.V1)
    return secret_text(secret)


async def _have_key(conn: AsyncConnection, context: Context, endpoint_id: UUID) -> None:
    if Signature.V1A not in await endpoints.current_versions(conn, endpoint_id=endpoint_id):
        await _new_key(conn, context, endpoint_id)


async def _new_key(conn: AsyncConnection, context: Context, endpoint_id: UUID) -> None:
    pair = KeyPair.make()
    await _keep(conn, context, endpoint_id, pair.private, version=Signature.V1A, public_key=pair.public)


async def _keep(
    conn: AsyncConnection,
    context: Context,
    endpoint_id: UUID,
    secret: bytes,
    *,
    version: Signature,
    public_key: bytes | None = None,
) -> None:
    await endpoints.add_secret(
        conn,
        {
            "id": context.new_id(),
            "endpoint_id": endpoint_id,
            "sealed": context.keyring.seal(secret, context=endpoint_id.bytes),
            "version": version.value,
            "public_key": public_key,
            "created_at": context.now,
        },
    )
