"""A change that fails half-way leaves nothing; a fault of ours tells nothing."""

import pytest
from case_service.commands import measures


@pytest.fixture
def broken_insert(monkeypatch):
    async def fail(*_args: object) -> None:
        raise RuntimeError("Kanari-8123 in an error text")

    monkeypatch.setattr(measures.items, "insert_measure", fail)


async def test_a_change_that_fails_after_its_events_were_written_leaves_no_row(
    service, officer, due, broken_insert, capfd
):
    case = await officer.open()
    await case.planned()
    before = await service.row_counts()
    answer = await case.attempt("POST", "measures", {"kind": "home_visit", "due_on": due})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert "Kanari" not in answer.text
    assert await service.row_counts() == before
    assert (await officer.get(case.path)).headers["etag"] == case.etag


async def test_the_service_works_on_after_its_connections_were_cut(empty_service):
    officer = empty_service.person("officer-oslo")
    case = await officer.open()
    await empty_service.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()",
        as_app=True,
    )
    answers = [await officer.get(case.path) for _ in range(12)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert answers[-1].status_code == 200
