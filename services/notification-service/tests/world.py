"""The service driven step by step: a clock that only the test moves, events, callers, and the world between them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
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
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_kit.db import new_id
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.testing import Stage
from notification_service.channels.webhook import WebhookSender
from notification_service.commands import endpoints
from notification_service.commands.context import Context
from notification_service.consumers import Notifier
from notification_service.deliveries.dispatcher import Dispatcher
from notification_service.deliveries.workshop import DeliveryConfig, Workshop
from notification_service.settings import DEV_SECRET_KEY
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


class Clock:
    """Time that stands still until the test moves it."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **spans: float) -> None:
        self.moment += timedelta(**spans)


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
