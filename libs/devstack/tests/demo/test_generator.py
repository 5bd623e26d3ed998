from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from forkant_case_client.operations import ROUTES
from forkant_case_client.routes import find
from forkant_contracts.codes import MeasureKind
from forkant_contracts.units import CASE_UNITS, UNITS, UnitKind
from forkant_devstack.demo.generator import endless, generate
from forkant_devstack.demo.profiles import UNIT_WEIGHTS, shares
from forkant_devstack.demo.reference import MethodStep, Reference
from forkant_devstack.demo.script import Script
from forkant_devstack.demo.stories import all_stories

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
REFERENCE = Reference(
    steps={
        MeasureKind.CONCERN_CONVERSATION: (
            MethodStep(code="invited", mandatory=True),
            MethodStep(code="agreed", mandatory=False),
        )
    },
    municipalities={"oslo": ("0301",)},
)


def scripts(cases: int = 500, seed: int = 1) -> list[Script]:
    return generate(cases=cases, seed=seed, now=NOW, reference=REFERENCE)


def opened(found: list[Script]) -> Counter[str]:
    return Counter(script.unit for script in found if script.label == "case")


def test_the_same_seed_writes_the_same_scripts():
    assert scripts() == scripts()


def test_another_seed_writes_others():
    assert scripts(seed=1) != scripts(seed=2)


@pytest.mark.parametrize("count", [0, 1, 34, 500])
def test_as_many_cases_are_written_as_were_asked_for(count):
    assert opened(scripts(cases=count)).total() == count


def test_every_step_is_an_operation_of_the_service_with_a_body_that_it_takes():
    for script in (*scripts(), *all_stories(NOW)):
        for step in script.steps:
            route = find(ROUTES, method=step.method, path=step.path)
            assert route.body is not None, step
            body = {**step.body, **dict.fromkeys(step.refers, str(uuid4()))}
            body |= {"occurred_at": step.at.isoformat()} if step.dated else {}
            body |= {"into": str(uuid4()), "into_etag": '"v1"'} if step.into is not None else {}
            route.body.model_validate(body)


def test_all_units_get_cases_by_population_and_special_bodies_a_few():
    by_unit = opened(scripts())
    assert set(by_unit) == set(CASE_UNITS)
    assert by_unit["oslo"] > 2 * by_unit["innlandet"] > 4 * by_unit["finnmark"]
    bodies = sum(count for unit, count in by_unit.items() if UNITS[unit].kind is UnitKind.SPECIAL_BODY)
    assert bodies < by_unit["innlandet"]


def test_there_are_more_concerns_than_cases_as_in_a_real_year():
    concerns = sum(script.steps[0].path == "/v1/concerns" for script in scripts())
    assert 1.2 < concerns / 500 < 2.2


def test_every_month_of_the_last_year_sees_openings_and_closings():
    year_ago = NOW - timedelta(days=330)
    past = [step for script in scripts() for step in script.until(NOW) if step.at > year_ago]
    months = {(year_ago + timedelta(days=30 * n)).strftime("%Y-%m") for n in range(11)}
    openings = {s.at.strftime("%Y-%m") for s in past if s.path == "/v1/cases" or "case" in s.body}
    closings = {s.at.strftime("%Y-%m") for s in past if s.path.endswith("/close")}
    assert months <= openings
    assert months <= closings


@pytest.mark.parametrize("found", [scripts(), all_stories(NOW)], ids=["generated", "stories"])
def test_a_script_runs_forward_in_time(found):
    assert all(before.at <= after.at for script in found for before, after in pairwise(script.steps))


@pytest.mark.parametrize("found", [scripts(), all_stories(NOW)], ids=["generated", "stories"])
def test_nobody_approves_a_plan_that_they_wrote(found):
    for script in found:
        author = ""
        for step in script.steps:
            if step.path.endswith("/plan"):
                author = step.actor
            if step.path.endswith("/plan/approval"):
                assert step.actor.startswith("lead-")
                assert step.actor != author


def test_a_transferred_case_goes_on_with_the_people_of_its_new_unit():
    moved = [s for s in scripts() if any(step.path.endswith("/accept") for step in s.steps)]
    assert moved
    for script in moved:
        accepted = next(i for i, step in enumerate(script.steps) if step.path.endswith("/accept"))
        units = {step.actor.partition("-")[2] for step in script.steps[accepted:]}
        assert units == {script.steps[accepted].actor.partition("-")[2]}
        assert script.unit not in units


def test_mandatory_steps_are_done_mostly_but_not_always():
    done = sum(step.body.get("step") == "invited" for script in scripts() for step in script.steps)
    conversations = sum(
        step.body.get("kind") == "concern_conversation" for script in scripts() for step in script.steps
    )
    assert 0.5 * conversations < done < conversations


def test_subjects_are_pseudonym_codes():
    openings = [step.body.get("case", step.body) for script in scripts() for step in script.steps[:2]]
    subjects = [body["subject"] for body in openings if "subject" in body]
    assert subjects
    assert all(subject.startswith("Subject ") and len(subject) == len("Subject K-014") for subject in subjects)


def test_all_eight_stories_are_told_and_over_by_now():
    found = all_stories(NOW)
    assert {script.label.split()[0] for script in found} == {str(number) for number in range(1, 9)}
    assert all(script.until(NOW) == script.steps for script in found)


def test_live_scripts_go_on_for_ever_and_begin_now():
    stream = endless(seed=1, reference=REFERENCE, start=NOW)
    assert all(next(stream).steps[0].at == NOW for _ in range(50))


@pytest.mark.parametrize("total", [0, 3, 17, 34, 500, 4999])
def test_shares_add_up(total):
    assert sum(shares(total, UNIT_WEIGHTS).values()) == total
