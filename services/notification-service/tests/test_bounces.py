"""Letters that don't arrive: an address that is at fault is used no more, and its person is told in the inbox."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from forkant_kit.testing import until
from notification_service.domain.letters import Reason, Refused, Returned
from notification_service.post.office import Office
from sqlalchemy import text

from .letterbox import Post

FOR_NOW = "5.2.2"


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


async def sent(post: Post) -> UUID:
    """Send one more letter and return its id."""
    before = {row["id"] for row in await post.letters()}
    await post.world.happen(post.world.event("opened", uuid4()))
    await post.run()
    [letter] = {row["id"] for row in await post.letters()} - before
    return letter


async def bounce(post: Post, letter: UUID, *, delayed: bool = False) -> bool:
    return await post.office.take(Returned(letter_id=letter, for_good=False, status=FOR_NOW, delayed=delayed))


async def confirmed(lead) -> bool:
    [contact] = (await lead.get("/v1/preferences")).json()["contacts"]
    return contact["confirmed_at"] is not None


async def test_letters_that_come_back_for_now_on_three_days_leave_the_address_unconfirmed_and_the_inbox_says_so(
    post, lead, world
):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    for day in range(3):
        assert await confirmed(lead), day
        assert (await lead.get("/v1/inbox")).json()["letters"]["unconfirmed"] == []
        world.clock.advance(days=1)
        assert await bounce(post, await sent(post))
    assert not await confirmed(lead)
    [told] = (await lead.get("/v1/inbox")).json()["letters"]["unconfirmed"]
    assert (told["channel"], told["reason"]) == ("email", "bounced_softly")
    told_before = len(post.mailbox.told)
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    assert len(post.mailbox.told) == told_before, "nothing more goes there"
    assert (await lead.post("/v1/preferences/codes", {"channel": "email"})).status_code == 202
    await post.run()
    body = {"channel": "email", "code": post.mailbox.codes[-1]}
    assert (await lead.post("/v1/preferences/confirmations", body)).status_code == 200
    assert (await lead.get("/v1/inbox")).json()["letters"]["unconfirmed"] == []
    world.clock.advance(hours=1)
    assert await bounce(post, await sent(post))
    assert await confirmed(lead), "what came back before it was confirmed anew counts no more"


async def test_several_on_one_day_late_ones_and_days_far_apart_leave_it_as_it_is(post, lead, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    for _ in range(5):
        assert await bounce(post, await sent(post))
    for _ in range(4):
        world.clock.advance(days=1)
        assert await bounce(post, await sent(post), delayed=True)
        await lead.get("/v1/inbox")
    for _ in range(4):
        world.clock.advance(days=8)
        await lead.get("/v1/inbox")
        assert await bounce(post, await sent(post))
    assert await confirmed(lead)


async def test_a_notice_that_comes_again_another_day_counts_once(post, lead, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    letter = await sent(post)
    for _ in range(4):
        world.clock.advance(days=1)
        assert await bounce(post, letter)
    assert await confirmed(lead)
    assert (await lead.get(f"/v1/letters/{letter}")).json()["returned_at"] is not None


async def test_two_workers_that_note_at_once_count_both(post, lead, world):
    """The second waits for what the first noted: else each would count two days, and neither the third."""
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    assert await bounce(post, await sent(post))
    late = [await sent(post) for _ in range(2)]
    days = [world.clock() + timedelta(days=day) for day in (1, 2)]
    first, second = (Office(replace(post.desk, now=lambda day=day: day)) for day in days)
    backs = [Returned(letter_id=letter, for_good=False, status=FOR_NOW) for letter in late]
    waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = current_user")
    async with post.desk.engine.begin() as conn:
        await first._for_now(conn, backs[0])
        noting = asyncio.create_task(second.take(backs[1]))

        async def waits_or_is_done() -> bool:
            # As the worker, since no other role is shown what it waits for.
            async with post.desk.engine.connect() as looking:
                return noting.done() or bool((await looking.execute(waits)).scalar_one())

        await until(waits_or_is_done, what="the second worker at the first one's lock")
    assert await noting
    assert not await confirmed(lead)
