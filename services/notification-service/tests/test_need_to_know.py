"""Messages show to those alone who may see what they are about, by what the case service answers at that moment."""

from uuid import UUID, uuid4

import httpx
import pytest
from forkant_contracts.codes import BreakGlassReason
from forkant_contracts.events.access import AccessGlassBroken
from forkant_contracts.events.case import CaseTransferred
from notification_service.api import sight

LEAD = "lead-oslo"


async def inbox(client, **query) -> list[tuple[str, str]]:
    answer = await client.get("/v1/inbox", **query)
    assert answer.status_code == 200, answer.text
    return [(item["kind"], item["subject_id"]) for item in answer.json()["items"]]


def unavailable(answer: httpx.Response) -> bool:
    assert answer.json().get("code") == "case-service-unavailable", answer.text
    return answer.status_code == 503 and answer.headers["retry-after"] == "2"


async def test_a_message_shows_to_who_may_see_the_case_and_to_nobody_else_of_the_role(world, caller, case_service):
    mine, others = uuid4(), uuid4()
    await world.happen(world.event("approved", mine), world.event("approved", others))
    case_service.hide("officer-oslo", others)
    officer = caller("officer-oslo")
    assert await inbox(officer) == [("plan_approved", str(mine))]
    assert len(await inbox(caller("officer2-oslo"))) == 2
    assert (await officer.get("/v1/inbox")).json()["unread_count"] == 1


async def test_a_hidden_message_is_not_found_read_or_acknowledged_by_its_id(world, caller, case_service):
    case = uuid4()
    await world.happen(world.event("approved", case))
    [entry] = await world.entries()
    case_service.hide("officer-oslo", case)
    officer = caller("officer-oslo")
    for answer in (
        await officer.get(f"/v1/inbox/{entry['id']}"),
        await officer.post(f"/v1/inbox/{entry['id']}/read"),
        await officer.post(f"/v1/inbox/{entry['id']}/acknowledge"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        assert str(case) not in answer.text
    assert await world.stage.fetch("SELECT FROM inbox_mark") == []


async def test_what_was_shown_goes_with_the_right_and_a_repeated_request_shows_it_no_more(world, caller, case_service):
    case = uuid4()
    await world.happen(world.event("approved", case))
    officer = caller("officer-oslo")
    [entry] = (await officer.get("/v1/inbox")).json()["items"]
    assert (await officer.post(f"/v1/inbox/{entry['id']}/read", key="once")).status_code == 200
    case_service.hide("officer-oslo", case)
    assert await inbox(officer) == []
    assert (await officer.post(f"/v1/inbox/{entry['id']}/read", key="once")).status_code == 404


async def test_a_concern_is_asked_about_too(world, caller, case_service):
    seen, hidden = uuid4(), uuid4()
    await world.happen(world.event("concern", seen), world.event("concern", hidden))
    case_service.hide("officer-oslo", hidden)
    assert await inbox(caller("officer-oslo")) == [("concern_received", str(seen))]
    assert {*case_service.asked[-1][1].concerns} == {seen, hidden}
    assert case_service.asked[-1][1].cases == ()


async def test_who_could_see_a_case_is_told_that_it_is_gone_and_nothing_more(world, caller, case_service):
    known, unknown = uuid4(), uuid4()
    for case in (known, unknown):
        await world.happen(
            world.event("opened", case), world.event(CaseTransferred(from_unit="oslo"), case, 2, unit="troms")
        )
    for case in (known, unknown):
        await world.happen(world.event("planned", case, 3))
    case_service.take_away(LEAD, known)
    case_service.hide(LEAD, unknown)
    assert await inbox(caller(LEAD)) == [("case_transferred_out", str(known))]


async def test_who_answers_for_access_is_told_of_broken_glass_of_a_case_that_they_may_not_see(
    world, caller, case_service
):
    case = uuid4()
    glass = AccessGlassBroken(case_id=case, reason=BreakGlassReason.ACUTE_DANGER, by_unit="troms")
    await world.happen(world.event(glass, uuid4()), world.event("opened", case))
    case_service.hide(LEAD, case)
    assert await inbox(caller(LEAD)) == [("glass_broken", str(case))]


async def test_nobody_is_asked_for_somebody_without_messages(world, caller, case_service):
    await world.happen(world.event("opened", uuid4()))
    assert await inbox(caller("analyst-oslo")) == []
    assert await inbox(caller("lead-troms")) == []
    assert case_service.asked == []


async def test_the_readers_own_token_asks_and_one_question_is_enough_for_a_page(world, caller, case_service):
    for _ in range(3):
        await world.happen(world.event("opened", uuid4()), world.event("concern", uuid4()))
    await inbox(caller(LEAD))
    assert [persona for persona, _ in case_service.asked] == [LEAD]


@pytest.mark.parametrize("status", [401, 404, 429, 500, 302])
async def test_while_nobody_says_what_may_be_seen_no_message_is_shown(world, caller, case_service, status):
    await world.happen(world.event("opened", uuid4()))
    [entry] = await world.entries()
    lead, case_service.status = caller(LEAD), status
    assert unavailable(await lead.get("/v1/inbox"))
    assert unavailable(await lead.get(f"/v1/inbox/{entry['id']}"))
    assert unavailable(await lead.post(f"/v1/inbox/{entry['id']}/read"))
    case_service.status = 200
    assert len(await inbox(lead)) == 1


async def test_who_has_no_cases_at_all_sees_no_message_about_any(world, caller, case_service):
    await world.happen(world.event("opened", uuid4()))
    case_service.status = 403
    assert await inbox(caller(LEAD)) == []


@pytest.mark.parametrize("content", [b"", b"[]", b'{"cases": ["all"]}', b"<html>"])
async def test_an_answer_that_cannot_be_read_shows_nothing(world, caller, case_service, content):
    await world.happen(world.event("opened", uuid4()))
    case_service.says = content
    assert unavailable(await caller(LEAD).get("/v1/inbox"))


async def test_an_answer_about_what_was_not_asked_counts_for_nothing(world, caller, case_service):
    case, concern = uuid4(), uuid4()
    await world.happen(world.event("opened", case), world.event("concern", concern))
    swapped = f'{{"cases": ["{concern}", "{uuid4()}"], "concerns": ["{case}"]}}'
    case_service.says = swapped.encode()
    assert await inbox(caller(LEAD)) == []


async def test_a_case_service_that_is_away_is_said_to_be(world, caller, http, monkeypatch):
    await world.happen(world.event("opened", uuid4()))
    tools = http._transport.app.state.tools
    monkeypatch.setattr(tools.case_service._http, "base_url", httpx.URL("http://127.0.0.1:9"))
    assert unavailable(await caller(LEAD).get("/v1/inbox"))


async def test_pages_go_on_past_many_messages_about_others_cases(world, caller, case_service, monkeypatch):
    monkeypatch.setattr(sight, "WINDOW", 4)
    cases = [uuid4() for _ in range(60)]
    for case in cases:
        await world.happen(world.event("approved", case))
    mine = [cases[3], cases[25], cases[26], cases[58]]
    case_service.hide("officer-oslo", *(set(cases) - set(mine)))
    officer = caller("officer-oslo")
    shown, cursor, pages = [], None, 0
    while pages < 30:
        answer = (await officer.get("/v1/inbox", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        shown += [UUID(item["subject_id"]) for item in answer["items"]]
        cursor, pages = answer["next"], pages + 1
        if cursor is None:
            break
    assert shown == mine[::-1]
    assert pages > 3
    assert max(len(question.cases) for _, question in case_service.asked) <= len(cases)


async def test_the_count_says_when_it_did_not_look_at_all(world, caller, case_service, monkeypatch):
    monkeypatch.setattr(sight, "MOST_COUNTED", 3)
    cases = [uuid4() for _ in range(5)]
    for case in cases:
        await world.happen(world.event("approved", case))
    case_service.hide("officer-oslo", cases[-1])
    found = (await caller("officer-oslo").get("/v1/inbox")).json()
    assert (found["unread_count"], found["unread_more"], len(found["items"])) == (2, True, 4)
