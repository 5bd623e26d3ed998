"""Writing down one act: who, when, what, with which outcome, and why; of codes and ids only.

Errors::

    ProblemError    503 ``audit-unavailable``: the act could not be written down, so it is not done and nothing shown
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog
from forkant_contracts import Event
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from forkant_kit.audit import metrics
from forkant_kit.driver import run
from forkant_kit.outbox import EVENTS_SQL, events_bind
from forkant_kit.principal import Principal
from forkant_kit.problems import ProblemError

DONE: Final = "done"
REPEATED: Final = "repeated"
NOT_FOUND: Final = "not_found"
REFUSED: Final = "refused"
ERASED: Final = "case.erase_copies"
"""The action by which a reader of events erases what it kept about a case."""

# No RETURNING: the identity is the database's business, and nobody asks for it.
_ENTRY_SQL: Final = """
INSERT INTO audit_entry (subject, client_id, unit, roles, action, object_kind, object_ids, version, outcome, refusal,
                         purpose, reason_id, trace_id, request_id)
VALUES (:subject, :client_id, :unit, CAST(:roles AS text[]), :action, :object_kind, CAST(:object_ids AS uuid[]),
        :version, :outcome, :refusal, :purpose, :reason_id, :trace_id, :request_id)
"""
_ALIKE_SQL: Final = """
INSERT INTO audit_entry (subject, client_id, unit, roles, action, object_kind, object_ids, version, outcome, purpose,
                         trace_id, request_id)
SELECT CAST(:subject AS text), CAST(:client_id AS text), CAST(:unit AS text), CAST(:roles AS text[]),
       CAST(:action AS text), CAST(:object_kind AS text), ARRAY[acted.id], acted.version, 'done', acted.purpose,
       CAST(:trace_id AS text), CAST(:request_id AS uuid)
FROM unnest(CAST(:acted AS uuid[]), CAST(:acted_versions AS int[]), CAST(:purposes AS text[]))
    AS acted (id, version, purpose)
"""
_INSERT: Final = text(_ENTRY_SQL)
_PUBLISH: Final = text(EVENTS_SQL + _ENTRY_SQL)
_PUBLISH_ALIKE: Final = text(EVENTS_SQL + _ALIKE_SQL)
_TRAIL: Final = "audit_entry"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, in which request."""

    subject: str
    client_id: str
    unit: str
    roles: tuple[str, ...]
    trace_id: str | None = None
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was done or asked for: an action of the policy, the objects that it touched or showed, and the outcome."""

    action: str
    object_kind: str | None = None
    object_ids: Sequence[UUID] = ()
    version: int | None = None
    """The version that a changed or shown object has; of one object only."""
    outcome: str = DONE
    refusal: str | None = None
    """The problem code of what was not done."""
    purpose: str | None = None
    """The code of the purpose that the act served."""
    reason_id: UUID | None = None
    """Where the reason is kept that somebody gave in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """The same done to several objects, each by itself: every one of them gets an entry of its own."""

    action: str
    object_kind: str
    ids: Sequence[UUID]
    versions: Sequence[int]
    purposes: Sequence[str | None]


def actor_of(principal: Principal, *, trace_id: str | None, request_id: UUID | None) -> Actor:
    """Return who acts, as the token says."""
    return Actor(
        subject=principal.subject,
        client_id=principal.client_id,
        unit=principal.unit,
        roles=tuple(sorted(principal.roles)),
        trace_id=trace_id,
        request_id=request_id,
    )


@dataclass(slots=True)
class Trail:
    """The record of one request: whose it is, and whether anything was written down yet."""

    actor: Actor
    recorded: bool = False
    asked: tuple[UUID, ...] = ()
    """Objects asked for elsewhere than in the path, for the entry of a refusal."""

    async def record(self, conn: AsyncConnection, entry: Entry) -> None:
        """Write an act down in the transaction that does it; see :func:`record`."""
        await record(conn, self.actor, entry)
        self.recorded = True

    async def publish(self, conn: AsyncConnection, events: Sequence[Event], entry: Entry) -> None:
        """Archive and queue the events of an act and write it down, by one statement; see :func:`record`.

        Raises:
            ProblemError: 503 ``audit-unavailable``.
            ValueError, KeyError, sqlalchemy.exc.IntegrityError: see :func:`forkant_kit.outbox.append_events`.
        """
        if not events:
            await self.record(conn, entry)
            return
        await self._published(conn, _PUBLISH, {**events_bind(events), **_bind(self.actor, entry)})

    async def _published(self, conn: AsyncConnection, statement: TextClause, bound: dict[str, Any]) -> None:
        try:
            await run(conn, statement, bound)
        except IntegrityError as error:
            # Whose rule was broken decides what the caller hears; partitions of the trail begin with its name.
            if not (_table_of(error) or "").startswith(_TRAIL):
                raise
            raise unavailable(error) from None
        except DBAPIError as error:
            raise unavailable(error) from None
        self.recorded = True

    def bound(self, events: Sequence[Event], acts: Alike) -> dict[str, Any]:
        """Return what :meth:`publish_bound` sends: the work on it needs no database, and may be done by a thread.

        Raises:
            ValueError, KeyError: see :func:`forkant_kit.outbox.append_events`.
        """
        return {
            **events_bind(events),
            "subject": self.actor.subject,
            "client_id": self.actor.client_id,
            "unit": self.actor.unit,
            "roles": list(self.actor.roles),
            "action": acts.action,
            "object_kind": acts.object_kind,
            "acted": list(acts.ids),
            "acted_versions": list(acts.versions),
            "purposes": list(acts.purposes),
            "trace_id": self.actor.trace_id,
            "request_id": self.actor.request_id,
        }

    async def publish_bound(self, conn: AsyncConnection, bound: dict[str, Any]) -> None:
        """Archive and queue the events of acts that are alike and write each down, by one statement.

        Raises:
            ProblemError, sqlalchemy.exc.IntegrityError: see :meth:`publish`.
        """
        await self._published(conn, _PUBLISH_ALIKE, bound)

    async def record_all(self, conn: AsyncConnection, entries: Sequence[Entry]) -> None:
        """Write several acts down in the transaction that does them; see :func:`record`."""
        try:
            await write_all(conn, self.actor, entries)
        except DBAPIError as error:
            raise unavailable(error) from None
        self.recorded = True


async def record(conn: AsyncConnection, actor: Actor, entry: Entry) -> None:
    """Write an act down in the transaction that does it, so that it is committed before anybody is answered.

    Raises:
        ProblemError: 503 ``audit-unavailable``.
    """
    try:
        await write(conn, actor, entry)
    except DBAPIError as error:
        raise unavailable(error) from None


async def record_erasure(conn: AsyncConnection, *, service: str, unit: str, case_id: UUID, version: int) -> None:
    """Write down that a reader of events has erased what it kept about a case, in the transaction that does it.

    The law asks for a record of erasures, and the certificate of a case is held against these. The unit is the case's,
    so that its privacy officers find the entry. A database that fails is the consumer's to answer.
    """
    actor = Actor(subject=service, client_id=service, unit=unit, roles=())
    await write(conn, actor, Entry(action=ERASED, object_kind="case", object_ids=[case_id], version=version))


async def write(conn: AsyncConnection, actor: Actor, entry: Entry) -> None:
    """Write an act down where nobody waits for a problem document; a database that fails is the caller's to answer."""
    await run(conn, _INSERT, _bind(actor, entry))


async def write_all(conn: AsyncConnection, actor: Actor, entries: Sequence[Entry]) -> None:
    """Write several acts of one actor down, as :func:`write` does one."""
    await write_for_all(conn, [(actor, entry) for entry in entries])


async def write_for_all(conn: AsyncConnection, entries: Sequence[tuple[Actor, Entry]]) -> None:
    """Write acts of several actors down, as :func:`write` does one."""
    if entries:
        await conn.execute(_INSERT, [_bind(actor, entry) for actor, entry in entries])


def _bind(actor: Actor, entry: Entry) -> dict[str, Any]:
    return {
        "subject": actor.subject,
        "client_id": actor.client_id,
        "unit": actor.unit,
        "roles": list(actor.roles),
        "action": entry.action,
        "object_kind": entry.object_kind,
        "object_ids": list(entry.object_ids),
        "version": entry.version,
        "outcome": entry.outcome,
        "refusal": entry.refusal,
        "purpose": entry.purpose,
        "reason_id": entry.reason_id,
        "trace_id": actor.trace_id,
        "request_id": actor.request_id,
    }


def _table_of(error: IntegrityError) -> str | None:
    """Return the table whose rule was broken, as the driver's own error under SQLAlchemy's names it."""
    cause = getattr(error.orig, "__cause__", None)
    return getattr(cause, "table_name", None)


async def record_alone(engine: AsyncEngine, trail: Trail, entry: Entry) -> None:
    """Write an act down that has no transaction of its own, and commit it.

    Raises:
        ProblemError: 503 ``audit-unavailable``.
    """
    try:
        async with engine.begin() as conn:
            await trail.record(conn, entry)
    except (DBAPIError, PoolTimeoutError, OSError, TimeoutError) as error:
        raise unavailable(error) from None


def unavailable(error: Exception) -> ProblemError:
    """Return the answer when an act can't be written down, having counted and logged it."""
    metrics.FAILURES.labels("record").inc()
    _log.error("audit_not_recorded", exc_info=error)
    return ProblemError(
        503,
        "audit-unavailable",
        "It can't be recorded who asks",
        "Send the same request again in a moment, a POST with the same Idempotency-Key; nothing was done or shown.",
        headers={"Retry-After": "5"},
    )
