"""An endpoint chooses how its messages are signed, and reads what verifies them."""

import base64
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook


def verified_by(received, public_key: str) -> bool:
    """Verify a v1a signature by the specification, with cryptography alone."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_"), validate=True))
    signed = f"{received.id}.{received.headers['webhook-timestamp']}.".encode() + received.body
    for each in received.headers["webhook-signature"].split(" "):
        version, _, signature = each.partition(",")
        if version == "v1a":
            try:
                key.verify(base64.b64decode(signature), signed)
            except InvalidSignature:
                continue
            return True
    return False


def versions(received) -> list[str]:
    return [each.partition(",")[0] for each in received.headers["webhook-signature"].split(" ")]


def keys(endpoint) -> list[str]:
    return [each["public_key"] for each in endpoint["secrets"] if each["version"] == "v1a"]


async def sent(world, receiver):
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    return receiver.received[-1]


@pytest.mark.parametrize("chosen", [["v1"], ["v1a"], ["v1", "v1a"]])
async def test_messages_carry_the_kinds_of_signature_that_were_chosen_and_both_verify(world, receiver, caller, chosen):
    body = {"url": f"{receiver.url}/hook", "signatures": chosen}
    made = (await caller("lead-oslo").post("/v1/endpoints", body)).json()
    assert made["signatures"] == chosen
    got = await sent(world, receiver)
    assert versions(got) == chosen
    if "v1" in chosen:
        Webhook(made["secret"]).verify(got.body, got.headers)
    if "v1a" in chosen:
        [public] = keys(made)
        assert verified_by(got, public)
    else:
        assert keys(made) == []


async def test_a_kind_that_is_added_later_signs_from_then_on_and_its_key_is_read_by_api(world, receiver, caller):
    lead = caller("lead-oslo")
    made = (await lead.post("/v1/endpoints", {"url": f"{receiver.url}/hook"})).json()
    at = f"/v1/endpoints/{made['id']}"
    changed = await lead.patch(at, {"signatures": ["v1a"]}, '"v1"')
    [public] = keys((await lead.get(at)).json())
    assert keys(changed.json()) == [public]
    got = await sent(world, receiver)
    assert versions(got) == ["v1a"]
    assert verified_by(got, public)
    await lead.patch(at, {"signatures": ["v1"]}, '"v2"')
    got = await sent(world, receiver)
    Webhook(made["secret"]).verify(got.body, got.headers)
    assert versions(got) == ["v1"]
    await lead.patch(at, {"signatures": ["v1a", "v1"]}, '"v3"')
    assert keys((await lead.get(at)).json()) == [public], "the key is the same as before"


async def test_on_rotation_old_and_new_key_sign_until_the_overlap_ends(world, receiver, caller):
    lead = caller("lead-oslo")
    body = {"url": f"{receiver.url}/hook", "signatures": ["v1", "v1a"]}
    made = (await lead.post("/v1/endpoints", body)).json()
    [old] = keys(made)
    rotated = (await lead.post(f"/v1/endpoints/{made['id']}/rotate", {"overlap_hours": 2})).json()
    new, also_old = keys(rotated)
    assert also_old == old != new
    got = await sent(world, receiver)
    assert versions(got) == ["v1", "v1", "v1a", "v1a"]
    assert verified_by(got, old)
    assert verified_by(got, new)
    for secret in (made["secret"], rotated["secret"]):
        Webhook(secret).verify(got.body, got.headers)
    world.clock.advance(hours=3)
    got = await sent(world, receiver)
    assert versions(got) == ["v1", "v1a"]
    assert verified_by(got, new)
    assert not verified_by(got, old)


async def test_rotation_again_and_again_keeps_three_of_each_kind(world, caller, receiver):
    lead = caller("lead-oslo")
    made = (await lead.post("/v1/endpoints", {"url": receiver.url, "signatures": ["v1", "v1a"]})).json()
    for _ in range(4):
        world.clock.advance(minutes=1)
        rotated = (await lead.post(f"/v1/endpoints/{made['id']}/rotate", {})).json()
    # The current one of each kind, and the newest of those before.
    assert sorted(each["version"] for each in rotated["secrets"]) == ["v1"] * 4 + ["v1a"] * 4
    assert len({each["public_key"] for each in rotated["secrets"]}) == 5


@pytest.mark.parametrize("chosen", [[], ["v2"], ["v1", "v1a", "v1"], "v1", None])
async def test_another_kind_of_signature_is_not_taken(caller, chosen):
    body = {"url": "http://127.0.0.1:9/hook", "signatures": chosen}
    assert (await caller("lead-oslo").post("/v1/endpoints", body)).status_code == 422


async def test_no_private_half_leaves_the_service(world, caller, receiver, stage):
    body = {"url": f"{receiver.url}/hook", "signatures": ["v1a"]}
    answer = await caller("lead-oslo").post("/v1/endpoints", body)
    rows = await stage.fetch("SELECT sealed FROM endpoint_secret WHERE version = 'v1a'")
    private = world.shop.keyring.unseal(rows[0]["sealed"], context=UUID(answer.json()["id"]).bytes)
    assert len(private) == 32
    assert base64.b64encode(private).decode() not in answer.text
    assert private not in rows[0]["sealed"]
