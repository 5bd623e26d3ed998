"""The stream of figures (server-sent events): each unit at first, then each time its figures change."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Final

import anyio
from fastapi import APIRouter, Depends, Header, Query, Request
from forkant_kit.audit.record import record_alone
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.problems import PROBLEM_RESPONSES, ProblemError
from forkant_kit.right import Right, right_of
from forkant_kit.sse import EventStream, end_event, wait_for_change
from sse_starlette import EventSourceResponse

from indicator_service import audit_names
from indicator_service.aggregation.calendar import day_of, rolling_12
from indicator_service.aggregation.snapshot import Reader
from indicator_service.api.dependencies import CanReadFigures, Deps
from indicator_service.api.hub import Hub, units_with_others
from indicator_service.api.newest import Key
from indicator_service.api.parameters import known_units
from indicator_service.api.trail import figures_entry, note_asked
from indicator_service.policy import reader_of

router = APIRouter(prefix="/v1", tags=["stream"], responses=PROBLEM_RESPONSES, dependencies=[Depends(note_asked)])

Reads = Annotated[Principal, CanReadFigures]

_FRESHNESS_EVERY_S: Final = 4.0
_LOOK_EVERY_S: Final = 1.0
_READY_WITHIN_S: Final = 10.0

_EVENT_ID: Final = re.compile(r"(?P<day>[0-9-]{10})/(?P<sequence>[0-9]{1,18})(?:/(?P<settled>[0-9]{1,18}))?")
"""The day until which a client's figures count, the newest change in them, and the version of what others are shown."""


@router.get("/stream", response_class=EventSourceResponse)
async def stream_metrics(
    request: Request,
    principal: Reads,
    deps: Deps,
    units: Annotated[str | None, Query(description="Units separated by commas; `national` is the total.")] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventSourceResponse:
    """Stream `metrics` (the body of `/v1/districts/{unit}/metrics`) as they change, and `freshness` every few seconds.

    With `Last-Event-ID` the stream goes on after that event. It ends with an `end` event that says why:
    `token-expired`; `token-revoked`, within five seconds; `right-unconfirmed`, when the issuer is silent;
    `shutting-down`. Come back with the last id, and a new token where the old one ended.
    """
    await _wait_until_ready(deps.hub, deps.stream_client_limit)
    there = deps.hub.units
    reader = reader_of(principal, there)
    keys = [(unit, reader.sees_exact(unit)) for unit in known_units(units, there, today=day_of(deps.now()))]
    seen = await _seen_already(deps.hub, keys, last_event_id)
    ids = audit_names.shown(units=[unit for unit, _ in keys], period=rolling_12(today=day_of(deps.now())))
    # Once for all that the stream will show: what it sends later are the same figures, as they change.
    await record_alone(deps.engine, trail_of(request), figures_entry(ids))
    stopping = anyio.Event()
    return EventStream(
        _events(deps.hub, keys, seen, stopping, right_of(request), sees=lambda: reader_of(principal, deps.hub.units)),
        stopping=stopping,
    )


async def _wait_until_ready(hub: Hub, limit: int) -> None:
    if hub.streams >= limit:
        detail = "This process has as many streams as it takes; try again soon."
        raise ProblemError(503, "too-many-streams", "Too many streams", detail, headers={"Retry-After": "5"})
    try:
        await asyncio.wait_for(hub.ready.wait(), _READY_WITHIN_S)
    except TimeoutError:
        detail = "The figures can't be read at the moment; try again soon."
        raise ProblemError(503, "not-ready", "Not ready", detail, headers={"Retry-After": "5"}) from None


async def _seen_already(hub: Hub, keys: list[Key], last_event_id: str | None) -> dict[Key, str]:
    """Return the documents that need not be sent, because nothing about them changed since the client's last event."""
    found = _EVENT_ID.fullmatch(last_event_id or "")
    # With a new day figures change without an event.
    if found is None or found["day"] != str(hub.day):
        return {}
    last = int(found["sequence"])
    known, known_until = {key: hub.document(key) for key in keys}, hub.sequence
    changed = await hub.changed_since(last)
    if changed is None:
        return {}
    # What others are shown moves by itself; and what is hidden of one unit depends on all others.
    moved = int(found["settled"] or 0) != hub.settled_version
    if known_until <= last:
        # The client has been served by a process that was ahead of this one.
        return {key: known[key] for key in keys if key[1] or not moved}
    stale = units_with_others(changed, hub.units)
    return {key: known[key] for key in keys if not (key[0] in stale or ((changed or moved) and not key[1]))}


async def _events(
    hub: Hub,
    keys: list[Key],
    seen: dict[Key, str],
    stopping: anyio.Event,
    right: Right,
    *,
    sees: Callable[[], Reader],
) -> AsyncIterator[bytes]:
    freshness_due = time.monotonic()
    with hub.listen() as changed:
        right.on_end(changed.set)
        while right.ended is None and not stopping.is_set():
            changed.clear()
            # A unit may end, or go into another, while the stream is open.
            reader = sees()
            keys = [(unit, reader.sees_exact(unit)) for unit, _ in keys]
            reached = hub.reached
            unseen = [key for key in keys if seen.get(key) != hub.document(key)]
            for number, key in enumerate(unseen, start=1):
                seen[key] = hub.document(key)
                # Only the last one says how far the client has come: a stream that breaks off before it starts over.
                last = number == len(unseen)
                yield f"id: {reached}\n".encode() + hub.event(key) if last else hub.event(key)
                if right.ended is not None:
                    break
            now = time.monotonic()
            if now >= freshness_due:
                freshness_due = now + _FRESHNESS_EVERY_S
                yield hub.event(None)
            await wait_for_change(changed, min(_LOOK_EVERY_S, max(freshness_due - now, 0.001)))
        # One whose right ended is shown nothing more, not even what had changed by then.
        yield end_event(right.ended)
