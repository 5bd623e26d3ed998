"""What the environment may say, and how secrets are kept."""

import base64
import os
from uuid import uuid4

import pytest
from notification_service.sealing import Sealer, UnsealError, read_keys
from notification_service.settings import NotificationSettings
from pydantic import ValidationError

GOOD = {
    "env": "production",
    "database_url": "postgresql://nobody@127.0.0.1/none",
    "oidc_issuer": "https://login.example.org",
    "cursor_secret": "x" * 40,
    "endpoint_secret_keys": base64.b64encode(os.urandom(32)).decode(),
}


def test_production_starts_with_all_that_it_needs():
    assert NotificationSettings(**GOOD).webhook_allow_loopback is False


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"webhook_allow_loopback": True}, "webhook_allow_loopback"),
        ({"endpoint_secret_keys": NotificationSettings.model_fields["endpoint_secret_keys"].default}, "secret_keys"),
        ({"endpoint_secret_keys": "short"}, "endpoint_secret_keys"),
        ({"endpoint_secret_keys": ""}, "endpoint_secret_keys"),
        ({"endpoint_secret_keys": base64.b64encode(b"16 bytes are few").decode()}, "endpoint_secret_keys"),
        ({"webhook_lease_seconds": 10, "webhook_timeout_seconds": 10}, "webhook_lease_seconds"),
    ],
)
def test_production_refuses_what_is_for_development_or_wrong(changes, named):
    with pytest.raises(ValidationError) as refused:
        NotificationSettings(**{**GOOD, **changes})
    assert named in str(refused.value)
    assert GOOD["endpoint_secret_keys"] not in str(refused.value)


def test_a_sealed_secret_opens_for_its_own_endpoint_and_for_no_other():
    sealer, mine = Sealer([os.urandom(32)]), uuid4()
    sealed = sealer.seal(b"secret", endpoint_id=mine)
    assert b"secret" not in sealed
    assert sealer.unseal(sealed, endpoint_id=mine) == b"secret"
    with pytest.raises(UnsealError):
        sealer.unseal(sealed, endpoint_id=uuid4())
    with pytest.raises(UnsealError):
        sealer.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), endpoint_id=mine)


def test_after_a_change_of_keys_the_old_one_still_opens_and_the_new_one_seals():
    old, new = os.urandom(32), os.urandom(32)
    mine = uuid4()
    sealed = Sealer([old]).seal(b"secret", endpoint_id=mine)
    both = Sealer([new, old])
    assert both.unseal(sealed, endpoint_id=mine) == b"secret"
    with pytest.raises(UnsealError):
        Sealer([old]).unseal(both.seal(b"secret", endpoint_id=mine), endpoint_id=mine)


def test_keys_are_read_from_a_list():
    first, second = os.urandom(32), os.urandom(32)
    text = f"{base64.b64encode(first).decode()}, {base64.b64encode(second).decode()}"
    assert read_keys(text) == (first, second)
