"""An example is reviewed and published by others than who wrote it, and each warning is answered."""

from .conftest import CHECKS, EXAMPLE, Draft, body, refused


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
