"""A case as it was known at a moment: codes from its events, and texts as far as those of then are still there.

Most texts are written once, with an event that tells when. An assessment, a plan and an evaluation are saved over and
over, and only the last words are kept: they are those of then when they were not saved again since. What is not known
is named, and never filled in with what holds today.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

from forkant_kit.vault import Vault
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.folding import folded, known_at
from case_service.domain.moments import CLOCK_SKEW
from case_service.domain.past import Past
from case_service.domain.refusals import Code, Refusal
from case_service.domain.timeline import Event
from case_service.queries.archive import events_since
from case_service.queries.one import get_case, get_head
from case_service.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """A case as it was known: the fold of its events, and the row as it is now, with its texts."""

    past: Past
    version: int
    """That of now."""
    purpose: str
    row: Mapping[str, Any]
    saved_since: frozenset[str]
    """Which of assessment, plan and evaluation were saved again since, so that their words are not those of then."""


async def get_as_of(conn: AsyncConnection, scope: Scope, case_id: UUID, *, vault: Vault, moment: datetime) -> AsOf:
    """Return a case as it was known at a moment, to who may see it now.

    Raises:
        Refusal: there is none for this caller, it was erased, it was not there yet, or its events are gone.
    """
    version, purpose = await get_head(conn, scope, case_id)
    events = await events_since(conn, case_id, 0)
    if moment > scope.at + CLOCK_SKEW or not known_at(events, moment):
        earliest = events[0].recorded_at.isoformat()
        raise Refusal(Code.NOT_YET_RECORDED, earliest=earliest, latest=scope.at.isoformat())
    past = folded(known_at(events, moment))
    view = await get_case(conn, scope, case_id, vault=vault, number=past.round)
    # What came in meanwhile is in the row that was read, and must not pass for what was there then.
    later = [*events[past.version :], *await events_since(conn, case_id, events[-1].version)]
    return AsOf(
        past=past,
        version=version,
        purpose=purpose,
        row=view.row,
        saved_since=frozenset(_saved_since(later, view.row, moment)),
    )


def _saved_since(later: Sequence[Event], row: Mapping[str, Any], moment: datetime) -> Iterator[str]:
    """Return the parts of the round that was current then which were saved again after the moment."""
    told = {event.code for event in takewhile(lambda event: event.code != "case.reopened", later)}
    for name, codes in (
        ("assessment", {"case.assessment-started", "case.assessed"}),
        ("plan", {"case.planned"}),
        ("evaluation", {"case.evaluation-started", "case.evaluated"}),
    ):
        # A draft makes no event; the row tells when it was recorded.
        saved = row[name] and row[name].get("saved_at")
        if told & codes or (saved is not None and datetime.fromisoformat(saved) > moment):
            yield name
