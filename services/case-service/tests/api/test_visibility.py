"""Other services ask which of the ids that they keep a person may see; lists and this answer alike."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from forkant_contracts.visibility import MOST_ASKED

PEOPLE = ("officer-oslo", "officer2-oslo", "lead-oslo", "privacy-oslo", "officer-troms", "lead-troms", "officer-kripos")
SOON = (datetime.now(UTC) + timedelta(days=2)).isoformat()
PATH = "/v1/visibility"
EMPTY = {"cases": [], "former_cases": [], "offered_cases": [], "concerns": []}


async def asked(person, *, cases=(), concerns=()) -> dict[str, list[str]]:
    answer = await person.send("POST", PATH, {"cases": [*cases], "concerns": [*concerns]})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(person, path: str) -> set[str]:
    found, cursor = set(), None
    while True:
        page = (await person.get(path, limit=100, **({"cursor": cursor} if cursor else {}))).json()
        found |= {item["id"] for item in page["items"]}
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.fixture
async def cases(empty_service) -> list[str]:
    """Give cases that differ in unit, level, membership, restriction and what became of them."""
    service = empty_service
    officer, lead, privacy = (service.person(name) for name in ("officer-oslo", "lead-oslo", "privacy-oslo"))
    plain, shared, given, secret, restricted, moved, erased = [await officer.open() for _ in range(7)]
    foreign = await service.person("officer-troms").open()
    await shared.do("POST", "members", {"subject": "officer2-oslo"})
    await given.do("POST", "access", {"subject": "officer-kripos", "valid_to": SOON, "reason": "joint_work"})
    await secret.do("PUT", "level", {"level": 3}, by=privacy)
    await restricted.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    offer = await moved.do("POST", "transfers", {"to_unit": "troms"})
    path = f"{moved.path}/transfers/{offer['item_id']}/accept"
    assert (await service.person("lead-troms").send("POST", path, etag='"v1"')).is_success
    await erased.do("PUT", "archive-decision", {"outcome": "destroy"}, by=lead)
    await erased.do("POST", "erasure", {"basis": "unfounded"}, by=privacy)
    every = (plain, shared, given, secret, restricted, moved, erased, foreign)
    return [case.id for case in every]


async def test_what_is_answered_of_cases_is_what_lists_and_the_feed_of_changes_show(empty_service, cases):
    several = set()
    for name in PEOPLE:
        person = empty_service.person(name)
        answer = await asked(person, cases=[*cases, str(uuid4())])
        shown = await listed(person, "/v1/cases") & set(cases)
        feed = (await person.get("/v1/changes", limit=100)).json()["items"]
        gone = {line["id"] for line in feed if line["change"] == "gone"} & set(cases)
        assert (set(answer["cases"]), set(answer["former_cases"])) == (shown, gone), name
        assert answer["concerns"] == []
        several.add((frozenset(shown), frozenset(gone)))
    assert len(several) >= 6


async def test_what_is_answered_of_concerns_is_what_lists_show(service, concern):
    officer = service.person("officer-oslo")
    made = (await officer.send("POST", "/v1/concerns", concern)).json()["id"]
    for name in PEOPLE:
        person = service.person(name)
        answer = await asked(person, concerns=[made, str(uuid4())])
        assert set(answer["concerns"]) == await listed(person, "/v1/concerns") & {made}, name
    # An id is asked about as what it is.
    assert await asked(officer, cases=[made]) == EMPTY


async def test_broken_glass_shows_a_case_to_who_asks_for_it_alone(service, officer):
    case, stranger = await officer.open(), service.person("officer-troms", sub=f"officer-{uuid4()}")
    broken = await stranger.send("POST", f"{case.path}/break-glass", {"reason": "acute_danger"})
    assert broken.is_success
    assert (await stranger.get(case.path)).status_code == 200
    assert await asked(stranger, cases=[case.id]) == EMPTY


async def test_each_id_that_is_answered_is_in_the_trail_and_no_other(service, officer):
    seen, asker = await officer.open(), service.person("lead-oslo", sub=f"lead-{uuid4()}")
    unknown = str(uuid4())
    await asked(asker, cases=[seen.id, unknown])
    query = "SELECT action, object_ids FROM audit_entry WHERE $1 = ANY(object_ids) ORDER BY seq DESC LIMIT 1"
    [row] = await service.fetch(query, seen.id)
    assert (row["action"], [str(each) for each in row["object_ids"]]) == ("case.ask_visibility", [seen.id])
    assert await service.fetch("SELECT FROM audit_entry WHERE $1 = ANY(object_ids)", unknown) == []


@pytest.mark.parametrize(
    "body",
    [
        {"cases": "all"},
        {"cases": ["all"]},
        {"cases": None},
        {"everything": True},
        {"cases": [str(uuid4())] * (MOST_ASKED + 1)},
        [],
    ],
    ids=["no list", "no id", "null", "another field", "too many", "no object"],
)
async def test_what_is_no_question_is_refused_without_an_echo(officer, body):
    answer = await officer.send("POST", PATH, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert "everything" not in answer.text


async def test_somebody_without_cases_is_refused(service):
    for persona in ("analyst-oslo", "pod-privacy", "auditor"):
        answer = await service.person(persona).send("POST", PATH, {"cases": [str(uuid4())]})
        assert answer.status_code == 403, persona


async def test_a_case_on_offer_is_told_to_the_unit_that_is_to_answer_while_it_is(empty_service):
    service = empty_service
    case, high = [await service.person("officer-oslo").open() for _ in range(2)]
    for each in (case, high):
        await each.do("POST", "transfers", {"to_unit": "troms"})
    await high.do("PUT", "level", {"level": 3}, by=service.person("privacy-oslo"))
    ids = [case.id, high.id]
    for name, expected in (("lead-troms", [case.id]), ("lead-vest", []), ("officer-oslo", [])):
        person = service.person(name, clearance=1)
        answer = await asked(person, cases=ids)
        assert answer["offered_cases"] == expected, name
        assert name != "lead-troms" or answer["cases"] == []
    offer = (await case.read())["transfers"][0]["id"]
    await case.do("POST", f"transfers/{offer}/revoke")
    assert await asked(service.person("lead-troms"), cases=ids[:1]) == EMPTY
