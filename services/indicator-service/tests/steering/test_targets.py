import asyncio
from uuid import uuid4

import pytest


async def test_a_lead_proposes_and_the_directorate_approves(steering):
    made = await steering.post("/v1/targets", steering.body(), by="lead-oslo")
    assert made.status_code == 201
    target = made.json()["id"]
    assert made.headers["location"] == f"/v1/targets/{target}"
    assert (made.headers["etag"], made.json()["number"]) == ('"v1"', 1)
    assert await steering.in_force(target) is None
    await steering.approve(target, 1)
    shown = (await steering.get(f"/v1/targets/{target}", by="officer-troms")).json()
    version = shown["versions"][0]
    assert (shown["unit"], shown["indicator"], shown["period"]) == ("oslo", 10, "rolling_12")
    assert (version["state"], version["goal"], version["near"]) == ("approved", 0.8, 0.6)
    assert (version["proposed_by"], version["approved_by"]) == ("lead-oslo", "pod-analyst")
    assert shown["in_force"] == version


async def test_a_proposal_is_its_units_and_the_directorates_until_it_is_approved(steering, code_of):
    target = (await steering.post("/v1/targets", steering.body(), by="lead-oslo")).json()["id"]
    for reader in ("officer-oslo", "analyst-oslo", "pod-methods"):
        assert (await steering.get(f"/v1/targets/{target}", by=reader)).json()["awaits_approval"] == [1]
    assert code_of(await steering.get(f"/v1/targets/{target}", by="lead-troms")) == (404, "not-found")
    assert (await steering.get("/v1/targets", by="lead-troms")).json()["items"] == []
    await steering.approve(target, 1)
    await steering.revise(target, goal=0.9)
    assert len((await steering.get(f"/v1/targets/{target}", by="lead-oslo")).json()["versions"]) == 2
    assert len((await steering.get(f"/v1/targets/{target}", by="lead-troms")).json()["versions"]) == 1


@pytest.mark.parametrize(
    ("by", "given", "refused"),
    [
        ("officer-oslo", {}, (403, "forbidden")),
        ("analyst-oslo", {}, (403, "forbidden")),
        ("pod-privacy", {}, (403, "forbidden")),
        ("lead-troms", {}, (403, "another-unit")),
        ("lead-oslo", {"unit": "national"}, (403, "another-unit")),
        ("pod-analyst", {"unit": "atlantis"}, (422, "unknown-unit")),
        ("pod-analyst", {"unit": "pod"}, (422, "unknown-unit")),
        ("lead-oslo", {"indicator": 99}, (422, "unknown-indicator")),
        ("lead-oslo", {"near": 0.9}, (422, "limits-contradict")),
        ("lead-oslo", {"goal": 80, "near": 60}, (422, "limits-contradict")),
        ("lead-oslo", {"goal": 0.80001}, (422, "limits-contradict")),
        ("lead-oslo", {"indicator": 4, "goal": 21, "near": 14}, (422, "limits-contradict")),
        ("lead-oslo", {"valid_from": "2020-01-01"}, (422, "validity-out-of-range")),
        ("lead-oslo", {"valid_until": "2020-01-01"}, (422, "validity-out-of-range")),
        ("lead-oslo", {"goal": -1}, (422, "invalid-request")),
        ("lead-oslo", {"reason": " \t "}, (422, "invalid-request")),
        ("lead-oslo", {"reason": "snudd\u202e rekkefølge"}, (422, "invalid-request")),
        ("lead-oslo", {"period": "week"}, (422, "invalid-request")),
        ("lead-oslo", {"goals": 1}, (422, "invalid-request")),
    ],
)
async def test_what_may_not_be_proposed_is_refused_and_changes_nothing(steering, code_of, by, given, refused):
    assert code_of(await steering.post("/v1/targets", steering.body(**given), by=by)) == refused
    assert (await steering.get("/v1/targets", by="pod-methods")).json()["items"] == []


async def test_an_indicator_without_a_direction_has_no_target(steering, code_of, client, as_persona):
    known = (await client.get("/v1/indicators", headers=as_persona("auditor"))).json()["indicators"]
    neutral = [each["number"] for each in known if each["direction"] == "neutral"]
    for number in neutral:
        made = await steering.post("/v1/targets", steering.body(indicator=number), by="lead-oslo")
        assert code_of(made) == (422, "no-direction")
    assert neutral


async def test_nobody_approves_what_they_proposed_and_a_lead_approves_nothing(steering, code_of):
    target = (await steering.post("/v1/targets", steering.body(), by="pod-methods")).json()["id"]
    approval = f"/v1/targets/{target}/versions/1/approval"
    assert code_of(await steering.post(approval, {}, by="pod-methods", etag='"v1"')) == (403, "own-proposal")
    assert code_of(await steering.post(approval, {}, by="lead-oslo", etag='"v1"')) == (403, "forbidden")
    assert (await steering.post(approval, {}, by="pod-analyst", etag='"v1"')).status_code == 200
    assert code_of(await steering.post(approval, {}, by="pod-analyst", etag='"v2"')) == (409, "not-proposed")


async def test_a_unit_has_one_target_for_an_indicator_and_period(steering, code_of):
    await steering.set_target()
    again = await steering.post("/v1/targets", steering.body(goal=0.9), by="pod-methods")
    assert code_of(again) == (409, "target-exists")
    assert (await steering.post("/v1/targets", steering.body(period="month"), by="lead-oslo")).status_code == 201


async def test_a_revision_ends_the_version_before_it_and_both_stay(steering):
    target = await steering.set_target()
    await steering.revise(target, goal=0.9, valid_from=steering.day(3))
    await steering.approve(target, 2)
    found = [await steering.in_force(target, steering.day(n)) for n in (-1, 0, 2, 3, 400)]
    assert found == [None, 1, 1, 2, 2]
    first, second = (await steering.get(f"/v1/targets/{target}")).json()["versions"]
    assert (first["in_force_until"], first["ended_by"]) == (steering.day(2), 2)
    assert (second["in_force_from"], second["in_force_until"]) == (steering.day(3), None)


async def test_withdrawing_what_has_not_begun_lets_the_one_before_go_on(steering, code_of):
    target = await steering.set_target()
    await steering.revise(target, goal=0.9, valid_from=steering.day(3))
    await steering.approve(target, 2)
    done = await steering.withdraw(target, 2)
    assert done.status_code == 200
    assert await steering.in_force(target, steering.day(5)) == 1
    assert code_of(await steering.withdraw(target, 2)) == (409, "already-ended")
    second = (await steering.get(f"/v1/targets/{target}")).json()["versions"][1]
    assert (second["state"], second["withdrawn_by"]) == ("withdrawn", "lead-oslo")
    assert second["withdrawal_reason"] == "Satt for et annet år."


async def test_a_lead_changes_no_target_of_another_unit(steering, code_of):
    target = await steering.set_target()
    assert code_of(await steering.revise(target, by="lead-troms")) == (403, "another-unit")
    assert code_of(await steering.withdraw(target, 1, by="lead-troms")) == (403, "another-unit")


async def test_a_change_names_what_it_saw(steering, code_of):
    target = await steering.set_target()
    path = f"/v1/targets/{target}/versions"
    assert code_of(await steering.post(path, steering.version(), by="lead-oslo")) == (428, "if-match-required")
    assert code_of(await steering.post(path, steering.version(), by="lead-oslo", etag='"v1"')) == (412, "stale-version")
    gone = f"/v1/targets/{uuid4()}/versions"
    assert code_of(await steering.post(gone, steering.version(), by="lead-oslo", etag='"v1"')) == (404, "not-found")
    none = f"{path}/7/approval"
    assert code_of(await steering.post(none, {}, by="pod-analyst", etag='"v2"')) == (404, "not-found")


async def test_a_repeated_request_is_answered_as_the_first_and_another_body_is_refused(steering, code_of):
    first = await steering.post("/v1/targets", steering.body(), by="lead-oslo", key="once")
    again = await steering.post("/v1/targets", steering.body(), by="lead-oslo", key="once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = await steering.post("/v1/targets", steering.body(goal=0.9), by="lead-oslo", key="once")
    assert code_of(other) == (422, "idempotency-key-reused")
    assert len((await steering.get("/v1/targets")).json()["items"]) == 1


async def test_two_who_approve_two_versions_at_once_leave_one_in_force(steering):
    target = await steering.set_target()
    for goal in (0.85, 0.9):
        await steering.revise(target, goal=goal)
    etag = await steering.etag(target)
    answers = await asyncio.gather(
        *[
            steering.post(f"/v1/targets/{target}/versions/{number}/approval", {}, by=by, etag=etag)
            for number, by in ((2, "pod-analyst"), (3, "pod-methods"))
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_targets_are_listed_in_pages_by_unit_indicator_and_period(steering):
    for unit in ("oslo", "troms", "vest"):
        await steering.set_target(unit=unit, by="pod-methods")
    await steering.set_target(unit="oslo", indicator=7, by="pod-methods")
    first = await steering.get("/v1/targets", limit=3)
    second = await steering.get("/v1/targets", limit=3, cursor=first.json()["next"])
    found = [(item["unit"], item["indicator"]) for page in (first, second) for item in page.json()["items"]]
    assert found == [("oslo", 7), ("vest", 10), ("troms", 10), ("oslo", 10)]
    assert second.json()["next"] is None
    narrowed = (await steering.get("/v1/targets", unit="oslo", indicator=10)).json()["items"]
    assert [(item["unit"], item["indicator"]) for item in narrowed] == [("oslo", 10)]
    yesterday = (await steering.get("/v1/targets", as_of=steering.day(-1))).json()["items"]
    assert [item["in_force"] for item in yesterday] == [None] * 4


async def test_each_change_leaves_one_entry_with_the_target_and_its_version(steering, client, as_persona):
    target = await steering.set_target()
    await steering.revise(target, goal=0.9)
    await steering.withdraw(target, 2)
    await steering.withdraw(target, 1, by="lead-troms")
    answer = await client.get("/v1/audit", headers=as_persona("auditor"), params={"object": f"target:{target}"})
    entries = [
        (each["action"], each["subject"], each["outcome"], each["version"], each["objects"])
        for each in answer.json()["items"][::-1]
    ]
    assert entries == [
        ("target.propose", "lead-oslo", "done", 1, [target]),
        ("target.approve", "pod-analyst", "done", 2, [target]),
        ("target.propose", "lead-oslo", "done", 3, [target]),
        ("target.withdraw", "lead-oslo", "done", 4, [target]),
        ("target.withdraw", "lead-troms", "refused", None, [target]),
    ]
