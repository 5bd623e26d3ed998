"""Addresses: sealed, shown to their person alone, and used once a code came back."""

import pytest
from notification_service.domain.letters import Reason, TryLater

from .letterbox import ADDRESS, Post

PATH = "/v1/preferences"


async def give(person, address: str | None = ADDRESS, etag: str = '"v0"', channel: str = "email"):
    contacts = [] if address is None else [{"channel": channel, "address": address}]
    return await person.put(PATH, {"contacts": contacts}, etag)


async def confirm(person, code: str, key: str | None = None):
    return await person.post(f"{PATH}/confirmations", {"channel": "email", "code": code}, key)


@pytest.fixture
def officer(caller):
    return caller("officer-oslo")


async def test_a_code_goes_to_the_address_and_confirms_it_once(post: Post, officer):
    given = await give(officer)
    [contact] = given.json()["contacts"]
    assert (contact["address"], contact["confirmed_at"]) == (ADDRESS, None)
    await post.run()
    [letter] = post.mailbox.letters
    assert (letter.to, letter.items, len(letter.code)) == (ADDRESS, (), 8)
    answer = await confirm(officer, letter.code)
    assert (answer.status_code, "address" in answer.json()) == (200, False)
    assert (await officer.get(PATH)).json()["contacts"][0]["confirmed_at"] is not None
    assert (await confirm(officer, letter.code)).json()["code"] == "code-over"


async def test_the_same_address_given_again_stays_confirmed_and_another_does_not(post: Post, officer):
    await give(officer)
    await post.run()
    await confirm(officer, post.mailbox.codes[0])
    again = await give(officer, etag='"v1"')
    assert again.json()["contacts"][0]["confirmed_at"] is not None
    other = await give(officer, "annen@politiet.example", '"v2"')
    assert other.json()["contacts"][0]["confirmed_at"] is None
    await post.run()
    assert [letter.to for letter in post.mailbox.letters] == [ADDRESS, "annen@politiet.example"]


async def test_five_wrong_codes_are_the_last_though_each_is_refused(post: Post, officer):
    await give(officer)
    await post.run()
    [code] = post.mailbox.codes
    wrong = "11111111" if code != "11111111" else "22222222"
    for _ in range(5):
        answer = await confirm(officer, wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "code-wrong")
        assert answer.headers["content-type"] == "application/problem+json"
    answer = await confirm(officer, code)
    assert (answer.status_code, answer.json()["code"]) == (409, "code-over")


async def test_a_wrong_try_that_is_repeated_by_its_key_is_counted_once(post: Post, officer):
    await give(officer)
    await post.run()
    for _ in range(6):
        await confirm(officer, "wrong", key="the-same")
    assert (await confirm(officer, post.mailbox.codes[0])).status_code == 200


async def test_a_code_holds_for_a_day_and_a_new_one_ends_the_one_before(post: Post, officer, clock):
    await give(officer)
    await post.run()
    clock.advance(hours=24)
    assert (await confirm(officer, post.mailbox.codes[0])).json()["code"] == "code-over"
    assert (await officer.post(f"{PATH}/codes", {"channel": "email"})).status_code == 202
    await post.run()
    old, new = post.mailbox.codes
    assert old == new or (await confirm(officer, old)).json()["code"] == "code-wrong"
    assert (await confirm(officer, new)).status_code == 200
    assert (await officer.post(f"{PATH}/codes", {"channel": "email"})).json()["code"] == "code-over"


async def test_five_codes_a_day_and_removing_the_address_gives_no_more(post: Post, officer, clock):
    version = 0
    for number in range(5):
        await give(officer, f"a{number}@politiet.example", f'"v{version}"')
        await give(officer, None, f'"v{version + 1}"')
        version += 2
    refused = await give(officer, "a5@politiet.example", f'"v{version}"')
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-codes")
    assert (await officer.get(PATH)).json()["version"] == version
    clock.advance(days=1)
    assert (await give(officer, "a5@politiet.example", f'"v{version}"')).status_code == 200


async def test_a_confirmation_whose_code_is_over_is_not_sent(post: Post, officer, clock, world):
    await give(officer)
    clock.advance(days=2)
    await post.run()
    assert post.mailbox.letters == []
    [row] = await world.stage.fetch("SELECT status, reason FROM letter")
    assert tuple(row) == ("cancelled", "code_over")


@pytest.mark.parametrize(
    ("channel", "address", "code"),
    [
        ("email", "no-address", "address-malformed"),
        ("email", "a@b@c.example", "address-malformed"),
        ("sms", "12345678", "address-malformed"),
        ("email", "navn navnesen@politiet.example", "invalid-request"),
        ("pigeon", "roof", "invalid-request"),
    ],
)
async def test_what_is_no_address_of_the_channel_is_refused_without_repeating_it(officer, channel, address, code):
    answer = await give(officer, address, channel=channel)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert address not in answer.text


async def test_addresses_are_their_persons_alone(post: Post, officer, caller):
    await give(officer)
    await post.run()
    other = caller("officer-oslo", sub="officer9-oslo")
    assert (await other.get(PATH)).json()["contacts"] == []
    assert (await confirm(other, post.mailbox.codes[0])).json()["code"] == "code-over"
    assert (await confirm(officer, post.mailbox.codes[0])).status_code == 200


async def test_a_code_that_does_not_arrive_is_tried_as_long_as_it_holds_and_leaves_no_dead_letter(
    post: Post, officer, clock, world
):
    await give(officer)
    post.mailbox.answers = [TryLater(reason=Reason.UNREACHABLE)] * 10
    for _ in range(12):
        await post.run()
        clock.advance(hours=3)
    [row] = await world.stage.fetch("SELECT status, reason FROM letter")
    assert tuple(row) == ("cancelled", "code_over")
    assert 3 < len(post.mailbox.codes) < 10
