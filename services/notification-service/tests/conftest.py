"""A migrated database, a clock that only the test moves, a real HTTP receiver, and the service between them."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
import uvicorn
from forkant_contracts import TOPICS, Event, EventData
from forkant_contracts.codes import (
    AgeBand,
    CaseType,
    CloseReason,
    ConcernSource,
    ErasureBasis,
    LegalBasis,
    PurposeCode,
    RestrictionReason,
    SubjectCategory,
    Theme,
)
from forkant_contracts.events.case import (
    CaseAssessed,
    CaseClosed,
    CaseErased,
    CaseMerged,
    CaseOpened,
    CasePlanApproved,
    CasePlanned,
    CaseRestricted,
)
from forkant_contracts.events.concern import ConcernReceived
from forkant_contracts.visibility import PersonQuestion, VisibilityAnswer, VisibilityQuestion
from forkant_devstack.issuer.personas import COURIER
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.native.databases import DatabaseUrls
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.db import create_engine, new_id
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.testing import Stage
from notification_service.app import build_app
from notification_service.channels.guard import GuardedBackend, SystemResolver
from notification_service.channels.webhook import WebhookSender
from notification_service.commands import endpoints
from notification_service.commands.context import Context
from notification_service.consumers import Notifier
from notification_service.deliveries.dispatcher import Dispatcher
from notification_service.deliveries.workshop import DeliveryConfig, Workshop
from notification_service.migrate import MIGRATIONS
from notification_service.settings import DEV_SECRET_KEY, NotificationSettings
from notification_service.visibility import Owner

SAMPLES: dict[str, EventData] = {
    "opened": CaseOpened(
        case_type=CaseType.PERSON,
        theme=Theme.VIOLENCE,
        age_band=AgeBand.UNDER_15,
        subject_category=SubjectCategory.AT_RISK,
        purpose_code=PurposeCode.PREVENT_CRIME,
        legal_basis=LegalBasis.POLICE_ACT,
    ),
    "planned": CasePlanned(goals=1, goals_with_baseline=1),
    "approved": CasePlanApproved(goals=1, goals_with_baseline=1),
    "closed": CaseClosed(reason=CloseReason.EVALUATED, evaluated=True),
    "merged": CaseMerged(into_case_id=UUID("0190b3a0-0000-7000-8000-00000000000a")),
    "erased": CaseErased(basis=ErasureBasis.UNFOUNDED),
    "restricted": CaseRestricted(restricted=True, reason=RestrictionReason.DISPUTED),
    "lifted": CaseRestricted(restricted=False, reason=RestrictionReason.DISPUTED),
    "concern": ConcernReceived(source=ConcernSource.SCHOOL, theme=Theme.VIOLENCE, age_band=AgeBand.UNDER_15),
    "assessed": CaseAssessed(),
}
"""One event of each kind that tests speak of."""
KEYRING = Keyring(read_keys(DEV_SECRET_KEY))
T = TypeVar("T")


class Clock:
    """Time that stands still until the test moves it."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **spans: float) -> None:
        self.moment += timedelta(**spans)


@dataclass(frozen=True)
class Received:
    """One request as the receiver got it."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body)


Reply = Callable[[Received], Awaitable[tuple[int, dict[str, str], bytes]]]


async def _whole(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


@dataclass
class Receiver:
    """A server that notes what it gets and answers each path as the test says, 204 by default."""

    url: str
    received: list[Received] = field(default_factory=list)
    replies: dict[str, Reply] = field(default_factory=dict)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def at(self, path: str) -> list[Received]:
        return [one for one in self.received if one.path == path]

    def answer(self, path: str, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        async def reply(_: Received) -> tuple[int, dict[str, str], bytes]:
            return status, headers or {}, body

        self.replies[path] = reply

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await _whole(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        one = Received(scope["path"], headers, body)
        self.received.append(one)
        self.arrived.set()
        reply = self.replies.get(one.path)
        status, extra, content = await reply(one) if reply else (204, {}, b"")
        pairs = [(name.encode(), value.encode()) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})


@dataclass
class World:
    """The service's database, consumer and delivery loop, driven step by step."""

    stage: Stage
    clock: Clock
    shop: Workshop
    dispatcher: Dispatcher
    notifier: Notifier

    async def happen(self, *events: Event) -> None:
        """Apply a batch of events as the consumer would."""
        async with self.stage.engine.begin() as conn:
            await self.notifier.apply(conn, events)

    def event(self, data: EventData | str, case_id: UUID, version: int = 1, *, unit: str = "oslo") -> Event:
        now, content = self.clock(), SAMPLES[data] if isinstance(data, str) else data
        return Event(
            id=new_id(),
            source=f"urn:forkant:{TOPICS[content.TOPIC].producer}",
            aggregate_id=case_id,
            aggregate_version=version,
            unit=unit,
            occurred_at=now,
            recorded_at=now,
            data=content,
        )

    def context(self, *, unit: str = "oslo", national: bool = False, subject: str = "lead") -> Context:
        return Context(
            owner=Owner(unit=unit, national=national, subject=subject if national else None),
            subject=subject,
            now=self.clock(),
            new_id=new_id,
            keyring=KEYRING,
            allow_local=True,
        )

    async def endpoint(
        self,
        url: str,
        *,
        unit: str = "oslo",
        national: bool = False,
        types: Sequence[str] = (),
        units: Sequence[str] = (),
    ) -> tuple[UUID, str]:
        """Register an endpoint; return its id and secret."""
        async with self.stage.engine.begin() as conn:
            context = self.context(unit=unit, national=national)
            return await endpoints.register(conn, context, url=url, event_types=types, units=units)

    async def command(self, command: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any) -> Any:
        """Run a command in a transaction of its own."""
        async with self.stage.engine.begin() as conn:
            return await command(conn, *arguments, **named)

    async def deliver(self) -> None:
        """Deliver everything that is due now."""
        await self.dispatcher.run_until_idle()

    async def deliveries(self, endpoint_id: UUID | None = None) -> list[asyncpg.Record]:
        """Return all deliveries, or those of one endpoint, by sequence."""
        return await self.stage.fetch(
            "SELECT * FROM delivery WHERE $1::uuid IS NULL OR endpoint_id = $1 ORDER BY endpoint_id, sequence",
            endpoint_id,
        )

    async def entries(self) -> list[asyncpg.Record]:
        """Return all inbox entries, by arrival."""
        return await self.stage.fetch("SELECT * FROM inbox_entry ORDER BY id")


class Client:
    """One caller; each POST has an Idempotency-Key of its own unless the test gives one."""

    def __init__(self, http: httpx.AsyncClient, issuer: IssuerServer, persona: str, **claims: str) -> None:
        self._http = http
        self._headers = issuer.headers(persona, **claims)

    async def get(self, path: str, **query) -> httpx.Response:
        return await self._http.get(path, params=query, headers=self._headers)

    async def post(self, path: str, body: object = None, key: str | None = None, **headers: str) -> httpx.Response:
        sent = {"Idempotency-Key": key or str(uuid4()), **self._headers, **headers}
        return await self._http.post(path, json={} if body is None else body, headers=sent)

    async def patch(self, path: str, body: object, etag: str | None) -> httpx.Response:
        headers = self._headers | ({} if etag is None else {"If-Match": etag})
        return await self._http.patch(path, json=body, headers=headers)

    async def put(self, path: str, body: object, etag: str | None) -> httpx.Response:
        headers = self._headers | ({} if etag is None else {"If-Match": etag})
        return await self._http.put(path, json=body, headers=headers)

    async def delete(self, path: str, etag: str | None) -> httpx.Response:
        headers = self._headers | ({} if etag is None else {"If-Match": etag})
        return await self._http.delete(path, headers=headers)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated(postgres: PostgresServer) -> DatabaseUrls:
    return await postgres.migrated_database("notification", MIGRATIONS)


@pytest.fixture
async def stage(migrated: DatabaseUrls) -> AsyncIterator[Stage]:
    """Give the migrated database, empty."""
    # As the worker: what a test does outside the API is the worker's to do.
    engine = create_engine(migrated.worker_url, application_name="notification-test")
    found = Stage(engine, migrated.app_url, migrated.owner_url)
    tables = await found.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    # The audit trail stays: a test looks at what it added.
    names = ", ".join(row[0] for row in tables if not row[0].startswith(("alembic_", "audit_")))
    for table in ("parked_action", "parked_outcome"):  # which else only grow
        await found.fetch(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await found.fetch(f"TRUNCATE {names}")
    yield found
    await engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class CaseService:
    """Answers in the case service's place, by the contract that both share: whom it shows what, the test says."""

    url: str
    hidden: dict[str, set[UUID]] = field(default_factory=dict)
    gone: dict[str, set[UUID]] = field(default_factory=dict)
    offered: dict[str, set[UUID]] = field(default_factory=dict)
    asked: list[tuple[str, VisibilityQuestion]] = field(default_factory=list)
    status: int = 200
    says: bytes | None = None

    def hide(self, persona: str, *ids: UUID) -> None:
        self.hidden.setdefault(persona, set()).update(ids)

    def offer(self, persona: str, *ids: UUID) -> None:
        self.hide(persona, *ids)
        self.offered.setdefault(persona, set()).update(ids)

    def take_away(self, persona: str, *ids: UUID) -> None:
        self.hide(persona, *ids)
        self.gone.setdefault(persona, set()).update(ids)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await _whole(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        persona = _claims(headers["authorization"])["sub"]
        assert scope["method"] == "POST"
        if scope["path"] == "/v1/visibility/person":
            assert persona == COURIER
            question: VisibilityQuestion = PersonQuestion.model_validate_json(body)
            persona = question.subject
        else:
            assert scope["path"] == "/v1/visibility"
            question = VisibilityQuestion.model_validate_json(body)
        self.asked.append((persona, question))
        hidden, gone = self.hidden.get(persona, set()), self.gone.get(persona, set())
        answer = VisibilityAnswer(
            cases=tuple(sorted({*question.cases} - hidden)),
            former_cases=tuple(sorted({*question.cases} & gone)),
            offered_cases=tuple(sorted({*question.cases} & self.offered.get(persona, set()))),
            concerns=tuple(sorted({*question.concerns} - hidden)),
        )
        content = self.says if self.says is not None else answer.model_dump_json().encode()
        pairs = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": self.status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})


def _claims(authorization: str) -> dict[str, Any]:
    payload = authorization.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@pytest.fixture
async def case_service() -> AsyncIterator[CaseService]:
    async with listening(CaseService("")) as found:
        yield found


@pytest.fixture
async def http(stage: Stage, issuer: IssuerServer, clock, case_service) -> AsyncIterator[httpx.AsyncClient]:
    settings = NotificationSettings(
        env="test",
        database_url=stage.app_url,
        oidc_issuer=issuer.url,
        webhook_allow_loopback=True,
        case_service_url=case_service.url,
        letter_channels="email,sms",
    )
    app = build_app(settings, now=clock)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as found:
            yield found


@pytest.fixture
def caller(http: httpx.AsyncClient, issuer: IssuerServer):
    return lambda persona, **claims: Client(http, issuer, persona, **claims)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening(Receiver("")) as found:
        yield found


@asynccontextmanager
async def listening(app: T) -> AsyncIterator[T]:
    """Serve an application that has a URL to be told of."""
    listener = socket.create_server(("127.0.0.1", 0))
    app.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        app, lifespan="off", ws="none", log_level="critical", loop="none", timeout_graceful_shutdown=0
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve(sockets=[listener]))
    yield app
    server.should_exit = True
    await serving
    listener.close()


@pytest.fixture
async def sender(clock: Clock) -> AsyncIterator[WebhookSender]:
    resolver = SystemResolver()
    network = GuardedBackend(allow_loopback=True, resolve=resolver)
    found = WebhookSender(network=network, now=clock, timeout_s=20)
    yield found
    await found.aclose()
    resolver.close()


def a_world(stage: Stage, clock: Clock, sender: WebhookSender, config: DeliveryConfig | None = None) -> World:
    shop = Workshop(
        engine=stage.engine,
        sender=sender,
        keyring=KEYRING,
        now=clock,
        config=config or DeliveryConfig(),
        jitter=lambda: 0.5,
    )
    return World(stage, clock, shop, Dispatcher(shop, owner="test"), Notifier(new_id=new_id, now=clock))


@pytest.fixture
def world(stage: Stage, clock: Clock, sender: WebhookSender) -> World:
    return a_world(stage, clock, sender)


@pytest.fixture
def another_world(stage: Stage, clock: Clock, sender: WebhookSender) -> Callable[[DeliveryConfig], World]:
    return lambda config: a_world(stage, clock, sender, config)
