"""What the service does with events, in the transaction that also moves the consumer's offset."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from forkant_contracts import Event
from forkant_contracts.events.case import CaseErased
from forkant_contracts.topics import (
    ACCESS_TOPIC,
    CASE_OPERATIONS_TOPIC,
    CASE_TOPIC,
    CATALOGUE_TOPIC,
    CONCERN_TOPIC,
    INDICATOR_OPERATIONS_TOPIC,
    STEERING_TOPIC,
)
from forkant_kit.audit.record import record_erasure
from forkant_kit.db import database_now
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service import metrics, routing
from notification_service.acknowledgement_rules import acknowledgement_rules
from notification_service.commands import escalations
from notification_service.domain.acknowledgements import Rules
from notification_service.domain.audiences import CASE_ERASED, OVER_WITH_A_MERGER
from notification_service.domain.happenings import Happening, district_of
from notification_service.domain.posting import End
from notification_service.store import (
    demands,
    endpoints,
    inbox,
    letter_writing,
    queue,
    recent_events,
    standing,
    subscriptions,
)

GROUP: Final = "notification-service"
TOPICS: Final = (
    CASE_TOPIC,
    CONCERN_TOPIC,
    ACCESS_TOPIC,
    CATALOGUE_TOPIC,
    STEERING_TOPIC,
    CASE_OPERATIONS_TOPIC,
    INDICATOR_OPERATIONS_TOPIC,
)


class Notifier:
    """Turns a batch of events into inbox entries and deliveries.

    Entries and deliveries have keys made of the event and whom they are for, and what was erased stays known, so a
    consumer that starts over from the first event notifies nobody again.
    """

    def __init__(
        self,
        *,
        new_id: Callable[[], UUID],
        now: Callable[[], datetime],
        versions: Sequence[Rules] | None = None,
        clock: Callable[[AsyncConnection], Awaitable[datetime]] = database_now,
    ) -> None:
        """Take where ids and the time come from, by whose clock days are counted, and what must be acknowledged."""
        self._new_id = new_id
        self._now = now
        self._versions = acknowledgement_rules() if versions is None else versions
        self._clock = clock
        self._given_work: set[UUID] = set()

    def take_given_work(self) -> frozenset[UUID]:
        """Return the endpoints that got deliveries since the last call."""
        given = frozenset(self._given_work)
        self._given_work.clear()
        return given

    async def apply(self, conn: AsyncConnection, events: Sequence[Event]) -> None:
        """Apply one partition's events, in order."""
        now = self._now()
        standings = routing.standings(events)
        erased = await standing.erased_versions(conn, {routing.happening_of(event).subject_id for event in events})
        for case_id, after in standings.items():
            if after.erased_version is not None:
                erased.setdefault(case_id, after.erased_version)
        happenings = routing.still_told([routing.happening_of(event) for event in events], erased)
        await self._queue(conn, happenings, now)
        await recent_events.keep(conn, routing.recent(happenings))
        await recent_events.end_units(conn, routing.unit_endings(events))
        await standing.store(conn, standings, now=now)
        await self._tell_people(conn, happenings, now)
        for event in events:
            if isinstance(event.data, CaseErased):
                await record_erasure(
                    conn, service=GROUP, unit=event.unit, case_id=event.aggregate_id, version=event.aggregate_version
                )

    async def learn(self, conn: AsyncConnection, events: Sequence[Event]) -> None:
        """Learn what older cases and concerns are about from events that were applied before; nobody is told anew."""
        found = routing.themes([routing.happening_of(event) for event in events])
        gone = await standing.erased_versions(conn, found)
        await subscriptions.learn_themes(conn, {each: theme for each, theme in found.items() if each not in gone})

    async def _tell_people(self, conn: AsyncConnection, happenings: Sequence[Happening], now: datetime) -> None:
        themes = await self._themes(conn, happenings)
        made = await inbox.insert(conn, routing.entries(happenings, themes, new_id=self._new_id), now=now)
        about = {h.event_id: h.about_id for h in happenings if h.about_id is not None}
        told_at = await self._clock(conn)
        await escalations.demand(conn, made, about, versions=self._versions, now=told_at)
        await demands.end(conn, routing.ends(happenings), now=now)
        erasures = {h.subject_id: h.version for h in happenings if h.type == CASE_ERASED}
        restricted = {h.subject_id for h in happenings if h.restricted}
        left, over = routing.departures(happenings), routing.mergers(happenings)
        touched = (
            (End.CASE_ERASED, erasures.keys()),
            (End.CASE_RESTRICTED, restricted),
            (End.NOTHING_LEFT, {case_id for case_id, _, _ in left} | over.keys()),
        )
        told = [(reason, await letter_writing.about(conn, ids)) for reason, ids in touched if ids]
        await inbox.remove_left(conn, left)
        await inbox.remove_over(conn, over, OVER_WITH_A_MERGER)
        await letter_writing.set_aside_restricted(conn, restricted)
        if erasures:
            await inbox.remove_erased(conn, erasures)
            await standing.forget_answers(conn, erasures)
            await subscriptions.forget_erased(conn, erasures)
            await recent_events.forget_erased(conn, erasures)
        for reason, ids in told:
            await letter_writing.cancel_empty(conn, ids, reason=reason, now=now)
        for entry in made:
            metrics.ENTRIES.labels(entry.kind).inc()

    async def _themes(self, conn: AsyncConnection, happenings: Sequence[Happening]) -> dict[UUID, str]:
        await subscriptions.store_themes(conn, routing.themes(happenings))
        return await subscriptions.themes(conn, {happening.subject_id for happening in happenings})

    async def _queue(self, conn: AsyncConnection, happenings: Sequence[Happening], now: datetime) -> None:
        erasures = {h.subject_id: h.version for h in happenings if h.type == CASE_ERASED}
        restrictions = {h.subject_id: h.version for h in happenings if h.restricted}
        withdrawn = erasures.keys() | restrictions.keys()
        receivers = await queue.receivers(conn, withdrawn) if withdrawn else {}
        told = {endpoint_id for case_id in receivers for endpoint_id in receivers[case_id]}
        districts = {district_of(unit) for happening in happenings for unit in happening.units}
        everywhere = any(happening.for_every_unit for happening in happenings)
        found = await endpoints.candidates(conn, districts=districts, receivers=told, everywhere=everywhere)
        drafts = routing.drafts(happenings, found, receivers, new_id=self._new_id)
        if not drafts and not told:
            return
        # An endpoint that is switched off meanwhile is left out; one that is on stays on until the commit.
        enabled = await queue.lock_enabled(conn, {draft.endpoint_id for draft in drafts})
        await queue.lock_lanes(conn, enabled | told)
        added = await queue.enqueue(conn, [d for d in drafts if d.endpoint_id in enabled], now=now)
        await queue.set_aside_restricted(conn, restrictions, now=now)
        await queue.redact_erased(conn, erasures, now=now)
        self._given_work |= added.keys()
        metrics.QUEUED.inc(sum(added.values()))
