"""Routes of a case's past: its timeline."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging
from case_service.api.calls import Call, reading
from case_service.api.description import operation_id
from case_service.api.languages import ReadIn
from case_service.api.views.timeline import ActorView, ItemView, TimelineLine, TimelineNote, TimelinePage
from case_service.domain.labels import Language
from case_service.domain.sentences import sentence
from case_service.domain.timeline import Act, Line
from case_service.queries import timeline as queries
from case_service.settings import SERVICE

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"], generate_unique_id_function=operation_id)

_ITEMS: Final = ("measure", "follow_up", "partner", "information", "transfer", "task")
_OF_ANOTHER_CASE: Final = frozenset({"into_case_id"})
"""Facts about a case that the reader may not see; the case itself tells them to who may."""
_ITEM_OF_ACT: Final = {
    "case.offer_transfer": "transfer",
    "case.reject_transfer": "transfer",
    "case.revoke_transfer": "transfer",
    "case.add_member": "member",
    "case.end_member": "member",
    "case.place_legal_hold": "legal_hold",
    "case.lift_legal_hold": "legal_hold",
}


@router.get("/timeline", response_model=TimelinePage, summary="Read who did what in a case")
async def timeline(
    case_id: UUID,
    call: Annotated[Call, reading("case.read")],
    language: Annotated[Language, Depends(ReadIn)],
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
) -> Response:
    """Read what happened in a case, oldest first, with who did it and a sentence; not who looked at it."""
    name = f"timeline|{case_id}"

    async def work(conn: AsyncConnection) -> queries.Page:
        position = paging.position_of(call, name, cursor)
        after = queries.BEGINNING if position is None else (position[0], position[1])
        scope, vault = call.context.scope, call.context.vault
        found = await queries.get_page(conn, scope, case_id, vault=vault, after=after, limit=limit)
        await call.audit_read(conn, action="case.timeline", ids=[case_id], version=found.version, purpose=found.purpose)
        return found

    found = await call.read(work)
    following = paging.cursor_at(call, name, found.lines[-1].position) if found.more else None
    items = [_shown(line, found, language) for line in found.lines]
    answer = paging.page(call, TimelinePage(language=language, items=items, next=following), following)
    answer.headers["Content-Language"] = language.value
    answer.headers.append("Vary", "Accept-Language")
    return answer


def _shown(line: Line, found: queries.Page, language: Language) -> TimelineLine:
    item = _item(line)
    kind = {} if item is None or item.id not in found.kinds else {"kind": found.kinds[item.id]}
    said = sentence(line.code, {"unit": line.unit, **kind, **line.facts}, language)
    version, number = line.position
    note = found.notes.get(version) if number == 0 else None
    return TimelineLine(
        code=line.code,
        template=said.template,
        sentence=said.text,
        version=version,
        unit=line.unit,
        occurred_at=line.occurred_at,
        recorded_at=line.recorded_at,
        actor=None if line.act is None else _actor(line.act),
        item=item,
        facts={name: fact for name, fact in line.facts.items() if name not in _OF_ANOTHER_CASE},
        note=None if note is None else TimelineNote(text=note["text"], author=note["author"]),
    )


def _item(line: Line) -> ItemView | None:
    """Return what of the case a line is about: events name it among their facts, acts beside the case."""
    named = next((kind for kind in _ITEMS if f"{kind}_id" in line.facts), None)
    if named is not None:
        return ItemView(kind=named, id=line.facts[f"{named}_id"])
    if line.act is None or line.act.item_id is None or line.code not in _ITEM_OF_ACT:
        return None
    return ItemView(kind=_ITEM_OF_ACT[line.code], id=line.act.item_id)


def _actor(act: Act) -> ActorView:
    return ActorView(subject=act.subject, unit=act.unit, roles=[*act.roles], service=act.subject == SERVICE)
