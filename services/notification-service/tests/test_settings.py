"""What the environment may say."""

import base64
import os

import pytest
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
