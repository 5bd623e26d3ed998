"""Idempotency keys: a POST that is sent again is answered again and changes nothing more.

The key, a fingerprint of the request and the answer are stored in the transaction of the change, so they stand or
fall with it. A key belongs to one caller and one route and is kept for 24 hours. The fingerprint is made under a secret
of the service's: whoever has the database alone can't try bodies out on it.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson
from fastapi import Request, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from forkant_kit.audit.recorder import note_asked
from forkant_kit.db import transaction
from forkant_kit.driver import run
from forkant_kit.principal import Principal
from forkant_kit.problems import ProblemError
from forkant_kit.rls.stance import Stance
from forkant_kit.secrets_in_turn import in_turn

IDEMPOTENCY_DDL: Final[tuple[str, ...]] = (
    """
    CREATE TABLE idempotency_key (
        subject text NOT NULL,
        route text NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        aggregate_id uuid,
        status integer NOT NULL,
        headers jsonb NOT NULL,
        body bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (subject, route, key)
    )
    """,
    "CREATE INDEX idempotency_key_age ON idempotency_key (created_at)",
    "CREATE INDEX idempotency_key_aggregate ON idempotency_key (aggregate_id)",
)
"""Statements that create the table; ``aggregate_id`` lets an erasure remove stored answers."""

_MAX_KEY: Final = 200
_PURPOSE: Final = b"forkant-idempotency\0"
_LOCK_AND_FIND: Final = text("""
SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 7)) AS free, stored.fingerprint, stored.status,
       stored.headers, stored.body, stored.aggregate_id
FROM (SELECT 1) AS always
LEFT JOIN idempotency_key AS stored ON stored.subject = :subject AND stored.route = :route AND stored.key = :key
""")
_STORE: Final = text("""
INSERT INTO idempotency_key (subject, route, key, fingerprint, aggregate_id, status, headers, body)
VALUES (:subject, :route, :key, :fingerprint, :aggregate_id, :status, CAST(:headers AS jsonb), :body)
ON CONFLICT DO NOTHING
""")
_CLEAN: Final = text("DELETE FROM idempotency_key WHERE created_at < clock_timestamp() - interval '24 hours'")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answers: status, JSON body, headers, and the aggregate that the body is about."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    aggregate_id: UUID | None = None

    def response(self) -> Response:
        """Return the HTTP answer."""
        return _response(self.status, orjson.dumps(self.body), self.headers)


Command = Callable[[AsyncConnection], Awaitable[Answer]]


async def run_idempotent(
    engine: AsyncEngine,
    request: Request,
    principal: Principal,
    command: Command,
    *,
    secret: str,
    stance: Stance | None = None,
    fingerprint: bytes | None = None,
) -> Response:
    """Run a command in one transaction, or give the stored answer when its ``Idempotency-Key`` was used before.

    The transaction takes the stance; where row-level security guards the stored answers, it must name the subject. A
    route that streams its body says by which fingerprint a repeat is known; else it is the body's. It is stored under
    the secret, the newest of several: with none that it was stored under, a repeat is refused as another body's.

    Raises:
        ProblemError: 400 ``idempotency-key-required``, 409 ``idempotency-key-in-use`` while the first request still
            runs, 422 ``idempotency-key-reused`` when the key came with another body; and what the command raises,
            in which case nothing is stored.
    """
    bind = _names(request, principal)
    known_by = _keyed(secret, fingerprint or hashlib.sha256(await request.body()).digest())
    async with transaction(engine, stance) as conn:
        before = await _answered(conn, request, bind, known_by)
        if before is not None:
            return before
        answer = await command(conn)
        content = orjson.dumps(answer.body)
        stored = await run(
            conn,
            _STORE,
            {
                **bind,
                "fingerprint": known_by[0],
                "aggregate_id": answer.aggregate_id,
                "status": answer.status,
                "headers": orjson.dumps(answer.headers).decode(),
                "body": content,
            },
        )
        if stored == 0:
            # The first request committed between our look and our lock: undo what this one did.
            raise _in_use()
    return _response(answer.status, content, answer.headers)


async def find_answer(
    engine: AsyncEngine,
    request: Request,
    principal: Principal,
    *,
    secret: str,
    fingerprint: bytes,
    stance: Stance | None = None,
) -> Response | None:
    """Return the stored answer of a key that was used before: for a route that asks before it reads a large body.

    Raises:
        ProblemError: as with :func:`run_idempotent`.
    """
    bind = _names(request, principal)
    async with transaction(engine, stance) as conn:
        return await _answered(conn, request, bind, _keyed(secret, fingerprint))


def _names(request: Request, principal: Principal) -> dict[str, str]:
    key = key_of(request)
    return {"subject": principal.subject, "route": f"{request.method} {request.url.path}", "key": key}


async def _answered(
    conn: AsyncConnection, request: Request, bind: dict[str, str], known_by: Sequence[bytes]
) -> Response | None:
    name = "\x1f".join((bind["subject"], bind["route"], bind["key"]))
    found = (await conn.execute(_LOCK_AND_FIND, {**bind, "name": name})).one()
    if found.fingerprint is None:
        if not found.free:
            raise _in_use()
        return None
    answer = _again(found, known_by)
    if found.aggregate_id is not None:
        note_asked(request, UUID(str(found.aggregate_id)))
    return answer


def _keyed(secret: str, fingerprint: bytes) -> tuple[bytes, ...]:
    # Named, so that nothing else that is made under the secret is alike.
    return tuple(hmac.digest(each.encode(), _PURPOSE + fingerprint, hashlib.sha256) for each in in_turn(secret))


def _in_use() -> ProblemError:
    return ProblemError(
        409,
        "idempotency-key-in-use",
        "The first request with this key still runs",
        "Wait a moment and send the same request again.",
        headers={"Retry-After": "1"},
    )


def _again(stored: Any, known_by: Sequence[bytes]) -> Response:
    if not any(hmac.compare_digest(bytes(stored.fingerprint), each) for each in known_by):
        raise ProblemError(
            422,
            "idempotency-key-reused",
            "The key was used with another body",
            "Use a new Idempotency-Key for a new request.",
        )
    headers = stored.headers if isinstance(stored.headers, dict) else orjson.loads(stored.headers)
    return _response(stored.status, bytes(stored.body), {**headers, "Idempotency-Replayed": "true"})


def _response(status: int, content: bytes, headers: dict[str, str]) -> Response:
    return Response(content, status, headers=headers, media_type="application/json")


def key_of(request: Request) -> str:
    """Return the key of a request, for a route that asks for it before anything else.

    Raises:
        ProblemError: 400 ``idempotency-key-required``.
    """
    key = request.headers.get("idempotency-key", "").strip()
    if not key or len(key) > _MAX_KEY or not key.isprintable():
        raise ProblemError(
            400,
            "idempotency-key-required",
            "An Idempotency-Key is required",
            f"Send a new random Idempotency-Key (a UUID, at most {_MAX_KEY} characters) with each POST.",
        )
    return key


async def remove_old_keys(engine: AsyncEngine) -> int:
    """Remove the keys older than 24 hours; return how many."""
    async with engine.begin() as conn:
        return (await conn.execute(_CLEAN)).rowcount
