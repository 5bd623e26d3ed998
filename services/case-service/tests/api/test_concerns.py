async def received(officer, concern):
    answer = await officer.send("POST", "/v1/concerns", concern)
    assert answer.status_code == 201, answer.text
    return answer


def case_facts(person_case, **fields):
    named = ("case_type", "subject_category", "purpose_code", "legal_basis", "title")
    return {**{name: person_case[name] for name in named}, **fields}


async def test_a_concern_is_received_read_and_dismissed(service, officer, concern):
    answer = await received(officer, concern)
    path = answer.headers["location"]
    shown = await officer.get(path)
    assert (shown.json()["state"], shown.json()["description"]) == ("received", "Something was seen.")
    assert shown.headers["etag"] == answer.headers["etag"]
    decided = await officer.send("POST", f"{path}/decision", {"outcome": "dismissed"}, etag=shown.headers["etag"])
    assert (decided.json()["state"], decided.json()["outcome"], decided.json()["case_id"]) == (
        "decided",
        "dismissed",
        None,
    )
    assert await service.events(answer.json()["id"]) == ["concern.received", "concern.decided"]


async def test_a_decision_opens_a_case_in_the_same_change_with_an_event_for_each(
    service, officer, concern, person_case
):
    answer = await received(officer, concern)
    decision = {"outcome": "case", "case": case_facts(person_case, theme="drugs")}
    decided = await officer.send(
        "POST", f"{answer.headers['location']}/decision", decision, etag=answer.headers["etag"]
    )
    case_id = decided.json()["case_id"]
    shown = (await officer.get(f"/v1/cases/{case_id}")).json()
    assert (shown["theme"], shown["age_band"], shown["municipality_number"]) == ("drugs", "under_15", "5501")
    assert shown["concern_id"] == answer.json()["id"]
    rows = await service.fetch(
        "SELECT aggregate_id::text, aggregate_version, occurred_at FROM event_archive WHERE aggregate_id = ANY($1::uuid[])"
        " ORDER BY event_id",
        [answer.json()["id"], case_id],
    )
    assert [(row["aggregate_id"], row["aggregate_version"]) for row in rows] == [
        (answer.json()["id"], 1),
        (answer.json()["id"], 2),
        (case_id, 1),
        (case_id, 2),
    ]
    assert rows[1]["occurred_at"] == rows[2]["occurred_at"]


async def test_a_case_that_cannot_be_opened_leaves_the_concern_undecided(service, officer, concern, person_case):
    answer = await received(officer, {**concern, "age_band": "not_applicable"})
    before = await service.row_counts()
    decision = {"outcome": "case", "case": case_facts(person_case)}
    refused = await officer.send(
        "POST", f"{answer.headers['location']}/decision", decision, etag=answer.headers["etag"]
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "person-not-described")
    assert await service.row_counts() == before
    assert (await officer.get(answer.headers["location"])).json()["state"] == "received"


async def test_a_concern_is_decided_once(officer, concern):
    answer = await received(officer, concern)
    path = f"{answer.headers['location']}/decision"
    first = await officer.send("POST", path, {"outcome": "referred"}, etag=answer.headers["etag"])
    stale = await officer.send("POST", path, {"outcome": "dismissed"}, etag=answer.headers["etag"])
    again = await officer.send("POST", path, {"outcome": "dismissed"}, etag=first.headers["etag"])
    missing = await officer.send("POST", path, {"outcome": "dismissed"})
    assert (stale.status_code, again.status_code, missing.status_code) == (412, 409, 428)
    assert (again.json()["code"], again.json()["state"]) == ("illegal-transition", "decided")


async def test_case_and_outcome_go_together(officer, concern, person_case):
    answer = await received(officer, concern)
    for decision in ({"outcome": "case"}, {"outcome": "dismissed", "case": case_facts(person_case)}):
        refused = await officer.send(
            "POST", f"{answer.headers['location']}/decision", decision, etag=answer.headers["etag"]
        )
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")


async def test_concerns_are_listed_by_state_and_outcome(empty_service, concern):
    officer = empty_service.person("officer-oslo")
    answers = [await received(officer, concern) for _ in range(3)]
    await officer.send(
        "POST", f"{answers[0].headers['location']}/decision", {"outcome": "referred"}, etag=answers[0].headers["etag"]
    )
    for params, expected in (
        ({}, 3),
        ({"state": "received"}, 2),
        ({"outcome": "referred"}, 1),
        ({"outcome": "case"}, 0),
    ):
        assert len((await officer.get("/v1/concerns", **params)).json()["items"]) == expected
    page = (await officer.get("/v1/concerns", limit=2)).json()
    rest = (await officer.get("/v1/concerns", limit=2, cursor=page["next"])).json()
    ids = [line["id"] for line in page["items"] + rest["items"]]
    assert ids == [answer.json()["id"] for answer in answers[::-1]]


async def test_only_leads_and_officers_decide(service, officer, concern):
    answer = await received(officer, concern)
    liaison = service.person("officer2-oslo", roles=["police_liaison"])
    refused = await liaison.send(
        "POST", f"{answer.headers['location']}/decision", {"outcome": "dismissed"}, etag=answer.headers["etag"]
    )
    assert refused.status_code == 403
    assert (await received(liaison, concern)).status_code == 201
