"""A list, a count and a search are as many statements whatever somebody was given access to: none for each case."""

from typing import Any

import pytest
from forkant_kit.rls.stance import StancedConnection
from sqlalchemy import Engine, event

UNIT = "oslo"
CASES = 3_000
# Codes alone: what is listed is not opened.
FILL = """
INSERT INTO preventive_case (
    id, unit, version, revision, state, case_type, theme, age_band, subject_category, purpose_code, legal_basis, arena,
    special_category, title, opened_by, case_owner, opened_at, recorded_at, updated_at, clarification_deadline, level,
    lowest_level, retention_until, retention_rule, retention_rules_version)
SELECT uuidv7(), 'oslo', 1, 1, 'registered', 'place', 'fraud', 'not_applicable', 'not_applicable', 'prevent_crime',
    'police_act', 'physical', false, sha256('A case'), 'somebody', 'somebody', now(), now(), now(), current_date, 1, 1,
    current_date + 1, 'open', 1
FROM generate_series(1, $1::int)
"""
GIVE = """
INSERT INTO access_grant (id, kind, subject, object_id, valid_from, reason, given_by)
SELECT uuidv7(), 'member', $1, id, now() - interval '1 day', '', 'somebody' FROM preventive_case ORDER BY id LIMIT $2::int
"""
PEOPLE = {
    "an officer with no case": ("officer-oslo", 0),
    "an officer with one": ("officer2-oslo", 1),
    "an officer with three thousand": ("officer3-oslo", CASES),
    "a lead": ("lead-oslo", 0),
    "a privacy officer": ("privacy-oslo", 0),
}
QUESTIONS: dict[str, tuple[str, str, Any]] = {
    "list": ("GET", "/v1/cases?limit=100", None),
    "narrowed list": ("GET", "/v1/cases?limit=100&theme=fraud&opened_from=2020-01-01T00:00:00Z", None),
    "count": ("GET", "/v1/cases/count", None),
    "search": ("POST", "/v1/cases/search", {"words": "torget skole", "theme": ["fraud"]}),
}

STATEMENTS = {"list": 2, "narrowed list": 2, "count": 2, "search": 3}
"""A search also asks under which units' names the words of cases are kept."""


@pytest.fixture
def statements(monkeypatch):
    """Give the statements that are sent, by SQLAlchemy or by the driver itself, save what begins and ends transactions."""
    sent: list[str] = []
    execute = StancedConnection.execute

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    async def noted(self: StancedConnection, query: str, *args: Any, **named: Any) -> str:
        if not query.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            sent.append(query)
        return await execute(self, query, *args, **named)

    monkeypatch.setattr(StancedConnection, "execute", noted)
    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


async def test_every_caller_gets_an_answer_by_as_many_statements(empty_service, statements):
    service = empty_service
    await service.fetch(FILL, CASES)
    people = {}
    for name, (persona, memberships) in PEOPLE.items():
        await service.fetch(GIVE, persona, memberships)
        base = persona.replace("3-", "-").replace("2-", "-")
        people[name] = service.person(base, sub=persona)
    for question, (method, path, body) in QUESTIONS.items():
        taken = {}
        for name, person in people.items():
            statements.clear()
            answer = await (person.get(path) if method == "GET" else person.send(method, path, body))
            assert answer.status_code == 200, (question, name, answer.text)
            taken[name] = len(statements)
        assert set(taken.values()) == {STATEMENTS[question]}, (question, taken)
    seen = {name: (await person.get("/v1/cases/count")).json()["count"] for name, person in people.items()}
    assert list(seen.values()) == [0, 1, CASES, CASES, CASES]
