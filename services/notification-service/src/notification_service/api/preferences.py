"""How, when and where a person is told."""

from typing import Annotated

from fastapi import APIRouter, Response
from forkant_kit.etag import etag, expected_version
from forkant_kit.idempotency import Answer
from forkant_kit.problems import document_of
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.calls import Call, IfMatch, posting, reading
from notification_service.api.contact_bodies import CodeRequest, Confirmation
from notification_service.api.people_bodies import Choices
from notification_service.api.people_views import ConfirmationView, ContactView, PreferencesView
from notification_service.api.refusals import problem_of
from notification_service.commands import contacts as contact_commands
from notification_service.commands import preferences as commands
from notification_service.domain.contacts import ChannelName
from notification_service.domain.refusals import Code, Refusal
from notification_service.queries.contacts import contacts
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
    """Replace your choices; the first time with the ETag of version 0. A new address is sent a code to confirm it."""
    version, addresses = expected_version(if_match), body.addresses()

    async def work(conn: AsyncConnection) -> Answer:
        await commands.choose(conn, call.context(), language=body.language, pace=body.pace(), version=version)
        have = {row["channel"] for row in await contacts(conn, call.principal.subject)}
        if addresses.keys() - have - {*call.tools.channels}:
            raise Refusal(Code.CHANNEL_OFF)
        await contact_commands.keep(conn, call.context(), addresses, call.proof())
        return await _answer(conn, call, action="preference.choose")

    return (await call.save(work)).response()


@router.post("/codes", response_model=ConfirmationView, status_code=202)
async def send_code(call: Annotated[Call, posting("preference.write")], body: CodeRequest) -> Response:
    """Send a new code to an address of yours that is not confirmed, five in a day at the most."""

    async def work(conn: AsyncConnection) -> Answer:
        await contact_commands.send_code(conn, call.context(), body.channel)
        await call.record(conn, "preference.send_code", [])
        return Answer(202, await _standing(conn, call, body.channel))

    return await call.once(work)


@router.post("/confirmations", response_model=ConfirmationView)
async def confirm(call: Annotated[Call, posting("preference.write")], body: Confirmation) -> Response:
    """Confirm an address by the code that was sent there, which holds for a day; five tries are given."""

    async def work(conn: AsyncConnection) -> Answer:
        against = await contact_commands.confirm(conn, call.context(), body.channel, body.code)
        await call.record(conn, "preference.confirm" if against is None else "preference.try_code", [])
        if against is None:
            return Answer(200, await _standing(conn, call, body.channel))
        # A wrong try is kept, so it is answered and not raised.
        problem = problem_of(Refusal(against))
        headers = {"Content-Type": "application/problem+json"}
        return Answer(problem.status, document_of(problem), headers=headers)

    return await call.once(work)


async def _answer(conn: AsyncConnection, call: Call, *, action: str) -> Answer:
    person, keyring = call.principal.subject, call.tools.keyring
    found = await chosen(conn, person)
    shown = [
        ContactView(
            **{name: row[name] for name in ("channel", "confirmed_at", "code_until")},
            address=contact_commands.opened(
                keyring, bytes(row["address"]), contact_commands.address_context(person, row["channel"])
            ),
        )
        for row in await contacts(conn, person)
    ]
    await call.record(conn, action, [], version=found.version or None)
    view = PreferencesView.of(found, shown, call.tools.channels)
    return Answer(200, view.model_dump(mode="json"), headers={"ETag": etag(found.version)})


async def _standing(conn: AsyncConnection, call: Call, channel: ChannelName) -> dict[str, object]:
    [row] = [row for row in await contacts(conn, call.principal.subject) if row["channel"] == channel]
    return ConfirmationView.model_validate(row).model_dump(mode="json")
