import asyncio
from collections import Counter
from uuid import uuid4


async def test_a_change_without_if_match_is_refused_and_leaves_no_trace(service, officer):
    case = await officer.open()
    answer = await officer.send("POST", f"{case.path}/close", {"reason": "resources"})
    assert (answer.status_code, answer.json()["code"]) == (428, "if-match-required")
    assert await service.events(case.id) == ["case.opened"]


async def test_a_stale_etag_is_refused_and_leaves_no_trace(service, officer):
    case = await officer.open()
    seen = case.etag
    await case.do("PUT", "assessment", {"summary": "First."})
    answer = await officer.send("PUT", f"{case.path}/assessment", {"summary": "Second."}, etag=seen)
    assert (answer.status_code, answer.json()["code"]) == (412, "stale-version")
    assert (await case.read())["assessment"]["summary"] == "First."


async def test_an_etag_that_was_never_given_is_refused(officer):
    case = await officer.open()
    for etag in ('"v99"', "*", 'W/"v1"', "v1", '"v1", "v2"'):
        answer = await officer.send("PUT", f"{case.path}/assessment", {}, etag=etag)
        assert answer.status_code == 412


async def test_staleness_is_told_before_what_the_state_would_say(officer):
    case = await officer.open()
    seen = case.etag
    await case.do("POST", "close", {"reason": "resources"})
    answer = await officer.send("POST", f"{case.path}/hold", {"reason": "awaiting_partner"}, etag=seen)
    assert answer.status_code == 412


async def test_of_a_hundred_racers_one_wins(service, officer):
    case = await officer.open()
    answers = await asyncio.gather(
        *(officer.send("POST", f"{case.path}/close", {"reason": "resources"}, etag=case.etag) for _ in range(100))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 99}
    assert await service.events(case.id) == ["case.opened", "case.closed"]


async def test_of_racers_for_one_approval_one_wins_and_the_others_are_stale(service, officer, lead):
    case = await officer.open()
    await case.planned()
    answers = await asyncio.gather(
        *(lead.send("POST", f"{case.path}/plan/approval", {}, etag=case.etag) for _ in range(20))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 19}
    assert (await service.events(case.id)).count("case.plan-approved") == 1


async def test_the_same_request_again_gets_the_same_answer_and_changes_nothing(service, officer):
    case = await officer.open()
    key = str(uuid4())
    first = await officer.send("POST", f"{case.path}/hold", {"reason": "awaiting_partner"}, etag=case.etag, key=key)
    again = await officer.send("POST", f"{case.path}/hold", {"reason": "awaiting_partner"}, etag=case.etag, key=key)
    assert (again.status_code, again.content, again.headers["etag"]) == (200, first.content, first.headers["etag"])
    assert await service.events(case.id) == ["case.opened", "case.put-on-hold"]


async def test_racers_with_one_key_open_one_case(service, officer, person_case):
    key = str(uuid4())
    before = await cases(service)
    answers = await asyncio.gather(*(officer.send("POST", "/v1/cases", person_case, key=key) for _ in range(30)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency-key-in-use"}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await cases(service) == before + 1


async def test_a_key_used_again_with_another_body_is_refused(service, officer, person_case):
    key = str(uuid4())
    await officer.send("POST", "/v1/cases", person_case, key=key)
    before = await cases(service)
    answer = await officer.send("POST", "/v1/cases", {**person_case, "theme": "fraud"}, key=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert await cases(service) == before


async def test_a_key_belongs_to_its_caller(officer, lead, person_case):
    key = str(uuid4())
    first = await officer.send("POST", "/v1/cases", person_case, key=key)
    other = await lead.send("POST", "/v1/cases", person_case, key=key)
    assert first.json()["id"] != other.json()["id"]


async def test_a_post_without_a_key_is_refused(officer, person_case):
    headers = officer.headers
    answer = await officer.client.post("/v1/cases", json=person_case, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")


async def test_a_refused_request_may_be_sent_again_with_its_key(officer):
    case = await officer.open()
    key = str(uuid4())
    refused = await officer.send("POST", f"{case.path}/resume", {}, etag=case.etag, key=key)
    await case.do("POST", "hold", {"reason": "awaiting_partner"})
    done = await officer.send("POST", f"{case.path}/resume", {}, etag=case.etag, key=key)
    assert (refused.status_code, done.status_code) == (409, 200)


async def cases(service) -> int:
    [row] = await service.fetch("SELECT count(*) AS n FROM preventive_case")
    return int(row["n"])
