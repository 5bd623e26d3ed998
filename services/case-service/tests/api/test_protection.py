import pytest
from forkant_devstack.testing.assessments import completed_assessment

CANARY = "Kanari-Ola-Nordmann-4711"


@pytest.fixture
async def restricted(officer, lead):
    case = await officer.open()
    await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    return case


async def test_a_restricted_case_is_read_by_leads_and_privacy_officers_alone(restricted, officer, lead, privacy):
    assert (await officer.get(restricted.path)).status_code == 404
    assert (await officer.get(f"{restricted.path}/history")).status_code == 404
    assert restricted.id not in (await officer.get("/v1/cases", limit=100)).text
    for person in (lead, privacy):
        shown = await restricted.read(person)
        assert (shown["restricted"], shown["restriction_reason"]) == (True, "disputed")
        assert sorted(shown["allowed"]) == [
            "add_member", "decide_archive", "end_member", "erase", "lift_legal_hold", "lift_restriction",
            "place_legal_hold", "set_level",
        ]  # fmt: skip


async def test_nobody_changes_a_restricted_case(service, restricted, officer, lead):
    refused = await restricted.attempt("POST", "close", {"reason": "unfounded"}, by=lead)
    assert (refused.status_code, refused.json()["code"]) == (409, "case-restricted")
    assert (await restricted.attempt("POST", "close", {"reason": "unfounded"}, by=officer)).status_code == 404
    assert await service.events(restricted.id) == ["case.opened", "case.restricted"]


async def test_a_lifted_restriction_gives_the_case_back(restricted, officer, privacy):
    await restricted.do("POST", "restriction", {"restricted": False, "reason": "disputed"}, by=privacy)
    assert (await officer.get(restricted.path)).status_code == 200
    again = await restricted.attempt("POST", "restriction", {"restricted": False, "reason": "disputed"}, by=privacy)
    assert again.json()["code"] == "not-restricted"


async def test_an_officers_count_leaves_out_what_is_restricted_and_a_leads_holds_it(restricted, officer, lead):
    officers, leads = [(await each.get("/v1/cases/count")).json()["count"] for each in (officer, lead)]
    assert officers < leads


async def test_a_concern_is_restricted_with_the_case_that_it_became(officer, lead, concern, person_case):
    received = await officer.send("POST", "/v1/concerns", concern)
    path = received.headers["location"]
    facts = {
        name: person_case[name] for name in ("case_type", "subject_category", "purpose_code", "legal_basis", "title")
    }
    decided = await officer.send(
        "POST", f"{path}/decision", {"outcome": "case", "case": facts}, etag=received.headers["etag"]
    )
    case = decided.json()["case_id"]
    await lead.send("POST", f"/v1/cases/{case}/restriction", {"restricted": True, "reason": "disputed"}, etag='"v1"')
    assert (await officer.get(path)).status_code == 404
    assert (await lead.get(path)).status_code == 200


async def full_of_text(officer, lead, troms):
    """Open a case from a concern and write the canary into every text there is."""
    text = {"description": f"{CANARY} description"}
    received = await officer.send(
        "POST", "/v1/concerns", {"source": "school", "theme": "violence", "age_band": "15_17", **text}
    )
    facts = {
        "case_type": "person", "subject_category": "at_risk", "purpose_code": "protect_child", "legal_basis": "police_act",
        "title": f"{CANARY} title", "subject": f"{CANARY} subject", "special_category": True,
        "necessity_reason": f"{CANARY} reason", **text,
    }  # fmt: skip
    decision = {"outcome": "case", "note": f"{CANARY} note", "case": facts}
    decided = await officer.send(
        "POST", f"{received.headers['location']}/decision", decision, etag=received.headers["etag"]
    )
    case = await officer.open()
    case.id, case.etag = decided.json()["case_id"], '"v1"'
    await case.do(
        "PUT",
        "assessment",
        completed_assessment(
            summary=f"{CANARY} summary", child_view=f"{CANARY} view", best_interests=f"{CANARY} interests"
        ),
    )
    goal = {
        "text": f"{CANARY} goal",
        "measurable": True,
        "baseline": f"{CANARY} baseline",
        "target": f"{CANARY} target",
    }
    await case.do("PUT", "plan", {"goals": [goal], "summary": f"{CANARY} plan"})
    await case.do("POST", "plan/approval", by=lead)
    return case, received.headers["location"]


async def worked_on(case, due, lead, troms):
    measure = {"kind": "concern_conversation", "due_on": due, "description": f"{CANARY} measure"}
    planned = (await case.do("POST", "measures", measure))["item_id"]
    await case.do("POST", f"measures/{planned}/start")
    await case.do("POST", f"measures/{planned}/steps", {"step": "conversation_held"})
    await case.do("POST", f"measures/{planned}/complete")
    await case.do("POST", "partners", {"kind": "school", "name": f"{CANARY} partner"})
    offer = (await case.do("POST", "transfers", {"to_unit": "troms", "note": f"{CANARY} offer"}))["item_id"]
    await case.do("POST", f"transfers/{offer}/revoke")
    held = (await case.do("POST", "follow-ups", {"due_on": due}))["item_id"]
    await case.do("POST", f"follow-ups/{held}/held", {"notes": f"{CANARY} notes"})
    emmie = {name: f"{CANARY} {name}" for name in ("mechanism", "moderators", "implementation", "economics")}
    await case.do("PUT", "evaluation", {**emmie, "effect": "harm", "completed": True})
    await case.do("POST", "close", {"reason": "evaluated", "note": f"{CANARY} closing"})


async def informed(case):
    fact = {
        "statement_type": "assessment", "verification_status": "unverified", "source": "partner",
        "subject_category": "contact", "special_category": True, "text": f"{CANARY} information",
        "basis": f"{CANARY} basis", "necessity_reason": f"{CANARY} necessity",
    }  # fmt: skip
    told = (await case.do("POST", "information", fact))["item_id"]
    clear = {"outcome": "relevant", "verification_status": "verified", "note": f"{CANARY} clarification"}
    await case.do("POST", f"information/{told}/clarification", clear)
    given = {
        "recipient_kind": "health", "recipient": f"{CANARY} recipient", "basis": "consent", "fields": ["case.title"],
        "purpose_code": "protect_child", "reason": f"{CANARY} reason",
    }  # fmt: skip
    await case.do("POST", "disclosures", given)


async def tables_with_canary(service) -> set[str]:
    columns = await service.fetch(
        "SELECT table_name, string_agg(format('%I::text LIKE ANY (%L)', column_name, $1::text[]), ' OR ') AS found"
        " FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name",
        [f"%{CANARY}%", f"%{CANARY.encode().hex()}%"],
    )
    return {
        row["table_name"]
        for row in columns
        if await service.fetch(f'SELECT 1 FROM "{row["table_name"]}" WHERE {row["found"]} LIMIT 1')
    }


@pytest.mark.parametrize("column", ["case_owner", "title"])
async def test_a_text_that_stood_in_the_database_would_be_found(empty_service, column):
    case = await empty_service.person("officer-oslo").open()
    assert await tables_with_canary(empty_service) == set()
    text = f"{CANARY} and some thirty characters"
    planted = text if column == "case_owner" else text.encode()
    await empty_service.fetch(f"UPDATE preventive_case SET {column} = $2 WHERE id = $1", case.id, planted)
    assert await tables_with_canary(empty_service) == {"preventive_case"}


async def test_no_text_that_anybody_wrote_stands_in_the_database_and_its_keys_are_gone_after_erasure(
    empty_service, due, capfd
):
    service = empty_service
    officer, lead, troms, privacy = (
        service.person(name) for name in ("officer-oslo", "lead-oslo", "officer-troms", "privacy-oslo")
    )
    case, concern_path = await full_of_text(officer, lead, troms)
    await informed(case)
    await worked_on(case, due, lead, troms)
    assert await tables_with_canary(service) == set()
    assert CANARY in (await officer.get(case.path)).text
    for path in ("/v1/cases", "/v1/changes", "/v1/concerns", f"{case.path}/history"):
        assert CANARY not in (await officer.get(path)).text

    keys = "SELECT owner_id::text AS owner, sealed, shredded_at FROM data_key"
    assert [row["shredded_at"] for row in await service.fetch(keys)] == [None] * 3
    erased = await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    gone = {row["owner"] for row in await service.fetch(keys) if row["sealed"] is None and row["shredded_at"]}
    assert gone == {case.id, concern_path.rpartition("/")[2]}
    assert (await service.events(case.id))[-1] == "case.erased"
    assert len(await service.events(case.id, tasks=True)) == erased["version"]
    assert (await service.row_counts())["idempotency_key"] == 2  # the helper case's opening and the erasure itself
    [tombstone] = await service.fetch("SELECT state, erasure_basis, title FROM preventive_case WHERE id = $1", case.id)
    assert tuple(tombstone) == ("closed", "unlawful", None)
    concern = (await officer.get(concern_path)).json()
    assert (concern["description"], concern["note"]) == (None, None)
    printed = capfd.readouterr()
    assert CANARY not in printed.out + printed.err


async def test_an_erased_case_is_gone_for_those_who_could_see_it_and_was_never_there_for_others(
    officer, lead, privacy, stranger
):
    case = await officer.open()
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    for person in (officer, lead, privacy):
        for path in (case.path, f"{case.path}/history"):
            answer = await person.get(path)
            assert (answer.status_code, answer.json()["code"]) == (410, "case-erased")
    assert (await stranger.get(case.path)).status_code == 404
    refused = await case.attempt("POST", "close", {"reason": "unfounded"})
    assert refused.status_code == 410
    assert case.id not in (await officer.get("/v1/cases", limit=100)).text


async def test_a_case_that_was_restricted_when_it_was_erased_stays_hidden_from_officers(restricted, officer, privacy):
    await restricted.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    assert (await officer.get(restricted.path)).status_code == 404
    assert (await privacy.get(restricted.path)).status_code == 410
