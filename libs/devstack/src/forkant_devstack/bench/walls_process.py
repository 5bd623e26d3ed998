"""The case service's API with one wall taken away, to measure what that wall costs: ``… walls_process audit``.

It stands nowhere but beside a benchmark: it opens what the service keeps shut.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from unittest.mock import patch
from uuid import UUID

import case_service.scope
from forkant_contracts import Event
from forkant_kit.audit.record import Entry, Trail
from forkant_kit.auth import Principal, TokenVerifier
from forkant_kit.outbox import append_events
from forkant_kit.settings import load
from forkant_kit.vault import DataKey
from forkant_kit.web import serve
from sqlalchemy import insert, true
from sqlalchemy.ext.asyncio import AsyncConnection


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

    patch.object(Trail, "record", forget).start()
    patch.object(Trail, "publish", only_publish).start()


def without_sealing() -> None:
    """Write text as it is, and no data key."""
    from case_service.store import cases
    from case_service.tables import preventive_case
    from case_service.texts import SEALED

    plain = insert(preventive_case).inline()

    async def insert_case(
        conn: AsyncConnection, _vault: object, *, case_id: UUID, values: Mapping[str, object]
    ) -> None:
        # The columns hold bytes of a least length.
        texts = {
            name: value.encode().ljust(40)
            for name, value in values.items()
            if isinstance(value, str) and name in SEALED["preventive_case"]
        }
        await conn.execute(plain, {"id": case_id, **values, **texts})

    patch.object(cases, "insert_case", insert_case).start()
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
