"""The people of a story about best practice, and drafts that they move on."""

from dataclasses import dataclass

import pytest
import pytest_asyncio

EXAMPLE = {
    "language": "nb",
    "title": "To spørsmål før store overføringer",
    "context": "Eldre ble ringt opp av noen som utga seg for å være banken.",
    "what_was_done": "Ansatte stiller to spørsmål før en stor overføring.",
    "mechanism": "Spørsmålene gir tid til å tenke seg om.",
    "conditions": "Banken må ville være med.",
    "advice": "Øv på spørsmålene sammen med de ansatte.",
}


CHECKS = ["names", "places", "dates", "rare_combination", "photos_and_links"]


NUMBER = "01019012345"


@dataclass
class People:
    officer: object
    officer2: object
    lead: object
    privacy: object
    stranger: object
    analyst: object
    directorate: object
    officer_elsewhere: object


@pytest_asyncio.fixture(loop_scope="session")
async def people(module_service):
    """The people of Oslo and some others, in a library without examples."""
    await module_service.fetch("TRUNCATE best_practice_draft, best_practice, best_practice_revision")
    return people_of(module_service, "oslo")


def people_of(service, unit):
    names = [*(f"{who}-{unit}" for who in ("officer", "officer2", "lead", "privacy")), "lead-troms", "analyst-troms"]
    return People(*(service.person(name) for name in [*names, "pod-analyst", "officer-troms"]))


@pytest.fixture
def evaluated(people):
    async def make(**facts):
        case = await people.officer.open(**{"theme": "fraud", "title": "Banksaken", **facts})
        await case.evaluated(people.lead)
        return case

    return make


class Draft:
    """A draft with the ETag of the last answer."""

    def __init__(self, people, answer) -> None:
        assert answer.status_code == 201, answer.text
        self.people, self.path, self.etag = people, answer.headers["location"], answer.headers["etag"]
        self.id = answer.json()["id"]

    async def attempt(self, by: str, tail: str, body: object = None):
        answer = await getattr(self.people, by).send("POST", f"{self.path}/{tail}", body, etag=self.etag)
        self.etag = answer.headers.get("etag", self.etag) if answer.is_success else self.etag
        return answer

    async def do(self, by: str, tail: str, body: object = None):
        answer = await self.attempt(by, tail, body)
        assert answer.is_success, answer.text
        return answer.json()

    async def reviewed(self, by: str = "privacy") -> None:
        answer = await getattr(self.people, by).get(self.path)
        answers = [{"warning": warning, "answer": "risk_accepted"} for warning in answer.json()["warnings"]]
        await self.do(by, "review", {"checks": CHECKS, "answers": answers})

    async def published(self, **how):
        await self.reviewed()
        return await self.do("lead", "publication", how)


@pytest.fixture
def drafted(people, evaluated):
    async def make(case=None, **changes):
        case = case or await evaluated()
        return Draft(people, await people.officer.send("POST", "/v1/best-practices", body(case, **changes)))

    return make


def body(case, **changes):
    return {**EXAMPLE, "case_id": case.id, **changes}


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def found(person, **query) -> list[dict]:
    answer = await person.get("/v1/best-practices", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


OUTSIDE_THE_TRAIL = """
SELECT c.table_name, c.column_name FROM information_schema.columns AS c
JOIN pg_class AS p ON p.relname = c.table_name AND p.relnamespace = 'public'::regnamespace AND p.relkind IN ('r', 'p')
    AND NOT p.relispartition
WHERE c.table_schema = 'public' AND c.table_name NOT LIKE 'audit_%'
"""


async def rows_with(service, *values: str) -> set[str]:
    """Return the tables, besides the audit trail, that hold one of the values anywhere in a row."""
    tables = {row["table_name"] for row in await service.fetch(OUTSIDE_THE_TRAIL)}
    patterns = [f"%{value}%" for value in values]
    return {
        table
        for table in tables
        if await service.fetch(f'SELECT 1 FROM "{table}" AS t WHERE t::text LIKE ANY ($1::text[]) LIMIT 1', patterns)
    }
