"""Every operation, once: what it leaves in the audit trail, and that nothing is done or shown when it can leave nothing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from case_service.domain.moments import local_day
from forkant_devstack.testing.assessments import completed_assessment
from forkant_devstack.testing.files import File, pdf
from forkant_devstack.testing.kept_answers import hold
from forkant_kit.audit.record import Trail
from forkant_kit.outbox import EVENTS_SQL
from sqlalchemy import text

from .walking import CASE, OPERATIONS, REPOSITORY, Walk

EXAMPLES = REPOSITORY / "services/case-service/src/case_service/api/answers.json"
SHOW_NOTHING = {
    "GET /v1/catalogue", "GET /v1/methods", "GET /v1/methods/{method}/changes", "GET /v1/method-proposals",
    "GET /v1/method-proposals/{proposal_id}", "GET /v1/work-processes", "GET /v1/role-matrix",
    "GET /v1/best-practices", "GET /v1/best-practices/{example_id}",
    "GET /v1/best-practices/{example_id}/revisions", "GET /v1/units", "GET /v1/municipalities",
    "GET /v1/municipalities/{number}", "GET /v1/codes", "GET /v1/reorganisations",
    "GET /v1/reorganisations/{reorganisation_id}",
}  # fmt: skip
"""Operations that tell nothing about anybody, and leave no entry."""
DUE = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
SOON = (datetime.now(UTC) + timedelta(days=2)).isoformat()
HELD = {"reason": "awaiting_partner"}
PERSON = {
    "case_type": "person", "subject_category": "at_risk", "purpose_code": "prevent_crime", "legal_basis": "police_act",
    "theme": "violence", "age_band": "under_15", "title": "A title",
}  # fmt: skip
DRAFT = {
    "name_nb": "Hjemmebesøk", "name_en": "Home visit", "summary": "Why.",
    "steps": [{"code": "visit_made", "name_nb": "Besøk", "name_en": "Visit"}],
}  # fmt: skip
PROPOSAL = {"method": "home_visit", **DRAFT}
INFORMATION = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen.",
}  # fmt: skip
DISCLOSURE = {
    "recipient_kind": "school", "recipient": "A school", "basis": "duty_to_report", "purpose_code": "protect_child",
    "fields": ["case.subject_category"], "reason": "It is needed.",
}  # fmt: skip
EXAMPLE = {"title": "Råd", "context": "Noe skjedde.", "what_was_done": "Noe ble gjort.", "advice": "Gjør det."}
CONCERN = {"source": "school", "theme": "violence", "age_band": "under_15", "description": "Something was seen."}


async def from_opening_to_evaluation(walk: Walk) -> None:
    async def case(method: str, tail: str, body: Any = None, *, action: str, by: str = "officer-oslo") -> Any:
        return await walk.step(by, f"{method} {CASE}/{tail}", body, action=action)

    await walk.step("officer-oslo", "POST /v1/cases", PERSON, action="case.open")
    await case("PUT", "assessment", completed_assessment(), action="case.assess")
    goals = [{"text": "Back to school", "measurable": True, "baseline": "3 of 5"}]
    await case("PUT", "plan", {"goals": goals}, action="case.plan")
    await case("POST", "plan/approval", {}, action="case.approve_plan", by="lead-oslo")
    await case("POST", "measures", {"kind": "concern_conversation", "due_on": DUE}, action="case.plan_measure")
    await case("GET", "measures/{measure_id}", action="case.read")
    await case("POST", "measures/{measure_id}/start", action="case.start_measure")
    step = {"step": "conversation_held"}
    await case("POST", "measures/{measure_id}/steps", step, action="case.complete_step")
    await case("POST", "measures/{measure_id}/complete", action="case.complete_measure")
    await case("POST", "measures", {"kind": "home_visit", "due_on": DUE}, action="case.plan_measure")
    await case("POST", "measures/{measure_id}/cancel", {"reason": "not_needed"}, action="case.cancel_measure")
    await case("POST", "follow-ups", {"due_on": DUE}, action="case.schedule_follow_up")
    await case("GET", "follow-ups/{follow_up_id}", action="case.read")
    await case("POST", "follow-ups/{follow_up_id}/held", {"notes": "Well."}, action="case.hold_follow_up")
    await case("POST", "hold", HELD, action="case.put_on_hold")
    await case("POST", "resume", action="case.resume")
    await case("PUT", "evaluation", {"effect": "achieved", "completed": True}, action="case.evaluate")
    await case("POST", "close", {"reason": "evaluated"}, action="case.close")
    await case("POST", "reopen", {"reason": "new_concern"}, action="case.reopen")


async def best_practice(walk: Walk) -> None:
    officer, draft = "officer-oslo", "/v1/best-practice-drafts/{draft_id}"

    async def drafts(method: str, tail: str, body: Any = None, *, action: str, by: str = officer) -> Any:
        about = "example_id" if action == "publish" else "draft_id"
        return await walk.step(by, f"{method} {draft}{tail}", body, action=f"example.{action}", about=about)

    for last in ("discarding", "publication"):
        body = {**EXAMPLE, "case_id": walk.ids["case_id"]}
        await walk.step(officer, "POST /v1/best-practices", body, action="example.draft")
        await walk.step(officer, "GET /v1/best-practice-drafts", action="example.list_drafts")
        await drafts("GET", "", action="read_draft")
        await drafts("POST", "/rewriting", EXAMPLE, action="rewrite")
        answers = [{"warning": "codes.few_alike", "answer": "risk_accepted"}]
        checks = ["names", "places", "dates", "rare_combination", "photos_and_links"]
        await drafts("POST", "/review", {"checks": checks, "answers": answers}, action="review", by="lead-oslo")
        if last == "discarding":
            await drafts("POST", "/discarding", {}, action="discard")
        else:
            await drafts("POST", "/publication", {}, action="publish", by="lead-oslo")
    for tail in ("", "/{example_id}", "/{example_id}/revisions"):
        await walk.step("analyst-troms", f"GET /v1/best-practices{tail}", action=None)
    withdrawal, outdated = "POST /v1/best-practices/{example_id}/withdrawal", {"reason": "outdated"}
    await walk.step("lead-oslo", withdrawal, outdated, action="example.withdraw", about="example_id")


async def those_around_it(walk: Walk) -> None:
    async def case(method: str, tail: str, body: Any = None, *, action: str, by: str = "officer-oslo") -> Any:
        return await walk.step(by, f"{method} {CASE}/{tail}", body, action=action)

    await case("PUT", "prevention-goal", {"prevention_goal": None}, action="case.set_goal")
    await case("POST", "partners", {"kind": "school"}, action="case.add_partner")
    await case("GET", "partners/{partner_id}", action="case.read")
    await case("DELETE", "partners/{partner_id}", action="case.remove_partner")
    await case("POST", "information", INFORMATION, action="case.register_information")
    await case("GET", "information/{information_id}", action="case.read")
    clear = {"outcome": "relevant", "verification_status": "verified"}
    await case("POST", "information/{information_id}/clarification", clear, action="case.clarify_information")
    await disclosures(case)
    review = {"kind": "review_case", "due_on": DUE}
    await case("POST", "tasks", review, action="case.add_task")
    await case("POST", "tasks/{task_id}/assignment", {"assignee": "officer-oslo"}, action="case.assign_task")
    await case("GET", "tasks/{task_id}", action="case.read_tasks")
    await case("POST", "tasks/{task_id}/completion", action="case.complete_task")
    await case("GET", "tasks", action="case.read_tasks")
    await case("POST", "attachments", File(content=pdf()), action="case.add_attachment")
    await case("GET", "attachments", action="case.list_attachments")
    await case("GET", "attachments/{attachment_id}", action="case.read_attachment")
    await case("GET", "attachments/{attachment_id}/content", action="case.download_attachment")
    await case("DELETE", "attachments/{attachment_id}", action="case.remove_attachment")
    await case("POST", "members", {"subject": "officer2-oslo"}, action="case.add_member")
    await case("GET", "members", action="case.read_members")
    await case("DELETE", "members/{grant_id}", action="case.end_member")
    access = {"subject": "officer-kripos", "valid_to": SOON, "reason": "joint_work"}
    await case("POST", "access", access, action="case.add_member")
    await case("PUT", "level", {"level": 2}, action="case.set_level", by="lead-oslo")
    await case("PUT", "level", {"level": 1}, action="case.set_level", by="lead-oslo")
    glass = await case("POST", "break-glass", {"reason": "acute_danger"}, action="case.break_glass", by="officer-troms")
    walk.ids["review_id"] = glass["id"]
    await walk.step("lead-oslo", "GET /v1/access-reviews", action="access.list_reviews")
    await walk.step("lead-oslo", "GET /v1/access-reviews/{review_id}", action="access.read_review")
    verdict = {"verdict": "justified"}
    await walk.step("lead-oslo", "POST /v1/access-reviews/{review_id}/verdict", verdict, action="access.review")
    leave = {"absent": "officer-oslo", "substitute": "officer2-oslo", "valid_to": SOON}
    made = await walk.step("lead-oslo", "POST /v1/substitutions", leave, action="access.substitute", about=None)
    walk.ids["substitution_id"] = made["id"]
    of_it = {"about": "substitution_id"}
    await walk.step("lead-oslo", "GET /v1/substitutions", action="access.list_substitutes", **of_it)
    end = "POST /v1/substitutions/{substitution_id}/end"
    await walk.step("lead-oslo", end, action="access.end_substitute", **of_it)


async def disclosures(case) -> None:
    for last, body, action, by in (
        ("disclosed", {"method": "letter"}, "case.disclose", "officer-oslo"),
        ("refusal", {}, "case.refuse_disclosure", "lead-oslo"),
        ("withdrawal", {}, "case.withdraw_disclosure", "officer-oslo"),
    ):
        await case("POST", "disclosures", DISCLOSURE, action="case.prepare_disclosure")
        if last == "disclosed":
            path = "disclosures/{disclosure_id}/approval"
            await case("POST", path, {}, action="case.approve_disclosure", by="lead-oslo")
        await case("POST", f"disclosures/{{disclosure_id}}/{last}", body, action=action, by=by)
    await case("GET", "disclosures", action="case.read_disclosures")
    await case("GET", "disclosures/{disclosure_id}", action="case.read_disclosures")


async def searches(walk: Walk) -> None:
    officer, of_it = "officer-oslo", {"about": "search_id"}
    for last in ("remove", "erase"):
        body = {"name": "Titles", "words": "title", "filter": {"theme": ["violence"]}}
        made = await walk.step(officer, "POST /v1/searches", body, action="search.save", about=None)
        walk.ids["search_id"] = made["id"]
        await walk.step(officer, "GET /v1/searches", action="search.list", **of_it)
        await walk.step(officer, "GET /v1/searches/{search_id}", action="search.read", **of_it)
        await walk.step(officer, "GET /v1/searches/{search_id}/cases", action="case.run_search")
        if last == "remove":
            await walk.step(officer, "PUT /v1/searches/{search_id}", body, action="search.change", **of_it)
            await walk.step(officer, "DELETE /v1/searches/{search_id}", action="search.remove", **of_it)
        else:
            path, whose = "POST /v1/searches/erasures", {"subject": officer}
            await walk.step("privacy-oslo", path, whose, action="search.erase", **of_it)


async def lists_and_transfers(walk: Walk) -> None:
    officer = "officer-oslo"
    await walk.step(officer, "GET /v1/cases", action="case.list")
    row = {**PERSON, "opened_at": datetime.now(UTC).isoformat(), "source_reference": "2025/1"}
    rows = File(content=json.dumps(row).encode(), media_type="application/x-ndjson")
    await walk.step("lead-oslo", "POST /v1/imports", rows, action="case.import", about=None, source="old-system")
    await walk.step(officer, "POST /v1/cases/search", {"words": "title"}, action="case.search")
    await searches(walk)
    await walk.step(officer, "GET /v1/cases/export", action="case.export")
    await walk.step(officer, "GET /v1/cases/count", action="case.count", about=None)
    await walk.step(officer, "GET /v1/tasks", action="case.list_tasks", limit=100)
    await walk.step(officer, f"GET {CASE}", action="case.read")
    await walk.step(officer, f"GET {CASE}/history", action="case.history")
    await walk.step(officer, f"GET {CASE}/timeline", action="case.timeline")
    now = datetime.now(UTC).isoformat()
    await walk.step(officer, f"GET {CASE}/as-of", action="case.read_as_of", at=now)
    await walk.step(officer, "GET /v1/changes", action="case.changes")
    question = {"cases": [walk.ids["case_id"]]}
    await walk.step(officer, "POST /v1/visibility", question, action="case.ask_visibility")
    person = {"subject": "officer-oslo", "unit": "oslo", "roles": ["case_officer"], "clearance": 1}
    question |= person
    action = "case.ask_visibility_for_person"
    await walk.step("notification-courier", "POST /v1/visibility/person", question, action=action)
    for kind in ("cases", "concerns"):
        recounted = f"GET /v1/recount/{kind}"
        about = "case_id" if kind == "cases" else None
        await walk.step("indicator-self-audit", recounted, action="recount.read", about=about)
    await walk.step("auditor", "GET /v1/audit", action="audit.read", object_id=walk.ids["case_id"])
    await walk.step(officer, "GET /v1/catalogue", action=None)
    walk.ids["number"] = "0301"
    for listed in ("units", "municipalities", "municipalities/{number}", "codes", "methods"):
        await walk.step(officer, f"GET /v1/{listed}", action=None)
    del walk.ids["number"]
    await walk.step(officer, "GET /v1/retention-rules", action=None)
    await walk.step(officer, "GET /v1/work-processes", action=None)
    await walk.step(officer, "GET /v1/role-matrix", action=None)
    answers = (("revoke", officer), ("reject", "lead-troms"), ("accept", "lead-troms"))
    for answer, by in answers:
        await walk.step(officer, f"POST {CASE}/transfers", {"to_unit": "troms"}, action="case.offer_transfer")
        await walk.step(by, f"GET {CASE}/transfers/{{transfer_id}}", action="case.read_transfer")
        await walk.step(by, "GET /v1/transfers", action="case.list_transfers")
        path = f"POST {CASE}/transfers/{{transfer_id}}/{answer}"
        await walk.step(by, path, action=f"case.{answer}_transfer")
        if answer != "accept":
            await walk.step(officer, f"GET {CASE}", action="case.read")


async def concerns_and_endings(walk: Walk) -> None:
    officer = "officer-oslo"
    made = await walk.step(officer, "POST /v1/concerns", CONCERN, action="concern.receive", about=None)
    walk.ids["concern_id"] = made["id"]
    await walk.step(officer, "GET /v1/concerns", action="concern.list", about="concern_id")
    await walk.step(officer, "GET /v1/concerns/{concern_id}", action="concern.read", about="concern_id")
    await walk.step(
        officer, "GET /v1/concerns/{concern_id}/duplicates", action="concern.list_duplicates", about="concern_id"
    )
    decision = {"outcome": "dismissed"}
    await walk.step(
        officer, "POST /v1/concerns/{concern_id}/decision", decision, action="concern.decide", about="concern_id"
    )
    for tail, body, action, by in (
        ("referral", {"referred_to": "child_welfare"}, "case.refer", officer),
        ("rejection", {"reason": "no_basis"}, "case.reject", officer),
        ("restriction", {"restricted": True, "reason": "disputed"}, "case.restrict", "lead-oslo"),
    ):
        await walk.step(officer, "POST /v1/cases", PERSON, action="case.open")
        await walk.step(by, f"POST {CASE}/{tail}", body, action=action)
    await walk.step(officer, "POST /v1/cases", PERSON, action="case.open")
    into, etag = walk.ids["case_id"], walk.etags["case"]
    await walk.step(officer, "POST /v1/cases", PERSON, action="case.open")
    await walk.step(officer, f"POST {CASE}/merge", {"into": into, "into_etag": etag}, action="case.merge")
    await walk.step(officer, f"GET {CASE}/merged", action="case.list_merged")
    await walk.step(officer, "POST /v1/cases", PERSON, action="case.open")
    of_it = {"other_case": into, "kind": "follows"}
    link = await walk.step(officer, f"POST {CASE}/links", of_it, action="case.link")
    walk.ids["link_id"] = link["id"]
    await walk.step(officer, f"GET {CASE}/links", action="case.list_links")
    await walk.step(officer, f"GET {CASE}/links/{{link_id}}", action="case.read_link", about="link_id")
    await walk.step(officer, f"DELETE {CASE}/links/{{link_id}}", action="case.unlink", about="link_id")
    await walk.step(officer, f"GET {CASE}/duplicates", action="case.list_duplicates")
    privacy, hold = "privacy-oslo", {"reason": "complaint"}
    await walk.step(officer, "POST /v1/cases", PERSON, action="case.open")
    await walk.step(privacy, f"POST {CASE}/legal-holds", hold, action="case.place_legal_hold")
    await walk.step(privacy, f"GET {CASE}/legal-holds", action="case.read_legal_holds")
    await walk.step(privacy, f"DELETE {CASE}/legal-holds/{{legal_hold_id}}", action="case.lift_legal_hold")
    decision = {"outcome": "destroy"}
    await walk.step("lead-oslo", f"PUT {CASE}/archive-decision", decision, action="case.decide_archive")
    due = {"action": "case.list_retention_reviews", "about": None}
    await walk.step(privacy, "GET /v1/retention-reviews", **due)
    asked = {"dry_run": False}
    made = await walk.step(privacy, "POST /v1/erasure-batches", asked, action="case.request_erasures", about=None)
    walk.ids["batch_id"] = made["id"]
    path = "GET /v1/erasure-batches/{batch_id}"
    await walk.step(privacy, path, action="case.read_erasures", about="batch_id")
    await walk.step(privacy, f"POST {CASE}/erasure", {"basis": "unfounded"}, action="case.erase")
    await walk.step(privacy, f"GET {CASE}/erasure", action="case.read_erasure")


async def methods_and_codes(walk: Walk) -> None:
    lead, editor, decider = "lead-oslo", "pod-methods", "pod-analyst"
    today = datetime.now(ZoneInfo("Europe/Oslo")).date().isoformat()
    walk.ids["method"] = "home_visit"

    async def proposal(by: str, tail: str, body: Any, action: str) -> None:
        await walk.step(
            by,
            f"POST /v1/method-proposals/{{proposal_id}}/{tail}",
            body,
            action=f"method.{action}",
            about="proposal_id",
        )

    for last, by, body, action in (
        ("publication", editor, {"valid_from": today}, "publish"),
        ("rejection", decider, {"reason": "Not shown."}, "reject"),
        ("withdrawal", lead, {}, "withdraw"),
    ):
        await walk.step(lead, "POST /v1/method-proposals", PROPOSAL, action="method.propose", about=None)
        await proposal(lead, "rewriting", DRAFT, "rewrite")
        await proposal(editor, "hearing", {"until": today}, "open_hearing")
        await proposal(lead, "comments", {"text": "A comment."}, "comment")
        await proposal(decider, "approval", {}, "approve")
        await proposal(by, last, body, action)
    await walk.step(lead, "GET /v1/method-proposals", action=None)
    await walk.step(lead, "GET /v1/method-proposals/{proposal_id}", action=None)
    retired = {"retired_from": today, "reason": "Replaced."}
    await walk.step(decider, "POST /v1/methods/{method}/retirement", retired, action="method.retire", about=None)
    await walk.step(lead, "GET /v1/methods/{method}/changes", action=None)
    code = {"code_list": "theme", "code": "fraud", **retired}
    await walk.step(decider, "POST /v1/catalogue/retirements", code, action="method.retire_code", about=None)


async def operational_units(walk: Walk) -> None:
    names = {"name_nb": "Sentrum", "name_nn": "Sentrum", "name_en": "Centre"}
    today = local_day(datetime.now(UTC)).isoformat()
    new = {**names, "slug": "gde-sentrum", "valid_from": today}
    made = await walk.step("lead-oslo", "POST /v1/operational-units", new, action="unit.add", about=None)
    walk.ids["unit_uid"] = made["uid"]
    name = "PUT /v1/operational-units/{unit_uid}"
    await walk.step("lead-oslo", name, names, action="unit.change", about="unit_uid")


async def reorganisations(walk: Walk) -> None:
    admin, decider, ahead = "pod-admin", "pod-analyst", (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    body = {
        "kind": "merge", "effective_on": ahead, "from_units": ["agder"], "parts": [{"unit": "vest"}],
        "summary": "One district.",
    }  # fmt: skip
    one = "/v1/reorganisations/{reorganisation_id}"
    for by, word, action in (
        (decider, "rejection", "reject"), (decider, "approval", "approve"), (admin, "withdrawal", "withdraw"),
    ):  # fmt: skip
        if word != "withdrawal":
            await walk.step(admin, "POST /v1/reorganisations", body, action="reorganisation.propose", about=None)
        await walk.step(by, f"POST {one}/{word}", {}, action=f"reorganisation.{action}", about="reorganisation_id")
    await walk.step(admin, "GET /v1/reorganisations", action=None)
    await walk.step(admin, f"GET {one}", action=None)


PARTS = (
    from_opening_to_evaluation,
    best_practice,
    those_around_it,
    lists_and_transfers,
    concerns_and_endings,
    methods_and_codes,
    operational_units,
    reorganisations,
)


async def test_each_operation_leaves_one_entry_and_does_and_shows_nothing_when_it_can_leave_none(empty_service):
    walk = Walk(empty_service)
    for part in PARTS:
        await part(walk)
    assert walk.walked == set(OPERATIONS), "whoever adds an operation takes a step with it here"
    hold(EXAMPLES, walk.answers, again=f"pytest {Path(__file__).relative_to(REPOSITORY)}")


async def test_the_walk_stops_at_an_operation_that_forgets_its_entry(empty_service, monkeypatch):
    async def forget(trail, conn, bound):
        await conn.execute(text(f"{EVENTS_SQL} SELECT 1"), bound)
        trail.recorded = True

    monkeypatch.setattr(Trail, "publish_bound", forget)
    with pytest.raises(AssertionError, match="POST /v1/cases"):
        await from_opening_to_evaluation(Walk(empty_service, refused_first=False))
