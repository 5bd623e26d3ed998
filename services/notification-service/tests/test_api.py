"""The API over HTTP with real tokens, against the real database."""

from datetime import date
from uuid import uuid4

import httpx
import pytest
from forkant_contracts.codes import Role, TaskKind
from forkant_contracts.events.access import AccessReviewOverdue
from forkant_contracts.events.case import CaseTransferred
from forkant_contracts.events.task import TaskOverdue
from standardwebhooks import Webhook

MISSING = "0190b3a0-0000-7000-8000-00000000dead"


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


async def kinds(client, **query) -> list[str]:
    answer = await client.get("/v1/inbox", **query)
    assert answer.status_code == 200, answer.text
    return [item["kind"] for item in answer.json()["items"]]


# --- inbox


async def test_each_role_of_a_unit_reads_what_is_meant_for_it(world, caller):
    case = uuid4()
    await world.happen(world.event("opened", case), world.event("planned", case, 2), world.event("approved", case, 3))
    await world.happen(world.event("concern", uuid4()))
    assert await kinds(caller("lead-oslo")) == ["concern_received", "plan_awaits_approval", "case_opened"]
    assert await kinds(caller("officer-oslo")) == ["concern_received", "plan_approved"]
    assert await kinds(caller("analyst-oslo")) == []
    assert await kinds(caller("lead-troms")) == []


async def test_an_entry_has_words_in_every_language_and_where_to_go(world, caller):
    case = uuid4()
    await world.happen(world.event("planned", case))
    [entry] = (await caller("lead-oslo").get("/v1/inbox")).json()["items"]
    assert entry["text"]["nb"].startswith("En tiltaksplan hos Oslo politidistrikt")
    assert entry["text"]["nn"].startswith("Ein tiltaksplan hos Oslo politidistrikt")
    assert entry["text"]["en"].startswith("A plan at Oslo Police District")
    assert (entry["subject"], entry["subject_id"], entry["subject_version"]) == ("case", str(case), 1)
    assert entry["read_at"] is None


async def test_an_overdue_review_is_told_to_the_unit_and_a_week_later_to_the_directorates_privacy_officers(
    world, caller
):
    case, review = uuid4(), uuid4()
    people = {name: caller(name) for name in ("lead-oslo", "privacy-oslo", "pod-privacy")}

    def overdue(level, version):
        data = AccessReviewOverdue(case_id=case, due_on=date(2026, 3, 1), escalation_level=level)
        return world.event(data, review, version)

    await world.happen(overdue(1, 2))
    told = {name: await kinds(person) for name, person in people.items()}
    assert told == {"lead-oslo": ["review_overdue"], "privacy-oslo": ["review_overdue"], "pod-privacy": []}
    escalated = overdue(2, 3)
    await world.happen(escalated)
    await world.happen(escalated)
    assert await kinds(people["privacy-oslo"]) == ["review_escalated", "review_overdue"]
    [entry] = (await people["pod-privacy"].get("/v1/inbox")).json()["items"]
    assert (entry["unit"], entry["about_unit"], entry["subject_id"]) == ("pod", "oslo", str(case))
    assert "Oslo politidistrikt" in entry["text"]["nb"]
    assert "Oslo Police District" in entry["text"]["en"]
    for outsider in ("officer-oslo", "pod-analyst", "privacy-troms"):
        assert await kinds(caller(outsider)) == []


async def test_an_overdue_task_reaches_the_inbox_of_leads_who_may_see_the_case(world, caller, case_service):
    case, task = uuid4(), uuid4()
    for level, kind in ((1, "task_overdue"), (2, "task_escalated")):
        role = Role.PREVENTION_LEAD if level == 1 else Role.DIRECTORATE
        late = TaskOverdue(
            task_id=task, kind=TaskKind.APPROVE_PLAN, role=role, due_on=date(2026, 3, 1), escalation_level=level
        )
        await world.happen(world.event(late, case, 1 + level))
        [entry, *_] = (await caller("lead-oslo").get("/v1/inbox")).json()["items"]
        assert (entry["kind"], entry["subject"], entry["subject_id"]) == (kind, "case", str(case))
    for outsider in ("officer-oslo", "lead-troms", "pod-privacy", "pod-analyst"):
        assert await kinds(caller(outsider)) == []
    case_service.hide("lead-oslo", case)
    assert await kinds(caller("lead-oslo")) == []


async def test_an_overdue_offer_reaches_the_leads_of_the_unit_that_is_to_answer_while_it_is_on_offer_to_it(
    world, caller, case_service
):
    case = uuid4()
    late = TaskOverdue(
        task_id=uuid4(), kind=TaskKind.ANSWER_TRANSFER, role=Role.PREVENTION_LEAD, due_on=date(2026, 3, 1),
        escalation_level=1, answering_unit="troms",
    )  # fmt: skip
    await world.happen(world.event(late, case, 2))
    case_service.hide("lead-troms", case)
    assert await kinds(caller("lead-troms")) == []
    case_service.offer("lead-troms", case)
    [entry] = (await caller("lead-troms").get("/v1/inbox")).json()["items"]
    assert (entry["kind"], entry["unit"], entry["about_unit"]) == ("offer_overdue", "troms", "oslo")
    assert "Oslo" in entry["text"]["en"]
    for outsider in ("lead-oslo", "officer-troms", "officer-oslo", "lead-vest"):
        assert await kinds(caller(outsider)) == []


async def test_what_one_person_has_read_another_has_not(world, caller):
    await world.happen(world.event("concern", uuid4()), world.event("concern", uuid4()))
    one, other = caller("officer-oslo"), caller("officer2-oslo")
    first = (await one.get("/v1/inbox")).json()["items"][0]
    read = await one.post(f"/v1/inbox/{first['id']}/read")
    assert read.status_code == 200
    assert read.json()["read_at"] is not None
    assert len(await kinds(one, unread=True)) == 1
    assert len(await kinds(one, unread=False)) == 1
    assert (await one.get("/v1/inbox")).json()["unread_count"] == 1
    assert (await other.get("/v1/inbox")).json()["unread_count"] == 2


async def test_acknowledging_reads_too_and_the_first_time_stands(world, caller, clock):
    await world.happen(world.event("concern", uuid4()))
    officer = caller("officer-oslo")
    [entry] = (await officer.get("/v1/inbox")).json()["items"]
    first = (await officer.post(f"/v1/inbox/{entry['id']}/acknowledge")).json()
    clock.advance(minutes=1)
    again = (await officer.post(f"/v1/inbox/{entry['id']}/acknowledge")).json()
    assert first["acknowledged_at"] == again["acknowledged_at"] is not None
    assert first["read_at"] == again["read_at"]
    assert (await officer.get(f"/v1/inbox/{entry['id']}")).json() == again


async def test_a_right_that_ended_ends_in_the_inbox(world, http, issuer):
    await world.happen(world.event("concern", uuid4()))
    moved = issuer.headers("officer-oslo", unit="troms")
    assert (await http.get("/v1/inbox", headers=moved)).json()["items"] == []
    retired = issuer.headers("officer-oslo", roles=["analyst"])
    assert (await http.get("/v1/inbox", headers=retired)).json()["items"] == []


async def test_another_units_entry_is_not_found_by_any_way(world, caller):
    await world.happen(world.event("concern", uuid4()))
    [entry] = await world.entries()
    troms = caller("lead-troms")
    assert problem(await troms.get(f"/v1/inbox/{entry['id']}")) == (404, "not-found")
    assert problem(await troms.post(f"/v1/inbox/{entry['id']}/read")) == (404, "not-found")
    assert problem(await troms.post(f"/v1/inbox/{entry['id']}/acknowledge")) == (404, "not-found")
    assert await world.stage.fetch("SELECT FROM inbox_mark") == []


async def test_the_people_of_a_part_of_a_district_see_that_part_and_the_district_sees_all(world, http, issuer):
    await world.happen(world.event("concern", uuid4(), unit="oslo/gde-sentrum"), world.event("concern", uuid4()))
    part = issuer.headers("officer-oslo", unit="oslo/gde-sentrum")
    other = issuer.headers("officer-oslo", unit="oslo/gde-sentru")
    counts = [
        len((await http.get("/v1/inbox", headers=headers)).json()["items"])
        for headers in (issuer.headers("officer-oslo"), part, other)
    ]
    assert counts == [2, 1, 0]


async def test_a_restricted_case_is_hidden_from_officers_and_comes_back(world, caller):
    case = uuid4()
    await world.happen(world.event("opened", case), world.event("approved", case, 2))
    await world.happen(world.event("restricted", case, 3))
    officer, lead, privacy = caller("officer-oslo"), caller("lead-oslo"), caller("privacy-oslo")
    assert await kinds(officer) == []
    assert (await officer.get("/v1/inbox")).json()["unread_count"] == 0
    assert await kinds(lead) == ["case_restricted", "case_opened"]
    assert await kinds(privacy) == ["case_restricted"]
    await world.happen(world.event("lifted", case, 4))
    assert await kinds(officer) == ["case_restriction_lifted", "plan_approved"]


async def test_an_erased_case_leaves_inbox_and_stored_answers(world, caller):
    case = uuid4()
    await world.happen(world.event("opened", case))
    lead = caller("lead-oslo")
    [entry] = (await lead.get("/v1/inbox")).json()["items"]
    await lead.post(f"/v1/inbox/{entry['id']}/read", key="again")
    await world.happen(world.event("erased", case, 2))
    assert await kinds(lead) == ["case_erased"]
    assert problem(await lead.post(f"/v1/inbox/{entry['id']}/read", key="again")) == (404, "not-found")
    assert await world.stage.fetch("SELECT FROM idempotency_key") == []


async def test_the_unit_that_handed_a_case_over_keeps_only_that(world, caller):
    case = uuid4()
    await world.happen(world.event("opened", case))
    await world.happen(world.event(CaseTransferred(from_unit="oslo"), case, 2, unit="troms"))
    assert await kinds(caller("lead-oslo")) == ["case_transferred_out"]
    assert await kinds(caller("lead-troms")) == ["case_transferred_in"]


async def test_pages_follow_each_other_without_a_gap_while_new_entries_come(world, caller):
    for _ in range(5):
        await world.happen(world.event("concern", uuid4()))
    officer = caller("officer-oslo")
    first = await officer.get("/v1/inbox", limit=2)
    assert 'rel="next"' in first.headers["link"]
    await world.happen(world.event("concern", uuid4()))
    seen, cursor = first.json()["items"], first.json()["next"]
    while cursor:
        page = (await officer.get("/v1/inbox", limit=2, cursor=cursor)).json()
        seen, cursor = seen + page["items"], page["next"]
    assert len({item["id"] for item in seen}) == len(seen) == 5


async def test_a_cursor_of_somebody_else_or_another_filter_is_refused(world, caller):
    for _ in range(2):
        await world.happen(world.event("concern", uuid4()))
    cursor = (await caller("officer-oslo").get("/v1/inbox", limit=1)).json()["next"]
    assert problem(await caller("officer2-oslo").get("/v1/inbox", cursor=cursor)) == (400, "invalid-cursor")
    assert problem(await caller("officer-oslo").get("/v1/inbox", cursor=cursor, unread=True)) == (400, "invalid-cursor")
    assert problem(await caller("officer-oslo").get("/v1/inbox", cursor="x" * 20)) == (400, "invalid-cursor")


@pytest.mark.parametrize("persona", ["downstream-demo", "import-demo", "auditor", "pod-methods"])
async def test_who_has_no_part_in_cases_has_no_inbox(caller, persona):
    assert problem(await caller(persona).get("/v1/inbox")) == (403, "forbidden")


async def test_without_a_token_there_is_nothing(http):
    for path in ("/v1/inbox", "/v1/endpoints", "/v1/deliveries", "/v1/dead-letters"):
        assert (await http.get(path)).status_code == 401


# --- endpoints


async def register(client, url: str = "http://127.0.0.1:9/hook", **fields) -> httpx.Response:
    answer = await client.post("/v1/endpoints", {"url": url, **fields})
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_secret_is_shown_once_and_never_again(caller, stage):
    lead, key = caller("lead-oslo"), str(uuid4())
    body = {"url": "http://127.0.0.1:9/hook"}
    made = await lead.post("/v1/endpoints", body, key=key)
    endpoint = made.json()
    assert endpoint["secret"].startswith("whsec_")
    again = await lead.post("/v1/endpoints", body, key=key)
    assert again.json() == {**endpoint, "secret": None}
    assert again.headers["etag"] == made.headers["etag"]
    read = await lead.get(f"/v1/endpoints/{endpoint['id']}")
    assert "secret" not in read.json()
    assert endpoint["secret"] not in (await lead.get("/v1/endpoints")).text
    dump = str([await stage.fetch(f"SELECT * FROM {table}") for table in ("idempotency_key", "endpoint_secret")])
    assert endpoint["secret"].removeprefix("whsec_")[:20] not in dump
    assert len(await stage.fetch("SELECT FROM endpoint")) == 1


async def test_a_lead_has_the_units_endpoints_and_a_service_its_own(caller):
    oslo = (await register(caller("lead-oslo"))).json()
    national = (await register(caller("downstream-demo"), units=["oslo", "troms"])).json()
    assert (oslo["unit"], oslo["national"]) == ("oslo", False)
    assert (national["unit"], national["national"]) == ("pod", True)
    lists = {}
    for persona in ("lead-oslo", "lead-troms", "downstream-demo"):
        lists[persona] = [item["id"] for item in (await caller(persona).get("/v1/endpoints")).json()["items"]]
    assert lists == {"lead-oslo": [oslo["id"]], "lead-troms": [], "downstream-demo": [national["id"]]}


async def test_a_service_does_not_see_the_endpoints_of_another_service(caller, http, issuer):
    mine = (await register(caller("downstream-demo"))).json()
    other = issuer.headers("downstream-demo", sub="another-service")
    assert (await http.get(f"/v1/endpoints/{mine['id']}", headers=other)).status_code == 404


async def test_another_units_endpoint_is_not_found_by_any_way(caller):
    made = await register(caller("lead-oslo"))
    path, etag = f"/v1/endpoints/{made.json()['id']}", made.headers["etag"]
    for persona in ("lead-troms", "downstream-demo"):
        outsider = caller(persona)
        answers = [
            await outsider.get(path),
            await outsider.patch(path, {"enabled": False}, etag),
            await outsider.delete(path, etag),
            await outsider.post(f"{path}/ping"),
            await outsider.post(f"{path}/rotate"),
        ]
        assert {problem(answer) for answer in answers} == {(404, "not-found")}


@pytest.mark.parametrize("persona", ["officer-oslo", "analyst-oslo", "privacy-oslo", "pod-admin", "auditor"])
async def test_other_roles_have_no_endpoints(caller, persona):
    body = {"url": "http://127.0.0.1:9/hook"}
    assert problem(await caller(persona).post("/v1/endpoints", body)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"units": ["troms"]}, "unit-not-allowed"),
        ({"units": ["oslo", "troms"]}, "unit-not-allowed"),
        ({"units": ["atlantis"]}, "unknown-unit"),
        ({"units": ["Oslo; DROP"]}, "invalid-request"),
        ({"event_types": ["no.forkant.case.painted-blue.v1"]}, "unknown-event-type"),
        ({"event_types": ["anything"]}, "invalid-request"),
        ({"url": "http://10.0.0.1/hook"}, "url-not-allowed"),
        ({"url": "http://169.254.169.254/"}, "url-not-allowed"),
        ({"url": "https://user:word@example.org/"}, "url-not-allowed"),
        ({"url": 7}, "invalid-request"),
        ({"secret": "whsec_mine"}, "invalid-request"),
        ({"national": True}, "invalid-request"),
    ],
)
async def test_what_may_not_be_registered_is_refused_and_nothing_is_made(caller, stage, fields, code):
    answer = await caller("lead-oslo").post("/v1/endpoints", {"url": "http://127.0.0.1:9/hook", **fields})
    assert problem(answer) == (422, code)
    assert "painted-blue" not in answer.text
    assert "word" not in answer.text
    assert await stage.fetch("SELECT FROM endpoint") == []


async def test_a_part_of_ones_own_unit_may_be_asked_for(caller):
    assert (await register(caller("lead-oslo"), units=["oslo/gde-sentrum"])).json()["units"] == ["oslo/gde-sentrum"]


async def test_a_change_needs_the_newest_etag(caller):
    lead = caller("lead-oslo")
    made = await register(lead)
    path = f"/v1/endpoints/{made.json()['id']}"
    body = {"event_types": ["no.forkant.case.closed.v1"]}
    assert problem(await lead.patch(path, body, None)) == (428, "if-match-required")
    changed = await lead.patch(path, body, made.headers["etag"])
    assert changed.status_code == 200
    assert changed.json()["event_types"] == body["event_types"]
    assert problem(await lead.patch(path, {"units": []}, made.headers["etag"])) == (412, "stale-version")
    assert problem(await lead.delete(path, made.headers["etag"])) == (412, "stale-version")
    assert problem(await lead.delete(path, None)) == (428, "if-match-required")
    assert (await lead.delete(path, changed.headers["etag"])).status_code == 204
    assert problem(await lead.get(path)) == (404, "not-found")
    assert (await lead.get("/v1/endpoints")).json()["items"] == []


@pytest.mark.parametrize("body", [{}, {"url": None}, {"enabled": "perhaps"}, {"version": 9}, {"units": ["troms"]}])
async def test_a_change_that_makes_no_sense_is_refused(caller, body):
    lead = caller("lead-oslo")
    made = await register(lead)
    answer = await lead.patch(f"/v1/endpoints/{made.json()['id']}", body, made.headers["etag"])
    assert answer.status_code == 422


async def test_every_post_needs_an_idempotency_key_and_a_key_means_one_request(caller, http, issuer):
    bare = await http.post("/v1/endpoints", json={"url": "http://127.0.0.1:9/"}, headers=issuer.headers("lead-oslo"))
    assert problem(bare) == (400, "idempotency-key-required")
    lead = caller("lead-oslo")
    await lead.post("/v1/endpoints", {"url": "http://127.0.0.1:9/a"}, key="one")
    other = await lead.post("/v1/endpoints", {"url": "http://127.0.0.1:9/b"}, key="one")
    assert problem(other) == (422, "idempotency-key-reused")


async def test_a_ping_arrives_and_its_log_tells_how_it_went(world, caller, receiver):
    lead = caller("lead-oslo")
    made = (await register(lead, f"{receiver.url}/hook")).json()
    sent = await lead.post(f"/v1/endpoints/{made['id']}/ping")
    assert sent.status_code == 202
    await world.deliver()
    Webhook(made["secret"]).verify(receiver.received[0].body, receiver.received[0].headers)
    delivery = (await lead.get(sent.headers["location"])).json()
    assert delivery["status"] == "delivered"
    assert [(entry["number"], entry["outcome"], entry["status_code"]) for entry in delivery["log"]] == [
        (1, "delivered", 204)
    ]


async def test_an_endpoint_that_is_off_is_not_pinged(caller):
    lead = caller("lead-oslo")
    made = await register(lead)
    path = f"/v1/endpoints/{made.json()['id']}"
    off = await lead.patch(path, {"enabled": False}, made.headers["etag"])
    assert (off.json()["enabled"], off.json()["disabled_reason"]) == (False, "by_owner")
    assert problem(await lead.post(f"{path}/ping")) == (409, "endpoint-disabled")
    on = await lead.patch(path, {"enabled": True}, off.headers["etag"])
    assert (on.json()["enabled"], on.json()["disabled_reason"]) == (True, None)


async def test_rotation_shows_the_new_secret_and_lets_the_old_one_sign_along(caller):
    lead = caller("lead-oslo")
    made = await register(lead)
    path = f"/v1/endpoints/{made.json()['id']}"
    rotated = await lead.post(f"{path}/rotate", {"overlap_hours": 2})
    assert rotated.json()["secret"] != made.json()["secret"]
    new, old = rotated.json()["secrets"]
    assert new["expires_at"] is None
    assert old["expires_at"] is not None
    assert rotated.headers["etag"] != made.headers["etag"]
    for _ in range(5):
        rotated = await lead.post(f"{path}/rotate")
    assert len(rotated.json()["secrets"]) <= 4


# --- deliveries and dead letters


async def test_the_log_of_deliveries_is_filtered_and_paged_within_what_is_ones_own(world, caller):
    lead = caller("lead-oslo")
    one, two = [(await register(lead)).json()["id"] for _ in range(2)]
    case = uuid4()
    await world.happen(world.event("opened", case), world.event("opened", uuid4()))
    await world.stage.fetch(
        "UPDATE delivery SET status = 'dead', reason = 'attempts_used', settled_at = now() WHERE endpoint_id = $1", two
    )

    async def count(path="/v1/deliveries", client=lead, **query):
        return len((await client.get(path, **query)).json()["items"])

    assert await count() == 4
    assert await count(endpoint_id=one) == 2
    assert await count(status="pending") == 2
    assert await count(subject_id=str(case)) == 2
    assert await count("/v1/dead-letters") == 2
    assert await count("/v1/dead-letters", subject_id=str(case)) == 1
    assert await count(client=caller("lead-troms")) == 0
    assert await count(client=caller("downstream-demo")) == 0
    seen, cursor = [], None
    while True:
        page = (await lead.get("/v1/deliveries", limit=3, **({"cursor": cursor} if cursor else {}))).json()
        seen, cursor = seen + [item["id"] for item in page["items"]], page["next"]
        if cursor is None:
            break
    assert len(set(seen)) == len(seen) == 4


async def test_a_dead_letter_is_sent_again_under_its_first_id(world, caller, receiver):
    lead = caller("lead-oslo")
    made = (await register(lead, f"{receiver.url}/hook")).json()
    await world.happen(world.event("opened", uuid4()))
    await world.stage.fetch("UPDATE delivery SET status = 'dead', reason = 'attempts_used', settled_at = now()")
    [letter] = (await lead.get("/v1/dead-letters")).json()["items"]
    path = f"/v1/dead-letters/{letter['id']}/replay"
    assert problem(await caller("lead-troms").post(path)) == (404, "not-found")
    replayed = await lead.post(path)
    assert (replayed.status_code, replayed.json()["status"]) == (202, "pending")
    await world.deliver()
    assert receiver.received[0].id == letter["message_id"]
    assert (await lead.get("/v1/dead-letters", endpoint_id=made["id"])).json()["items"] == []
    assert problem(await lead.post(path)) == (404, "not-found")


async def test_another_units_delivery_is_not_found(world, caller):
    await register(caller("lead-oslo"))
    await register(caller("downstream-demo"))
    await world.happen(world.event("opened", uuid4()))
    for mine, other in (("lead-oslo", "downstream-demo"), ("downstream-demo", "lead-oslo")):
        [delivery] = (await caller(mine).get("/v1/deliveries")).json()["items"]
        path = f"/v1/deliveries/{delivery['id']}"
        assert (await caller(mine).get(path)).status_code == 200
        assert problem(await caller(other).get(path)) == (404, "not-found")
        assert problem(await caller("lead-troms").get(path)) == (404, "not-found")


async def test_what_is_not_there_is_not_found(caller):
    lead = caller("lead-oslo")
    for path in (f"/v1/inbox/{MISSING}", f"/v1/endpoints/{MISSING}", f"/v1/deliveries/{MISSING}"):
        assert problem(await lead.get(path)) == (404, "not-found")
    assert problem(await lead.get("/v1/deliveries/7")) == (422, "invalid-request")
