"""Letters that don't arrive: an address that is at fault is used no more."""

from dataclasses import replace
from uuid import uuid4

from notification_service.domain.letters import Reason, Refused, Returned


async def test_an_address_that_is_at_fault_is_used_no_more_until_it_is_confirmed_anew(post, lead, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    post.mailbox.answers = [Refused(reason=Reason.RECIPIENT_REFUSED)]
    world.clock.advance(minutes=1)
    for _ in range(2):
        await world.happen(world.event("opened", uuid4()))
        await post.run()
    assert [(row["status"], row["reason"]) for row in await post.letters()] == [("dead", "refused")]
    [contact] = (await lead.get("/v1/preferences")).json()["contacts"]
    assert contact["confirmed_at"] is None
    assert (await lead.post("/v1/preferences/codes", {"channel": "email"})).status_code == 202
    await post.run()
    body = {"channel": "email", "code": post.mailbox.codes[-1]}
    assert (await lead.post("/v1/preferences/confirmations", body)).status_code == 200


async def test_a_letter_that_came_back_is_a_dead_letter_once_and_its_address_is_doubted(post, lead, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    world.clock.advance(minutes=1)
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    [row] = await post.letters()
    back = Returned(letter_id=row["id"], for_good=True, status="5.1.1")
    assert [await post.office.take(back) for _ in range(2)] == [True, True]
    assert await post.office.take(replace(back, letter_id=uuid4())) is False
    [row] = await post.letters()
    assert (row["status"], row["reason"]) == ("dead", "bounced")
    assert (await lead.get("/v1/preferences")).json()["contacts"][0]["confirmed_at"] is None


async def test_a_bounce_of_a_letter_to_the_address_before_says_nothing_of_the_new_one(post, lead, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    [row] = await post.letters()
    world.clock.advance(minutes=1)
    body = {"contacts": [{"channel": "email", "address": "ny@politiet.example"}]}
    await lead.put("/v1/preferences", body, '"v1"')
    await post.run()
    await lead.post("/v1/preferences/confirmations", {"channel": "email", "code": post.mailbox.codes[-1]})
    await post.office.take(Returned(letter_id=row["id"], for_good=True, status="5.1.1"))
    assert (await lead.get("/v1/preferences")).json()["contacts"][0]["confirmed_at"] is not None
