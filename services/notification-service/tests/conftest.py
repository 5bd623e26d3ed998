"""Fixtures: a migrated database, a clock that only the test moves, a real HTTP receiver, and the service between."""

import ssl
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import pytest_asyncio
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.native.databases import DatabaseUrls
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.db import create_engine
from forkant_kit.testing import Stage
from notification_service.app import build_app
from notification_service.channels.guard import GuardedBackend, SystemResolver
from notification_service.channels.webhook import WebhookSender
from notification_service.deliveries.workshop import DeliveryConfig
from notification_service.migrate import MIGRATIONS
from notification_service.settings import NotificationSettings

from .letterbox import lead, post  # noqa: F401 - fixtures
from .stand_ins import CaseService, Receiver, listening
from .world import Client, Clock, World, a_world


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
    await found.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


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


@pytest.fixture(scope="session")
def trust() -> ssl.SSLContext:
    """What a sender trusts by default, read once: that takes longer than a delivery."""
    return httpx.create_ssl_context()


@pytest.fixture
async def sender(clock: Clock, trust: ssl.SSLContext) -> AsyncIterator[WebhookSender]:
    resolver = SystemResolver()
    network = GuardedBackend(allow_loopback=True, resolve=resolver)
    found = WebhookSender(network=network, now=clock, timeout_s=20, tls=trust)
    yield found
    await found.aclose()
    resolver.close()


@pytest.fixture
def world(stage: Stage, clock: Clock, sender: WebhookSender) -> World:
    return a_world(stage, clock, sender)


@pytest.fixture
def another_world(stage: Stage, clock: Clock, sender: WebhookSender) -> Callable[[DeliveryConfig], World]:
    return lambda config: a_world(stage, clock, sender, config)
