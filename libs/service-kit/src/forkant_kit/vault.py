"""Envelope encryption of free text: each owner (a case, say) has its own data key, sealed under the service's keys.

To erase what was written for an owner, its data key is destroyed: every copy of the text, in dead rows, replicas and
backups, can then be read by nobody (crypto-shredding). A backup made before still holds the sealed data key, so for it
the erasure is final when it has expired, or when the service's key of that time has been rotated away and destroyed.
What stays visible is that a text exists, its length, and when its row changed.

Errors::

    ShreddedError    the owner's data key was destroyed; nothing can be written or read for it any more
    UnsealError      see :mod:`forkant_kit.keyring`
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from forkant_kit.blind import Blinder, Marker
from forkant_kit.db import transaction
from forkant_kit.keyring import KEY_BYTES, Keyring, UnsealError
from forkant_kit.sealed_stream import StreamOpener, StreamSealer

_NONCE_BYTES: Final = 12
_FORM: Final = b"\x01"

DATA_KEY_DDL: Final[tuple[str, ...]] = (
    """
    CREATE TABLE data_key (
        owner_id uuid PRIMARY KEY,
        sealed bytea,
        sealed_by bytea,
        made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        shredded_at timestamptz,
        CHECK ((sealed IS NULL) = (shredded_at IS NOT NULL) AND (sealed IS NULL) = (sealed_by IS NULL))
    )
    """,
    # A destroyed key stays destroyed, and its row stays as the proof of it.
    """
    CREATE FUNCTION refuse_data_key_return() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.shredded_at IS NOT NULL OR TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a data key is never made again or removed' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER data_key_stays BEFORE UPDATE OR DELETE ON data_key
    FOR EACH ROW EXECUTE FUNCTION refuse_data_key_return()
    """,
    "CREATE INDEX data_key_by_seal ON data_key (sealed_by)",
)
"""Statements that create the table of data keys, in order."""

DATA_KEY_DROP_DDL: Final[tuple[str, ...]] = ("DROP TABLE data_key", "DROP FUNCTION refuse_data_key_return()")
"""Statements that drop it again."""

_INSERT: Final = text("INSERT INTO data_key (owner_id, sealed, sealed_by) VALUES (:owner_id, :sealed, :sealed_by)")
_LOAD: Final = text("SELECT owner_id, sealed FROM data_key WHERE owner_id = ANY(CAST(:owners AS uuid[]))")
_SHRED: Final = text("""
UPDATE data_key SET sealed = NULL, sealed_by = NULL, shredded_at = clock_timestamp()
WHERE owner_id = ANY(CAST(:owners AS uuid[])) AND shredded_at IS NULL RETURNING owner_id
""")
_OLD: Final = text("""
SELECT owner_id, sealed FROM data_key WHERE sealed_by <> :newest ORDER BY owner_id LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_RESEAL: Final = text("""
UPDATE data_key AS d SET sealed = r.sealed, sealed_by = :newest
FROM unnest(CAST(:owners AS uuid[]), CAST(:sealed AS bytea[])) AS r (owner_id, sealed)
WHERE d.owner_id = r.owner_id
""")
_BY_KEY: Final = text("""
SELECT encode(sealed_by, 'hex') AS name, count(*) AS keys FROM data_key GROUP BY 1 ORDER BY 1 NULLS LAST
""")
_LEFT: Final = text("SELECT count(*) FROM data_key WHERE sealed_by <> :newest")


class ShreddedError(Exception):
    """The owner's data key was destroyed, or there never was one."""


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """The key of one owner's texts, in the clear; it lives for one request and is never logged."""

    owner_id: UUID
    key: bytes

    def seal(self, words: str, *, place: str) -> bytes:
        """Encrypt a text for its place, for example ``case.description`` or a table, column and row id."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORM + nonce + AESGCM(self.key).encrypt(nonce, words.encode(), self._context(place))

    def unseal(self, sealed: bytes, *, place: str) -> str:
        """Decrypt a text.

        Raises:
            UnsealError: it was changed, or belongs to another owner or place.
        """
        if sealed[:1] != _FORM:
            raise UnsealError("it is of a form that this release does not know")
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return AESGCM(self.key).decrypt(nonce, rest, self._context(place)).decode()
        except (InvalidTag, ValueError):
            raise UnsealError("it was changed, or belongs to another owner or place") from None

    def sealer(self, place: str) -> StreamSealer:
        """Return what encrypts, in segments, what is too large for one piece."""
        return StreamSealer(self.key, context=self._context(place))

    def opener(self, place: str) -> StreamOpener:
        """Return what decrypts it again, for the same owner and place alone."""
        return StreamOpener(self.key, context=self._context(place))

    def _context(self, place: str) -> bytes:
        return self.owner_id.bytes + place.encode()


class Vault:
    """Makes, finds, destroys and re-seals the data keys of one service."""

    def __init__(self, keyring: Keyring) -> None:
        """Take the service's keys, under which data keys are sealed."""
        self._keyring = keyring
        self.blinder: Final = Blinder(keyring)
        self.marker: Final = Marker(keyring)
        """Hashes words of texts, by which a text is found that nobody can read without its key."""

    async def make(self, conn: AsyncConnection, owner_id: UUID) -> DataKey:
        """Make the data key of a new owner, in the caller's transaction.

        Raises:
            sqlalchemy.exc.IntegrityError: the owner has or had one.
        """
        made, row = self.new(owner_id)
        await conn.execute(_INSERT, row)
        return made

    def new(self, owner_id: UUID) -> tuple[DataKey, dict[str, Any]]:
        """Return a data key for a new owner, and its row for the caller to insert together with the owner's."""
        made = DataKey(owner_id, os.urandom(KEY_BYTES))
        sealed = self._keyring.seal(made.key, context=owner_id.bytes)
        return made, {"owner_id": owner_id, "sealed": sealed, "sealed_by": self._keyring.newest}

    def opened(self, owner_id: UUID, sealed: bytes | None) -> DataKey:
        """Return a data key from its row, which the caller read together with the owner's.

        Raises:
            ShreddedError, UnsealError: see the classes.
        """
        if sealed is None:
            raise ShreddedError("the owner's data key was destroyed: what was written for it can't be read")
        return self._opened(owner_id, sealed)

    async def find(self, conn: AsyncConnection, owner_id: UUID) -> DataKey:
        """Return an owner's data key.

        Raises:
            ShreddedError, UnsealError: see the classes.
        """
        sealed = (await conn.execute(_LOAD, {"owners": [owner_id]})).one_or_none()
        return self.opened(owner_id, None if sealed is None else sealed.sealed)

    async def find_many(self, conn: AsyncConnection, owners: Iterable[UUID]) -> dict[UUID, DataKey]:
        """Return the data keys of those owners that have one, by one query.

        Raises:
            UnsealError: see the class.
        """
        rows = await conn.execute(_LOAD, {"owners": sorted(set(owners))})
        return {row.owner_id: self._opened(row.owner_id, row.sealed) for row in rows if row.sealed is not None}

    async def shred(self, conn: AsyncConnection, owner_id: UUID) -> bool:
        """Destroy an owner's data key; return whether there was one to destroy."""
        return bool(await shred(conn, [owner_id]))

    async def count(self, conn: AsyncConnection) -> dict[str | None, int]:
        """Return how many data keys each of the service's keys seals, by its name; of None, how many were destroyed."""
        return {row.name: row.keys for row in await conn.execute(_BY_KEY)}

    async def reseal(
        self, engine: AsyncEngine, *, rows: int = 500, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Seal every data key under the newest of the service's keys, a transaction for each ``rows`` keys.

        Reading and writing go on meanwhile. Once nothing is left, the older keys can be taken out of the settings.
        Several processes may do it at once; one that is stopped goes on where it was.

        Args:
            engine: the service's database.
            rows: keys a transaction.
            progress: called with how many were sealed anew and how many are left.

        Returns:
            How many were sealed anew.

        Raises:
            UnsealError: a data key was sealed by a key that is not given; what was done before stays done.
        """
        done = 0
        while True:
            async with transaction(engine) as conn:
                changed = await self._reseal_some(conn, rows)
                left = (await conn.execute(_LEFT, {"newest": self._keyring.newest})).scalar_one()
            done += changed
            if progress is not None:
                progress(done, left)
            if changed == 0:
                return done

    async def _reseal_some(self, conn: AsyncConnection, rows: int) -> int:
        newest = self._keyring.newest
        old = (await conn.execute(_OLD, {"newest": newest, "limit": rows})).all()
        if old:
            sealed = [self._keyring.seal(self._opened(*row).key, context=row.owner_id.bytes) for row in old]
            await conn.execute(_RESEAL, {"newest": newest, "owners": [r.owner_id for r in old], "sealed": sealed})
        return len(old)

    def _opened(self, owner_id: UUID, sealed: bytes) -> DataKey:
        return DataKey(owner_id, self._keyring.unseal(sealed, context=owner_id.bytes))


async def shred(conn: AsyncConnection, owners: Iterable[UUID]) -> set[UUID]:
    """Destroy the data keys of owners, for which no key of the service is needed; return whose were destroyed."""
    return {row.owner_id for row in await conn.execute(_SHRED, {"owners": sorted(set(owners))})}
