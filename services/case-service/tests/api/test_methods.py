"""Methods and codes: a district proposes, all are heard, the directorate alone publishes, and the change log stays."""

import json
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from case_service.domain.moments import local_day
from forkant_devstack.verify.changes import check_changes
from forkant_kit.db import utc_now

TODAY = local_day(utc_now())


LATER = (TODAY + timedelta(days=40)).isoformat()


STEPS = [
    {"code": "visit_prepared", "mandatory": True, "name_nb": "Besøk forberedt", "name_en": "Visit prepared"},
    {"code": "visit_made", "mandatory": True, "name_nb": "Besøk gjennomført", "name_en": "Visit made"},
    {"code": "summary_written", "mandatory": False, "name_nb": "Referat skrevet", "name_en": "Summary written"},
]


DRAFT = {"name_nb": "Hjemmebesøk", "name_en": "Home visit", "summary": "Prepared visits work better.", "steps": STEPS}


UNTIL = {"until": TODAY.isoformat()}


NOW = {"valid_from": TODAY.isoformat()}


PROPOSALS = "/v1/method-proposals"


@pytest.fixture
def people(empty_service):
    """The people of the story: who proposes in Oslo, who edits and who decides in the directorate, and another unit."""
    return {
        "lead": empty_service.person("lead-oslo"),
        "editor": empty_service.person("pod-methods"),
        "decider": empty_service.person("pod-analyst"),
        "other": empty_service.person("officer-troms"),
    }


class Story:
    """One proposal, moved on by the people; each move goes on from the ETag of the one before."""

    def __init__(self, people, path: str, etag: str) -> None:
        self.people, self.path, self.etag = people, path, etag

    async def attempt(self, by: str, tail: str, body: object = None):
        etag = None if tail == "comments" else self.etag
        answer = await self.people[by].send("POST", f"{self.path}/{tail}", {} if body is None else body, etag=etag)
        self.etag = answer.headers.get("etag", self.etag) if answer.is_success else self.etag
        return answer

    async def do(self, by: str, tail: str, body: object = None):
        answer = await self.attempt(by, tail, body)
        assert answer.is_success, answer.text
        return answer.json()

    async def shown(self, by: str = "other"):
        answer = await self.people[by].get(self.path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["etag"] == self.etag
        return answer.json()

    async def approved(self) -> None:
        await self.do("editor", "hearing", UNTIL)
        await self.do("decider", "approval")


@pytest.fixture
def proposed(people):
    async def make(method: str = "home_visit", by: str = "lead", **changes) -> Story:
        answer = await people[by].send("POST", PROPOSALS, {"method": method, **DRAFT, **changes})
        assert answer.status_code == 201, answer.text
        return Story(people, answer.headers["location"], answer.headers["etag"])

    return make


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def versions(person, code: str) -> list[dict]:
    items = (await person.get("/v1/methods")).json()["items"]
    return [item for item in items if item["code"] == code]


async def test_a_district_proposes_and_only_the_directorate_publishes_and_the_change_log_stays(
    empty_service, people, proposed
):
    before = await versions(people["lead"], "home_visit")
    story = await proposed()
    await story.do("editor", "hearing", UNTIL)
    said = await story.do("other", "comments", {"text": "The second step needs an interpreter."})
    for person in ("lead", "other"):
        assert refused(await story.attempt(person, "approval")) == (403, "forbidden")
    await story.do("decider", "approval")
    for person in ("lead", "other"):
        assert refused(await story.attempt(person, "publication", NOW)) == (403, "forbidden")
    await story.do("editor", "publication", NOW)
    shown = await story.shown()
    assert (shown["state"], shown["unit"], shown["proposed_by"]) == ("published", "oslo", "lead-oslo")
    assert [(each["id"], each["unit"], each["author"]) for each in shown["comments"]] == [
        (said["id"], "troms", "officer-troms")
    ]
    after = await versions(people["other"], "home_visit")
    assert len(after) == len(before) + 1
    made = after[-1]
    assert (made["version"], made["steps"], made["valid_from"]) == (
        shown["published_version"], STEPS, TODAY.isoformat(),
    )  # fmt: skip
    log = (await people["other"].get("/v1/methods/home_visit/changes")).json()["items"]
    assert [(each["action"], each["unit"], each["subject"]) for each in log] == [
        ("publish", "pod", "pod-methods"),
        ("approve", "pod", "pod-analyst"),
        ("open_hearing", "pod", "pod-methods"),
        ("propose", "oslo", "lead-oslo"),
    ]


async def test_a_measure_stays_on_its_version_after_the_next_is_published(empty_service, people, proposed):
    lead, officer = people["lead"], empty_service.person("officer-oslo")
    case = await officer.open()
    await case.planned()
    await case.do("POST", "plan/approval", by=lead)
    due = {"due_on": LATER}
    old = (await case.do("POST", "measures", {"kind": "concern_conversation", **due}))["item_id"]
    story = await proposed("concern_conversation")
    await story.approved()
    await story.do("editor", "publication", NOW)
    new = (await case.do("POST", "measures", {"kind": "concern_conversation", **due}))["item_id"]
    shown = {each["id"]: each for each in (await case.read())["measures"]}
    assert (shown[old]["method_version"], shown[new]["method_version"]) == (1, 2)
    for measure, steps, met in ((old, ("conversation_held",), False), (new, ("visit_prepared", "visit_made"), True)):
        await case.do("POST", f"measures/{measure}/start")
        for step in steps:
            await case.do("POST", f"measures/{measure}/steps", {"step": step})
        await case.do("POST", f"measures/{measure}/complete")
        found = (await officer.get(f"{case.path}/measures/{measure}")).json()
        assert found["mandatory_steps_met"] is met
    wrong = await case.attempt("POST", "measures", {"kind": "concern_conversation", "method_version": 3, **due})
    assert refused(wrong) == (422, "unknown-method")


async def test_a_version_holds_from_its_day_and_not_before(empty_service, people, proposed):
    story = await proposed("youth_contract")
    await story.approved()
    await story.do("editor", "publication", {"valid_from": LATER})
    case = await empty_service.person("officer-oslo").open()
    await case.planned()
    made = await case.do("POST", "measures", {"kind": "youth_contract", "due_on": LATER})
    [measure] = [each for each in (await case.read())["measures"] if each["id"] == made["item_id"]]
    assert measure["method_version"] == 1


async def test_publishing_and_retiring_tell_of_codes_and_days_from_version_one_on(empty_service, people, proposed):
    story = await proposed()
    await story.approved()
    await story.do("editor", "publication", NOW)
    retired = {"retired_from": LATER, "reason": "Replaced by mediation."}
    assert (await people["decider"].send("POST", "/v1/methods/home_visit/retirement", retired)).status_code == 200
    rows = await empty_service.fetch(
        "SELECT aggregate_version, topic, unit, type, data FROM event_archive WHERE type LIKE '%.method.%'"
        " ORDER BY aggregate_version"
    )
    assert [(row["aggregate_version"], row["topic"], row["unit"]) for row in rows] == [
        (1, "forkant.catalogue.v1", "pod"),
        (2, "forkant.catalogue.v1", "pod"),
    ]
    assert json.loads(rows[0]["data"]) == {
        "method": "home_visit", "method_version": (await story.shown())["published_version"],
        "measure_kind": "home_visit", "standardised": True, "steps": 3, "mandatory_steps": 2,
        "valid_from": TODAY.isoformat(),
    }  # fmt: skip
    assert json.loads(rows[1]["data"]) == {"method": "home_visit", "retired_from": LATER}


async def test_a_retired_method_is_followed_by_no_new_measure_and_those_that_follow_it_go_on(
    empty_service, people, proposed
):
    lead, officer = people["lead"], empty_service.person("officer-oslo")
    case = await officer.open()
    await case.planned()
    await case.do("POST", "plan/approval", by=lead)
    old = (await case.do("POST", "measures", {"kind": "concern_conversation", "due_on": LATER}))["item_id"]
    retired = {"retired_from": TODAY.isoformat(), "reason": "Not used any more."}
    path = "/v1/methods/concern_conversation/retirement"
    assert refused(await lead.send("POST", path, retired)) == (403, "forbidden")
    assert (await people["decider"].send("POST", path, retired)).status_code == 200
    assert refused(await people["decider"].send("POST", path, retired)) == (409, "already-retired")
    new = (await case.do("POST", "measures", {"kind": "concern_conversation", "due_on": LATER}))["item_id"]
    shown = {each["id"]: each["method_version"] for each in (await case.read())["measures"]}
    assert shown == {old: 1, new: None}
    wanted = {"kind": "concern_conversation", "due_on": LATER, "method_version": 1}
    assert refused(await case.attempt("POST", "measures", wanted)) == (422, "method-retired")
    await case.do("POST", f"measures/{old}/start")
    await case.do("POST", f"measures/{old}/steps", {"step": "conversation_held"})
    [method] = await versions(lead, "concern_conversation")
    assert method["retired_from"] == TODAY.isoformat()
    story = await proposed("concern_conversation")
    await story.approved()
    await story.do("editor", "publication", NOW)
    again = (await case.do("POST", "measures", {"kind": "concern_conversation", "due_on": LATER}))["item_id"]
    assert {each["id"]: each["method_version"] for each in (await case.read())["measures"]}[again] == 2


async def test_the_hearing_lasts_to_its_last_day_and_nobody_approves_their_own(people, proposed):
    story = await proposed()
    assert refused(await story.attempt("other", "comments", {"text": "Early."})) == (409, "illegal-transition")
    await story.do("editor", "hearing", {"until": LATER})
    answer = await story.attempt("decider", "approval")
    assert refused(answer) == (409, "hearing-open")
    assert answer.json()["latest"] == LATER
    own = await proposed(by="editor")
    await own.do("editor", "hearing", UNTIL)
    assert refused(await own.attempt("editor", "approval")) == (403, "own-proposal")
    past = await (await proposed()).attempt("editor", "hearing", {"until": "2020-01-01"})
    assert refused(past) == (422, "due-on-out-of-range")


async def test_a_proposal_is_rewritten_and_withdrawn_by_its_unit_alone_and_turned_down_with_a_reason(people, proposed):
    story = await proposed()
    for tail, body in (("rewriting", DRAFT), ("withdrawal", None)):
        assert refused(await story.attempt("other", tail, body)) == (403, "proposal-of-another-unit")
    await story.do("lead", "rewriting", {**DRAFT, "name_en": "Prepared home visit", "steps": STEPS[:1]})
    shown = await story.shown()
    assert (shown["name_en"], shown["steps"], shown["version"]) == ("Prepared home visit", STEPS[:1], 2)
    await story.do("lead", "withdrawal")
    assert refused(await story.attempt("editor", "hearing", UNTIL)) == (409, "illegal-transition")
    other = await proposed()
    await other.do("decider", "rejection", {"reason": "The effect was not shown."})
    log = (await people["other"].get("/v1/methods/home_visit/changes")).json()["items"]
    assert [(each["action"], each["reason"]) for each in log][:2] == [
        ("reject", "The effect was not shown."),
        ("propose", None),
    ]


async def test_two_who_move_one_proposal_on_never_lose_a_change(people, proposed):
    story = await proposed()
    stale = story.etag
    await story.do("lead", "rewriting", DRAFT)
    story.etag = stale
    assert refused(await story.attempt("editor", "hearing", UNTIL)) == (412, "stale-version")
    story.etag = None
    assert refused(await story.attempt("editor", "hearing", UNTIL)) == (428, "if-match-required")


@pytest.mark.parametrize(
    "changes",
    [{"steps": []}, {"steps": [STEPS[0], STEPS[0]]}, {"steps": [{**STEPS[0], "code": "Step One"}]}, {"name_nb": " "},
     {"method": "unknown"}, {"method": "sorcery"}, {"summary": None}, {"state": "published"}],
)  # fmt: skip
async def test_a_draft_that_cannot_be_read_is_not_proposed(empty_service, people, changes):
    before = await empty_service.row_counts()
    answer = await people["lead"].send("POST", PROPOSALS, {"method": "home_visit", **DRAFT, **changes})
    assert refused(answer) == (422, "invalid-request")
    assert await empty_service.row_counts() == before


async def test_proposals_are_listed_for_everybody_and_filtered_and_paged(empty_service, people, proposed):
    stories = [await proposed(method) for method in ("home_visit", "mediation", "home_visit")]
    await stories[0].do("editor", "hearing", UNTIL)
    other = people["other"]

    async def found(**query) -> list[str]:
        answer = await other.get(PROPOSALS, **query)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    ids = [story.path.rpartition("/")[2] for story in stories]
    assert await found() == ids[::-1]
    assert await found(method="home_visit") == [ids[2], ids[0]]
    assert await found(state="hearing") == [ids[0]]
    first = (await other.get(PROPOSALS, limit=2)).json()
    assert await found(limit=2, cursor=first["next"]) == ids[:1]
    assert (await other.get(f"{PROPOSALS}/{uuid4()}")).status_code == 404
    assert (await empty_service.person("downstream-demo").get(PROPOSALS)).status_code == 200


async def test_a_role_of_the_directorate_counts_in_the_directorate_alone(empty_service, people, proposed):
    story = await proposed()
    people["strayed"] = empty_service.person("pod-methods", unit="troms")
    retired = {"retired_from": TODAY.isoformat(), "reason": "Not used."}
    for tail, body in (("hearing", UNTIL), ("approval", None), ("publication", NOW), ("rejection", {"reason": "No."})):
        assert refused(await story.attempt("strayed", tail, body)) == (403, "forbidden")
    answer = await people["strayed"].send("POST", "/v1/methods/home_visit/retirement", retired)
    assert refused(answer) == (403, "forbidden")
    assert (await story.shown())["state"] == "proposed"


async def test_not_even_the_database_takes_a_method_from_a_district_or_lets_what_was_said_be_changed(
    empty_service, people, proposed
):
    story = await proposed()
    await story.approved()
    proposal = story.path.rpartition("/")[2]
    app = await asyncpg.connect(empty_service.app_url)
    told = "SELECT set_config('forkant.unit', $1, true), set_config('forkant.changes', 'on', true)"
    for statement in (
        f"SELECT publish_method('{proposal}', current_date, now())",
        "SELECT retire_method('home_visit', current_date)",
        "SELECT retire_code('theme', 'fraud', current_date, 'x', now())",
        "INSERT INTO method VALUES ('home_visit', 9, 'x', 'x', current_date)",
        "UPDATE method SET name_en = 'x'",
        "UPDATE method_head SET version = 9",
        "DELETE FROM method_change",
        "DELETE FROM code_retirement",
    ):
        transaction = app.transaction()
        await transaction.start()
        await app.execute(told, "oslo")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)
        await transaction.rollback()
    unheard = (await proposed()).path.rpartition("/")[2]
    transaction = app.transaction()
    await transaction.start()
    await app.execute(told, "pod")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only an approved"):
        await app.execute("SELECT publish_method($1, current_date, now())", unheard)
    await transaction.rollback()
    await app.close()
    for statement in ("DELETE FROM method_comment", "UPDATE method_change SET subject = 'x'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="stays"):
            await empty_service.fetch(statement)


async def test_who_published_and_retired_is_in_the_audit_trail_with_the_version_of_the_event(
    empty_service, people, proposed
):
    story = await proposed()
    await story.approved()
    await story.do("editor", "publication", NOW)
    entries = await empty_service.fetch(
        "SELECT subject, action, version FROM audit_entry WHERE object_kind = 'method' ORDER BY seq DESC LIMIT 4"
    )
    assert [tuple(row) for row in entries] == [
        ("pod-methods", "method.publish", 1),
        ("pod-analyst", "method.approve", None),
        ("pod-methods", "method.open_hearing", None),
        ("lead-oslo", "method.propose", None),
    ]
    checks = await check_changes(empty_service.worker_url)
    assert [check for check in checks if not check.ok] == []
