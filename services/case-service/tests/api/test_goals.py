"""A case is tied to a goal of its unit's prevention plan when it is opened, later, or to none any more."""

from uuid import uuid4

import pytest

GOAL, OTHER = str(uuid4()), str(uuid4())
TOLD = """
SELECT type, data->>'prevention_goal_id' AS goal FROM event_archive
WHERE aggregate_id = $1 AND (type LIKE '%case.opened%' OR type LIKE '%goal-changed%') ORDER BY aggregate_version
"""


async def told(service, case):
    return [(row["type"].split(".")[3], row["goal"]) for row in await service.fetch(TOLD, case.id)]


async def test_a_case_is_tied_at_its_opening_tied_to_another_and_to_none_and_each_is_told(service, officer):
    case = await officer.open(prevention_goal=GOAL)
    assert (await case.read())["prevention_goal"] == GOAL
    await case.do("PUT", "prevention-goal", {"prevention_goal": OTHER})
    assert (await case.read())["prevention_goal"] == OTHER
    await case.do("PUT", "prevention-goal", {"prevention_goal": None})
    assert (await case.read())["prevention_goal"] is None
    assert await told(service, case) == [
        ("opened", GOAL), ("goal-changed", OTHER), ("goal-changed", None),
    ]  # fmt: skip


async def test_a_case_that_is_not_tied_says_so_and_is_tied_later(service, officer):
    case = await officer.open()
    assert await told(service, case) == [("opened", None)]
    await case.do("PUT", "prevention-goal", {"prevention_goal": GOAL})
    lines = {line["id"]: line for line in (await officer.get("/v1/cases")).json()["items"]}
    assert lines[case.id]["prevention_goal"] == GOAL


@pytest.mark.parametrize("goal", ["evaluate more", "", 7, "019cb000-0000-7000-8000-00000000000g"])
async def test_a_goal_is_an_id_and_nothing_else(officer, goal):
    case = await officer.open()
    answer = await case.attempt("PUT", "prevention-goal", {"prevention_goal": goal})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert str(goal) not in answer.text or goal in ("", 7)
    assert (await case.read())["prevention_goal"] is None


async def test_what_is_to_be_tied_is_said_and_not_left_out(officer):
    case = await officer.open(prevention_goal=GOAL)
    answer = await case.attempt("PUT", "prevention-goal", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert (await case.read())["prevention_goal"] == GOAL


async def test_a_case_that_has_ended_keeps_its_goal_and_gets_no_other(officer):
    case = await officer.open(prevention_goal=GOAL)
    await case.do("POST", "close", {"reason": "resources"})
    answer = await case.attempt("PUT", "prevention-goal", {"prevention_goal": OTHER})
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal-transition")
    assert (await case.read())["prevention_goal"] == GOAL


async def test_who_only_watches_ties_nothing_and_who_may_not_see_the_case_does_not_find_it(service, officer, lead):
    case = await officer.open()
    body, etag = {"prevention_goal": GOAL}, case.etag
    for persona, expected in (("privacy-oslo", 403), ("officer-troms", 404), ("officer2-oslo", 404)):
        answer = await service.person(persona).send("PUT", f"/v1/cases/{case.id}/prevention-goal", body, etag=etag)
        assert answer.status_code == expected, (persona, answer.text)
    assert await told(service, case) == [("opened", None)]


async def test_a_concern_becomes_a_case_that_is_tied(officer, concern):
    received = await officer.send("POST", "/v1/concerns", concern)
    facts = {"case_type": "group", "purpose_code": "prevent_crime", "legal_basis": "police_act", "title": "Uro"}
    decision = {"outcome": "case", "case": {**facts, "age_band": "not_applicable", "prevention_goal": GOAL}}
    path = f"{received.headers['location']}/decision"
    answer = await officer.send("POST", path, decision, etag=received.headers["etag"])
    assert answer.status_code == 200, answer.text
    shown = (await officer.get(f"/v1/cases/{answer.json()['case_id']}")).json()
    assert (shown["state"], shown["prevention_goal"]) == ("registered", GOAL)
