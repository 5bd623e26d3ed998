"""Another unit's case is not there, whichever way one asks for it; a role without the right is refused."""

import re
from uuid import uuid4

import pytest
from forkant_devstack.testing.assessments import completed_assessment
from forkant_devstack.testing.files import File, pdf

ITEM = str(uuid4())
INFORMATION = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen.",
}  # fmt: skip
DISCLOSURE = {
    "recipient_kind": "school", "recipient": "A school", "basis": "consent", "purpose_code": "protect_child",
    "fields": ["case.title"], "reason": "It is needed.",
}  # fmt: skip
COMMANDS = [
    ("PUT", "assessment", completed_assessment()),
    ("PUT", "plan", {"goals": [{"text": "x"}]}),
    ("POST", "plan/approval", {}),
    ("POST", "measures", {"kind": "home_visit", "due_on": "2027-01-01"}),
    ("POST", f"measures/{ITEM}/start", {}),
    ("POST", f"measures/{ITEM}/steps", {"step": "conversation_held"}),
    ("POST", f"measures/{ITEM}/complete", {}),
    ("POST", f"measures/{ITEM}/cancel", {"reason": "not_needed"}),
    ("POST", "follow-ups", {"due_on": "2027-01-01"}),
    ("POST", f"follow-ups/{ITEM}/held", {}),
    ("PUT", "evaluation", {}),
    ("POST", "close", {"reason": "resources"}),
    ("POST", "hold", {"reason": "awaiting_partner"}),
    ("POST", "resume", {}),
    ("POST", "referral", {"referred_to": "school"}),
    ("POST", "rejection", {"reason": "no_basis"}),
    ("POST", "reopen", {"reason": "new_concern"}),
    ("POST", "information", INFORMATION),
    ("POST", f"information/{ITEM}/clarification", {"outcome": "relevant", "verification_status": "verified"}),
    ("POST", "disclosures", DISCLOSURE),
    ("POST", f"disclosures/{ITEM}/approval", {}),
    ("POST", f"disclosures/{ITEM}/refusal", {}),
    ("POST", f"disclosures/{ITEM}/disclosed", {"method": "letter"}),
    ("POST", f"disclosures/{ITEM}/withdrawal", {}),
    ("POST", "tasks", {"kind": "review_case", "due_on": "2027-01-01"}),
    ("POST", f"tasks/{ITEM}/completion", {}),
    ("POST", f"tasks/{ITEM}/assignment", {"assignee": "officer2-oslo"}),
    ("POST", "attachments", File(content=pdf())),
    ("DELETE", f"attachments/{ITEM}", None),
    ("POST", "partners", {"kind": "school"}),
    ("DELETE", f"partners/{ITEM}", None),
    ("POST", "members", {"subject": "officer2-oslo"}),
    ("POST", "access", {"subject": "officer-vest", "valid_to": "2027-01-01T12:00:00Z", "reason": "joint_work"}),
    ("DELETE", f"members/{ITEM}", None),
    ("PUT", "level", {"level": 1}),
    ("PUT", "prevention-goal", {"prevention_goal": ITEM}),
    ("POST", "transfers", {"to_unit": "vest"}),
    ("POST", f"transfers/{ITEM}/accept", {}),
    ("POST", f"transfers/{ITEM}/reject", {}),
    ("POST", f"transfers/{ITEM}/revoke", {}),
    ("POST", "restriction", {"restricted": True, "reason": "disputed"}),
    ("PUT", "archive-decision", {"outcome": "destroy"}),
    ("POST", "merge", {"into": ITEM, "into_etag": '"v1"'}),
    ("POST", "links", {"other_case": ITEM, "kind": "related"}),
    ("DELETE", f"links/{ITEM}", None),
]
READS = [
    "",
    "/history",
    "/timeline",
    "/as-of",
    "/members",
    "/legal-holds",
    "/erasure",
    "/merged",
    "/duplicates",
    "/links",
    f"/links/{ITEM}",
    f"/transfers/{ITEM}",
    f"/measures/{ITEM}",
    f"/follow-ups/{ITEM}",
    f"/partners/{ITEM}",
    f"/information/{ITEM}",
    "/disclosures",
    f"/disclosures/{ITEM}",
    "/tasks",
    f"/tasks/{ITEM}",
    "/attachments",
    f"/attachments/{ITEM}",
    f"/attachments/{ITEM}/content",
]


async def test_the_table_here_names_every_route_below_a_case(service):
    below = "/v1/cases/{case_id}"
    described = {
        (method.upper(), path.removeprefix(below))
        for path, operations in service.app.openapi()["paths"].items()
        for method in operations
        if path.startswith(below)
    }
    asked = {(method, "/" + tail.replace(ITEM, "{id}")) for method, tail, _ in COMMANDS}
    asked |= {("GET", tail.replace(ITEM, "{id}")) for tail in READS} | {("POST", "/break-glass")}
    # A privacy officer's, asked below.
    asked |= {("POST", "/erasure"), ("POST", "/legal-holds"), ("DELETE", "/legal-holds/{id}")}
    named = {(method, re.sub(r"{[a-z_]+_id}", "{id}", path)) for method, path in described}
    assert asked == named


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command[0]} {command[1]}".replace(ITEM, "id"))
async def test_no_command_finds_another_units_case(service, officer, stranger, command):
    case = await officer.open()
    before = await service.row_counts()
    answer = await case.attempt(*command, by=stranger)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert await service.row_counts() == before


@pytest.mark.parametrize("tail", READS, ids=lambda tail: tail.replace(ITEM, "id") or "case")
async def test_no_reading_finds_another_units_case(officer, stranger, tail):
    case = await officer.open()
    theirs = await stranger.get(f"{case.path}{tail}")
    missing = await stranger.get(f"/v1/cases/{uuid4()}{tail}")
    assert theirs.status_code == missing.status_code == 404
    assert {**theirs.json(), "trace_id": ""} == {**missing.json(), "trace_id": ""}


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("POST", "erasure", {"basis": "unlawful"}),
        ("POST", "legal-holds", {"reason": "court_order"}),
        ("DELETE", f"legal-holds/{ITEM}", None),
    ],
    ids=["erase", "place", "lift"],
)
async def test_a_privacy_officer_of_another_unit_neither_erases_nor_keeps(service, officer, method, tail, body):
    case = await officer.open()
    before = await service.row_counts()
    answer = await case.attempt(method, tail, body, by=service.person("privacy-oslo", unit="troms"))
    assert answer.status_code == 404
    assert await service.row_counts() == before


async def test_lists_counts_and_feeds_hold_only_the_callers_unit(service, officer, stranger):
    case = await officer.open()
    for path in ("/v1/cases", "/v1/changes", "/v1/transfers", "/v1/tasks"):
        answer = await stranger.get(path, limit=100)
        assert case.id not in answer.text
    count = (await stranger.get("/v1/cases/count")).json()["count"]
    [row] = await service.fetch("SELECT count(*) AS n FROM preventive_case WHERE unit = 'troms' AND erased_at IS NULL")
    assert count == row["n"]


async def test_another_units_concern_is_not_there(officer, stranger, concern):
    received = await officer.send("POST", "/v1/concerns", concern)
    path = received.headers["location"]
    assert (await stranger.get(path)).status_code == 404
    answer = await stranger.send("POST", f"{path}/decision", {"outcome": "dismissed"}, etag=received.headers["etag"])
    assert answer.status_code == 404
    assert received.json()["id"] not in (await stranger.get("/v1/concerns", limit=100)).text


ROLES = [
    ("analyst-oslo", "GET", "/v1/cases"),
    ("analyst-oslo", "GET", "/v1/cases/count"),
    ("pod-analyst", "GET", "/v1/cases"),
    ("pod-admin", "GET", "/v1/changes"),
    ("auditor", "GET", "/v1/concerns"),
    ("privacy-oslo", "POST", "/v1/cases"),
    ("downstream-demo", "GET", "/v1/cases"),
]


@pytest.mark.parametrize(("persona", "method", "path"), ROLES)
async def test_a_role_without_the_right_is_refused(service, person_case, persona, method, path):
    answer = await service.person(persona).send(method, path, person_case)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


OFFICERS_MAY_NOT = [
    ("POST", "plan/approval", {}),
    ("POST", "restriction", {"restricted": True, "reason": "disputed"}),
    ("POST", "erasure", {"basis": "unlawful"}),
    ("POST", "legal-holds", {"reason": "court_order"}),
    ("PUT", "archive-decision", {"outcome": "destroy"}),
]


@pytest.mark.parametrize(("method", "tail", "body"), OFFICERS_MAY_NOT)
async def test_an_officer_may_not_do_what_leads_and_privacy_officers_do(officer, method, tail, body):
    case = await officer.open()
    answer = await case.attempt(method, tail, body)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_lead_may_not_erase(lead):
    case = await lead.open()
    assert (await case.attempt("POST", "erasure", {"basis": "unlawful"})).status_code == 403


async def test_an_action_that_is_not_in_the_table_is_refused_to_everybody(service):
    principal = type("Anybody", (), {"roles": frozenset({"prevention_lead", "privacy_officer", "administrator"})})()
    assert not service.app.state.policy.allows(principal, "case.paint")


async def test_everybody_reads_reference_data(service):
    for persona in ("pod-analyst", "auditor", "officer-kripos", "downstream-demo"):
        person = service.person(persona)
        assert (await person.get("/v1/methods")).status_code == 200
    catalogue = (await service.person("officer-oslo").get("/v1/catalogue")).json()
    assert len(catalogue["municipalities"]) == 357
    assert {m["number"]: m["unit"] for m in catalogue["municipalities"]}["0301"] == "oslo"
    assert sum(m["unit_assumed"] for m in catalogue["municipalities"]) == 194
    assert len(catalogue["units"]) == 18
    assert "unknown" not in catalogue["codes"]["theme"]
    assert {m["code"] for m in catalogue["methods"]} == {
        "concern_conversation",
        "youth_contract",
        "follow_up_team",
        "online_patrol_dialogue",
    }
