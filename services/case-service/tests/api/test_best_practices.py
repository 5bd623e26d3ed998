"""Best practice: drawn from evaluated cases alone, reviewed by others, published without a way back, found by all."""

import asyncio
import json
import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from case_service.domain.moments import local_day
from forkant_kit.db import utc_now

EXAMPLE = {
    "language": "nb",
    "title": "To spørsmål før store overføringer",
    "context": "Eldre ble ringt opp av noen som utga seg for å være banken.",
    "what_was_done": "Ansatte stiller to spørsmål før en stor overføring.",
    "mechanism": "Spørsmålene gir tid til å tenke seg om.",
    "conditions": "Banken må ville være med.",
    "advice": "Øv på spørsmålene sammen med de ansatte.",
}
CHECKS = ["names", "places", "dates", "rare_combination", "photos_and_links"]
NUMBER = "01019012345"


@dataclass
class People:
    officer: object
    officer2: object
    lead: object
    privacy: object
    stranger: object
    analyst: object
    directorate: object
    officer_elsewhere: object


@pytest_asyncio.fixture(loop_scope="session")
async def people(module_service):
    """The people of Oslo and some others, in a library without examples."""
    await module_service.fetch("TRUNCATE best_practice_draft, best_practice, best_practice_revision")
    return people_of(module_service, "oslo")


def people_of(service, unit):
    names = [*(f"{who}-{unit}" for who in ("officer", "officer2", "lead", "privacy")), "lead-troms", "analyst-troms"]
    return People(*(service.person(name) for name in [*names, "pod-analyst", "officer-troms"]))


@pytest.fixture
def evaluated(people):
    async def make(**facts):
        case = await people.officer.open(**{"theme": "fraud", "title": "Banksaken", **facts})
        await case.evaluated(people.lead)
        return case

    return make


class Draft:
    """A draft with the ETag of the last answer."""

    def __init__(self, people, answer) -> None:
        assert answer.status_code == 201, answer.text
        self.people, self.path, self.etag = people, answer.headers["location"], answer.headers["etag"]
        self.id = answer.json()["id"]

    async def attempt(self, by: str, tail: str, body: object = None):
        answer = await getattr(self.people, by).send("POST", f"{self.path}/{tail}", body, etag=self.etag)
        self.etag = answer.headers.get("etag", self.etag) if answer.is_success else self.etag
        return answer

    async def do(self, by: str, tail: str, body: object = None):
        answer = await self.attempt(by, tail, body)
        assert answer.is_success, answer.text
        return answer.json()

    async def reviewed(self, by: str = "privacy") -> None:
        answer = await getattr(self.people, by).get(self.path)
        answers = [{"warning": warning, "answer": "risk_accepted"} for warning in answer.json()["warnings"]]
        await self.do(by, "review", {"checks": CHECKS, "answers": answers})

    async def published(self, **how):
        await self.reviewed()
        return await self.do("lead", "publication", how)


@pytest.fixture
def drafted(people, evaluated):
    async def make(case=None, **changes):
        case = case or await evaluated()
        return Draft(people, await people.officer.send("POST", "/v1/best-practices", body(case, **changes)))

    return make


def body(case, **changes):
    return {**EXAMPLE, "case_id": case.id, **changes}


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def found(person, **query) -> list[dict]:
    answer = await person.get("/v1/best-practices", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_an_example_from_a_case_without_a_completed_evaluation_is_refused(module_service, people):
    case = await people.officer.open()
    before = await module_service.row_counts()
    assert refused(await people.officer.send("POST", "/v1/best-practices", body(case))) == (
        409, "evaluated-case-required",
    )  # fmt: skip
    assert await module_service.row_counts() == before
    await case.active(people.lead)
    await case.do("PUT", "evaluation", {"effect": "achieved", "completed": False})
    assert refused(await people.officer.send("POST", "/v1/best-practices", body(case)))[0] == 409


async def test_an_example_may_be_drawn_from_the_round_before_the_current_one_and_not_from_an_older(people, evaluated):
    case = await evaluated()
    for number in (1, 2):
        await case.do("POST", "close", {"reason": "evaluated" if number == 1 else "resources"})
        await case.do("POST", "reopen", {"reason": "new_concern"})
        answer = await people.officer.send("POST", "/v1/best-practices", body(case))
        assert answer.status_code == (201 if number == 1 else 409), answer.text


async def test_a_published_example_has_the_codes_and_nothing_of_the_subject(people, evaluated, drafted):
    draft = await drafted(await evaluated(theme="hate_crime"))
    receipt = await draft.published()
    shown = (await people.analyst.get(f"/v1/best-practices/{receipt['id']}")).json()
    assert shown == {
        **EXAMPLE, "id": receipt["id"], "unit": "oslo", "state": "published", "withdrawal_reason": None, "revision": 1,
        "published_year": local_day(utc_now()).year, "theme": "hate_crime", "case_type": "person", "arena": "physical",
        "measure_kind": "concern_conversation", "effect": "achieved", "method": "concern_conversation",
        "method_version": 1, "checks": sorted(CHECKS), "answers": {"codes.few_alike": "risk_accepted"},
    }  # fmt: skip


TOKENS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.\d]*")
OUTSIDE_THE_TRAIL = """
SELECT c.table_name, c.column_name FROM information_schema.columns AS c
JOIN pg_class AS p ON p.relname = c.table_name AND p.relnamespace = 'public'::regnamespace AND p.relkind IN ('r', 'p')
    AND NOT p.relispartition
WHERE c.table_schema = 'public' AND c.table_name NOT LIKE 'audit_%'
"""


async def rows_with(service, *values: str) -> set[str]:
    """Return the tables, besides the audit trail, that hold one of the values anywhere in a row."""
    tables = {row["table_name"] for row in await service.fetch(OUTSIDE_THE_TRAIL)}
    patterns = [f"%{value}%" for value in values]
    return {
        table
        for table in tables
        if await service.fetch(f'SELECT 1 FROM "{table}" AS t WHERE t::text LIKE ANY ($1::text[]) LIMIT 1', patterns)
    }


async def tokens_beside(service, value: str) -> set[str]:
    """Return the ids and moments that stand in a row with a value, anywhere outside the audit trail."""
    found: set[str] = set()
    for table in await rows_with(service, value):
        rows = await service.fetch(f'SELECT t::text AS row FROM "{table}" AS t WHERE t::text LIKE $1', f"%{value}%")
        found |= {token for row in rows for token in TOKENS.findall(row["row"])}
    return found - {value}


async def test_nothing_outside_the_audit_trail_leads_from_an_example_back_to_its_case(
    module_service, evaluated, drafted
):
    service, case = module_service, await evaluated()
    draft = await drafted(case)
    assert "best_practice_draft" in await rows_with(service, case.id)
    receipt = await draft.published()
    of_example = [
        dict(row)
        for table, column in (("best_practice", "id"), ("best_practice_revision", "example_id"))
        for row in await service.fetch(f"SELECT * FROM {table} WHERE {column} = $1::uuid", receipt["id"])
    ]
    of_case, of_it = [await tokens_beside(service, found) for found in (case.id, receipt["id"])]
    assert of_case
    assert not of_case & of_it, "an id or a moment that both share would join them"
    known = await rows_with(service, case.id)
    assert not known & await rows_with(service, receipt["id"]) - {"event_archive", "outbox", "idempotency_key"}
    for row in await service.fetch("SELECT t::text AS row FROM idempotency_key AS t"):
        assert not (case.id in row["row"] and (receipt["id"] in row["row"] or draft.id in row["row"]))
    for row in await service.fetch("SELECT t::text AS row FROM event_archive AS t"):
        assert not (case.id in row["row"] and receipt["id"] in row["row"])
    # A draft's id stands in the answer to its publication alone, which is kept for a day: it is of no row any more.
    assert await rows_with(service, draft.id) <= {"idempotency_key"}
    said = json.dumps(of_example, default=str)
    for hidden in ("officer-oslo", "lead-oslo", "privacy-oslo", "0301", "15_17", "at_risk", "Banksaken", draft.id):
        assert hidden not in said
    assert UUID(receipt["id"]).version == 4
    assert not {type(value).__name__ for row in of_example for value in row.values()} & {"datetime", "date"}


async def test_the_audit_trail_alone_knows_who_drafted_from_which_case(module_service, evaluated, drafted):
    case = await evaluated()
    draft = await drafted(case)
    receipt = await draft.published()
    rows = await module_service.fetch(
        "SELECT subject, action, object_ids FROM audit_entry WHERE action LIKE 'example.%' AND action <> 'example.read_draft'"
        " AND object_ids && $1::uuid[] ORDER BY seq",
        [draft.id, receipt["id"]],
    )
    assert [(row["subject"], row["action"], [str(found) for found in row["object_ids"]]) for row in rows] == [
        ("officer-oslo", "example.draft", [draft.id, case.id]),
        ("privacy-oslo", "example.review", [draft.id, case.id]),
        ("lead-oslo", "example.publish", [receipt["id"]]),
    ]


async def test_publishing_tells_of_codes_alone_and_each_revision_is_one_event(module_service, drafted):
    first = await (await drafted()).published()
    second = await (await drafted(title="Tre spørsmål")).published(revises=first["id"])
    assert (second["id"], second["revision"]) == (first["id"], 2)
    rows = await module_service.fetch(
        "SELECT type, aggregate_version, unit, data::text FROM event_archive WHERE topic = 'forkant.catalogue.v1'"
        " AND aggregate_id = $1 ORDER BY aggregate_version",
        first["id"],
    )
    assert [(row["type"], row["aggregate_version"], row["unit"]) for row in rows] == [
        ("no.forkant.best-practice.published.v1", 1, "oslo"),
        ("no.forkant.best-practice.published.v1", 2, "oslo"),
    ]
    assert json.loads(rows[0]["data"]) == {
        "theme": "fraud", "case_type": "person", "arena": "physical", "measure_kind": "concern_conversation",
        "method": "concern_conversation", "method_version": 1, "effect": "achieved",
    }  # fmt: skip


async def test_earlier_revisions_are_kept_and_only_the_last_is_found(people, drafted):
    first = await (await drafted(title="Gamle spørsmål")).published()
    await (await drafted(title="Nye råd")).published(revises=first["id"])
    revisions = (await people.analyst.get(f"/v1/best-practices/{first['id']}/revisions")).json()["items"]
    assert [(each["revision"], each["title"]) for each in revisions] == [(2, "Nye råd"), (1, "Gamle spørsmål")]
    assert [each["title"] for each in await found(people.analyst)] == ["Nye råd"]
    assert await found(people.analyst, q="gamle") == []


@pytest.mark.parametrize("field", ["title", "context", "what_was_done", "mechanism", "conditions", "advice"])
@pytest.mark.parametrize("how", ["drafting", "rewriting"])
async def test_an_identity_number_is_refused_without_an_echo_and_nothing_is_kept(
    module_service, evaluated, drafted, field, how
):
    case = await evaluated()
    sent = {field: f"Født {NUMBER[:6]} {NUMBER[6:]}"}
    if how == "drafting":
        before = await module_service.row_digests()
        answer = await case.by.send("POST", "/v1/best-practices", body(case, **sent))
    else:
        draft = await drafted(case)
        before = await module_service.row_digests()
        answer = await draft.attempt("officer", "rewriting", {**EXAMPLE, **sent})
    assert refused(answer) == (422, "identity-number")
    assert answer.json()["fields"] == [field]
    assert NUMBER[6:] not in answer.text
    assert await module_service.row_digests() == before


async def test_a_text_of_the_case_and_the_name_of_its_subject_are_refused(people, evaluated):
    told = "Hun ble ringt opp tre ganger og flyttet alle sparepengene sine til en annen konto."
    case = await evaluated(description=told, subject="Kari Furu")
    for field, text in (
        ("context", f"Bakgrunn: {told}"),
        ("advice", "Snakk med Kari Furu først."),
        ("title", "Banksaken"),
    ):
        answer = await people.officer.send("POST", "/v1/best-practices", body(case, **{field: text}))
        assert (*refused(answer), answer.json()["fields"]) == (422, "copied-from-case", [field])


async def test_who_wrote_on_an_example_neither_reviews_nor_publishes_it(people, evaluated):
    case = await evaluated()
    await case.do("POST", "members", {"subject": "officer2-oslo"}, by=people.lead)
    draft = Draft(people, await people.lead.send("POST", "/v1/best-practices", body(case)))
    review = {"checks": CHECKS, "answers": []}
    assert refused(await draft.attempt("lead", "review", review)) == (403, "own-example")
    await draft.do("officer2", "rewriting", EXAMPLE)
    assert refused(await draft.attempt("lead", "review", review)) == (403, "own-example")
    for officer in ("officer", "officer2"):
        assert refused(await draft.attempt(officer, "review", review)) == (403, "forbidden")
    await draft.reviewed()
    assert refused(await draft.attempt("lead", "publication")) == (403, "own-example")
    assert refused(await draft.attempt("privacy", "publication")) == (403, "forbidden")


async def test_a_review_confirms_everything_and_answers_each_warning(people, evaluated, drafted):
    case = await evaluated(theme="cybercrime")
    draft = await drafted(case, context="Den 3. mars ringte noen fra 22 33 44 55.", advice="Skriv til @rev_2.")
    shown = (await people.lead.get(draft.path)).json()
    assert shown["warnings"] == ["advice.handle", "codes.few_alike", "context.date", "context.phone_number"]
    answers = [{"warning": warning, "answer": "false_alarm"} for warning in shown["warnings"]]
    less = await draft.attempt("lead", "review", {"checks": CHECKS[1:], "answers": answers})
    assert (*refused(less), less.json()["missing"]) == (422, "checks-missing", ["names"])
    less = await draft.attempt("lead", "review", {"checks": CHECKS, "answers": answers[1:]})
    assert (*refused(less), less.json()["missing"]) == (422, "warnings-unanswered", ["advice.handle"])
    assert refused(await draft.attempt("lead", "publication")) == (409, "illegal-transition")
    await draft.do("lead", "review", {"checks": CHECKS, "answers": answers})
    await draft.do("lead", "publication")


async def test_a_draft_that_is_written_anew_is_reviewed_anew(people, drafted):
    draft = await drafted()
    await draft.reviewed()
    await draft.do("officer", "rewriting", {**EXAMPLE, "title": "Et annet råd"})
    shown = (await people.lead.get(draft.path)).json()
    assert (shown["state"], shown["reviewed_by"], shown["checks"], shown["answers"]) == ("draft", None, [], {})
    assert refused(await draft.attempt("lead", "publication")) == (409, "illegal-transition")


async def test_from_five_cases_of_a_kind_on_the_codes_point_to_none(people, evaluated, drafted):
    draft = await drafted(await evaluated(theme="environment"))
    for number in range(4):
        shown = (await people.lead.get(draft.path)).json()
        assert shown["warnings"] == ["codes.few_alike"], number
        await people.officer.open(theme="drugs")
        await people.officer.open(theme="environment", case_type="group", age_band="not_applicable")
        await people.officer_elsewhere.open(theme="environment")
        await people.officer2.open(theme="environment")
    assert (await people.lead.get(draft.path)).json()["warnings"] == []


async def test_a_review_that_missed_a_later_warning_does_not_publish(people, evaluated, drafted):
    more = [await people.officer2.open(theme="traffic") for _ in range(4)]
    draft = await drafted(await evaluated(theme="traffic"))
    await draft.do("privacy", "review", {"checks": CHECKS})
    for case in more:
        await case.do("POST", "erasure", {"basis": "unlawful"}, by=people.privacy)
    assert refused(await draft.attempt("lead", "publication")) == (409, "review-outdated")


async def test_a_draft_is_there_for_those_who_may_see_its_case_in_its_unit(module_service, people, evaluated, drafted):
    case = await evaluated()
    draft = await drafted(case)
    for person in (people.officer2, people.stranger, module_service.person("privacy-troms")):
        assert (await person.get(draft.path)).status_code == 404
        assert (await person.get("/v1/best-practice-drafts")).json()["items"] == []
    for person in (people.directorate, people.analyst):
        assert (await person.get(draft.path)).status_code == 403
    for person in (people.officer, people.lead, people.privacy):
        assert [each["id"] for each in (await person.get("/v1/best-practice-drafts")).json()["items"]] == [draft.id]
    assert (await draft.attempt("stranger", "publication")).status_code == 404
    assert (await draft.attempt("officer2", "rewriting", EXAMPLE)).status_code == 404


async def test_somebody_with_access_from_another_unit_draws_no_example(module_service, people, evaluated):
    case = await evaluated()
    access = {"subject": "officer-kripos", "valid_to": "2036-01-01T00:00:00Z", "reason": "joint_work"}
    given = await case.attempt("POST", "access", access, by=people.lead)
    if given.json().get("code") == "access-too-long":
        given = await case.attempt("POST", "access", {**access, "valid_to": given.json()["latest"]}, by=people.lead)
    assert given.is_success, given.text
    guest = module_service.person("officer-kripos")
    assert (await guest.get(case.path)).status_code == 200
    answer = await guest.send("POST", "/v1/best-practices", body(case))
    assert refused(answer) == (403, "case-of-another-unit")


async def test_of_a_restricted_case_nothing_is_drafted_reviewed_or_published(people, evaluated, drafted):
    case = await evaluated()
    draft = await drafted(case)
    await draft.reviewed()
    await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=people.lead)
    assert refused(await draft.attempt("lead", "publication")) == (409, "case-restricted")
    assert refused(await people.lead.send("POST", "/v1/best-practices", body(case))) == (409, "case-restricted")
    assert (await people.officer.get(draft.path)).status_code == 404


async def test_which_measure_it_is_about_must_be_clear(people, due, evaluated):
    case = await people.officer.open()
    first = await case.active(people.lead)
    second = (await case.do("POST", "measures", {"kind": "mediation", "arena": "physical", "due_on": due}))["item_id"]
    await case.do("POST", f"measures/{second}/start")
    for measure in (first, second):
        await case.do("POST", f"measures/{measure}/complete")
    third = (await case.do("POST", "measures", {"kind": "home_visit", "due_on": due}))["item_id"]
    await case.do("PUT", "evaluation", {"effect": "harm", "completed": True})
    for unclear in (None, third, str(uuid4())):
        answer = await people.officer.send("POST", "/v1/best-practices", body(case, measure_id=unclear))
        assert refused(answer) == (422, "completed-measure-required")
    draft = Draft(people, await people.officer.send("POST", "/v1/best-practices", body(case, measure_id=second)))
    shown = (await people.officer.get(draft.path)).json()
    assert (shown["measure_kind"], shown["method"], shown["effect"]) == ("mediation", None, "harm")


async def test_two_who_write_at_once_lose_nothing(people, drafted):
    draft = await drafted()
    writers = [
        people.officer.send("POST", f"{draft.path}/rewriting", {**EXAMPLE, "title": f"Utkast {n}"}, etag=draft.etag)
        for n in range(4)
    ]
    codes = sorted(answer.status_code for answer in await asyncio.gather(*writers))
    assert codes == [200, 412, 412, 412]


async def test_two_publications_at_once_make_one_example(module_service, people, drafted):
    draft = await drafted()
    await draft.reviewed()
    both = [people.lead.send("POST", f"{draft.path}/publication", {}, etag=draft.etag) for _ in range(2)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*both)) == [200, 404]
    assert (await module_service.row_counts())["best_practice"] == 1


async def test_an_erased_case_takes_its_draft_along_and_leaves_what_was_published(
    module_service, people, evaluated, drafted
):
    case = await evaluated()
    receipt = await (await drafted(case)).published()
    draft = await drafted(case)
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=people.privacy)
    assert (await people.lead.get(draft.path)).status_code == 404
    certificate = (await people.privacy.get(f"{case.path}/erasure")).json()
    assert certificate["destroyed"]["best_practice_draft"] == 1
    assert await rows_with(module_service, draft.id) == set()
    assert [each["id"] for each in await found(people.analyst)] == [receipt["id"]]
    assert refused(await people.lead.send("POST", "/v1/best-practices", body(case))) == (410, "case-erased")


async def test_no_draft_comes_into_a_case_while_it_is_erased(module_service, people, evaluated):
    case = await evaluated()
    erasing = case.attempt("POST", "erasure", {"basis": "unlawful"}, by=people.privacy)
    drafting = [people.officer.send("POST", "/v1/best-practices", body(case)) for _ in range(4)]
    erased, *answers = await asyncio.gather(erasing, *drafting)
    assert erased.is_success, erased.text
    assert {answer.status_code for answer in answers} <= {201, 404, 410}
    assert await module_service.fetch("SELECT FROM best_practice_draft WHERE case_id = $1", case.id) == []


async def test_a_draft_stands_sealed_and_is_thrown_away_whole(module_service, people, drafted):
    draft = await drafted(title="Vaktbod ved perrongen")
    assert await rows_with(module_service, "Vaktbod") == set()
    assert (await people.officer.get(draft.path)).json()["title"] == "Vaktbod ved perrongen"
    await draft.do("officer", "discarding")
    assert (await people.officer.get(draft.path)).status_code == 404
    assert (await module_service.row_counts())["best_practice_draft"] == 0


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("spørsmålene", True),
        ("bankens overføring", True),
        ('"store overføringer"', True),
        ('"overføringer store"', False),
        ("overføring -ansatt", False),
        ("fiske or overføring", True),
        ("fiske", False),
        ("og", False),
        ("';--", False),
        ("<b>", False),
        ("a & | ! ( :*", False),
    ],
)
async def test_examples_are_found_by_norwegian_words_in_every_form(people, drafted, query, hit):
    await (await drafted(context="Banken merket det.")).published()
    assert len(await found(people.analyst, q=query)) == (1 if hit else 0)


async def test_every_code_narrows_the_search(people, evaluated, drafted):
    await (await drafted()).published()
    await (await drafted(await evaluated(theme="drugs", arena="digital"), language="nn")).published()
    for name, code, hits in (
        ("unit", "oslo", 2), ("unit", "troms", 0), ("theme", "drugs", 1), ("case_type", "person", 2),
        ("case_type", "place", 0), ("arena", "digital", 1), ("measure_kind", "concern_conversation", 2),
        ("measure_kind", "mediation", 0), ("effect", "achieved", 2), ("effect", "harm", 0),
        ("method", "concern_conversation", 2), ("method", "mediation", 0), ("language", "nn", 1),
    ):  # fmt: skip
        assert len(await found(people.analyst, **{name: code})) == hits, name
    assert (await people.analyst.get("/v1/best-practices", theme="gossip")).status_code == 422


async def test_pages_of_a_ranked_search_show_each_once_and_stay_when_more_is_published(people, evaluated, drafted):
    case = await evaluated()
    made = [
        (await (await drafted(case, title="Tiltak", context=" ".join(["overføring"] * (n % 3 + 1)))).published())["id"]
        for n in range(7)
    ]
    whole = [each["id"] for each in await found(people.analyst, q="overføring")]
    assert sorted(whole) == sorted(made)
    walked, cursor = [], None
    while True:
        answer = await people.analyst.get(
            "/v1/best-practices", q="overføring", limit=2, **({"cursor": cursor} if cursor else {})
        )
        page = answer.json()
        walked += [each["id"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        await (await drafted(case, context="Noe annet.", what_was_done="Om overføring.")).published()
    assert [each for each in walked if each in made] == whole
    assert len(walked) == len(set(walked))


async def test_a_cursor_is_of_its_words_and_codes(people, evaluated, drafted):
    case = await evaluated()
    for _ in range(2):
        await (await drafted(case)).published()
    cursor = (await people.analyst.get("/v1/best-practices", q="overføring", limit=1)).json()["next"]
    for other in ({"q": "spørsmål"}, {"q": "overføring", "theme": "fraud"}, {}):
        answer = await people.analyst.get("/v1/best-practices", **other, cursor=cursor)
        assert refused(answer) == (400, "invalid-cursor")


async def test_a_highlight_marks_what_was_found_and_lets_no_tag_through(people, drafted):
    nasty = 'Trygg <script>alert(1)</script> overføring & \ue000mer\ue001 "her"'
    await (await drafted(context=nasty)).published()
    [hit] = await found(people.analyst, q="overføring")
    assert "<mark>overføring</mark>" in hit["highlight"]
    rest = hit["highlight"].replace("<mark>", "").replace("</mark>", "")
    assert "<" not in rest
    assert ">" not in rest
    assert hit["highlight"].count("<mark>") == hit["highlight"].count("</mark>")
    assert "<mark>mer" not in hit["highlight"]
    assert (await found(people.analyst))[0]["highlight"] is None


@pytest.mark.parametrize("by", ["lead", "privacy", "directorate"])
async def test_a_withdrawn_example_reads_but_is_not_found(module_service, people, drafted, by):
    receipt = await (await drafted()).published()
    path, person = f"/v1/best-practices/{receipt['id']}", getattr(people, by)
    outdated = {"reason": "outdated"}
    assert refused(await people.stranger.send("POST", f"{path}/withdrawal", outdated, etag='"v1"')) == (
        403, "example-of-another-unit",
    )  # fmt: skip
    assert refused(await people.officer.send("POST", f"{path}/withdrawal", outdated, etag='"v1"')) == (403, "forbidden")
    assert (await person.send("POST", f"{path}/withdrawal", outdated)).status_code == 428
    done = await person.send("POST", f"{path}/withdrawal", outdated, etag='"v1"')
    assert done.is_success, done.text
    assert await found(people.analyst) == []
    assert await found(people.analyst, q="overføring") == []
    shown = await people.analyst.get(path)
    assert (shown.json()["state"], shown.json()["title"]) == ("withdrawn", EXAMPLE["title"])
    assert refused(await person.send("POST", f"{path}/withdrawal", outdated, etag='"v1"')) == (412, "stale-version")
    again = await person.send("POST", f"{path}/withdrawal", outdated, etag=shown.headers["etag"])
    assert refused(again) == (409, "already-withdrawn")


async def test_an_example_that_points_to_somebody_loses_every_text_it_ever_had(module_service, people, drafted):
    first = await (await drafted(title="Vaktbod ved perrongen")).published()
    await (await drafted()).published(revises=first["id"])
    path = f"/v1/best-practices/{first['id']}"
    for reason, etag in (("outdated", '"v2"'), ("identifies", '"v3"')):
        done = await people.directorate.send("POST", f"{path}/withdrawal", {"reason": reason}, etag=etag)
        assert done.is_success, done.text
    for revision in (await people.analyst.get(f"{path}/revisions")).json()["items"]:
        assert {revision[name] for name in EXAMPLE if name != "language"} == {None}
    assert await rows_with(module_service, "Vaktbod", "vaktbod") == set()
    draft = await drafted()
    await draft.reviewed()
    assert refused(await draft.attempt("lead", "publication", {"revises": first["id"]})) == (409, "already-withdrawn")
    assert refused(await draft.attempt("lead", "publication", {"revises": str(uuid4())})) == (404, "not-found")


async def test_nobody_revises_what_another_unit_published(module_service, people, drafted):
    receipt = await (await drafted()).published()
    others = people_of(module_service, "troms")
    case = await others.officer.open()
    await case.evaluated(others.lead)
    theirs = Draft(others, await others.officer.send("POST", "/v1/best-practices", body(case)))
    await theirs.reviewed()
    answer = await theirs.attempt("lead", "publication", {"revises": receipt["id"]})
    assert refused(answer) == (403, "example-of-another-unit")


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE best_practice_revision SET title = 'x'", "stays as it was"),
        ("UPDATE best_practice_revision SET theme = 'other'", "permission denied"),
        ("DELETE FROM best_practice_revision", "permission denied"),
        ("DELETE FROM best_practice", "permission denied"),
        ("UPDATE best_practice SET unit = 'troms'", "permission denied"),
        ("INSERT INTO best_practice (unit, state, version, revision) VALUES ('troms', 'published', 1, 1)", "row-level"),
    ],
)  # fmt: skip
async def test_the_database_lets_nobody_change_what_was_published(module_service, drafted, statement, refusal):
    await (await drafted()).published()
    connection = await asyncpg.connect(module_service.app_url)
    try:
        await connection.execute(
            "SELECT set_config('forkant.unit', 'oslo', false), set_config('forkant.changes', 'on', false)"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=refusal):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_another_unit_changes_no_example_past_the_application(module_service, drafted):
    await (await drafted()).published()
    connection = await asyncpg.connect(module_service.app_url)
    try:
        await connection.execute(
            "SELECT set_config('forkant.unit', 'troms', false), set_config('forkant.changes', 'on', false)"
        )
        assert await connection.fetchval("SELECT count(*) FROM best_practice") == 1
        for statement in (
            "UPDATE best_practice SET state = 'withdrawn', withdrawal_reason = 'outdated'",
            f"UPDATE best_practice_revision SET {', '.join(f'{name} = NULL' for name in EXAMPLE if name != 'language')}",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute(statement)
    finally:
        await connection.close()
