"""Signatures and bodies, against the package of the specification."""

import base64
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis.strategies import binary, lists, text
from notification_service.domain.payloads import Letter, payload
from notification_service.domain.signing import public_key_text, secret_text, signature_headers
from notification_service.signing_keys import KeyPair, Signers
from standardwebhooks import Webhook, WebhookVerificationError

ID = UUID("0190b3a0-0000-7000-8000-000000000001")
secrets = binary(min_size=24, max_size=64)


@given(lists(secrets, min_size=1, max_size=3), text(max_size=200))
def test_each_valid_secret_verifies_by_the_specifications_own_package(kept, body):
    headers = signature_headers(message_id=str(ID), sent_at=datetime.now(UTC), body=body.encode(), secrets=kept)
    for secret in kept:
        Webhook(secret_text(secret)).verify(body, headers, json_parse=False)


@given(secrets, secrets)
def test_another_secret_does_not_verify(ours, theirs):
    headers = signature_headers(message_id=str(ID), sent_at=datetime.now(UTC), body=b"{}", secrets=[ours])
    if ours != theirs:
        with pytest.raises(WebhookVerificationError):
            Webhook(secret_text(theirs)).verify("{}", headers)


def test_a_body_names_type_ids_unit_and_times_and_nothing_else():
    moment = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    letter = Letter(
        message_id=ID,
        event_type="no.forkant.case.closed.v1",
        sequence=7,
        occurred_at=moment,
        recorded_at=moment,
        subject_id=ID,
        subject_version=3,
        unit="oslo",
    )
    assert json.loads(payload(letter)) == {
        "type": "no.forkant.case.closed.v1",
        "timestamp": "2026-03-01T12:30:00Z",
        "data": {
            "event_id": str(ID),
            "subject_id": str(ID),
            "subject_version": 3,
            "unit": "oslo",
            "occurred_at": "2026-03-01T12:30:00Z",
            "recorded_at": "2026-03-01T12:30:00Z",
            "sequence": 7,
        },
    }
    assert payload(letter) == payload(letter)


def test_the_signatures_of_keys_verify_by_the_specification_with_their_public_halves_alone():
    old, new = KeyPair.make(), KeyPair.make()
    signers = Signers(secrets=(b"s" * 32,), keys=(new.private, old.private))
    body = b'{"type":"x"}'
    headers = signature_headers(
        message_id=str(ID), sent_at=datetime.now(UTC), body=body, secrets=signers.secrets, asymmetric=signers.asymmetric
    )
    v1, *v1a = headers["webhook-signature"].split(" ")
    assert v1.startswith("v1,")
    # As the specification says it: "{id}.{timestamp}.{payload}", each signature after its version, in base64.
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for given_out, written in ((public_key_text(new.public), v1a[0]), (public_key_text(old.public), v1a[1])):
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(given_out.removeprefix("whpk_"), validate=True))
        version, _, signature = written.partition(",")
        assert version == "v1a"
        public.verify(base64.b64decode(signature, validate=True), signed)
        with pytest.raises(InvalidSignature):
            public.verify(base64.b64decode(signature), signed + b" ")
    # Who knows v1 alone is not confused by the others.
    Webhook(secret_text(b"s" * 32)).verify(body.decode(), headers)
