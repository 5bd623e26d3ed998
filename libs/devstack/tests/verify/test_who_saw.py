"""Who has seen a case is told from the trails, page by page, and the question is in them afterwards."""

import asyncio
import json
from types import SimpleNamespace

import asyncpg
import httpx
import pytest
from forkant_devstack.commands.audit import audit
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.process import DevstackError
from forkant_devstack.stack import sightings
from forkant_devstack.stack.dev_token import dev_token
from forkant_devstack.stack.sightings import sightings_of
from forkant_devstack.supervisor import state
from forkant_kit.testing import until
from typer.testing import CliRunner


@pytest.fixture
async def case(platform):
    connection = await asyncpg.connect(platform.case_database)
    try:
        return await connection.fetchval("SELECT id FROM preventive_case WHERE unit = 'oslo' ORDER BY id LIMIT 1")
    finally:
        await connection.close()


@pytest.fixture
def tell(filled, issuer: IssuerServer):
    async def ask(case, persona: str, url: str = filled.case_url):
        token = await asyncio.to_thread(dev_token, issuer.url, persona)
        return await asyncio.to_thread(sightings_of, case, urls={"case": url}, token=token)

    return ask


async def test_every_act_on_a_case_is_told_and_the_question_is_one_more(platform, case, tell, monkeypatch):
    monkeypatch.setattr(sightings, "_PAGE", 2)
    connection = await asyncpg.connect(platform.case_database)
    try:
        acts = await connection.fetch(
            "SELECT subject, action, outcome FROM audit_entry WHERE object_ids @> ARRAY[$1::uuid] ORDER BY at, seq",
            case,
        )
    finally:
        await connection.close()
    first = await tell(case, "auditor")
    told = [(each.subject, each.action, each.outcome) for each in first]
    expected = [tuple(act) for act in acts]
    assert told[: len(expected)] == expected
    assert len(expected) > 2
    # Each page is a question of its own.
    assert {(each.subject, each.action) for each in first[len(expected) :]} <= {("auditor", "audit.read")}
    again = await tell(case, "privacy-oslo")
    assert ("auditor", "audit.read", "done") in {(each.subject, each.action, each.outcome) for each in again}
    assert not any(each.shown for each in again if each.action == "audit.read")
    assert all(each.shown for each in again if each.action == "case.open")


@pytest.mark.parametrize("persona", ["officer-oslo", "privacy-troms"])
async def test_who_may_not_know_is_refused_and_told_whom_to_ask(case, tell, persona):
    with pytest.raises(DevstackError, match="does not tell who has seen that case") as caught:
        await tell(case, persona)
    assert "privacy officer of the case's unit" in caught.value.hint


async def test_a_service_that_is_away_fails_the_whole_answer(case, tell):
    with pytest.raises(DevstackError, match="does not answer"):
        await tell(case, "auditor", "http://127.0.0.1:1")


async def test_the_command_names_the_people_and_says_that_it_is_recorded(filled, case, issuer, monkeypatch):
    places = {
        "case-api": filled.case_url,
        "indicator-api": filled.indicator_url,
        "notification-api": filled.notification_url,
        "issuer": issuer.url,
    }
    monkeypatch.setattr(state, "running_state", lambda _: SimpleNamespace(url=places.__getitem__, issuer=issuer.url))

    async def listed() -> bool:
        async with httpx.AsyncClient(base_url=filled.notification_url, headers=issuer.headers("lead-oslo")) as http:
            following, found = "", []
            while following is not None:
                page = await http.get("/v1/inbox", params={"limit": 100} | {"cursor": following} if following else {})
                found, following = [*found, *page.json()["items"]], page.json()["next"]
        return str(case) in {item["subject_id"] for item in found}

    async def asked(*more: str):
        return await asyncio.to_thread(CliRunner().invoke, audit, ["who-saw", "--case", str(case), *more])

    await until(listed, what="the lead of the unit is told of the case")
    answer, lines = await asked(), json.loads((await asked("--json")).stdout)
    assert answer.exit_code == 0, answer.output
    told = {(line["service"], line["subject"]) for line in lines if line["action"] == "inbox.list"}
    assert told == {("notification", "lead-oslo")}
    people = sorted({line["subject"] for line in lines if line["action"] != "audit.read"})
    assert f"shown to or changed by {len(people)}: {', '.join(people)}" in " ".join(answer.stdout.split())
    assert "as auditor, which each of them has recorded" in " ".join(answer.stdout.split())
    assert {line["service"] for line in lines if line["action"] == "audit.read"} == {
        "case",
        "indicator",
        "notification",
    }
