"""The log of deliveries tells a person of no case or concern that they may not see; a service is told by unit."""

from uuid import UUID, uuid4

import pytest

LEAD = "lead-oslo"
ABOUT = ("event_type", "subject_id", "subject_version", "unit", "occurred_at", "recorded_at")


@pytest.fixture
async def sent(world, receiver):
    """Give what sends an event about a case or concern to an endpoint of the unit, where it becomes a dead letter."""
    await world.endpoint(f"{receiver.url}/hook")

    async def send(name: str = "opened") -> UUID:
        subject = uuid4()
        await world.happen(world.event(name, subject))
        await world.stage.fetch("UPDATE delivery SET status = 'dead', reason = 'attempts_used', settled_at = now()")
        return subject

    return send


async def listed(client, path: str = "/v1/deliveries", **query) -> list[dict]:
    answer = await client.get(path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def blank(item: dict) -> bool:
    return all(item[name] is None for name in ABOUT)


@pytest.mark.parametrize("path", ["/v1/deliveries", "/v1/dead-letters"])
@pytest.mark.parametrize("event", ["opened", "concern"])
async def test_what_a_delivery_was_about_is_blank_for_who_may_not_see_it(caller, case_service, sent, path, event):
    seen, hidden = await sent(event), await sent(event)
    case_service.hide(LEAD, hidden)
    lead = caller(LEAD)
    of_hidden, of_seen = await listed(lead, path)
    assert blank(of_hidden)
    assert (of_hidden["status"], of_hidden["sequence"]) == ("dead", 2), "how it fared stays in sight"
    assert (of_seen["subject_id"], of_seen["unit"]) == (str(seen), "oslo")
    assert all(of_seen[name] is not None for name in ABOUT)
    assert str(hidden) not in (await lead.get(path)).text


async def test_a_delivery_by_its_id_and_sending_it_again_tell_no_more(world, caller, case_service, sent):
    hidden = await sent()
    case_service.hide(LEAD, hidden)
    lead = caller(LEAD)
    [item] = await listed(lead)
    one = await lead.get(f"/v1/deliveries/{item['id']}")
    again = await lead.post(f"/v1/dead-letters/{item['id']}/replay")
    assert (one.status_code, again.status_code) == (200, 202)
    assert blank(one.json())
    assert blank(again.json())
    assert again.json()["status"] == "pending"
    assert str(hidden) not in one.text + again.text


async def test_a_repeated_request_to_send_again_shows_no_more_than_the_right_that_is_left(caller, case_service, sent):
    case = await sent()
    lead = caller(LEAD)
    [item] = await listed(lead)
    path = f"/v1/dead-letters/{item['id']}/replay"
    first = await lead.post(path, key="once")
    assert first.json()["subject_id"] == str(case)
    assert (await lead.post(path, key="once")).json() == first.json()
    case_service.hide(LEAD, case)
    repeated = await lead.post(path, key="once")
    assert repeated.status_code == 202
    assert repeated.headers["location"] == first.headers["location"]
    assert blank(repeated.json())
    assert repeated.json()["id"] == item["id"]


async def test_asking_for_a_case_that_is_hidden_finds_as_little_as_for_one_that_is_not_there(
    caller, case_service, sent
):
    hidden, lead = await sent(), caller(LEAD)
    assert len(await listed(lead, subject_id=str(hidden))) == 1
    case_service.hide(LEAD, hidden)
    for path in ("/v1/deliveries", "/v1/dead-letters"):
        of_hidden, of_none = [await lead.get(path, subject_id=str(each)) for each in (hidden, uuid4())]
        assert of_hidden.json() == of_none.json() == {"items": [], "next": None}
        assert of_hidden.headers.keys() == of_none.headers.keys()


async def test_the_trail_holds_the_cases_that_were_shown_and_those_that_something_was_done_about(
    world, caller, case_service, sent
):
    seen, hidden = await sent(), await sent()
    case_service.hide(LEAD, hidden)
    lead = caller(LEAD)
    [item, _] = await listed(lead)
    await lead.post(f"/v1/dead-letters/{item['id']}/replay")
    rows = await world.stage.fetch(
        "SELECT action, object_ids FROM audit_entry WHERE outcome = 'done' ORDER BY seq DESC LIMIT 2"
    )
    replayed, shown = (([str(each) for each in row["object_ids"]]) for row in rows)
    assert str(seen) in shown
    assert str(hidden) not in shown
    assert str(hidden) in replayed


async def test_a_service_is_told_by_unit_and_nobody_is_asked_about_it(world, caller, case_service, receiver):
    case = uuid4()
    downstream = caller("downstream-demo")
    made = await downstream.post("/v1/endpoints", {"url": f"{receiver.url}/hook"})
    assert made.status_code == 201, made.text
    await world.happen(world.event("opened", case))
    [item] = await listed(downstream)
    assert item["subject_id"] == str(case)
    assert case_service.asked == []


async def test_a_ping_is_about_nothing_and_nobody_is_asked(caller, case_service, receiver):
    lead = caller(LEAD)
    made = (await lead.post("/v1/endpoints", {"url": f"{receiver.url}/hook"})).json()
    ping = (await lead.post(f"/v1/endpoints/{made['id']}/ping")).json()
    [item] = await listed(lead)
    assert item == ping
    assert case_service.asked == []


async def test_while_nobody_says_what_may_be_seen_the_log_shows_nothing(caller, case_service, sent):
    await sent()
    lead = caller(LEAD)
    [item] = await listed(lead)
    case_service.status = 500
    for answer in (
        await lead.get("/v1/deliveries"),
        await lead.get("/v1/dead-letters"),
        await lead.get(f"/v1/deliveries/{item['id']}"),
        await lead.post(f"/v1/dead-letters/{item['id']}/replay"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "case-service-unavailable")
    case_service.status = 200
    assert [each["status"] for each in await listed(lead)] == ["dead"], "and nothing was done"


async def test_each_page_is_one_question_by_the_readers_own_token(caller, case_service, sent):
    subjects = [await sent() for _ in range(3)]
    lead, cursor = caller(LEAD), None
    for _ in range(2):
        answer = (await lead.get("/v1/deliveries", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        cursor = answer["next"]
    asked = [(persona, {*question.cases}) for persona, question in case_service.asked]
    assert asked == [(LEAD, {*subjects[1:]}), (LEAD, {subjects[0]})]


async def test_a_case_that_is_not_there_is_asked_about_like_one_that_is_hidden(caller, case_service, sent):
    hidden, missing, lead = await sent(), uuid4(), caller(LEAD)
    case_service.hide(LEAD, hidden)
    for each in (hidden, missing):
        await listed(lead, subject_id=str(each))
    assert [question.cases for _, question in case_service.asked] == [(hidden,), (missing,)]
    case_service.status = 500
    answers = [await lead.get("/v1/deliveries", subject_id=str(each)) for each in (hidden, missing)]
    assert [answer.status_code for answer in answers] == [503, 503]
