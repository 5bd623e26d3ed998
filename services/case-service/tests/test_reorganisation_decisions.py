"""Reorganisations are decided on by two people of the directorate, before their day, and by nothing else."""

import asyncio

import asyncpg
import pytest

from .reorganising import PATH, TODAY, TOMORROW, World, merger, named

ARENDAL = "4203"


@pytest.fixture
def world(empty_service):
    return World(service=empty_service)


@pytest.fixture
def agder(empty_service):
    return empty_service.person("officer-agder")


async def test_two_people_of_the_directorate_decide_and_nothing_changes_before_the_day(world, agder):
    proposed = await world.propose(merger("agder", "sor-vest"))
    assert proposed.status_code == 201, proposed.text
    own = await world.decide(proposed, "approval", by="pod-admin")
    assert (own.status_code, own.json()["code"]) == (403, "own-reorganisation")
    before = await world.shown("/v1/units")
    assert (await world.decide(proposed, "approval")).json()["state"] == "approved"
    await world.work(TODAY)
    assert await world.shown("/v1/units") == before
    assert (await world.shown(proposed.headers["location"]))["state"] == "approved"
    await agder.open(municipality_number=ARENDAL)


@pytest.mark.parametrize(
    ("persona", "claims"),
    [
        ("lead-oslo", {}),
        ("pod-admin", {"unit": "oslo"}),
        ("pod-methods", {"roles": ["method_editor"]}),
        ("auditor", {}),
    ],
    ids=str,
)
async def test_nobody_else_proposes_or_approves_one(world, persona, claims):
    refused = await world.propose(merger("agder", "sor-vest"), by=persona, **claims)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    proposed = await world.propose(merger("agder", "sor-vest"))
    for word in ("approval", "rejection", "withdrawal"):
        assert (await world.decide(proposed, word, by=persona, **claims)).status_code == 403
    assert (await world.service.person(persona, **claims).get(proposed.headers["location"])).status_code == 200


BAD = [
    ({"effective_on": TODAY.isoformat()}, 422, "not-ahead"),
    ({"from_units": ["agder", "nowhere"]}, 422, "unknown-unit"),
    ({"from_units": ["agder", "pod"]}, 422, "unknown-unit"),
    ({"new_units": [named("vest")], "parts": [{"unit": "vest"}]}, 409, "unit-exists"),
    ({"parts": [{"unit": "agder"}], "new_units": []}, 422, "reorganisation-cyclic"),
    ({"rest": "sor"}, 422, "parts-do-not-fit"),
    (
        {"kind": "move_municipalities", "from_units": ["agder"], "parts": [{"unit": "vest", "municipalities": ["0301"]}],
         "new_units": []},
        422, "municipality-not-in-unit",
    ),
    (
        {"kind": "move_municipalities", "from_units": ["agder"], "parts": [{"unit": "vest", "municipalities": ["9999"]}],
         "new_units": []},
        422, "unknown-municipality",
    ),
    ({"effective_on": "soon"}, 422, "invalid-request"),
    ({"from_units": ["agder'; --"]}, 422, "invalid-request"),
]  # fmt: skip


async def test_what_is_wrong_is_refused_and_changes_nothing(world):
    before = {**await world.service.row_counts(), "idempotency_key": 0}
    for changes, status, code in BAD:
        answer = await world.propose(merger("agder", "sor-vest", **changes))
        assert (answer.status_code, answer.json()["code"]) == (status, code), changes
    assert {**await world.service.row_counts(), "idempotency_key": 0} == before


async def test_of_two_that_overlap_one_is_approved_and_the_other_waits_or_is_refused(world):
    first, second = (
        await world.propose(merger("agder", "sor-vest")),
        await world.propose(merger("agder", "vest", into="vestre")),
    )
    assert (await world.decide(first, "approval")).status_code == 200
    late = await world.decide(second, "approval")
    third = await world.propose(merger("sor-vest", "vest", into="vestre"))
    assert [(each.status_code, each.json()["code"]) for each in (late, third)] == [(409, "reorganisation-overlaps")] * 2
    shown = await world.service.person("pod-analyst").get(first.headers["location"])
    withdrawn = await world.service.person("pod-admin").send(
        "POST", f"{first.headers['location']}/withdrawal", {}, etag=shown.headers["etag"]
    )
    assert withdrawn.json()["state"] == "withdrawn"
    assert (await world.decide(second, "approval")).status_code == 200


async def test_of_two_approvals_at_once_that_overlap_one_is_refused(world):
    proposed = [await world.propose(merger("agder", f"{other}", into=f"sor-{name}"))
                for name, other in (("a", "vest"), ("b", "sor-vest"), ("c", "oslo"))]  # fmt: skip
    answers = await asyncio.gather(*(world.decide(each, "approval") for each in proposed))
    assert sorted(each.status_code for each in answers) == [200, 409, 409]


async def test_one_whose_day_came_is_not_approved_any_more(world):
    proposed = await world.propose(merger("agder", "sor-vest"))
    with world.on(TOMORROW):
        answer = await world.decide(proposed, "approval")
    assert (answer.status_code, answer.json()["code"]) == (422, "not-ahead")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE preventive_case SET unit = 'troms', unit_of_its_time = 'oslo'",
        "SELECT take_effect(gen_random_uuid(), current_date, now())",
        "SELECT * FROM move_for_reorganisation(gen_random_uuid(), gen_random_uuid(), 1, 1, 'x', now())",
        "SELECT * FROM move_concerns(gen_random_uuid(), 1)",
        "UPDATE reorganisation SET state = 'done'",
        "INSERT INTO unit_succession SELECT 'oslo', 'troms', gen_random_uuid(), now()",
        "UPDATE municipality_unit SET unit = 'oslo'",
    ],
)
async def test_no_login_of_the_api_reorganises_anything_itself(world, agder, attack):
    await agder.open(municipality_number=ARENDAL)
    await world.propose(merger("agder", "sor-vest"))
    told = {
        "forkant.unit": "agder", "forkant.subject": "officer-agder", "forkant.clearance": "3",
        "forkant.members_from": "4", "forkant.sees_restricted": "on", "forkant.changes": "on",
    }  # fmt: skip
    before = await world.service.row_digests()
    connection = await asyncpg.connect(world.service.app_url, server_settings=told)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(attack)
    finally:
        await connection.close()
    assert await world.service.row_digests() == before


@pytest.mark.parametrize(
    ("attack", "refused"),
    [
        ("SELECT * FROM move_for_reorganisation($1, $2, 1, 2, 'x', now())", "not under way"),
        ("SELECT revoke_for_reorganisation($1, (SELECT id FROM transfer), $2, 2, 0, 'x', now())", "no such offer"),
        ("SELECT * FROM waits_to_move($2, 9) WHERE $1::uuid IS NOT NULL", None),
        ("SELECT * FROM offers_to_ended($2, 9) WHERE $1::uuid IS NOT NULL", None),
        ("SELECT * FROM move_concerns($2, 9) WHERE $1::uuid IS NOT NULL", None),
        ("SELECT * FROM take_effect($2, current_date, now()) WHERE $1::uuid IS NOT NULL", None),
        ("SELECT 1 WHERE reorganisation_done($2, now()) AND $1::uuid IS NOT NULL", None),
    ],
)
async def test_the_workers_login_moves_nothing_for_one_that_is_approved_and_not_under_way(
    world, agder, concern, attack, refused
):
    case = await agder.open(municipality_number=ARENDAL)
    await agder.send("POST", "/v1/concerns", concern)
    theirs = await world.service.person("officer-oslo").open()
    await theirs.do("POST", "transfers", {"to_unit": "agder"})
    which = (await world.approved(merger("agder", "sor-vest")))[-36:]
    before = await world.service.row_digests()
    about = theirs.id if "revoke" in attack else case.id
    connection = await asyncpg.connect(world.service.worker_url)
    try:
        if refused is None:
            assert await connection.fetch(attack, about, which) == []
        else:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=refused):
                await connection.fetch(attack, about, which)
    finally:
        await connection.close()
    assert await world.service.row_digests() == before


async def test_the_database_itself_refuses_that_one_person_proposes_and_approves(world):
    proposed = await world.propose(merger("agder", "sor-vest"))
    assert proposed.status_code == 201
    with pytest.raises(asyncpg.CheckViolationError, match="four_eyes"):
        await world.service.fetch("UPDATE reorganisation SET state = 'approved', decided_by = proposed_by")


async def test_lists_of_reorganisations_are_by_state_and_page(world):
    first = await world.propose(merger("agder", "sor-vest"))
    await world.propose(merger("vest", "oslo", into="vestre"))
    await world.decide(first, "rejection")
    person = world.service.person("officer-troms")
    [rejected] = (await person.get(PATH, state="rejected")).json()["items"]
    assert rejected["from_units"] == ["agder", "sor-vest"]
    page = (await person.get(PATH, limit=1)).json()
    assert len((await person.get(PATH, limit=1, cursor=page["next"])).json()["items"]) == 1
