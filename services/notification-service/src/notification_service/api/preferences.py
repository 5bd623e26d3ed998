"""How and when a person is told."""

from typing import Annotated

from fastapi import APIRouter, Response
from forkant_kit.etag import etag, expected_version
from forkant_kit.idempotency import Answer
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.calls import Call, IfMatch, reading
from notification_service.api.people_bodies import Choices
from notification_service.api.people_views import PreferencesView
from notification_service.commands import preferences as commands
from notification_service.queries.preferences import chosen

router = APIRouter(prefix="/v1/preferences", tags=["preferences"])


@router.get("", response_model=PreferencesView)
async def read_preferences(call: Annotated[Call, reading("preference.read")]) -> Response:
    """Return your choices with their ETag; before you chose anything, what holds without."""
    return (await call.read(lambda conn: _answer(conn, call, action="preference.read"))).response()


@router.put("", response_model=PreferencesView)
async def choose(
    call: Annotated[Call, reading("preference.write")], body: Choices, if_match: IfMatch = None
) -> Response:
    """Replace your choices; the first time with the ETag of version 0."""
    version = expected_version(if_match)

    async def work(conn: AsyncConnection) -> Answer:
        await commands.choose(conn, call.context(), language=body.language, pace=body.pace(), version=version)
        return await _answer(conn, call, action="preference.choose")

    return (await call.save(work)).response()


async def _answer(conn: AsyncConnection, call: Call, *, action: str) -> Answer:
    found = await chosen(conn, call.principal.subject)
    await call.record(conn, action, [], version=found.version or None)
    view = PreferencesView.of(found)
    return Answer(200, view.model_dump(mode="json"), headers={"ETag": etag(found.version)})
