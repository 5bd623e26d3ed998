"""Prevention plans over HTTP: who writes, who approves, what holds when, and which units have one."""

import asyncio
from uuid import uuid4

import pytest
from forkant_contracts.codes import Role
from forkant_contracts.units import CASE_UNITS
from sqlalchemy import text

EVENTS = """
SELECT a.unit, a.aggregate_id AS id, a.aggregate_version AS version, a.type, a.data, o.event_id IS NOT NULL AS queued
FROM event_archive AS a LEFT JOIN outbox AS o USING (event_id) ORDER BY a.event_id
"""


@pytest.fixture
def told(engine):
    async def read():
        async with engine.connect() as conn:
            return (await conn.execute(text(EVENTS))).mappings().all()

    return read


async def test_a_lead_writes_and_submits_and_the_directorate_approves(plans):
    made = await plans.write()
    plan = made.json()["id"]
    assert (made.status_code, made.headers["location"]) == (201, f"/v1/plans/{plan}")
    assert (await plans.act(plan, 1, "submission")).status_code == 200
    assert (await plans.shown(plan))["in_force"] is None
    assert (await plans.act(plan, 1, "approval", by="pod-analyst")).status_code == 200
    shown = await plans.shown(plan, by="officer-troms")
    [version] = shown["versions"]
    assert shown["in_force"] == version
    assert (shown["unit"], shown["under_way"], version["state"]) == ("oslo", None, "approved")
    assert (version["in_force_from"], version["in_force_until"]) == (plans.day(0), plans.day(364))
    assert [version[by] for by in ("written_by", "submitted_by", "approved_by")] == [
        "lead-oslo", "lead-oslo", "pod-analyst"
    ]  # fmt: skip
    assert [(goal["indicator"], goal["theme"]) for goal in version["goals"]] == [(10, None), (5, "violence")]
    assert version["goals"][0]["indicator_name"]["en"] == "Closed with evaluation"


async def test_a_draft_is_its_units_alone_and_a_submitted_version_the_directorates_too(plans, code_of):
    plan = (await plans.write()).json()["id"]
    for reader in ("officer-oslo", "lead-oslo"):
        assert (await plans.shown(plan, by=reader))["under_way"] == 1
    for reader in ("pod-analyst", "lead-troms"):
        assert code_of(await plans.get(f"/v1/plans/{plan}", by=reader)) == (404, "not-found")
        assert (await plans.get("/v1/plans", by=reader)).json()["items"] == []
    await plans.act(plan, 1, "submission")
    assert (await plans.shown(plan, by="pod-methods"))["versions"][0]["state"] == "submitted"
    assert code_of(await plans.get(f"/v1/plans/{plan}", by="lead-troms")) == (404, "not-found")
    await plans.act(plan, 1, "approval", by="pod-analyst")
    await plans.revise(plan)
    assert [len((await plans.shown(plan, by=reader))["versions"]) for reader in ("lead-oslo", "lead-troms")] == [2, 1]


@pytest.mark.parametrize(
    ("by", "given", "refused"),
    [
        ("officer-oslo", {}, (403, "forbidden")),
        ("analyst-oslo", {}, (403, "forbidden")),
        ("pod-analyst", {}, (403, "forbidden")),
        ("lead-troms", {}, (403, "another-unit")),
        ("lead-oslo", {"unit": "national"}, (403, "another-unit")),
        ("lead-oslo", {"goals": [{"indicator": 99}]}, (422, "unknown-indicator")),
        ("lead-oslo", {"goals": []}, (422, "invalid-request")),
        ("lead-oslo", {"goals": [{"indicator": 10}, {"indicator": 10}]}, (422, "invalid-request")),
        ("lead-oslo", {"goals": [{"indicator": 10, "theme": "unknown"}]}, (422, "invalid-request")),
        ("lead-oslo", {"goals": [{"indicator": 10, "title": "Kari Nordmann"}]}, (422, "invalid-request")),
        ("lead-oslo", {"record_number": "Kari Nordmann"}, (422, "invalid-request")),
        ("lead-oslo", {"valid_from": "2020-01-01"}, (422, "validity-out-of-range")),
        ("lead-oslo", {"valid_until": "2020-01-01"}, (422, "validity-out-of-range")),
        ("lead-oslo", {"valid_until": "2099-01-01"}, (422, "validity-out-of-range")),
        ("lead-oslo", {"valid_until": None}, (422, "invalid-request")),
    ],
)
async def test_what_may_not_be_written_is_refused_and_changes_nothing(plans, code_of, by, given, refused):
    assert code_of(await plans.write(by=by, **given)) == refused
    assert (await plans.get("/v1/plans", by="lead-oslo")).json()["items"] == []


async def test_somebody_of_the_directorate_who_leads_a_unit_besides_approves_no_plan_of_their_own(
    plans, code_of, as_persona
):
    both = as_persona("lead-oslo", roles=[Role.PREVENTION_LEAD.value, Role.DIRECTORATE.value])
    plan = (await plans.write(headers=both)).json()["id"]
    await plans.act(plan, 1, "submission")
    assert code_of(await plans.act(plan, 1, "approval", headers=both)) == (403, "own-proposal")
    assert code_of(await plans.act(plan, 1, "approval", by="lead-oslo")) == (403, "forbidden")
    assert (await plans.act(plan, 1, "approval", by="pod-analyst")).status_code == 200


async def test_only_what_was_submitted_is_approved_and_only_a_draft_is_written_anew(plans, code_of):
    plan = (await plans.write()).json()["id"]
    assert code_of(await plans.act(plan, 1, "approval", by="pod-analyst", etag='"v1"')) == (404, "not-found")
    assert (await plans.rewrite(plan, 1, goals=[{"indicator": 7}])).status_code == 200
    assert [goal["indicator"] for goal in (await plans.shown(plan, by="lead-oslo"))["versions"][0]["goals"]] == [7]
    await plans.act(plan, 1, "submission")
    assert code_of(await plans.rewrite(plan, 1)) == (409, "not-a-draft")
    assert code_of(await plans.act(plan, 1, "submission")) == (409, "not-a-draft")
    assert code_of(await plans.revise(plan)) == (409, "version-under-way")
    await plans.act(plan, 1, "approval", by="pod-analyst")
    assert code_of(await plans.act(plan, 1, "approval", by="pod-methods")) == (409, "not-proposed")
    assert code_of(await plans.rewrite(plan, 1)) == (409, "not-a-draft")


async def test_a_unit_has_one_plan_and_another_units_lead_changes_nothing_of_it(plans, code_of):
    plan = await plans.approved()
    assert code_of(await plans.write()) == (409, "plan-exists")
    for answer in (
        await plans.revise(plan, by="lead-troms"),
        await plans.rewrite(plan, 1, by="lead-troms"),
        await plans.act(plan, 1, "submission", by="lead-troms"),
        await plans.act(plan, 1, "withdrawal", by="lead-troms"),
    ):
        assert code_of(answer) == (403, "another-unit")
    assert len((await plans.shown(plan, by="lead-oslo"))["versions"]) == 1


async def test_a_revision_ends_the_version_before_it_keeps_its_goals_ids_and_both_stay(plans):
    plan = await plans.approved()
    goals = [{"indicator": 5, "theme": "violence"}, {"indicator": 12}]
    await plans.revise(plan, valid_from=plans.day(10), valid_until=plans.day(700), goals=goals)
    await plans.act(plan, 2, "submission")
    await plans.act(plan, 2, "approval", by="pod-analyst")
    found = [await plans.in_force(plan, plans.day(n)) for n in (-1, 0, 9, 10, 700, 701)]
    assert found == [None, 1, 1, 2, 2, None]
    first, second = (await plans.shown(plan))["versions"]
    assert (first["in_force_until"], first["ended_by"]) == (plans.day(9), 2)
    ids = [{(goal["indicator"], goal["theme"]): goal["id"] for goal in each["goals"]} for each in (first, second)]
    assert ids[0][5, "violence"] == ids[1][5, "violence"]
    assert len({*ids[0].values(), *ids[1].values()}) == 3


async def test_withdrawing_what_has_not_begun_lets_the_one_before_go_on_and_turns_down_what_was_submitted(
    plans, code_of
):
    plan = await plans.approved()
    await plans.revise(plan, valid_from=plans.day(3), valid_until=plans.day(400))
    await plans.act(plan, 2, "submission")
    await plans.act(plan, 2, "approval", by="pod-analyst")
    assert (await plans.act(plan, 2, "withdrawal")).status_code == 200
    assert await plans.in_force(plan, plans.day(5)) == 1
    assert code_of(await plans.act(plan, 2, "withdrawal")) == (409, "already-ended")
    await plans.revise(plan)
    await plans.act(plan, 3, "submission")
    assert (await plans.act(plan, 3, "withdrawal", by="pod-methods")).status_code == 200
    third = (await plans.shown(plan, by="lead-oslo"))["versions"][2]
    assert (third["state"], third["withdrawn_by"], third["in_force_from"]) == ("withdrawn", "pod-methods", None)
    assert (await plans.revise(plan)).json()["number"] == 4


async def test_a_plan_that_is_approved_late_holds_from_its_approval_and_never_before(plans):
    plan = (await plans.write()).json()["id"]
    await plans.act(plan, 1, "submission")
    await plans.as_owner("UPDATE prevention_plan_version SET wanted_from = wanted_from - 30")
    await plans.act(plan, 1, "approval", by="pod-analyst")
    version = (await plans.shown(plan))["versions"][0]
    assert (version["valid_from"], version["in_force_from"]) == (plans.day(-30), plans.day(0))


async def test_each_goal_cites_the_target_of_its_indicator_that_is_in_force(plans, steering, told):
    own = await steering.set_target(indicator=10)
    await steering.set_target(unit="national", indicator=10, by="pod-methods")
    national = await steering.set_target(unit="national", indicator=5, by="pod-methods")
    await steering.set_target(unit="troms", indicator=7, by="lead-troms")
    plan = await plans.approved(goals=[{"indicator": 5}, {"indicator": 7}, {"indicator": 10, "theme": "drugs"}])
    goals = (await plans.shown(plan))["in_force"]["goals"]
    assert [goal["target_id"] for goal in goals] == [national, None, own]
    [event] = await told()
    assert (event["data"]["goals"], event["data"]["goals_with_target"]) == (3, 2)


async def test_each_approval_is_told_of_once_in_its_own_transaction(plans, told):
    plan = await plans.approved()
    await plans.revise(plan, valid_from=plans.day(0), valid_until=plans.day(20))
    await plans.act(plan, 2, "submission")
    answers = [await plans.act(plan, 2, "approval", by="pod-analyst", key="once", etag='"v5"') for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    first, second = await told()
    assert [(e["unit"], str(e["id"]), e["version"], e["queued"]) for e in (first, second)] == [
        ("oslo", plan, 1, True), ("oslo", plan, 2, True),
    ]  # fmt: skip
    assert second["type"] == "no.forkant.plan.approved.v1"
    assert second["data"]["plan_version"] == 2
    assert (second["data"]["valid_from"], second["data"]["valid_to"]) == (plans.day(0), plans.day(20))
    assert second["data"]["goal_ids"] == [goal["id"] for goal in (await plans.shown(plan))["in_force"]["goals"]]


async def test_two_who_approve_at_once_leave_one_approval_and_one_event(plans, told):
    plan = (await plans.write()).json()["id"]
    await plans.act(plan, 1, "submission")
    approvers = ("pod-analyst", "pod-methods")
    answers = await asyncio.gather(*[plans.act(plan, 1, "approval", by=by, etag='"v2"') for by in approvers])
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert len(await told()) == 1


async def test_a_change_of_a_plan_names_what_it_saw(plans, code_of):
    plan = (await plans.write()).json()["id"]
    assert code_of(await plans.act(plan, 1, "submission", etag=None)) == (428, "if-match-required")
    assert code_of(await plans.act(plan, 1, "submission", etag='"v9"')) == (412, "stale-version")
    assert code_of(await plans.act(str(uuid4()), 1, "submission", etag='"v1"')) == (404, "not-found")
    assert code_of(await plans.act(plan, 7, "submission")) == (404, "not-found")


async def test_with_16_of_17_units_holding_a_valid_plan_coverage_shows_16_of_17_and_names_the_missing_unit(plans):
    for unit in CASE_UNITS:
        if unit != "finnmark":
            await plans.approved(unit=unit)
    found = await plans.coverage()
    assert (found["covered"], found["of"], found["missing"], found["ends_soon"]) == (16, 17, ["finnmark"], [])
    assert [each["unit"] for each in found["units"]] == [*CASE_UNITS]
    yesterday = await plans.coverage(on=plans.day(-1))
    assert (yesterday["covered"], len(yesterday["missing"])) == (0, 17)


async def test_coverage_names_the_units_whose_plan_ends_within_60_days_and_none_follows(plans):
    await plans.approved(unit="oslo", valid_until=plans.day(60))
    await plans.approved(unit="troms", valid_until=plans.day(61))
    vest = await plans.approved(unit="vest", valid_until=plans.day(30))
    await plans.revise(vest, by="lead-vest", valid_from=plans.day(31), valid_until=plans.day(400))
    for act, by in (("submission", "lead-vest"), ("approval", "pod-analyst")):
        await plans.act(vest, 2, act, by=by)
    gap = await plans.approved(unit="agder", valid_until=plans.day(30))
    await plans.revise(gap, by="lead-agder", valid_from=plans.day(32), valid_until=plans.day(400))
    for act, by in (("submission", "lead-agder"), ("approval", "pod-analyst")):
        await plans.act(gap, 2, act, by=by)
    found = await plans.coverage()
    assert (found["covered"], found["ends_soon"]) == (4, ["oslo", "agder"])
    until = {each["unit"]: each["covered_until"] for each in found["units"] if each["plan_id"]}
    assert until == {"oslo": plans.day(60), "troms": plans.day(61), "vest": plans.day(400), "agder": plans.day(30)}
    assert {"agder", "oslo"} & {*(await plans.coverage(on=plans.day(31)))["missing"]} == {"agder"}


async def test_plans_are_listed_in_pages_as_of_a_day(plans):
    for unit in ("oslo", "troms", "vest"):
        await plans.approved(unit=unit)
    first = await plans.get("/v1/plans", limit=2)
    second = await plans.get("/v1/plans", limit=2, cursor=first.json()["next"])
    found = [item["unit"] for page in (first, second) for item in page.json()["items"]]
    assert found == ["vest", "troms", "oslo"]
    assert [item["unit"] for item in (await plans.get("/v1/plans", unit="troms")).json()["items"]] == ["troms"]
    yesterday = (await plans.get("/v1/plans", as_of=plans.day(-1))).json()["items"]
    assert [item["in_force"] for item in yesterday] == [None] * 3


async def test_each_change_of_a_plan_leaves_one_entry_with_its_version(plans, client, as_persona):
    plan = await plans.approved()
    await plans.revise(plan)
    await plans.rewrite(plan, 2)
    await plans.act(plan, 2, "withdrawal", by="lead-troms")
    answer = await client.get("/v1/audit", headers=as_persona("auditor"), params={"object": f"plan:{plan}"})
    entries = [(e["action"], e["subject"], e["outcome"], e["version"]) for e in answer.json()["items"][::-1]]
    assert entries == [
        ("plan.write", "lead-oslo", "done", 1),
        ("plan.submit", "lead-oslo", "done", 2),
        ("plan.approve", "pod-analyst", "done", 3),
        ("plan.write", "lead-oslo", "done", 4),
        ("plan.write", "lead-oslo", "done", 5),
        ("plan.withdraw", "lead-troms", "refused", None),
    ]
