"""A search finds what a scan of all opened texts would find of the caller's cases: nothing more, nothing less."""

import random
from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from case_service import tables
from case_service.stems import stems_sought, stems_to_find
from case_service.texts import opened
from case_service.words import FOUND_BY
from forkant_devstack.testing.assessments import completed_assessment
from forkant_kit.db import utc_now
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.vault import Vault
from forkant_kit.vault_settings import DEV_TEXT_KEY

PEOPLE = ("officer-oslo", "officer2-oslo", "lead-oslo", "privacy-oslo", "officer-troms", "lead-troms", "officer-kripos")
VOCABULARY = (
    "slåsskamp", "slåsskampen", "slåsskamper", "skole", "skolen", "ungdomsskole", "ungdomsskolens", "ungdom",
    "ungdommer", "ungdommene", "gutt", "guttene", "jente", "jentene", "narkotika", "narkotikasalg", "salg",
    "salget", "torg", "torget", "Bjørn", "Björn", "Håkon", "12", "2024", "kniv", "kniver", "knivstikking",
    "barnevern", "barnevernet", "foreldre", "foreldrene", "mobbing", "mobbet", "bekymring", "bekymret", "idé",
    "ide", "ikke", "og", "på", "i", "det", "en", "A4", "3B",
)  # fmt: skip
SEED = 2
DUE = (utc_now() + timedelta(days=30)).date().isoformat()


def sentence(rng: random.Random, most: int = 8) -> str:
    marks = (" ", ", ", " - ", "/", "\u00a0", ". ")
    return "".join(rng.choice(VOCABULARY) + rng.choice(marks) for _ in range(rng.randint(1, most))) + "x"


async def found(person, words: str, **more: Any) -> list[str]:
    ids, cursor = [], None
    while True:
        body = {"words": words, "limit": 7, **more, **({"cursor": cursor} if cursor else {})}
        page = await person.send("POST", "/v1/cases/search", body)
        assert page.status_code == 200, page.text
        ids += [item["id"] for item in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            return ids


async def listed(person, **query: Any) -> list[str]:
    ids, cursor = [], None
    while True:
        page = await person.get("/v1/cases", limit=100, **query, **({"cursor": cursor} if cursor else {}))
        ids += [item["id"] for item in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            return ids


async def stems_by_case(service) -> dict[str, frozenset[str]]:
    """Return the stems of all texts of each case that may be looked for, as the texts stand sealed in the database."""
    vault, texts = Vault(Keyring(read_keys(DEV_TEXT_KEY))), defaultdict(list)
    keys = {row["owner_id"]: row["sealed"] for row in await service.fetch("SELECT owner_id, sealed FROM data_key")}
    for name, columns in FOUND_BY.items():
        table = getattr(tables, name)
        for row in await service.fetch(f"SELECT * FROM {name}"):
            owner: UUID = row["id" if name == "preventive_case" else "case_id"]
            if keys[owner] is not None:
                clear = opened(vault.opened(owner, keys[owner]), table, dict(row))
                texts[str(owner)] += [clear[column] for column in columns]
    return {case: stems_to_find(*of_case) for case, of_case in texts.items()}


async def worked_on(case, rng: random.Random, lead, number: int) -> None:
    """Write texts of every kind into a case, some of them twice."""
    for _ in range(1 + number % 2):
        await case.do("PUT", "assessment", {"summary": sentence(rng), "child_view": sentence(rng)})
    await case.do("PUT", "assessment", completed_assessment(summary=sentence(rng)))
    for _ in range(1 + number % 3):
        goals = [
            {"text": sentence(rng), "measurable": True, "baseline": sentence(rng)} for _ in range(rng.randint(1, 3))
        ]
        await case.do("PUT", "plan", {"goals": goals, "summary": sentence(rng)})
    await case.do("POST", "plan/approval", by=lead)
    measure = {"kind": "concern_conversation", "due_on": DUE, "description": sentence(rng)}
    planned = await case.do("POST", "measures", measure)
    await case.do("POST", f"measures/{planned['item_id']}/start")
    await case.do("POST", "partners", {"kind": "school", "name": sentence(rng, 3)})
    follow_up = await case.do("POST", "follow-ups", {"due_on": DUE})
    await case.do("POST", f"follow-ups/{follow_up['item_id']}/held", {"notes": sentence(rng)})
    await case.do("POST", "hold", {"reason": "awaiting_partner", "note": sentence(rng)})
    await case.do("POST", "resume")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def written(module_service):
    """Give a service whose cases are full of random texts, seen by different people for different reasons."""
    service, rng = module_service, random.Random(SEED)
    for unit in ("oslo", "troms"):
        officer, lead, privacy = (service.person(f"{role}-{unit}") for role in ("officer", "lead", "privacy"))
        for number in range(20):
            case = await officer.open(title=sentence(rng, 4), subject=sentence(rng, 2), description=sentence(rng))
            if number % 3 == 0:
                await worked_on(case, rng, lead, number)
            if number % 4 == 1 and unit == "oslo":
                await case.do("POST", "members", {"subject": "officer2-oslo"})
            if number % 6 == 2:
                await case.do("PUT", "level", {"level": 3}, by=privacy)
            if number % 7 == 3:
                await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
            elif number % 7 == 4:
                access = {"subject": "officer-kripos", "valid_to": "2099-01-01T00:00:00Z", "reason": "joint_work"}
                answer = await case.attempt("POST", "access", access)
                access["valid_to"] = answer.json().get("latest", access["valid_to"])
                await case.do("POST", "access", access)
            elif number % 7 == 5:
                await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
            elif number % 7 == 6 and unit == "oslo":
                offer = await case.do("POST", "transfers", {"to_unit": "troms", "note": sentence(rng)})
                path = f"{case.path}/transfers/{offer['item_id']}"
                taken = await service.person("lead-troms").send("POST", f"{path}/accept", etag='"v1"')
                assert taken.is_success, taken.text
    return service, await stems_by_case(service)


@pytest.mark.parametrize("number", range(40))
async def test_a_search_finds_exactly_what_a_scan_of_the_callers_cases_finds(written, number):
    service, stems = written
    rng = random.Random(number)
    query = " ".join(rng.sample(VOCABULARY, k=rng.randint(1, 3)))
    if not stems_sought(query):
        query += " skole"
    for name in PEOPLE:
        person = service.person(name)
        expected = [case for case in await listed(person) if stems[case].issuperset(stems_sought(query))]
        assert await found(person, query) == expected, (name, query)


async def test_the_searches_tried_find_something_and_leave_something_out(written):
    service, _ = written
    for name in PEOPLE:
        person = service.person(name)
        every = len(await listed(person))
        sizes = {word: len(await found(person, word)) for word in ("skole", "kniv", "barnevern")}
        assert [size for size in sizes.values() if 0 < size < every], (name, every, sizes)


async def test_words_and_filters_hold_together(written):
    service, _ = written
    lead = service.person("lead-oslo")
    of_skole, active = await found(lead, "skole"), await listed(lead, state="active")
    assert await found(lead, "skole", state=["active"]) == [case for case in of_skole if case in active] != of_skole
    assert await found(lead, "skole", opened_before="2020-01-01T00:00:00Z") == []


async def test_what_is_written_anew_is_found_as_it_is_now(officer):
    case = await officer.open(title="Hærverk")
    await case.do("PUT", "assessment", {"summary": "Hærverk, tagging og fyrverkeri"})
    assert await found(officer, "fyrverkeri tagging") == [case.id]
    await case.do("PUT", "assessment", {"summary": "Tagging og brannstiftelse"})
    assert await found(officer, "fyrverkeri") == []
    assert await found(officer, "brannstiftelse tagging hærverk") == [case.id]


async def test_a_word_in_two_texts_stays_when_one_of_them_goes(officer):
    case = await officer.open(title="Villsvin i parken")
    await case.do("PUT", "assessment", {"summary": "Villsvin"})
    await case.do("PUT", "assessment", {"summary": "Ikke"})
    assert await found(officer, "villsvin") == [case.id]


async def test_an_erased_case_leaves_no_word_behind_and_the_certificate_counts_them(service, officer, privacy):
    case = await officer.open(title="Sjiraff ved torget")
    await case.do("PUT", "assessment", {"summary": "Sjiraffen er borte"})
    assert await found(officer, "sjiraff") == [case.id]
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    assert await found(privacy, "sjiraff") == []
    certificate = (await privacy.get(f"{case.path}/erasure")).json()
    assert certificate["destroyed"]["case_words"] == 2
    for table in ("case_words", "case_word"):
        assert await service.fetch(f"SELECT FROM {table} WHERE case_id = $1", case.id) == []


async def test_information_is_not_found_by_its_words(officer):
    case = await officer.open()
    await case.do(
        "POST", "information",
        {"statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
         "text": "Flodhest i kjelleren"},
    )  # fmt: skip
    assert await found(officer, "flodhest") == []


async def test_a_case_that_moved_is_found_in_its_new_unit_alone(service, officer, lead):
    case = await officer.open(title="Pingvin på flyttefot")
    offer = await case.do("POST", "transfers", {"to_unit": "troms", "note": "Pelikan"})
    taking = service.person("lead-troms")
    assert await found(taking, "pingvin") == []
    await taking.send("POST", f"{case.path}/transfers/{offer['item_id']}/accept", etag='"v1"')
    assert await found(lead, "pingvin") == []
    assert await found(taking, "pingvin pelikan") == [case.id]


async def test_no_two_units_keep_a_word_as_the_same_number(service, officer):
    await officer.open(title="Nebbdyr")
    await service.person("officer-troms").open(title="Nebbdyr")
    rows = await service.fetch(
        "SELECT c.unit, w.word FROM case_word AS w JOIN preventive_case AS c ON c.id = w.case_id"
    )
    by_unit = defaultdict(set)
    for row in rows:
        by_unit[row["unit"]].add(row["word"])
    assert by_unit["oslo"]
    assert by_unit["troms"]
    assert not by_unit["oslo"] & by_unit["troms"]


async def test_a_search_leaves_the_cases_shown_in_the_trail_and_its_words_nowhere(service, officer):
    case = await officer.open(title="Gribb over Grorud")
    answer = await officer.send("POST", "/v1/cases/search", {"words": "gribb grorud"})
    rows = await service.fetch("SELECT *, a::text AS row FROM audit_entry AS a ORDER BY seq DESC LIMIT 1")
    assert (rows[0]["action"], rows[0]["object_ids"], rows[0]["outcome"]) == ("case.search", [UUID(case.id)], "done")
    assert "gribb" not in rows[0]["row"]
    assert "gribb" not in answer.text.casefold()
    assert "link" not in answer.headers


async def test_a_cursor_goes_on_with_its_own_words_alone_and_tells_none(written):
    service, _ = written
    lead = service.person("lead-oslo")
    cursor = (await lead.send("POST", "/v1/cases/search", {"words": "skole", "limit": 1})).json()["next"]
    for words, status in (("skolene", 200), ("SKOLE", 200), ("kniv", 400), ("skole kniv", 400)):
        body = {"words": words, "limit": 1, "cursor": cursor}
        assert (await lead.send("POST", "/v1/cases/search", body)).status_code == status, words
    assert (await lead.get("/v1/cases", limit=1, cursor=cursor)).status_code == 400


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid-request"),
        ({"words": ""}, 422, "invalid-request"),
        ({"words": " \u2800 "}, 422, "invalid-request"),
        ({"words": "ord " * 1000}, 422, "invalid-request"),
        ({"words": "a\u0000b"}, 400, "invalid-json"),
        ({"words": "a\u0001b"}, 422, "invalid-request"),
        ({"words": ["skole"]}, 422, "invalid-request"),
        ({"words": "skole", "limit": 101}, 422, "invalid-request"),
        ({"words": "skole", "limit": "7"}, 422, "invalid-request"),
        ({"words": "skole", "theme": ["weather"]}, 422, "invalid-request"),
        ({"words": "skole", "title": "x"}, 422, "invalid-request"),
        ({"words": "skole", "cursor": "AAAA"}, 400, "invalid-cursor"),
        ({"words": "og i det"}, 422, "nothing-to-search-for"),
        ({"words": "!?"}, 422, "nothing-to-search-for"),
        ({"words": "x"}, 422, "nothing-to-search-for"),
        ({"words": " ".join(f"ord{n}" for n in range(13))}, 422, "too-many-words"),
    ],
    ids=lambda part: str(part)[:30],
)
async def test_what_can_not_be_searched_for_is_refused_and_not_repeated(officer, body, status, code):
    answer = await officer.send("POST", "/v1/cases/search", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "skole" not in answer.text
    assert "weather" not in answer.text


async def test_a_lone_surrogate_is_refused(service, officer):
    headers = {**officer.headers, "Content-Type": "application/json"}
    answer = await service.client.post("/v1/cases/search", content=b'{"words": "\\ud800"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-json")


async def test_a_word_twelve_times_is_one_word(officer):
    case = await officer.open(title="Okapi")
    assert await found(officer, " ".join(["okapi"] * 20)) == [case.id]


async def test_search_is_for_those_who_may_read_cases(service):
    for persona, status in (("pod-analyst", 403), ("auditor", 403)):
        answer = await service.person(persona).send("POST", "/v1/cases/search", {"words": "skole"})
        assert answer.status_code == status, persona


async def test_a_merged_case_is_found_no_more(officer, lead):
    one, other = await officer.open(title="Alligator"), await officer.open(title="Alligator igjen")
    await one.do("POST", "merge", {"into": other.id, "into_etag": other.etag})
    assert await found(lead, "alligator") == [other.id]
