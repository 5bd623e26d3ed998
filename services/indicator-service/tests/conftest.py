"""Streams of events for the tests, valid as the case service would publish them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from forkant_contracts import Event, EventData
from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CancelReason,
    CaseState,
    CaseType,
    ClarificationOutcome,
    CloseReason,
    ConcernOutcome,
    ConcernSource,
    Effect,
    ErasureBasis,
    HoldReason,
    LegalBasis,
    MeasureKind,
    PartnerKind,
    PurposeCode,
    RejectReason,
    ReopenReason,
    StatementType,
    SubjectCategory,
    Theme,
    VerificationStatus,
)
from forkant_contracts.events import case, concern, follow_up, information, measure, partner
from forkant_devstack.native.databases import DatabaseUrls
from forkant_devstack.testing.plain_http import plain_client
from forkant_kit.db import create_engine
from forkant_kit.settings import Environment
from forkant_kit.web import uvicorn_server
from indicator_service.app import build_app
from indicator_service.migrate import MIGRATIONS
from indicator_service.projector import apply
from indicator_service.settings import IndicatorSettings
from sqlalchemy.ext.asyncio import AsyncEngine

START = datetime(2026, 3, 10, 12, tzinfo=UTC)


@dataclass
class Aggregate:
    """The events of one case or concern; each call adds the next."""

    unit: str = "oslo"
    at: datetime = START
    id: UUID = field(default_factory=uuid4)
    events: list[Event] = field(default_factory=list)

    def add(self, data: EventData, *, after: timedelta = timedelta(), unit: str | None = None) -> Event:
        self.at += after
        self.unit = unit or self.unit
        event = Event(
            id=uuid4(),
            source="urn:forkant:case-service",
            aggregate_id=self.id,
            aggregate_version=len(self.events) + 1,
            unit=self.unit,
            occurred_at=self.at,
            recorded_at=self.at,
            data=data,
        )
        self.events.append(event)
        return event


class Case(Aggregate):
    """A case and what happens to it."""

    def opened(
        self,
        *,
        theme: Theme = Theme.VIOLENCE,
        age_band: AgeBand = AgeBand.FROM_18_TO_24,
        goal: UUID | None = None,
        **kwargs: Any,
    ) -> Event:
        data = case.CaseOpened(
            case_type=CaseType.PERSON,
            theme=theme,
            age_band=age_band,
            subject_category=SubjectCategory.AT_RISK,
            purpose_code=PurposeCode.PREVENT_CRIME,
            legal_basis=LegalBasis.POLICE_ACT,
            prevention_goal_id=goal,
        )
        return self.add(data, **kwargs)

    def tied(self, goal: UUID | None, **kwargs: Any) -> Event:
        return self.add(case.CaseGoalChanged(prevention_goal_id=goal), **kwargs)

    def measure_started(self, **kwargs: Any) -> Event:
        measure_id = uuid4()
        planned = measure.MeasurePlanned(
            measure_id=measure_id, kind=MeasureKind.HOME_VISIT, arena=Arena.PHYSICAL, due_on=date(2026, 12, 1)
        )
        self.add(planned)
        return self.add(measure.MeasureStarted(measure_id=measure_id), **kwargs)

    def assessed(self, *, child_view: bool | None = None, **kwargs: Any) -> Event:
        return self.add(case.CaseAssessed(child_view_recorded=child_view), **kwargs)

    def planned(self, *, goals: int = 2, with_baseline: int = 1, **kwargs: Any) -> Event:
        return self.add(case.CasePlanned(goals=goals, goals_with_baseline=with_baseline), **kwargs)

    def measure_planned(
        self,
        *,
        arena: Arena = Arena.PHYSICAL,
        version: int | None = None,
        due_on: date = date(2026, 12, 1),
        **kwargs: Any,
    ) -> measure.MeasurePlanned:
        """Plan a measure, and give what its later events are about."""
        data = measure.MeasurePlanned(
            measure_id=uuid4(), kind=MeasureKind.HOME_VISIT, arena=arena, due_on=due_on, method_version=version,
        )  # fmt: skip
        self.add(data, **kwargs)
        return data

    def measure_completed(self, planned: measure.MeasurePlanned, *, met: bool | None = None, **kwargs: Any) -> Event:
        return self.add(measure.MeasureCompleted(measure_id=planned.measure_id, mandatory_steps_met=met), **kwargs)

    def measure_cancelled(self, planned: measure.MeasurePlanned, **kwargs: Any) -> Event:
        return self.add(
            measure.MeasureCancelled(measure_id=planned.measure_id, reason=CancelReason.NOT_NEEDED), **kwargs
        )

    def measure_rescheduled(self, planned: measure.MeasurePlanned, due_on: date, **kwargs: Any) -> Event:
        return self.add(measure.MeasureRescheduled(measure_id=planned.measure_id, due_on=due_on), **kwargs)

    def plan_approved(self, **kwargs: Any) -> Event:
        return self.add(case.CasePlanApproved(goals=2, goals_with_baseline=1), **kwargs)

    def follow_up_scheduled(self, due_on: date, **kwargs: Any) -> UUID:
        """Schedule a follow-up, and give its id."""
        item = uuid4()
        self.add(follow_up.FollowUpScheduled(follow_up_id=item, due_on=due_on), **kwargs)
        return item

    def follow_up_rescheduled(self, item: UUID, due_on: date, **kwargs: Any) -> Event:
        return self.add(follow_up.FollowUpRescheduled(follow_up_id=item, due_on=due_on), **kwargs)

    def follow_up_held(self, item: UUID, **kwargs: Any) -> Event:
        return self.add(follow_up.FollowUpHeld(follow_up_id=item), **kwargs)

    def partner_added(self, kind: PartnerKind = PartnerKind.SCHOOL, **kwargs: Any) -> UUID:
        """Add a partner, and give its id."""
        item = uuid4()
        self.add(partner.PartnerAdded(partner_id=item, kind=kind), **kwargs)
        return item

    def partner_removed(self, item: UUID, **kwargs: Any) -> Event:
        return self.add(partner.PartnerRemoved(partner_id=item), **kwargs)

    def information_registered(self, deadline: date, **kwargs: Any) -> UUID:
        """Register information, and give its id."""
        item = uuid4()
        told = information.InformationRegistered(
            information_id=item, statement_type=StatementType.FACT, verification_status=VerificationStatus.UNVERIFIED,
            clarification_deadline=deadline,
        )  # fmt: skip
        self.add(told, **kwargs)
        return item

    def information_restricted(self, item: UUID, deadline: date, **kwargs: Any) -> Event:
        return self.add(
            information.InformationRestricted(information_id=item, clarification_deadline=deadline), **kwargs
        )

    def information_clarified(self, item: UUID, deadline: date, **kwargs: Any) -> Event:
        told = information.InformationClarified(
            information_id=item, outcome=ClarificationOutcome.RELEVANT, clarification_deadline=deadline,
            verification_status=VerificationStatus.VERIFIED,
        )  # fmt: skip
        return self.add(told, **kwargs)

    def held(self, **kwargs: Any) -> Event:
        return self.add(case.CasePutOnHold(reason=HoldReason.AWAITING_PARTNER), **kwargs)

    def resumed(self, **kwargs: Any) -> Event:
        return self.add(case.CaseResumed(state=CaseState.ACTIVE), **kwargs)

    def evaluated(self, *, effect: Effect = Effect.ACHIEVED, **kwargs: Any) -> Event:
        return self.add(case.CaseEvaluated(effect=effect), **kwargs)

    def closed(self, *, evaluated: bool = True, **kwargs: Any) -> Event:
        reason = CloseReason.EVALUATED if evaluated else CloseReason.RESOURCES
        return self.add(case.CaseClosed(reason=reason, evaluated=evaluated), **kwargs)

    def referred(self, **kwargs: Any) -> Event:
        return self.add(case.CaseReferred(referred_to=PartnerKind.CHILD_WELFARE), **kwargs)

    def rejected(self, **kwargs: Any) -> Event:
        return self.add(case.CaseRejected(reason=RejectReason.NO_BASIS), **kwargs)

    def reopened(self, **kwargs: Any) -> Event:
        return self.add(case.CaseReopened(reason=ReopenReason.NEW_OFFENCE), **kwargs)

    def transferred(self, to_unit: str, **kwargs: Any) -> Event:
        return self.add(case.CaseTransferred(from_unit=self.unit), unit=to_unit, **kwargs)

    def merged(self, **kwargs: Any) -> Event:
        return self.add(case.CaseMerged(into_case_id=uuid4()), **kwargs)

    def erased(self, **kwargs: Any) -> Event:
        return self.add(case.CaseErased(basis=ErasureBasis.UNFOUNDED), **kwargs)


class Concern(Aggregate):
    """A concern and what is decided about it."""

    def received(self, *, theme: Theme = Theme.DRUGS, **kwargs: Any) -> Event:
        return self.add(
            concern.ConcernReceived(source=ConcernSource.SCHOOL, theme=theme, age_band=AgeBand.UNDER_15), **kwargs
        )

    def decided(self, outcome: ConcernOutcome = ConcernOutcome.CASE, **kwargs: Any) -> Event:
        return self.add(concern.ConcernDecided(outcome=outcome), **kwargs)


@pytest.fixture(scope="session")
def new_case() -> type[Case]:
    return Case


@pytest.fixture(scope="session")
def new_concern() -> type[Concern]:
    return Concern


@pytest_asyncio.fixture
async def database(postgres) -> AsyncIterator[DatabaseUrls]:
    """Give a migrated, empty database of the service."""
    urls = await postgres.migrated_database("indicator", MIGRATIONS)
    yield urls
    await postgres.drop(urls)


@pytest_asyncio.fixture
async def engine(database) -> AsyncIterator[AsyncEngine]:
    """Give the service's database as the worker's role, which projects and sees every row."""
    engine = create_engine(database.worker_url, application_name="test", pool_size=5)
    yield engine
    await engine.dispose()


@pytest.fixture
def as_persona(issuer):
    """Give a function that returns the headers of somebody's requests."""
    return issuer.headers


class CaseService:
    """Stands in for the case service: it says who may see what, or why it does not."""

    def __init__(self):
        self.url = ""
        self.hidden = set()
        self.named = []
        self.status = 200
        self.asked = []

    async def __call__(self, scope, receive, send):
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        question = json.loads(body) if body else None
        headers = dict(scope["headers"])
        self.asked.append((scope["path"], headers[b"authorization"].decode(), question))
        if scope["path"] == "/v1/units":
            await self._answer(send, {"on": None, "items": self.named})
            return
        seen = {
            kind: [each for each in question[kind] if UUID(each) not in self.hidden] for kind in ("cases", "concerns")
        }
        await self._answer(send, seen)

    async def _answer(self, send, document):
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(document).encode()})


@pytest_asyncio.fixture
async def case_service() -> AsyncIterator[CaseService]:
    """Give what stands in for the case service, which shows everything."""
    found, listener = CaseService(), socket.create_server(("127.0.0.1", 0))
    found.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(found, lifespan="off", ws="none", log_level="critical", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve(sockets=[listener]))
    yield found
    server.should_exit = True
    await serving


@pytest.fixture
def api(database, issuer, case_service) -> FastAPI:
    """Give the API, which nobody serves yet."""
    settings = IndicatorSettings(
        env=Environment.TEST,
        database_url=database.app_url,
        oidc_issuer=issuer.url,
        stream_poll_seconds=0.02,
        case_service_url=case_service.url,
        **issuer.introspection,
    )
    return build_app(settings)


@pytest_asyncio.fixture
async def client(api) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the API, served over a socket."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn_server(api, host="127.0.0.1", port=0)
    serving = asyncio.create_task(server._serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    # Tests put rows into tables without noting a change, by which the hub would go.
    computed = {"Cache-Control": "no-cache"}
    async with plain_client(base_url=url, timeout=15, headers=computed) as client:
        yield client
    server.should_exit = True
    await serving


@pytest.fixture
def project(engine) -> Callable[..., Awaitable[None]]:
    """Give a function that projects events, as the consumer does with a batch."""

    async def apply_all(*events: Event) -> None:
        async with engine.begin() as conn:
            await apply(conn, events)

    return apply_all
