"""What the audit trail says of a request for figures: which were shown, and which were asked for when none were."""

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from fastapi import Request
from forkant_contracts.codes import PurposeCode
from forkant_kit.audit.record import Entry
from forkant_kit.audit.recorder import trail_of

from indicator_service import audit_names
from indicator_service.policy import READ_FIGURES

PURPOSE: Final = PurposeCode.PREVENT_CRIME
"""Why figures are made and read; they are about no case, so that the purpose of none is meant."""


def figures_entry(ids: Sequence[UUID], *, action: str = READ_FIGURES) -> Entry:
    """Return the entry of an answer that shows figures; the figures are not in it."""
    return Entry(action=action, object_kind="figures", object_ids=ids, purpose=PURPOSE.value)


async def note_asked(request: Request) -> None:
    """Keep what is asked for, for the entry of a refusal; a router depends on it before it asks who may."""
    trail_of(request).asked = audit_names.known(_asked(request))


def _asked(request: Request) -> Iterator[str]:
    path, query = request.path_params, request.query_params
    for unit in (path.get("unit", ""), *query.get("units", "").split(",")):
        yield f"unit:{unit}"
    yield f"indicator:{path.get('number', '')}"
    yield f"unit:{query.get('unit', '')}"
    for unit in query.get("compare", "").split(","):
        yield f"unit:{unit}"
    for name in ("from", "to"):
        yield f"period:{query.get(name, '')}"
    yield f"period:{query.get('period', 'rolling_12')}"
