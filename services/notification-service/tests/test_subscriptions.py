"""Subscribing with one's own token: what one may have, what it would have given, and that it is nobody else's."""

from uuid import uuid4

import pytest

BODY = {"kinds": ["case_closed"], "themes": ["violence"]}


@pytest.fixture
def lead(caller):
    return caller("lead-oslo")


async def begin(person, body=None) -> dict:
    answer = await person.post("/v1/subscriptions", BODY if body is None else body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_what_was_subscribed_to_is_read_listed_changed_and_ended(lead):
    made = await begin(lead)
    path = f"/v1/subscriptions/{made['id']}"
    read = await lead.get(path)
    assert (read.json(), read.headers["etag"]) == (made, '"v1"')
    assert (made["kinds"], made["themes"], made["case_id"], made["version"]) == (["case_closed"], ["violence"], None, 1)
    other = await begin(lead, {})
    page = (await lead.get("/v1/subscriptions")).json()
    assert [item["id"] for item in page["items"]] == [other["id"], made["id"]]
    changed = await lead.patch(path, {"units": ["oslo"]}, '"v1"')
    assert changed.status_code == 200, changed.text
    assert {**made, **changed.json()} == changed.json()
    assert (changed.json()["units"], changed.json()["kinds"]) == (["oslo"], ["case_closed"])
    assert (await lead.delete(path, changed.headers["etag"])).status_code == 204
    assert (await lead.get(path)).status_code == 404


async def test_pages_go_on_where_the_one_before_ended(lead):
    made = [(await begin(lead))["id"] for _ in range(3)]
    first = (await lead.get("/v1/subscriptions", limit=2)).json()
    rest = (await lead.get("/v1/subscriptions", limit=2, cursor=first["next"])).json()
    assert [item["id"] for item in (*first["items"], *rest["items"])] == made[::-1]
    assert rest["next"] is None


@pytest.mark.parametrize(("etag", "status"), [(None, 428), ('"v9"', 412), ("x", 412)])
async def test_a_change_needs_the_version_that_was_seen(lead, etag, status):
    path = f"/v1/subscriptions/{(await begin(lead))['id']}"
    assert (await lead.patch(path, {"themes": []}, etag)).status_code == status
    assert (await lead.delete(path, etag)).status_code == status
    assert (await lead.get(path)).json()["themes"] == ["violence"]


async def test_a_subscription_is_its_persons_and_of_the_same_unit_nobody_elses(lead, caller):
    path = f"/v1/subscriptions/{(await begin(lead))['id']}"
    for other in (caller("lead-oslo", sub="lead9-oslo"), caller("lead-troms")):
        assert (await other.get("/v1/subscriptions")).json()["items"] == []
        for answer in (
            await other.get(path),
            await other.patch(path, {"themes": []}, '"v1"'),
            await other.delete(path, '"v1"'),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert (await lead.get(path)).status_code == 200


@pytest.mark.parametrize("persona", ["auditor", "downstream-demo", "notification-courier"])
async def test_who_is_told_nothing_subscribes_to_nothing(caller, persona):
    for answer in (
        await caller(persona).post("/v1/subscriptions", BODY),
        await caller(persona).get("/v1/subscriptions"),
        await caller(persona).post("/v1/subscriptions/preview", BODY),
        await caller(persona).get("/v1/preferences"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "objection"),
    [
        ({"kinds": ["glass_broken"]}, "kind_not_for_you"),
        ({"roles": ["prevention_lead"]}, "role_not_held"),
        ({"kinds": ["case_closed"], "units": ["troms"]}, "unit_not_for_you"),
        ({"units": ["atlantis"]}, "unknown_unit"),
        ({"indicator": 10}, "nothing_matches"),
    ],
)
async def test_what_the_policy_does_not_give_no_subscription_gives(caller, body, objection):
    officer = caller("officer-oslo")
    refused = await officer.post("/v1/subscriptions", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "subscription-not-for-you")
    assert refused.json()["objections"] == [objection]
    shown = (await officer.post("/v1/subscriptions/preview", body)).json()
    assert (shown["allowed"], shown["objections"], shown["total"]) == (False, [objection], 0)
    made = await begin(officer, {})
    refused = await officer.patch(f"/v1/subscriptions/{made['id']}", body, '"v1"')
    assert refused.json()["objections"] == [objection]


async def test_a_case_that_is_hidden_is_refused_like_one_that_is_not_there(caller, case_service):
    officer, hidden, seen = caller("officer-oslo"), uuid4(), uuid4()
    case_service.hide("officer-oslo", hidden)
    refused = await officer.post("/v1/subscriptions", {"case_id": str(hidden)})
    assert (refused.status_code, refused.json()["objections"]) == (422, ["case_not_found"])
    assert (await officer.post("/v1/subscriptions", {"case_id": str(seen)})).status_code == 201


async def test_nothing_is_begun_while_nobody_says_what_the_caller_may_see(caller, case_service):
    case_service.status = 503
    answer = await caller("officer-oslo").post("/v1/subscriptions", {"case_id": str(uuid4())})
    assert (answer.status_code, answer.json()["code"]) == (503, "case-service-unavailable")


async def test_a_body_with_something_else_is_refused(lead):
    for body in ({"kinds": ["no_kind"]}, {"indicator": 0}, {"person": "lead-troms"}, {"roles": ["unknown"]}):
        assert (await lead.post("/v1/subscriptions", body)).status_code == 422
    assert (await lead.patch(f"/v1/subscriptions/{uuid4()}", {}, '"v1"')).status_code == 422


async def test_there_are_a_hundred_at_the_most(lead, monkeypatch):
    monkeypatch.setattr("notification_service.commands.subscriptions.MAX_SUBSCRIPTIONS", 2)
    await begin(lead)
    await begin(lead)
    answer = await lead.post("/v1/subscriptions", BODY)
    assert (answer.status_code, answer.json()["code"]) == (409, "too-many-subscriptions")


@pytest.fixture
async def told(world, clock) -> dict[str, object]:
    """Give Oslo's lead messages about three cases and a concern, the oldest from long ago."""
    old, violent, moved, concern = (uuid4() for _ in range(4))
    await world.happen(world.event("opened", old))
    clock.advance(days=40)
    for case in (violent, moved):
        await world.happen(world.event("opened", case), world.event("planned", case, 2))
        await world.happen(world.event("closed", case, 3))
    await world.happen(world.event("concern", concern))
    await world.happen(world.event("opened", uuid4(), unit="troms"))
    return {"old": old, "violent": violent, "moved": moved, "concern": concern}


async def previewed(person, **body) -> dict:
    answer = await person.post("/v1/subscriptions/preview", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_preview_counts_by_kind_what_the_last_days_would_have_given(lead, told):
    shown = await previewed(lead, days=14)
    expected = {"case_closed": 2, "case_opened": 2, "concern_received": 1, "plan_awaits_approval": 2}
    assert (shown["by_kind"], shown["total"], shown["more"], shown["allowed"]) == (expected, 7, False, True)
    assert (await previewed(lead, days=60))["by_kind"]["case_opened"] == 3
    about = {"case_id": str(told["violent"]), "kinds": ["case_closed", "case_opened"]}
    assert (await previewed(lead, **about))["by_kind"] == {"case_closed": 1, "case_opened": 1}


@pytest.mark.parametrize(
    ("body", "total"),
    [
        ({"themes": ["violence"]}, 7),
        ({"themes": ["fraud"]}, 0),
        ({"units": ["oslo"]}, 7),
        ({"units": ["oslo/gde-sentrum"]}, 0),
        ({"roles": ["prevention_lead"]}, 7),
        ({"indicator": 10}, 0),
    ],
)
@pytest.mark.usefixtures("told")
async def test_a_preview_narrows_as_the_subscription_would(lead, body, total):
    assert (await previewed(lead, **body))["total"] == total


async def test_a_preview_counts_nothing_that_the_caller_may_not_see(lead, told, case_service, world):
    case_service.hide("lead-oslo", told["violent"], told["concern"])
    assert (await previewed(lead))["by_kind"] == {"case_closed": 1, "case_opened": 1, "plan_awaits_approval": 1}
    await world.happen(world.event("erased", told["moved"], 4))
    assert "case_closed" not in (await previewed(lead))["by_kind"]


async def test_a_preview_leaves_nothing_behind(lead, told, world):
    await previewed(lead, case_id=str(told["violent"]))
    assert await world.stage.fetch("SELECT * FROM subscription") == []


async def test_what_is_erased_takes_the_subscription_to_it_and_its_theme_along(lead, told, world):
    case = told["violent"]
    made = await begin(lead, {"case_id": str(case)})
    await world.happen(world.event("erased", case, 4))
    assert (await lead.get(f"/v1/subscriptions/{made['id']}")).status_code == 404
    assert await world.stage.fetch("SELECT * FROM subject_theme WHERE subject_id = $1", case) == []
    assert await world.stage.fetch("SELECT * FROM idempotency_key WHERE aggregate_id = $1", case) == []
