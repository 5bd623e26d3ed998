"""Which texts a case is found by, and which not: whoever adds one says so here too."""

import json
from uuid import uuid4

import pytest
from case_service.texts import SEALED
from case_service.words import FOUND_BY

FOUND = {
    "preventive_case": {"title", "subject", "description"},
    "assessment": {"summary", "best_interests", "child_view"},
    "plan": {"summary"},
    "plan_goal": {"text", "baseline", "target"},
    "measure": {"description"},
    "follow_up": {"notes"},
    "evaluation": {"mechanism", "moderators", "implementation", "economics"},
    "partner": {"name"},
    "transfer": {"note"},
    "case_note": {"text"},
}
"""What everybody reads who sees the case."""
NOT_FOUND = {
    "concern": "its unit's whole, and another thing than the case",
    "preventive_case": {"necessity_reason": "says why special categories are held, and so which"},
    "information": "restricted past its day: a search would read it out word by word",
    "disclosure": "of those who prepare and approve it",
    "attachment": "sealed with its content, which is not read either",
    "saved_search": "somebody's own, and of no case",
    "best_practice_draft": "written to be about no case",
}
"""Sealed texts that a case is not found by, each with the reason."""


def test_a_case_is_found_by_the_texts_that_are_listed_here_and_by_no_other():
    assert {table: set(columns) for table, columns in FOUND_BY.items()} == FOUND


def test_every_sealed_text_is_one_that_cases_are_found_by_or_is_left_out_for_a_reason():
    for table, columns in SEALED.items():
        left = set(columns) - FOUND.get(table, set())
        reason = NOT_FOUND.get(table, {})
        assert not left or isinstance(reason, str) or left == reason.keys(), (table, left)
    assert NOT_FOUND.keys() <= SEALED.keys()


@pytest.fixture
def search(service, officer):
    async def found(word: str) -> set[str]:
        answer = await officer.send("POST", "/v1/cases/search", {"words": word})
        assert answer.status_code == 200, answer.text
        return {item["id"] for item in answer.json()["items"]}

    return found


def word() -> str:
    """Return a word that stands nowhere else, and that no stemmer shortens."""
    return "qx" + "".join("bcdfghjklm"[int(digit)] for digit in str(uuid4().int)[:12])


async def test_words_of_what_everybody_reads_find_the_case(officer, lead, search):
    words = {name: word() for name in ("title", "description", "summary", "child_view", "partner", "note")}
    case = await officer.open(title=words["title"], description=words["description"])
    assessment = {"summary": words["summary"], "child_view": words["child_view"]}
    await case.do("PUT", "assessment", assessment)
    await case.do("POST", "partners", {"kind": "school", "name": words["partner"]})
    await case.do("POST", "hold", {"reason": "awaiting_partner", "note": words["note"]})
    for name, each in words.items():
        assert await search(each) == {case.id}, name


async def test_words_of_what_is_kept_from_some_who_see_the_case_find_nothing(service, officer, lead, search, concern):
    names = ("text", "basis", "clarification", "necessity", "recipient", "reason", "concern", "note")
    words = {name: word() for name in names}
    case = await officer.open(special_category=True, necessity_reason=words["necessity"])
    information = {
        "statement_type": "assessment", "verification_status": "unverified", "source": "witness",
        "subject_category": "at_risk", "text": words["text"], "basis": words["basis"],
    }  # fmt: skip
    made = (await case.do("POST", "information", information))["item_id"]
    cleared = {"outcome": "relevant", "verification_status": "verified", "note": words["clarification"]}
    await case.do("POST", f"information/{made}/clarification", cleared)
    disclosure = {
        "recipient_kind": "school", "recipient": words["recipient"], "basis": "duty_to_report",
        "purpose_code": "prevent_crime", "fields": ["case.subject_category"], "reason": words["reason"],
    }  # fmt: skip
    await case.do("POST", "disclosures", disclosure)
    received = await officer.send("POST", "/v1/concerns", {**concern, "description": words["concern"]})
    await officer.send(
        "POST", f"{received.headers['location']}/decision", {"outcome": "dismissed", "note": words["note"]},
        etag=received.headers["etag"],
    )  # fmt: skip
    whole = json.dumps(await case.read())
    assert words["text"] in whole, "else nothing was written"
    for name, each in words.items():
        assert await search(each) == set(), name
