"""The keys that secrets of endpoints and addresses are sealed under can be rotated, and the old one destroyed."""

from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from forkant_kit.db import create_engine, utc_now
from forkant_kit.keyring import Keyring, UnsealError
from notification_service.commands.contacts import address_context, code_context
from notification_service.keys import reseal, show

OLD, NEW = b"o" * 32, b"n" * 32
PERSON = "officer-oslo"


@pytest_asyncio.fixture
async def owner(stage):
    engine = create_engine(stage.owner_url, application_name="test", pool_size=1)
    yield engine
    await engine.dispose()


@pytest.fixture
async def endpoint(stage, caller) -> UUID:
    """An endpoint whose secret, and a person whose address and code, are sealed under the old key."""
    made = await caller("lead-oslo").post("/v1/endpoints", {"url": "http://127.0.0.1:9/hook"})
    found = UUID(made.json()["id"])
    old = Keyring([OLD])
    await stage.fetch("UPDATE endpoint_secret SET sealed = $1", old.seal(b"whsec", context=found.bytes))
    await stage.fetch(
        "INSERT INTO contact (person, channel, address, code, code_until, updated_at) VALUES ($1, 'email', $2, $3, $4, $4)",
        PERSON,
        old.seal(b"a@b.example", context=address_context(PERSON, "email")),
        old.seal(b"123456", context=code_context(PERSON, "email")),
        utc_now(),
    )
    return found


async def opened(stage, keyring, endpoint):
    """Return everything that is sealed, opened."""
    [secret] = await stage.fetch("SELECT sealed FROM endpoint_secret")
    [contact] = await stage.fetch("SELECT address, code FROM contact")
    return (
        keyring.unseal(secret["sealed"], context=endpoint.bytes),
        keyring.unseal(contact["address"], context=address_context(PERSON, "email")),
        keyring.unseal(contact["code"], context=code_context(PERSON, "email")),
    )


async def test_after_a_reseal_the_new_key_alone_opens_everything(stage, owner, endpoint, capsys):
    assert await show(owner, Keyring([NEW])) == 1
    assert "NOT GIVEN" in capsys.readouterr().out
    assert await reseal(owner, Keyring([NEW, OLD])) == 3
    assert await opened(stage, Keyring([NEW]), endpoint) == (b"whsec", b"a@b.example", b"123456")
    assert await show(owner, Keyring([NEW, OLD])) == 0
    assert "needed by none" in capsys.readouterr().out
    assert await reseal(owner, Keyring([NEW, OLD])) == 0


async def test_without_the_old_key_nothing_is_changed_and_it_says_so(stage, owner, endpoint):
    with pytest.raises(UnsealError):
        await reseal(owner, Keyring([NEW]))
    assert await opened(stage, Keyring([OLD]), endpoint) == (b"whsec", b"a@b.example", b"123456")


async def test_a_value_that_belongs_elsewhere_is_not_resealed(stage, owner, endpoint):
    await stage.fetch("UPDATE endpoint_secret SET sealed = $1", Keyring([OLD]).seal(b"x", context=uuid4().bytes))
    with pytest.raises(UnsealError):
        await reseal(owner, Keyring([NEW, OLD]))
