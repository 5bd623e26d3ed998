"""The route of a case as it was known at a moment: put together from its events, and from texts that are of then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api.calls import Call, reading
from case_service.api.description import operation_id
from case_service.api.fields import Instant
from case_service.api.views.as_of import CaseAsOf
from case_service.domain.children import ChildConsidered
from case_service.domain.past import Past
from case_service.domain.standing import FollowUpState
from case_service.queries.as_of import AsOf, get_as_of

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"], generate_unique_id_function=operation_id)

NEVER_KNOWN: Final = ("level", "case_owner", "members", "transfers", "legal_holds", "retention_until")
"""What no event tells of, so that it is known of no moment but now."""

_OF_PAST: Final = (
    "version",
    "unit",
    "state",
    "held_from",
    "hold_reason",
    "round",
    "restricted",
    "restriction_reason",
    "prevention_goal",
    "merged",
    "opened_at",
    "closed_at",
    "close_reason",
)
# What is written once, when a case is opened or an item of it begins, and never again.
_OF_CASE: Final = ("id", "special_category", "title", "subject", "description", "necessity_reason", "opened_by")
_OF_INFORMATION: Final = (
    "source",
    "source_reliability",
    "subject_category",
    "special_category",
    "text",
    "basis",
    "necessity_reason",
    "registered_by",
    "restricted",
)
_WORDS: Final = {
    "assessment": ("summary", *(each.name for each in fields(ChildConsidered)), "author"),
    "plan": ("summary", "author", "approved_by"),
    "evaluation": ("mechanism", "moderators", "implementation", "economics", "author"),
}


@router.get("/as-of", response_model=CaseAsOf, summary="Read a case as it was known at a moment")
async def as_of(
    case_id: UUID,
    call: Annotated[Call, reading("case.read")],
    at: Annotated[
        Instant | None, Query(description="The moment; what was recorded by then is what was known. Now, if left out.")
    ] = None,
) -> Response:
    """Read a case as it was known then, as far as that is known now; who may read it is judged now."""
    moment = at or call.context.now

    async def work(conn: AsyncConnection) -> AsOf:
        found = await get_as_of(conn, call.context.scope, case_id, vault=call.context.vault, moment=moment)
        await call.audit_read(
            conn, action="case.read_as_of", ids=[case_id], version=found.version, purpose=found.purpose
        )
        return found

    body = _shown(await call.read(work), moment).model_dump_json()
    return Response(body, media_type="application/json")


def _shown(found: AsOf, at: datetime) -> CaseAsOf:
    past, row = found.past, found.row
    notes = [note for note in row["notes"] or () if note["version"] is not None and note["version"] <= past.version]
    return CaseAsOf.model_validate(
        {
            **{name: getattr(past, name) for name in _OF_PAST},
            **past.opened,
            **{name: row[name] for name in _OF_CASE},
            "at": at,
            "last_recorded_at": past.recorded_at,
            "assessment": _assessment(found),
            "plan": _plan(found),
            "evaluation": _evaluation(found),
            **_items(past, row),
            "notes": notes,
            "not_known": [*_lost(found), *NEVER_KNOWN],
        }
    )


def _words(found: AsOf, name: str) -> dict[str, Any]:
    """Return the words of a part of the round, or nothing in their place when they are not those of then."""
    row = found.row[name]
    if row is None or name in found.saved_since:
        return dict.fromkeys(_WORDS[name])
    return {word: row.get(word) for word in _WORDS[name]}


def _lost(found: AsOf) -> Iterator[str]:
    """Name what was there then, or may have been, and was written over since."""
    past = found.past
    begun = {
        # A draft makes no event in a round that a reopening began.
        "assessment": past.assessment_begun or past.round > 1,
        "plan": past.plan is not None,
        "evaluation": past.evaluation_begun,
    }
    for name in _WORDS:
        if name in found.saved_since and begun[name]:
            yield name
    if any(note["version"] is None for note in found.row["notes"] or ()):
        yield "notes"


def _assessment(found: AsOf) -> dict[str, Any] | None:
    done, row = found.past.assessment, found.row["assessment"]
    if done is not None:
        return {**asdict(done), "completed": True, **_words(found, "assessment")}
    if row is None or "assessment" in found.saved_since:
        return None
    factors = {name: row[name] for name in ("risk_factors", "protective_factors")}
    return {**factors, "completed": False, "completed_at": None, **_words(found, "assessment")}


def _plan(found: AsOf) -> dict[str, Any] | None:
    plan = found.past.plan
    if plan is None:
        return None
    words = _words(found, "plan")
    goals = None if "plan" in found.saved_since else found.row["goals"]
    approved_by = None if plan.approved_at is None else words["approved_by"]
    return {**asdict(plan), **words, "goal_count": plan.goals, "goals": goals, "approved_by": approved_by}


def _evaluation(found: AsOf) -> dict[str, Any] | None:
    done, row = found.past.evaluation, found.row["evaluation"]
    if done is not None:
        return {**asdict(done), "completed": True, **_words(found, "evaluation")}
    if row is None or "evaluation" in found.saved_since:
        return None
    return {"effect": row["effect"], "completed": False, "completed_at": None, **_words(found, "evaluation")}


def _items(past: Past, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what hung on the case, each with the words that were written when it began or ended."""
    measures, follow_ups, partners = (_by_id(row[name]) for name in ("measures", "follow_ups", "partners"))
    return {
        "measures": [
            {**asdict(each), "steps_done": sorted(each.steps_done), "description": measures[each.id]["description"]}
            for each in past.measures.values()
        ],
        "follow_ups": [
            {**asdict(each), "notes": follow_ups[each.id]["notes"] if each.state is FollowUpState.HELD else None}
            for each in past.follow_ups.values()
        ],
        "partners": [{**asdict(each), "name": partners[each.id]["name"]} for each in past.partners.values()],
        "information": _information(past, _by_id(row["information"])),
    }


def _information(past: Past, rows: Mapping[UUID, Mapping[str, Any]]) -> list[dict[str, Any]]:
    shown = []
    for each in past.information.values():
        now = rows[each.id]
        told = ("clarification", "clarified_by")
        clear = dict.fromkeys(told) if each.outcome is None else {name: now[name] for name in told}
        shown.append({**asdict(each), **{name: now[name] for name in _OF_INFORMATION}, **clear})
    return shown


def _by_id(rows: Sequence[Mapping[str, Any]] | None) -> Mapping[UUID, Mapping[str, Any]]:
    return {UUID(row["id"]): row for row in rows or ()}
