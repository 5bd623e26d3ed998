"""A real service against a real database, asked over HTTP by people with real tokens."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
import structlog
from case_service.app import build_app
from case_service.domain.moments import local_day
from case_service.migrate import MIGRATIONS
from case_service.settings import CaseSettings
from fastapi import FastAPI
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.native.databases import DatabaseUrls
from forkant_devstack.testing.asking import Asking
from forkant_devstack.testing.assessments import completed_assessment
from forkant_devstack.testing.files import File
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.settings import Environment
from pydantic import SecretStr

TODAY = local_day(datetime.now(UTC))
DUE = (TODAY + timedelta(days=40)).isoformat()

PERSON_CASE: dict[str, Any] = {
    "case_type": "person",
    "theme": "drugs",
    "age_band": "15_17",
    "subject_category": "at_risk",
    "purpose_code": "prevent_crime",
    "legal_basis": "police_act",
    "municipality_number": "0301",
    "title": "A case",
}
CONCERN: dict[str, Any] = {
    "source": "school",
    "theme": "violence",
    "age_band": "under_15",
    "municipality_number": "5501",
    "description": "Something was seen.",
}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who asks the service; every POST gets an Idempotency-Key of its own unless one is given."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.client.get(path, params=params, headers=self.headers)

    async def send(
        self, method: str, path: str, body: Any = None, *, etag: str | None = None, key: str | None = None
    ) -> httpx.Response:
        headers = dict(self.headers)
        if etag is not None:
            headers["If-Match"] = etag
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        if isinstance(body, File):
            return await self.client.request(method, path, content=body.content, headers={**headers, **body.headers()})
        return await self.client.request(method, path, json={} if body is None else body, headers=headers)

    async def open(self, **fields: Any) -> "Case":
        """Open a case and hold on to it."""
        answer = await self.send("POST", "/v1/cases", {**PERSON_CASE, **fields})
        assert answer.status_code == 201, answer.text
        return Case(id=answer.json()["id"], etag=answer.headers["etag"], by=self)


@dataclass(kw_only=True)
class Case:
    """A case with the ETag of the last answer, so that calls chain as they do for a client."""

    id: str
    etag: str
    by: Person
    answers: list[httpx.Response] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/v1/cases/{self.id}"

    async def attempt(self, method: str, tail: str, body: Any = None, *, by: Person | None = None) -> httpx.Response:
        """Send a command and go on from its ETag when it was done."""
        answer = await (by or self.by).send(method, f"{self.path}/{tail}", body, etag=self.etag)
        if answer.is_success:
            self.etag = answer.headers["etag"]
        self.answers.append(answer)
        return answer

    async def do(self, method: str, tail: str, body: Any = None, *, by: Person | None = None) -> Any:
        """Send a command that must succeed and return its receipt."""
        answer = await self.attempt(method, tail, body, by=by)
        assert answer.is_success, answer.text
        return answer.json()

    async def read(self, by: Person | None = None) -> Any:
        answer = await (by or self.by).get(self.path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def assessed(self, *, child: bool = True) -> None:
        body = completed_assessment() if child else {"risk_factors": ["truancy"], "completed": True}
        await self.do("PUT", "assessment", body)

    async def planned(self, *, child: bool = True) -> None:
        await self.assessed(child=child)
        await self.do("PUT", "plan", {"goals": [{"text": "Back to school", "measurable": True, "baseline": "3 of 5"}]})

    async def active(self, lead: Person, *, child: bool = True) -> str:
        """Bring the case to ``active`` and return the id of its started measure; most are about a child."""
        await self.planned(child=child)
        await self.do("POST", "plan/approval", by=lead)
        planned = await self.do("POST", "measures", {"kind": "concern_conversation", "due_on": DUE})
        await self.do("POST", f"measures/{planned['item_id']}/start")
        return str(planned["item_id"])

    async def evaluated(self, lead: Person) -> None:
        measure = await self.active(lead)
        await self.do("POST", f"measures/{measure}/complete")
        follow_up = await self.do("POST", "follow-ups", {"due_on": DUE})
        await self.do("POST", f"follow-ups/{follow_up['item_id']}/held", {"notes": "It went well."})
        await self.do("PUT", "evaluation", {"effect": "achieved", "completed": True})


@dataclass(frozen=True, kw_only=True)
class Service:
    """The running application, its database and the people who use it."""

    app: FastAPI
    client: httpx.AsyncClient
    issuer: IssuerServer
    owner_url: str
    app_url: str
    worker_url: str
    asking: Asking = field(default_factory=Asking)

    def person(self, persona: str, **claims: Any) -> Person:
        return Person(client=self.client, headers=self.issuer.headers(persona, **claims))

    async def fetch(self, query: str, *values: Any, as_app: bool = False) -> list[asyncpg.Record]:
        """Ask as the owner who says that the system acts, or else as the application without a stance."""
        return await self.asking.fetch(self.app_url if as_app else self._system_url, query, *values)

    async def events(self, aggregate_id: str, *, tasks: bool = False) -> list[str]:
        """Return what happened, in order; of its tasks only where asked, since nearly every change makes or ends one."""
        rows = await self.fetch(
            "SELECT type FROM event_archive WHERE aggregate_id = $1 ORDER BY aggregate_version", aggregate_id
        )
        types = [row["type"].removeprefix("no.forkant.").removesuffix(".v1") for row in rows]
        return [each for each in types if tasks or not each.startswith("task.")]

    async def row_counts(self) -> dict[str, int]:
        """Return how many rows each table has, save the audit trail, which tells what was refused too."""
        tables = await self.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition AND relname <> 'audit_entry'"
        )
        counts = (f"SELECT '{row['relname']}' AS name, count(*) AS n FROM \"{row['relname']}\"" for row in tables)
        return {row["name"]: row["n"] for row in await self.fetch(" UNION ALL ".join(counts))}

    async def row_digests(self) -> dict[str, str]:
        """Return a digest of each table's rows, save the audit trail's, which tells what was refused too."""
        return await self.asking.digests(self._system_url, but="^audit_entry$")

    @property
    def _system_url(self) -> str:
        return f"{self.owner_url}?forkant.system=on"


async def started(postgres: PostgresServer, issuer: IssuerServer) -> AsyncIterator[Service]:
    urls = await postgres.migrated_database("case", MIGRATIONS)
    async for service in serving(urls, issuer):
        yield service
    await postgres.drop(urls)


async def serving(urls: DatabaseUrls, issuer: IssuerServer, **more: Any) -> AsyncIterator[Service]:
    """Run the application on a database that is there."""
    settings = CaseSettings(
        env=Environment.TEST,
        database_url=SecretStr(urls.app_url),
        database_pool_size=8,
        oidc_issuer=issuer.url,
        **{**issuer.introspection, **more},
    )
    app = build_app(settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://case.test") as client,
    ):
        service = Service(
            app=app,
            client=client,
            issuer=issuer,
            owner_url=urls.owner_url,
            app_url=urls.app_url,
            worker_url=urls.worker_url,
        )
        try:
            yield service
        finally:
            await service.asking.close()


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> Iterator[None]:
    """Log without the frames' locals that structlog prints by default, which take seconds."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def service(postgres: PostgresServer, issuer: IssuerServer) -> AsyncIterator[Service]:
    """One service for the session; tests keep apart by the cases that they open."""
    async for each in started(postgres, issuer):
        yield each


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def module_service(postgres: PostgresServer, issuer: IssuerServer) -> AsyncIterator[Service]:
    """A service with a database of the file's own."""
    async for each in started(postgres, issuer):
        yield each


@pytest_asyncio.fixture(loop_scope="session")
async def empty_service(postgres: PostgresServer, issuer: IssuerServer) -> AsyncIterator[Service]:
    """A service with a database of the test's own."""
    async for each in started(postgres, issuer):
        yield each


@pytest.fixture
def person_case() -> dict[str, Any]:
    """The body that opens a case about a person."""
    return dict(PERSON_CASE)


@pytest.fixture
def concern() -> dict[str, Any]:
    """The body that registers a concern."""
    return dict(CONCERN)


@pytest.fixture
def due() -> str:
    """A day on which things may be due."""
    return DUE


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def officer(service: Service) -> Person:
    return service.person("officer-oslo")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lead(service: Service) -> Person:
    return service.person("lead-oslo")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def privacy(service: Service) -> Person:
    return service.person("privacy-oslo")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stranger(service: Service) -> Person:
    """A prevention lead of another unit."""
    return service.person("lead-troms")
