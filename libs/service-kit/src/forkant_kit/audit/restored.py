"""Signing for a restore: that heads were published for entries which a backup does not have, and who answers for it.

The note stands among the heads, so that it goes where they go. Its key belongs to whoever answers for the trail, and to
no process: neither the owner of the database nor the worker can excuse a trail whose end is gone.

Errors::

    NothingLostError    no head was published for more than the chain has
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg

from forkant_kit.audit.entries import moment
from forkant_kit.audit.heads import HeadKey, file_sink
from forkant_kit.audit.sealer import BASE
from forkant_kit.audit.standalone import lines, restored_form

_LINKS = "SELECT position, hash FROM audit_link WHERE position = ANY($1::bigint[])"


class NothingLostError(RuntimeError):
    """Every head that was published stands in the chain, so that there is no restore to sign for."""


async def sign_restore(database_url: str, heads: Path, *, key: HeadKey, by: str) -> dict[str, Any]:
    """Append a signed note to the file of heads, and return it.

    Best done before the worker runs. If it has sealed since, the chain goes on from the last head that stands.

    Raises:
        NothingLostError: see there.
        OSError, ValueError, asyncpg.PostgresError: the heads can't be read or written, or the database can't be.
    """
    published = [head for head in lines(heads) if "restored" not in head]
    connection = await asyncpg.connect(database_url)
    try:
        chain = await connection.fetchrow(BASE)
        if chain is None:
            raise ValueError("there is no audit chain: bring the database to the newest version")
        ours = [head for head in published if head["chain"] == str(chain["chain"])]
        stand = {row["position"]: row["hash"].hex() for row in await connection.fetch(_LINKS, _places(ours))}
    finally:
        await connection.close()
    last = max((head["position"] for head in ours), default=0)
    position, hashed = _goes_on_from(chain, ours, stand)
    if last <= position:
        raise NothingLostError(f"nothing is lost: heads name positions up to {last}, and the chain holds {position}")
    said = {
        "chain": str(chain["chain"]),
        "position": position,
        "hash": hashed,
        "last": last,
        "at": moment(chain["now"]),
        "by": by,
    }
    note = key.sign({"restored": said}, form=restored_form)
    await file_sink(heads)(note)
    return note


def _places(heads: list[dict[str, Any]]) -> list[int]:
    return sorted({head["position"] for head in heads})


def _goes_on_from(chain: Any, heads: list[dict[str, Any]], stand: Mapping[int, str]) -> tuple[int, str]:
    """Return where the chain was when it was restored; where that can't be seen, the last head that stands."""
    end: int = chain["position"]
    within = [head for head in heads if head["position"] <= end]
    wrong = [head["position"] for head in within if stand.get(head["position"], head["hash"]) != head["hash"]]
    if not wrong:
        return end, bytes(chain["hash"]).hex()
    good = [head for head in within if head["position"] < min(wrong) and head["position"] in stand]
    if not good:
        raise ValueError("no head that was published stands in this chain: it is not this chain's backup")
    newest = max(good, key=lambda head: head["position"])
    return newest["position"], newest["hash"]
