"""Drafts are drawn from evaluated cases alone, by those who may see them, and go with their case."""

import asyncio
from uuid import uuid4

from .conftest import EXAMPLE, Draft, body, found, refused, rows_with


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
