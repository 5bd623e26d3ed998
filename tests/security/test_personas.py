"""The same list, count and feed asked for by seven people: each gets what is theirs, by one function of who they are.

What is expected is computed from what this test wrote; what others wrote in the meantime does not matter.
"""

from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from httpx import QueryParams

from .conftest import PERSON_CASE, SOON, Person

UNIT, OTHER = "more-og-romsdal", "sor-vest"
FILTERS = ({}, {"theme": "violence"}, {"theme": "drugs"}, {"case_type": "person", "state": "registered"})
# How each of the seven stands, as the access rules of the case service say: role, unit and clearance of the persona.
NEEDS_MEMBERSHIP = {"officer": True, "officer2": True, "lead": False, "privacy": False}
GUARDIANS = {"lead", "privacy"}


@dataclass(frozen=True, kw_only=True)
class Who:
    """One of the seven: a persona, or somebody else with all that the persona has but the name."""

    persona: str
    clearance: int
    subject: str = ""

    @property
    def role(self) -> str:
        return self.persona.partition("-")[0]

    @property
    def unit(self) -> str:
        return self.persona.partition("-")[2]

    @property
    def name(self) -> str:
        return self.subject or self.persona


@dataclass(frozen=True, kw_only=True)
class Made:
    """A case that this test opened, as it stands when the seven ask."""

    id: str
    unit: str = UNIT
    members: frozenset[str]
    level: int = 1
    restricted: bool = False
    theme: str = "violence"


SEVEN = {
    "the officer": Who(persona=f"officer-{UNIT}", clearance=2),
    "a second officer of less clearance": Who(persona=f"officer2-{UNIT}", clearance=1),
    "a colleague who is a member of nothing": Who(persona=f"officer-{UNIT}", subject=f"officer9-{UNIT}", clearance=2),
    "the lead": Who(persona=f"lead-{UNIT}", clearance=3),
    "the privacy officer": Who(persona=f"privacy-{UNIT}", clearance=3),
    "an officer of another unit": Who(persona=f"officer-{OTHER}", clearance=2),
    "a lead of another unit": Who(persona=f"lead-{OTHER}", clearance=3),
}


def sees(who: Who, case: Made) -> bool:
    """Tell whether somebody sees a case, in words of the rule and not of the code."""
    if case.level > who.clearance or (case.restricted and who.role not in GUARDIANS):
        return False
    if who.name in case.members:
        return True
    if case.unit != who.unit or NEEDS_MEMBERSHIP[who.role]:
        return False
    return who.role == "privacy" or case.level < 3


def person(wall, who: Who) -> Person:
    return wall.person(who.persona, **({"sub": who.subject} if who.subject else {}))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made(wall) -> list[Made]:
    """Open a case of each kind that tells two of the seven apart."""
    officer, second, other = f"officer-{UNIT}", f"officer2-{UNIT}", f"officer-{OTHER}"
    access = ("POST", "access", {"subject": other, "valid_to": SOON, "reason": "joint_work"})
    member = ("POST", "members", {"subject": second})
    restrict = ("POST", "restriction", {"restricted": True, "reason": "disputed"})

    async def case(by: str, *acts: tuple[str, str, str, Any], theme: str = "violence", **stands: Any) -> Made:
        opened = await wall.person(by).done("case", "POST", "/v1/cases", {**PERSON_CASE, "theme": theme})
        case_id, etag, receipt = opened.json()["id"], opened.headers["etag"], {}
        for actor, method, tail, body in acts:
            path = f"/v1/cases/{case_id}/{tail.format_map(receipt)}"
            answer = await wall.person(actor).done("case", method, path, body, etag=etag)
            etag, receipt = answer.headers["etag"], answer.json()
        return Made(**{"id": case_id, "theme": theme, "members": frozenset({by}), **stands})

    def level(by: str, value: int) -> tuple[str, str, str, Any]:
        return (by, "PUT", "level", {"level": value})

    lead, privacy = f"lead-{UNIT}", f"privacy-{UNIT}"
    both = frozenset({officer, second})
    return [
        await case(officer),
        await case(officer, theme="drugs"),
        await case(second),
        await case(officer, (officer, *member), members=both),
        await case(officer, (officer, *member), (officer, "DELETE", "members/{item_id}", None)),
        await case(officer, (officer, *member), (lead, *restrict), members=both, restricted=True),
        await case(officer, (officer, *member), level(lead, 2), members=both | {lead}, level=2),
        await case(officer, level(privacy, 3), members=frozenset({officer, privacy}), level=3),
        await case(officer, level(lead, 3), members=frozenset({officer, lead}), level=3),
        await case(officer, (officer, *access), members=frozenset({officer, other})),
        await case(other, unit=OTHER),
        await case(f"lead-{OTHER}", unit=OTHER),
    ]


async def listed(asking: Person, path: str, query: dict[str, str]) -> list[str]:
    """Return the ids of all pages of a list."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await asking.done("case", "GET", f"{path}?{QueryParams({**query, **cursor, 'limit': '100'})}")).json()
        found += [item["id"] for item in page["items"] if item.get("change") != "gone"]
        if not page["next"] or not page["items"] or not page.get("more", True):
            return found
        cursor = {"cursor": page["next"]}


def expected(who: Who, made: list[Made], query: dict[str, str]) -> set[str]:
    return {case.id for case in made if sees(who, case) and case.theme == query.get("theme", case.theme)}


@pytest.mark.parametrize("name", SEVEN)
async def test_the_same_list_count_and_feed_give_each_of_seven_people_what_is_theirs(wall, made, name):
    who, ours = SEVEN[name], {case.id for case in made}
    asking = person(wall, who)
    for query in FILTERS:
        found = await listed(asking, "/v1/cases", query)
        assert len(found) == len(set(found))
        assert set(found) & ours == expected(who, made, query), query
        counted = await asking.done("case", "GET", f"/v1/cases/count?{QueryParams(query)}")
        assert counted.json() == {"count": len(found)}, query
    # The feed is of the cases of one's own unit; access to a case of another shows in lists alone.
    own = {case.id for case in made if case.unit == who.unit}
    assert set(await listed(asking, "/v1/changes", {})) & ours == expected(who, made, {}) & own


@pytest.mark.parametrize("name", SEVEN)
async def test_each_of_seven_people_reads_by_its_id_what_the_list_shows_and_nothing_else(wall, made, name):
    who, read = SEVEN[name], set()
    for case in made:
        answer = await person(wall, who).send("case", "GET", f"/v1/cases/{case.id}")
        assert answer.status_code in {200, 404}
        read |= {case.id} if answer.is_success else set()
    assert read == expected(who, made, {})


def test_the_cases_tell_the_seven_apart(made):
    """Without this, two people could be given each other's answer unnoticed."""
    answers = {name: frozenset(expected(who, made, {})) for name, who in SEVEN.items()}
    assert len(set(answers.values())) == len(SEVEN)


@pytest.mark.parametrize("persona", [f"analyst-{UNIT}", "auditor", "pod-admin", "pod-analyst", "downstream-demo"])
async def test_who_has_no_part_in_cases_gets_neither_list_nor_count_nor_feed(wall, made, persona):
    for path in ("/v1/cases", "/v1/cases/count", "/v1/changes", f"/v1/cases/{made[0].id}"):
        answer = await wall.person(persona).send("case", "GET", path)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path
