"""The generated client against the real service: a case from its opening to its end, and each refusal by its code."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from forkant_case_client import CaseService, Part, RefusedError, Transport
from forkant_case_client.models import (
    Act,
    AddPartner,
    CaseView,
    CloseCase,
    OpenCase,
    PlanGoal,
    PlanMeasure,
    SaveAssessment,
    SaveEvaluation,
    SavePlan,
    SearchCases,
)
from forkant_contracts.codes import (
    CaseState,
    CaseType,
    CloseReason,
    Effect,
    LegalBasis,
    MeasureKind,
    PartnerKind,
    PurposeCode,
    Theme,
)

DUE = (datetime.now(UTC) + timedelta(days=30)).date()
PLACE = OpenCase(
    case_type=CaseType.PLACE,
    theme=Theme.VANDALISM,
    purpose_code=PurposeCode.PUBLIC_SAFETY,
    legal_basis=LegalBasis.POLICE_ACT,
    title="The bus station",
)


@pytest.fixture
def client_of(service):
    """Give the client of a persona."""

    def made(persona: str) -> CaseService:
        bearer = service.person(persona).headers["Authorization"].removeprefix("Bearer ")

        async def token() -> str:
            return bearer

        return CaseService(Transport(service.client, token=token))

    return made


def test_every_operation_of_the_service_is_a_method_of_the_client():
    document = json.loads((Path(__file__).parents[2] / "openapi.json").read_text("utf-8"))
    named = {
        operation["operationId"]
        for path, operations in document["paths"].items()
        if path.startswith("/v1/")
        for operation in operations.values()
    }
    assert named == {name for name in vars(CaseService) if not name.startswith("_")}


async def test_a_case_is_worked_through_by_the_client_alone(client_of):
    officer, lead = client_of("officer-oslo"), client_of("lead-oslo")
    opened = await officer.cases_open(PLACE)
    case = opened.body.id
    joined = await officer.partners_add_partner(
        case, AddPartner(kind=PartnerKind.MUNICIPALITY, name="The park office"), if_match=opened.etag
    )
    assessed = await officer.work_assess(case, SaveAssessment(completed=True), if_match=joined.etag)
    goal = PlanGoal(text="Fewer broken panes", measurable=True, baseline="9 a month")
    planned = await officer.work_plan(case, SavePlan(goals=[goal]), if_match=assessed.etag)
    approved = await lead.work_approve(case, Act(), if_match=planned.etag)
    measure = await officer.measures_plan_measure(
        case, PlanMeasure(kind=MeasureKind.SITUATIONAL_MEASURE, due_on=DUE), if_match=approved.etag
    )
    assert measure.body.item_id is not None
    started = await officer.measures_start_measure(case, measure.body.item_id, Act(), if_match=measure.etag)
    assert started.body.state is CaseState.ACTIVE
    completed = await officer.measures_complete_measure(case, measure.body.item_id, Act(), if_match=started.etag)
    evaluated = await officer.work_evaluate(
        case, SaveEvaluation(effect=Effect.PARTIAL, completed=True), if_match=completed.etag
    )
    closed = await officer.course_close(case, CloseCase(reason=CloseReason.EVALUATED), if_match=evaluated.etag)
    assert closed.body.state is CaseState.CLOSED
    shown = (await officer.cases_read(case)).body
    assert (shown.title, shown.partners[0].name, shown.evaluation and shown.evaluation.effect) == (
        "The bus station",
        "The park office",
        Effect.PARTIAL,
    )


async def test_who_changes_what_somebody_else_changed_meanwhile_hears_of_it_and_loses_nothing(client_of):
    officer = client_of("officer-oslo")
    opened = await officer.cases_open(PLACE)
    draft = SaveAssessment(summary="The first.")
    await officer.work_assess(opened.body.id, draft, if_match=opened.etag)
    with pytest.raises(RefusedError, match="stale-version") as caught:
        await officer.work_assess(opened.body.id, SaveAssessment(summary="The second."), if_match=opened.etag)
    assert caught.value.status == 412
    shown = (await officer.cases_read(opened.body.id)).body
    assert shown.assessment is not None
    assert shown.assessment.summary == "The first."


async def test_a_request_that_is_sent_again_by_its_key_does_nothing_twice(client_of):
    officer = client_of("officer-oslo")
    first = await officer.cases_open(PLACE, idempotency_key="once")
    again = await officer.cases_open(PLACE, idempotency_key="once")
    assert (first.body, first.replayed, again.replayed) == (again.body, False, True)


async def test_what_the_service_refuses_says_where_and_why(client_of):
    officer, stranger = client_of("officer-oslo"), client_of("lead-troms")
    opened = await officer.cases_open(PLACE)
    with pytest.raises(RefusedError) as closed:
        await officer.course_close(opened.body.id, CloseCase(reason=CloseReason.EVALUATED), if_match=opened.etag)
    assert closed.value.code == "evaluation-required"
    with pytest.raises(RefusedError) as wrong:
        await officer.cases_open(PLACE.model_copy(update={"title": ""}))
    assert (wrong.value.code, wrong.value.facts["errors"][0]["place"]) == ("invalid-request", "body.title")
    with pytest.raises(RefusedError) as hidden:
        await stranger.cases_read(opened.body.id)
    assert (hidden.value.status, hidden.value.code) == (404, "not-found")


async def test_lists_are_read_page_by_page(client_of):
    officer = client_of("officer-oslo")
    wanted = {(await officer.cases_open(PLACE)).body.id for _ in range(3)}
    seen, cursor = [], None
    while len(seen) < 3:
        page = (await officer.cases_list_cases(theme=[Theme.VANDALISM], limit=2, cursor=cursor)).body
        seen += [line.id for line in page.items]
        cursor = page.next
    assert wanted <= set(seen[:4])


async def test_an_answer_of_some_fields_alone_is_told_apart_by_its_type_and_holds_them_alone(client_of):
    officer = client_of("officer-oslo")
    case = (await officer.cases_open(PLACE)).body.id
    part: Part = (await officer.cases_read(case, fields="state,title")).body
    assert {**part, "version": 0} == {
        "id": str(case), "version": 0, "state": "registered", "title": "The bus station",
    }  # fmt: skip
    whole: CaseView = (await officer.cases_read(case)).body
    assert (whole.id, whole.title) == (case, "The bus station")
    found = await officer.cases_search(SearchCases(words="bus station"), fields="theme")
    assert {"id": str(case), "version": part["version"], "theme": "vandalism"} in found.body["items"]
    with pytest.raises(RefusedError, match="unknown-field"):
        await officer.tasks_list_tasks(fields="gossip")
