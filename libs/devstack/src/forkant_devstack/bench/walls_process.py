"""The case service's API with one wall taken away, to measure what that wall costs: ``… walls_process audit``.

It stands nowhere but beside a benchmark: it opens what the service keeps shut.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from unittest.mock import patch

import case_service.scope
from forkant_contracts import Event
from forkant_kit.audit.record import Entry, Trail
from forkant_kit.auth import Principal, TokenVerifier
from forkant_kit.keyring import Keyring
from forkant_kit.outbox import EVENTS_SQL, append_events
from forkant_kit.settings import load
from forkant_kit.vault import DataKey
from forkant_kit.web import serve
from sqlalchemy import text, true
from sqlalchemy.ext.asyncio import AsyncConnection

_EVENTS: Final = text(f"{EVENTS_SQL} SELECT 1")


def without_token() -> None:
    """Look at a token once, and never again."""
    verify = TokenVerifier.verify
    known: dict[str, Principal] = {}

    async def taken(self: TokenVerifier, token: str) -> Principal:
        if token not in known:
            known[token] = await verify(self, token)
        return known[token]

    patch.object(TokenVerifier, "verify", taken).start()


def without_need_to_know() -> None:
    """Show the cases of the unit to everybody of it; before the statements are made that hold the predicates."""
    for name in ("MEMBER_OF", "GIVEN_CASES", "GRANTED_IDS"):
        patch.object(case_service.scope, name, true()).start()
    for name in ("VISIBLE_CASES", "UNIT_CASES"):
        patch.object(case_service.scope, name, case_service.scope.OWN_CASES).start()


def without_audit() -> None:
    """Write nothing down."""

    async def forget(self: Trail, _conn: AsyncConnection, _entry: Entry) -> None:
        self.recorded = True

    async def only_publish(self: Trail, conn: AsyncConnection, events: Sequence[Event], _entry: Entry) -> None:
        await append_events(conn, events)
        self.recorded = True

    async def only_events(self: Trail, conn: AsyncConnection, bound: dict[str, Any]) -> None:
        await conn.execute(_EVENTS, bound)
        self.recorded = True

    patch.object(Trail, "record", forget).start()
    patch.object(Trail, "publish", only_publish).start()
    patch.object(Trail, "publish_bound", only_events).start()


def without_sealing() -> None:
    """Write text as it is, under data keys that are written as they are."""
    patch.object(Keyring, "seal", lambda self, secret, **_: self.newest + secret.ljust(60)).start()
    patch.object(DataKey, "seal", lambda _self, words, **_: words.encode().ljust(40)).start()


WALLS: Final[Mapping[str, Callable[[], None]]] = {
    "token": without_token,
    "need to know": without_need_to_know,
    "audit": without_audit,
    "sealing": without_sealing,
}
"""What can be taken away here. Row-level security is the database's."""


def main(names: list[str]) -> None:
    """Serve without the walls named."""
    for name in names:
        WALLS[name]()
    from case_service.app import build_app
    from case_service.settings import CaseSettings

    settings = load(CaseSettings)
    serve(build_app(settings), host=settings.http_host, port=settings.http_port)


if __name__ == "__main__":
    main(sys.argv[1:])
