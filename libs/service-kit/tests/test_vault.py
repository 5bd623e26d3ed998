"""Texts under a data key each, on a real database: found, bound to their place, sealed anew, and destroyed for good."""

import os
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.db import create_engine, transaction
from forkant_kit.keyring import Keyring, UnsealError
from forkant_kit.testing import Stage
from forkant_kit.vault import DATA_KEY_DDL, DATA_KEY_DROP_DDL, DataKey, ShreddedError, Vault
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError, IntegrityError

OLD, NEW = os.urandom(32), os.urandom(32)
PLACE = "case.description"


@pytest.fixture
async def stage(postgres: PostgresServer) -> AsyncIterator[Stage]:
    urls = await postgres.create_database("vault")
    owner = await asyncpg.connect(urls.owner_url)
    for statement in DATA_KEY_DDL:
        await owner.execute(statement)
    app_role = urls.app_url.split("://")[1].split(":")[0]
    await owner.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON data_key TO "{app_role}"')
    await owner.close()
    engine = create_engine(urls.app_url, application_name="kit-test")
    found = Stage(engine, urls.app_url, urls.owner_url)
    yield found
    await found.close()
    await postgres.drop(urls)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_a_text_comes_back_as_it_was_written(words: str):
    key = DataKey(uuid4(), os.urandom(32))
    assert key.unseal(key.seal(words, place=PLACE), place=PLACE) == words


def test_a_text_opens_in_no_other_place_and_for_no_other_owner():
    key = DataKey(uuid4(), os.urandom(32))
    sealed = key.seal("ord", place=PLACE)
    for other, place in ((key, "case.title"), (DataKey(uuid4(), key.key), PLACE)):
        with pytest.raises(UnsealError, match="another owner or place"):
            other.unseal(sealed, place=place)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02" + bytes(40), b"\x01" + bytes(40)])
def test_what_is_no_sealed_text_does_not_open(sealed: bytes):
    with pytest.raises(UnsealError):
        DataKey(uuid4(), os.urandom(32)).unseal(sealed, place=PLACE)


def test_a_data_key_shows_itself_in_no_log():
    key = DataKey(uuid4(), b"k" * 32)
    assert "kkkk" not in repr(key)


async def test_a_data_key_is_found_again_and_lies_sealed_in_the_table(stage: Stage):
    vault, owner = Vault(Keyring([OLD])), uuid4()
    async with transaction(stage.engine) as conn:
        made = await vault.make(conn, owner)
    async with transaction(stage.engine) as conn:
        found = await vault.find(conn, owner)
        assert await vault.find_many(conn, [owner, uuid4()]) == {owner: found}
    assert found == made
    [row] = await stage.fetch("SELECT sealed FROM data_key")
    assert made.key not in row["sealed"]


async def test_a_data_key_moved_to_another_owner_does_not_open(stage: Stage):
    vault, mine, yours = Vault(Keyring([OLD])), uuid4(), uuid4()
    async with transaction(stage.engine) as conn:
        await vault.make(conn, mine)
        await vault.make(conn, yours)
    await stage.fetch(
        "UPDATE data_key SET sealed = (SELECT sealed FROM data_key WHERE owner_id = $1) WHERE owner_id = $2",
        mine,
        yours,
    )
    async with transaction(stage.engine) as conn:
        with pytest.raises(UnsealError):
            await vault.find(conn, yours)


async def test_a_destroyed_key_is_gone_for_good(stage: Stage):
    vault, owner = Vault(Keyring([OLD])), uuid4()
    async with transaction(stage.engine) as conn:
        await vault.make(conn, owner)
    async with transaction(stage.engine) as conn:
        assert await vault.shred(conn, owner)
        assert not await vault.shred(conn, owner)
        with pytest.raises(ShreddedError):
            await vault.find(conn, owner)
    with pytest.raises(IntegrityError):
        async with transaction(stage.engine) as conn:
            await vault.make(conn, owner)
    [row] = await stage.fetch("SELECT sealed, shredded_at FROM data_key")
    assert row["sealed"] is None
    assert row["shredded_at"] is not None


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE data_key SET sealed = '\\x00', sealed_by = '\\x00', shredded_at = NULL",
        "DELETE FROM data_key",
    ],
)
async def test_nobody_brings_a_destroyed_key_back_or_hides_that_it_was(stage: Stage, act: str):
    vault, owner = Vault(Keyring([OLD])), uuid4()
    async with transaction(stage.engine) as conn:
        await vault.make(conn, owner)
        await vault.shred(conn, owner)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="never made again or removed"):
        await stage.fetch(act)


async def test_after_sealing_anew_the_old_key_is_needed_no_more(stage: Stage):
    owners = [uuid4() for _ in range(7)]
    async with transaction(stage.engine) as conn:
        before = {owner: await Vault(Keyring([OLD])).make(conn, owner) for owner in owners}
        await Vault(Keyring([OLD])).shred(conn, owners[0])
    del before[owners[0]]
    told: list[tuple[int, int]] = []
    both = Vault(Keyring([NEW, OLD]))
    assert await both.reseal(stage.engine, rows=4, progress=lambda done, left: told.append((done, left))) == 6
    assert told == [(4, 2), (6, 0), (6, 0)]
    async with transaction(stage.engine) as conn:
        assert await Vault(Keyring([NEW])).find_many(conn, owners) == before
        with pytest.raises(UnsealError):
            await Vault(Keyring([OLD])).find(conn, owners[1])
    assert await both.reseal(stage.engine) == 0


async def test_sealing_anew_without_the_old_key_changes_nothing_and_says_so(stage: Stage):
    async with transaction(stage.engine) as conn:
        await Vault(Keyring([OLD])).make(conn, uuid4())
    with pytest.raises(UnsealError, match="give the older keys too"):
        await Vault(Keyring([NEW])).reseal(stage.engine)
    async with transaction(stage.engine) as conn:
        assert len((await conn.exec_driver_sql("SELECT 1 FROM data_key")).all()) == 1


async def test_the_tables_go_as_they_came(stage: Stage):
    for statement in DATA_KEY_DROP_DDL:
        await stage.fetch(statement)
    with pytest.raises(DBAPIError):
        async with transaction(stage.engine) as conn:
            await Vault(Keyring([OLD])).make(conn, uuid4())
