"""Where a person is reached: addresses are sealed, and used once a code that was sent there came back."""

import secrets
from collections.abc import Mapping
from typing import Final

from forkant_kit.keyring import Keyring, UnsealError
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.commands.context import Context
from notification_service.domain.contacts import (
    CODE_DIGITS,
    CODE_HOLDS,
    CODES_COUNT_FOR,
    MOST_CODES,
    ChannelName,
    check_address,
    judge_code,
)
from notification_service.domain.letters import Purpose
from notification_service.domain.posting import Slot
from notification_service.domain.refusals import Code, Refusal
from notification_service.store import letter_writing, people
from notification_service.store.people import Contact, NewAddress, Proof

_ONE_OF: Final = 10**CODE_DIGITS


def address_context(person: str, channel: str) -> bytes:
    """Return what a sealed address is bound to."""
    return f"address\0{person}\0{channel}".encode()


def code_context(person: str, channel: str) -> bytes:
    """Return what a sealed code is bound to."""
    return f"code\0{person}\0{channel}".encode()


def opened(keyring: Keyring, sealed: bytes, context: bytes) -> str | None:
    """Return what is sealed; None when its key is not given any more, so that it is given anew."""
    try:
        return keyring.unseal(sealed, context=context).decode()
    except UnsealError:
        return None


async def keep(conn: AsyncConnection, context: Context, wanted: Mapping[ChannelName, str], proof: Proof) -> None:
    """Give the caller these addresses in place of those before. One that is new is sent a code.

    Raises:
        Refusal: an address is not written as one, or too many codes were sent today.
    """
    for channel, address in wanted.items():
        check_address(channel, address)
    have = {each.channel: each for each in await people.contacts(conn, person=proof.person)}
    if not wanted:
        if have:
            await people.keep_only(conn, person=proof.person, channels=())
            await people.forget(conn, person=proof.person)
        return
    await people.keep_only(conn, person=proof.person, channels=wanted)
    now = context.now
    await people.prove(conn, proof, now=now, stale=now, lapsed=now - context.standing_holds, first=True)
    for channel, address in wanted.items():
        before = have.get(channel)
        if before is None or _address(context, before) != address:
            await _send_code(conn, context, channel, address)


async def send_code(conn: AsyncConnection, context: Context, channel: ChannelName) -> None:
    """Send the caller a new code for an address that is not confirmed; the one before holds no more.

    Raises:
        Refusal: there is no such address, it is confirmed, or too many codes were sent today.
    """
    found = {each.channel: each for each in await people.contacts(conn, person=context.subject)}.get(channel)
    address = None if found is None or found.confirmed_at is not None else _address(context, found)
    if address is None:
        raise Refusal(Code.CODE_OVER)
    await _send_code(conn, context, channel, address)


async def confirm(conn: AsyncConnection, context: Context, channel: ChannelName, given: str) -> Code | None:
    """Confirm an address by the code that was sent there; return why not, which is counted, or None when it is."""
    found = {each.channel: each for each in await people.contacts(conn, person=context.subject)}.get(channel)
    if found is None:
        return Code.CODE_OVER
    kept = None if found.code is None else opened(context.keyring, found.code, code_context(context.subject, channel))
    against = judge_code(given, kept=kept, until=found.code_until, tries=found.code_tries, now=context.now)
    if against is None:
        await people.confirm(conn, person=context.subject, channel=channel, now=context.now)
    elif against is Code.CODE_WRONG:
        await people.count_try(conn, person=context.subject, channel=channel)
    return against


def _address(context: Context, contact: Contact) -> str | None:
    return opened(context.keyring, contact.address, address_context(context.subject, contact.channel))


async def _send_code(conn: AsyncConnection, context: Context, channel: ChannelName, address: str) -> None:
    person, now = context.subject, context.now
    # Counted by the letters, which stay when an address is removed.
    if (
        await letter_writing.codes_since(conn, person=person, channel=channel, since=now - CODES_COUNT_FOR)
        >= MOST_CODES
    ):
        raise Refusal(Code.TOO_MANY_CODES)
    code = f"{secrets.randbelow(_ONE_OF):0{CODE_DIGITS}}"
    new = NewAddress(
        channel=channel.value,
        address=context.keyring.seal(address.encode(), context=address_context(person, channel)),
        code=context.keyring.seal(code.encode(), context=code_context(person, channel)),
        code_until=now + CODE_HOLDS,
    )
    await people.put(conn, person=person, new=new, now=now)
    await letter_writing.end_confirmations(conn, person=person, channel=channel, now=now)
    slot = Slot(purpose=Purpose.CONFIRMATION)
    await letter_writing.write(conn, letter_id=context.new_id(), person=person, channel=channel, slot=slot, now=now)
