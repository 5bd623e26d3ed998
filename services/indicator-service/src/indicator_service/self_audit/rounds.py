"""The rounds of the self-audit: page by page over cases and concerns, then district by district over sums, then again.

One worker audits, by a lease on the round's row. Each step first looks again at what did not agree, then goes on by one
page. No transaction is open while the case service is asked. A round has ended when everything has been walked over and
nothing that it met is still on its way; so its age says how old the knowledge is that all agrees, also while the case
service, the issuer or the stream stands still. While they go on, everything that was met settles within a minute of the
end of the walk: it agrees, it has drifted, or its fact has reached what was answered first and has been changed since,
in which case it is compared when it rests, and the round does not wait for it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog
from forkant_kit.db import transaction
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from indicator_service import generations
from indicator_service.self_audit import self_audit_metrics as metrics
from indicator_service.self_audit import store, summing
from indicator_service.self_audit.asking import Page, RecountClient, RecountUnavailableError
from indicator_service.self_audit.judging import Answered, Judgement, Reason
from indicator_service.self_audit.looking import Seen, WaitedFor, judged_all
from indicator_service.self_audit.store import CONFIRMED, Pauses, Place

BEFORE_ALL: Final = UUID(int=0)
_MOST_UNSETTLED: Final = 1_000
"""How much may be on its way before the walk waits for the stream."""
_SOON: Final = 3
_LATER: Final = 30
"""After how many pauses between pages something is looked at again: what is on its way, and what has drifted."""
_RESTING_S: Final = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What auditing takes; times are in seconds."""

    engine: AsyncEngine
    client: RecountClient
    owner: str
    page: int
    every_s: float
    """Between two pages."""
    round_s: float
    """Between the beginnings of two rounds, at the least."""
    pauses: Pauses = field(init=False)
    waited_for: WaitedFor = field(default_factory=dict)
    """By kind and key of what is on its way, the answer that its fact is to reach; forgotten with the process, which is
    safe: the next look waits for its own answer."""

    def __post_init__(self) -> None:
        """Look again at a multiple of the pause between pages."""
        pauses = Pauses(soon_s=_SOON * self.every_s, later_s=_LATER * self.every_s)
        object.__setattr__(self, "pauses", pauses)


async def keep_auditing(audit: Audit, stop: asyncio.Event) -> None:
    """Audit until told to stop; a fault is noted, and tried again."""
    while not stop.is_set():
        pause = audit.every_s
        try:
            if not await step(audit):
                pause = min(_RESTING_S, _SOON * audit.every_s)
        except RecountUnavailableError as error:
            await _note_failure(audit, str(error))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            metrics.FAILURES.labels("database").inc()
            _log.warning("self_audit_failed", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
    with suppress(SQLAlchemyError, OSError, TimeoutError):
        async with transaction(audit.engine) as conn:
            await store.release(conn, audit.owner)


async def step(audit: Audit) -> bool:
    """Look again at what is due and go on by one page; return whether there is more to do now."""
    async with transaction(audit.engine) as conn:
        place = await store.take(conn, audit.owner)
        due = {} if place is None else await store.due(conn, most=audit.page)
    if place is None:
        audit.waited_for.clear()
        return False
    for kind, keys in due.items():
        await _look_again(audit, kind, keys)
    busy = await _go_on(audit, place)
    async with transaction(audit.engine) as conn:
        await store.note_well(conn)
        await _publish(conn)
    return busy


async def _go_on(audit: Audit, place: Place) -> bool:
    if place.phase == "resting":
        return await _begin(audit, place)
    if place.phase == "settling":
        return await _end(audit, place)
    if place.phase == "cells":
        return await _sum_next(audit, place)
    async with transaction(audit.engine) as conn:
        if await store.unsettled(conn, walked_at=None) > _MOST_UNSETTLED:
            return False
    return await _walk(audit, place, "case" if place.phase == "cases" else "concern")


async def _begin(audit: Audit, place: Place) -> bool:
    if place.begun_at is not None and (place.now - place.begun_at).total_seconds() < audit.round_s:
        return False
    async with transaction(audit.engine) as conn:
        if await store.hold(conn, audit.owner, place):
            await store.begin(conn)
    return True


async def _end(audit: Audit, place: Place) -> bool:
    async with transaction(audit.engine) as conn:
        if await store.hold(conn, audit.owner, place) and not await store.unsettled(conn, walked_at=place.walked_at):
            await store.end(conn, rest_s=audit.round_s)
            _log.info("self_audit_round_ended", round=place.round)
    return False


async def _walk(audit: Audit, place: Place, kind: str) -> bool:
    after = place.after_id or BEFORE_ALL
    page = await audit.client.page(kind, after=after, limit=audit.page)
    until = page.items[-1].id if page.more else None
    async with transaction(audit.engine, snapshot=True) as conn:
        seen = await Seen.read(conn, kind, [each.id for each in page.items], after=after, until=until)
    judged = judged_all(kind, page, seen, before=None, waited_for=audit.waited_for)
    following = {"case": "concerns", "concern": "cells"}[kind]
    async with transaction(audit.engine) as conn:
        if not await store.hold(conn, audit.owner, place):
            return True
        await _keep(audit, conn, kind, judged, closely=False)
        await store.move(
            conn,
            to=place.phase if page.more else following,
            after_id=until,
            cases=len(page.items) if kind == "case" else 0,
            concerns=len(page.items) if kind == "concern" else 0,
        )
    _wait_for(audit, kind, page, judged)
    metrics.COMPARED.labels(kind).inc(len(page.items))
    return True


async def _look_again(audit: Audit, kind: str, keys: Sequence[str]) -> None:
    if kind == "cells":
        for district in keys:
            await _sum(audit, district)
        return
    ids = [UUID(key) for key in keys]
    async with transaction(audit.engine) as conn:
        before = await store.versions(conn, kind, ids, generation=await generations.live(conn))
    page = await audit.client.named(kind, ids)
    async with transaction(audit.engine, snapshot=True) as conn:
        seen = await Seen.read(conn, kind, ids)
    judged = judged_all(kind, page, seen, before=before, waited_for=audit.waited_for)
    async with transaction(audit.engine) as conn:
        await _keep(audit, conn, kind, judged)
    _wait_for(audit, kind, page, judged)


async def _sum_next(audit: Audit, place: Place) -> bool:
    async with transaction(audit.engine) as conn:
        generation = await generations.live(conn)
        district = await summing.next_district(conn, generation=generation, after=place.after_unit)
    cells = 0 if district is None else await _sum(audit, district)
    async with transaction(audit.engine) as conn:
        if await store.hold(conn, audit.owner, place):
            to = "settling" if district is None else place.phase
            await store.move(conn, to=to, after_unit=district or "", cells=cells)
    return True


async def _sum(audit: Audit, district: str) -> int:
    async with transaction(audit.engine, snapshot=True) as conn:
        sums = await summing.compare_sums(conn, generation=await generations.live(conn), district=district)
    wrong = Judgement(reason=Reason.CELLS, touched={district: sums.wrong}) if sums.wrong else None
    async with transaction(audit.engine) as conn:
        await _keep(audit, conn, "cells", {district: wrong})
    metrics.COMPARED.labels("cells").inc(sums.cells)
    return sums.cells


def _wait_for(audit: Audit, kind: str, page: Page, judged: Mapping[str, Judgement | None]) -> None:
    """Remember the oldest answer that each fact has not reached, and forget those of what has settled or moved on."""
    answered = {str(each.id): Answered(version=each.version, as_of=page.as_of) for each in page.items}
    for key, judgement in judged.items():
        if judgement is None or judgement.moved:
            audit.waited_for.pop((kind, key), None)
        if judgement is not None and key in answered:
            audit.waited_for.setdefault((kind, key), answered[key])


async def _keep(
    audit: Audit, conn: AsyncConnection, kind: str, judged: Mapping[str, Judgement | None], *, closely: bool = True
) -> None:
    # A page is a look from afar: it can't tell what is ahead or unknown from what is on its way.
    settled = await store.note_agreement(conn, kind, [key for key, judgement in judged.items() if judgement is None])
    for key in settled:
        _log.info("self_audit_drift_gone", kind=kind, key=key)
    for key, judgement in sorted(judged.items()):
        if judgement is None:
            continue
        if judgement.reason is Reason.ON_ITS_WAY and not closely:
            await store.note_first(conn, kind, key, judgement, audit.pauses)
            continue
        looks = await store.note(conn, kind, key, judgement, audit.pauses)
        if looks == CONFIRMED:
            metrics.FOUND.labels(judgement.reason.value).inc()
            _log.error(
                "self_audit_drift",
                kind=kind,
                key=key,
                reason=judgement.reason.value,
                fields=judgement.fields,
                touched={unit: sorted(counted) for unit, counted in judgement.touched.items()},
            )


async def _publish(conn: AsyncConnection) -> None:
    row = await store.last(conn)
    metrics.show_standing(await store.standing(conn), age_s=None if row.age is None else float(row.age))


async def _note_failure(audit: Audit, reason: str) -> None:
    metrics.FAILURES.labels(reason).inc()
    _log.warning("self_audit_not_answered", reason=reason)
    with suppress(SQLAlchemyError, OSError, TimeoutError):
        async with transaction(audit.engine) as conn:
            await store.note_failure(conn, audit.owner, reason)
            await _publish(conn)
