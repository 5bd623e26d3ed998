"""Whether a case exists is not told by how much work its refusal was: the statements are those for no case at all.

Statements are compared and not times, since a time on a shared machine proves nothing.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event

from .test_scoping import COMMANDS, ITEM, READS


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Everything that is sent to the database, without its values."""
    sent: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
async def people(service, stranger):
    """Somebody of another unit, and a colleague of the same unit who is no member."""
    return {"stranger": stranger, "colleague": service.person("officer-oslo", sub="officer9-oslo")}


def named(asked: tuple[str, str, Any]) -> str:
    return f"{asked[0]} {asked[1]}".replace(ITEM, "id")


@pytest.mark.parametrize("who", ["stranger", "colleague"])
@pytest.mark.parametrize("asked", [*COMMANDS, *(("GET", tail.lstrip("/"), None) for tail in READS)], ids=named)
async def test_a_case_that_is_not_ones_own_takes_the_same_statements_as_none(officer, people, statements, asked, who):
    case, (method, tail, body) = await officer.open(), asked
    work = []
    for case_id in (case.id, str(uuid4())):
        statements.clear()
        path = f"/v1/cases/{case_id}/{tail}".rstrip("/")
        if method == "GET":
            answer = await people[who].get(path)
        else:
            answer = await people[who].send(method, path, body, etag=case.etag)
        work.append((answer.status_code, list(statements)))
    assert work[0][0] in {403, 404}
    assert work[0] == work[1]


async def test_the_statements_of_a_change_that_was_made_are_seen_to_differ(officer, statements):
    """Without this, statements that nobody notes would all be the same."""
    case, work = await officer.open(), []
    for case_id in (case.id, str(uuid4())):
        statements.clear()
        await officer.send("POST", f"/v1/cases/{case_id}/hold", {"reason": "awaiting_partner"}, etag=case.etag)
        work.append(list(statements))
    assert work[0]
    assert work[0] != work[1]
