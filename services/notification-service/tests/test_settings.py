"""What the environment may say."""

import base64
import os

import certifi
import pytest
from forkant_kit.audit.settings import DEV_SIGNING_KEY
from notification_service.settings import NotificationSettings, NotificationWorkerSettings
from pydantic import ValidationError

WRONG = [
    ({"webhook_allow_loopback": True}, "webhook_allow_loopback"),
    ({"endpoint_secret_keys": NotificationSettings.model_fields["endpoint_secret_keys"].default}, "secret_keys"),
    ({"endpoint_secret_keys": "short"}, "endpoint_secret_keys"),
    ({"endpoint_secret_keys": ""}, "endpoint_secret_keys"),
    ({"endpoint_secret_keys": base64.b64encode(b"16 bytes are few").decode()}, "endpoint_secret_keys"),
    ({"webhook_lease_seconds": 10, "webhook_timeout_seconds": 10}, "webhook_lease_seconds"),
    ({"cursor_secret": "short"}, "cursor_secret"),
]
GOOD = {
    "env": "production",
    "database_url": "postgresql://nobody@127.0.0.1/none",
    "oidc_issuer": "https://login.example.org",
    "cursor_secret": "x" * 40,
    "endpoint_secret_keys": base64.b64encode(os.urandom(32)).decode(),
    "introspection_client_id": "forkant",
    "introspection_client_secret": "x" * 40,
    "case_service_url": "https://cases.example.org/",
}
SIGNING_KEY = base64.b64encode(os.urandom(32)).decode()
GOOD_OF_WORKER = {**GOOD, "kafka_ca_file": certifi.where()}


def test_production_starts_with_all_that_it_needs():
    assert NotificationSettings(**GOOD).webhook_allow_loopback is False


@pytest.mark.parametrize(("changes", "named"), WRONG)
def test_production_refuses_what_is_for_development_or_wrong(changes, named):
    with pytest.raises(ValidationError) as refused:
        NotificationSettings(**{**GOOD, **changes})
    assert named in str(refused.value)
    assert GOOD["endpoint_secret_keys"] not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["http://cases.example.org", "cases.example.org", "https://", "https://me@cases.example.org", "https://c/?a=b"],
)
def test_production_sends_no_readers_token_where_it_could_be_read(url):
    with pytest.raises(ValidationError, match="case_service_url"):
        NotificationSettings(**{**GOOD, "case_service_url": url})


def test_the_workers_settings_also_need_a_key_that_signs_the_audit_trail():
    assert NotificationWorkerSettings(**GOOD_OF_WORKER, audit_signing_key=SIGNING_KEY).audit_keep_months == 24
    for changes in ({}, {"audit_signing_key": DEV_SIGNING_KEY}):
        with pytest.raises(ValidationError, match="audit_signing_key must be set"):
            NotificationWorkerSettings(**GOOD_OF_WORKER, **changes)


@pytest.mark.parametrize(("changes", "named"), WRONG)
def test_the_workers_settings_refuse_what_those_of_the_api_refuse(changes, named):
    with pytest.raises(ValidationError, match=named):
        NotificationWorkerSettings(**{**GOOD_OF_WORKER, "audit_signing_key": SIGNING_KEY, **changes})


LETTERS = {
    **GOOD_OF_WORKER,
    "audit_signing_key": SIGNING_KEY,
    "letter_channels": "email,sms",
    "letter_site_url": "https://forkant.example.org",
    "smtp_sender": "forkant@example.org",
    "sms_gateway_url": "https://sms.example.org/v1/messages",
    "sms_gateway_token": "x" * 40,
    "courier_client_id": "courier",
    "courier_client_secret": "x" * 40,
}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"smtp_security": "none"}, "smtp_security"),
        ({"smtp_security": "none", "letter_channels": ""}, "smtp_security"),
        ({"smtp_sender": None}, "smtp_sender"),
        ({"letter_site_url": "http://forkant.example.org"}, "letter_site_url"),
        ({"letter_preferences_url": "http://forkant.example.org/valg"}, "letter_preferences_url"),
        ({"letter_preferences_url": "https://forkant.example.org/<x>"}, "letter_preferences_url"),
        ({"soft_bounce_days": 15}, "soft_bounce_window_days"),
        ({"sms_gateway_url": "http://sms.example.org/v1/messages"}, "sms_gateway_url"),
        ({"sms_gateway_token": None}, "sms_gateway_token"),
        ({"courier_client_id": None}, "courier_client_secret must be set together"),
        ({"courier_client_id": None, "courier_client_secret": None}, "courier_client_secret must be set in production"),
        ({"returns_port": 2525}, "smtp_return_path"),
        ({"returns_port": 2525, "smtp_return_path": "retur@example.org"}, "returns_certificate_file"),
        ({"returns_certificate_file": certifi.where()}, "returns_key_file"),
    ],
)
def test_production_sends_no_letter_in_clear_or_from_nobody(changes, named):
    assert NotificationWorkerSettings(**LETTERS).tells_by("sms")
    with pytest.raises(ValidationError, match=named):
        NotificationWorkerSettings(**{**LETTERS, **changes})


def test_letters_lead_to_a_page_for_choices_that_is_there_or_to_none():
    named = "https://forkant.example.org/valg"
    assert NotificationWorkerSettings(**LETTERS).preferences_page is None
    assert NotificationWorkerSettings(**LETTERS, letter_preferences_url=named).preferences_page == named
    developing = NotificationWorkerSettings(**{**LETTERS, "env": "dev", "letter_site_url": "http://127.0.0.1:8003"})
    assert developing.preferences_page == "http://127.0.0.1:8003/docs#/preferences"
