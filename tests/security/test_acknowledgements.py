"""Who acknowledged what, and dead letters by the range: by another unit or role, after the right is gone, by made-up ids."""

from uuid import uuid4

import pytest
from forkant_kit.testing import until

from .conftest import PERSON_CASE
from .test_other_units import same

LIST = "/v1/acknowledgements?limit=100"


@pytest.fixture
async def alarm(wall) -> tuple[str, str]:
    """Break the glass of a new case of Oslo; return the case and the message that somebody must acknowledge."""
    opened = await wall.person("officer-oslo").done("case", "POST", "/v1/cases", PERSON_CASE)
    case, lead, found = opened.json()["id"], wall.person("lead-oslo"), []
    glass = {"reason": "acute_danger"}
    await wall.person("officer-troms", sub=f"officer-{uuid4()}").done(
        "case", "POST", f"/v1/cases/{case}/break-glass", glass
    )

    async def demanded() -> bool:
        items = (await lead.done("notification", "GET", LIST)).json()["items"]
        found.extend(item["id"] for item in items if item["subject_id"] == case)
        return bool(found)

    await until(demanded, what="the message that demands to be acknowledged")
    return case, found[0]


async def test_another_unit_finds_neither_the_message_nor_the_case_by_any_filter(wall, alarm):
    case, entry = alarm
    for stranger in (
        wall.person("lead-troms"),
        wall.mighty("innlandet"),
        wall.person("pod-analyst", roles=["privacy_officer"]),
    ):
        for query in ("", "&open=true", "&open=false"):
            shown = (await stranger.done("notification", "GET", LIST + query)).text
            assert case not in shown
            assert entry not in shown


@pytest.mark.parametrize("persona", ["officer-oslo", "analyst-oslo", "downstream-demo", "pod-admin", "pod-methods"])
async def test_whoever_answers_for_no_case_reads_no_acknowledgement(wall, alarm, persona):
    answer = await wall.person(persona).send("notification", "GET", LIST)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert alarm[0] not in answer.text


async def test_an_id_of_another_unit_or_made_up_is_acknowledged_by_nobody(wall, alarm):
    _, entry = alarm
    before = await wall.state("notification")
    for stranger in (wall.mighty("troms"), wall.person("officer-oslo"), wall.person("pod-analyst")):
        theirs = await stranger.send("notification", "POST", f"/v1/inbox/{entry}/acknowledge", {})
        missing = await stranger.send("notification", "POST", f"/v1/inbox/{uuid4()}/acknowledge", {})
        assert (theirs.status_code, theirs.json()["code"]) == (404, "not-found")
        assert same(theirs) == same(missing)
    assert await wall.state("notification") == before


async def test_whose_role_or_unit_is_gone_reads_no_more_what_they_acknowledged_themselves(wall, alarm):
    case, entry = alarm
    name = f"lead-{uuid4()}"
    await wall.person("lead-oslo", sub=name).done("notification", "POST", f"/v1/inbox/{entry}/acknowledge", {})
    [shown] = [
        item
        for item in (await wall.person("privacy-oslo").done("notification", "GET", LIST)).json()["items"]
        if item["id"] == entry
    ]
    assert shown["acknowledged_by"] == name
    moved, demoted = wall.person("lead-troms", sub=name), wall.person("officer-oslo", sub=name)
    assert case not in (await moved.done("notification", "GET", LIST)).text
    assert (await demoted.send("notification", "GET", LIST)).status_code == 403
    for gone in (moved, demoted):
        for method, tail in (("GET", ""), ("POST", "/acknowledge"), ("POST", "/read")):
            body = {} if method == "POST" else None
            answer = await gone.send("notification", method, f"/v1/inbox/{entry}{tail}", body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), (method, tail)


async def test_a_cursor_of_another_units_acknowledgements_opens_nothing(wall, alarm, second_case):
    path = "/v1/acknowledgements?limit=1"
    case = second_case.ids["case_id"]
    outsider = wall.person("officer-troms", sub=f"officer-{uuid4()}")
    await outsider.done("case", "POST", f"/v1/cases/{case}/break-glass", {"reason": "acute_danger"})
    lead, found = wall.person("lead-oslo"), []

    async def two() -> bool:
        found.append((await lead.done("notification", "GET", path)).json()["next"])
        return found[-1] is not None

    await until(two, what="a second page")
    for thief, query in (
        (wall.person("lead-troms"), ""),
        (wall.person("lead-oslo", sub="lead9-oslo"), ""),
        (lead, "&open=true"),
    ):
        answer = await thief.send("notification", "GET", f"{path}{query}&cursor={found[-1]}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")
        assert alarm[0] not in answer.text


async def test_dead_letters_of_another_units_endpoint_are_not_sent_again_by_naming_it_in_a_range(wall, oslo):
    before = await wall.state("notification")
    for stranger in (wall.mighty("troms"), wall.person("downstream-demo", unit="oslo")):
        answers = [
            await stranger.send("notification", "POST", "/v1/dead-letters/replay", {"endpoint_id": named, **chosen})
            for named in (oslo.ids["endpoint_id"], str(uuid4()))
            for chosen in ({}, {"from_sequence": 1, "to_sequence": 9}, {"since": "2020-01-01T00:00:00Z"})
        ]
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not-found")}
        assert len({same(answer) for answer in answers}) == 1
    assert await wall.state("notification") == before
