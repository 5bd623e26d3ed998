"""Who is told what, which endpoint wants what, and what messages say."""

from dataclasses import replace
from datetime import UTC, datetime
from string import Formatter
from uuid import UUID

import pytest
from forkant_contracts import EVENT_TYPES
from forkant_contracts.codes import Role, TaskKind
from forkant_contracts.topics import ACCESS_TOPIC, CATALOGUE_TOPIC
from forkant_contracts.units import CASE_UNITS, UNITS
from notification_service.domain.audiences import (
    ABOUT_NOBODY,
    FOR_PEOPLE_ALONE,
    RULES,
    SHARED_TYPES,
    WITHOUT_AN_EVENT,
    Needs,
    notices,
)
from notification_service.domain.filters import EndpointFilter, not_allowed
from notification_service.domain.happenings import Happening, Subject
from notification_service.domain.kinds import Kind
from notification_service.domain.texts import en, nb, nn
from notification_service.domain.wording import message

ID = UUID("0190b3a0-0000-7000-8000-000000000001")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def happening(
    name: str,
    *,
    unit: str = "oslo",
    former: str | None = None,
    restricted: bool | None = None,
    level: int | None = None,
    answering: str | None = None,
    task: TaskKind | None = None,
    asked: Role | None = None,
) -> Happening:
    return Happening(
        event_id=ID,
        type=f"no.forkant.{name}.v1",
        subject=Subject.CASE,
        subject_id=ID,
        version=2,
        unit=unit,
        occurred_at=NOW,
        recorded_at=NOW,
        former_unit=former,
        restricted=restricted,
        level=level,
        answering_unit=answering,
        task=task,
        asked=asked,
    )


def shared(name: str, *, unit: str) -> Happening:
    return replace(happening(name, unit=unit), subject=Subject.METHOD)


def told(name: str, **facts) -> set[tuple[str, str, str]]:
    return {(n.kind.value, n.unit, role.value) for n in notices(happening(name, **facts)) for role in n.roles}


def test_every_rule_is_for_an_event_type_of_the_contracts():
    assert RULES.keys() <= EVENT_TYPES.keys()


def test_every_kind_of_message_comes_from_some_rule_or_from_no_event():
    ruled = {rule.kind for rules in RULES.values() for rule in rules}
    assert ruled | WITHOUT_AN_EVENT == set(Kind)
    assert not ruled & WITHOUT_AN_EVENT


def test_only_those_who_answer_for_access_are_told_of_cases_that_they_need_not_see():
    by_role = {
        rule.kind: rule.roles
        for name, rules in RULES.items()
        for rule in rules
        if rule.needs is Needs.ROLE and name not in ABOUT_NOBODY
    }
    assert by_role.keys() == {Kind.GLASS_BROKEN, Kind.ACCESS_REVIEWED, Kind.REVIEW_OVERDUE, Kind.REVIEW_ESCALATED}
    assert set().union(*by_role.values()) == {Role.PREVENTION_LEAD, Role.PRIVACY_OFFICER}


def test_what_all_units_share_is_the_catalogue_and_is_told_to_those_who_work_with_cases_in_every_unit():
    assert {name for name, model in EVENT_TYPES.items() if model.TOPIC == CATALOGUE_TOPIC} == SHARED_TYPES
    workers = {"prevention_lead", "case_officer", "police_liaison", "radicalisation_contact", "online_patrol"}
    for name, kind in (
        ("best-practice.published", "best_practice_published"),
        ("method.published", "method_published"),
        ("method.retired", "method_retired"),
        ("unit.changed", "unit_changed"),
    ):
        assert told(name) == {(kind, unit, role) for unit in CASE_UNITS for role in workers}


def test_other_units_read_which_unit_published_and_its_own_reads_its_name():
    abouts = {n.unit: n.about_unit for n in notices(happening("best-practice.published"))}
    assert abouts == {unit: None if unit == "oslo" else "oslo" for unit in CASE_UNITS}


def test_only_that_a_case_is_gone_or_on_offer_is_told_to_those_who_may_not_see_it():
    ever = {rule.kind for rules in RULES.values() for rule in rules if rule.needs is Needs.EVER}
    assert ever == {Kind.CASE_ERASED, Kind.CASE_TRANSFERRED_OUT, Kind.OFFER_DUE_SOON, Kind.OFFER_OVERDUE}


def test_no_rule_tells_a_role_that_sees_no_cases():
    outsiders = {Role.SUBSCRIBER, Role.IMPORTER, Role.DIRECTORATE, Role.AUDITOR, Role.METHOD_EDITOR, Role.UNKNOWN}
    assert not any(rule.roles & outsiders for rules in RULES.values() for rule in rules)


def test_a_plan_that_awaits_approval_is_told_to_the_leads_alone():
    assert told("case.planned") == {("plan_awaits_approval", "oslo", "prevention_lead")}


def test_a_transfer_is_told_to_both_units_each_in_its_own_words():
    units = {(kind, unit) for kind, unit, _ in told("case.transferred", unit="troms", former="oslo")}
    assert units == {("case_transferred_in", "troms"), ("case_transferred_out", "oslo")}


def test_a_case_that_goes_with_its_unit_is_no_news_of_its_own():
    moved = happening("case.transferred", unit="sor", former="agder")
    assert {n.unit for n in notices(moved)} == {"sor", "agder"}
    assert notices(replace(moved, reorganised=True)) == ()


def test_a_restriction_and_its_end_are_different_news():
    assert {kind for kind, _, _ in told("case.restricted", restricted=True)} == {"case_restricted"}
    assert {kind for kind, _, _ in told("case.restricted", restricted=False)} == {"case_restriction_lifted"}
    assert ("case_restricted", "oslo", "case_officer") not in told("case.restricted", restricted=True)


def test_a_review_that_is_overdue_is_told_to_leads_and_privacy_officers_of_the_unit():
    assert told("access.review-overdue", level=1) == {
        ("review_overdue", "oslo", "prevention_lead"),
        ("review_overdue", "oslo", "privacy_officer"),
    }


def test_a_review_that_waits_on_is_told_to_them_again_and_to_the_directorates_privacy_officers():
    assert told("access.review-overdue", level=2) == {
        ("review_escalated", "oslo", "prevention_lead"),
        ("review_escalated", "oslo", "privacy_officer"),
        ("review_escalated", "pod", "privacy_officer"),
    }
    abouts = {n.unit: n.about_unit for n in notices(happening("access.review-overdue", level=2))}
    assert abouts == {"oslo": None, "pod": "oslo"}


def test_no_system_is_told_of_a_look_into_a_case_or_of_its_review():
    access = {name for name, model in EVENT_TYPES.items() if model.TOPIC == ACCESS_TOPIC}
    assert len(access) == 4
    assert access == FOR_PEOPLE_ALONE


def test_an_event_that_is_no_news_is_told_to_nobody():
    assert told("measure.step-completed") == set()


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("unit", [*UNITS, "oslo/gde-sentrum", "somewhere-new"])
def test_a_message_has_words_in_both_languages_and_names_the_unit(kind, unit):
    found = message(kind, unit)
    assert found.title.nb
    assert found.title.en
    name = UNITS[unit.split("/")[0]].name_nb if unit.split("/")[0] in UNITS else unit
    assert name in found.text.nb


def test_a_template_can_be_given_nothing_but_the_unit():
    for texts in (nb.TEXTS, nn.TEXTS, en.TEXTS):
        for wording in (said for both in texts.values() for said in both):
            assert {name for _, name, _, _ in Formatter().parse(wording) if name} <= {"unit"}


def an_endpoint(
    *, unit: str = "oslo", national: bool = False, types: tuple[str, ...] = (), units: tuple[str, ...] = ()
):
    return EndpointFilter(
        endpoint_id=ID, unit=unit, national=national, event_types=frozenset(types), units=frozenset(units)
    )


@pytest.mark.parametrize(
    ("endpoint", "event", "wanted"),
    [
        (an_endpoint(), happening("case.opened"), True),
        (an_endpoint(), happening("case.opened", unit="troms"), False),
        (an_endpoint(), happening("case.opened", unit="oslo/gde-sentrum"), True),
        (an_endpoint(unit="oslo/gde-sentrum"), happening("case.opened"), False),
        (an_endpoint(), happening("case.transferred", unit="troms", former="oslo"), True),
        (an_endpoint(types=("no.forkant.case.closed.v1",)), happening("case.opened"), False),
        (an_endpoint(types=("no.forkant.case.closed.v1",)), happening("case.closed"), True),
        (an_endpoint(unit="pod", national=True), happening("case.opened", unit="finnmark"), True),
        (an_endpoint(unit="pod", national=True, units=("oslo",)), happening("case.opened", unit="finnmark"), False),
        (an_endpoint(unit="pod", national=True, units=("oslo",)), happening("case.opened", unit="oslo/gde-a"), True),
        (an_endpoint(unit="pod"), happening("case.opened", unit="finnmark"), False),
        (an_endpoint(units=("troms",)), happening("case.transferred", unit="troms", former="oslo"), False),
        (an_endpoint(unit="ost"), happening("case.opened", unit="ostlandet"), False),
        (an_endpoint(), shared("method.published", unit="pod"), True),
        (an_endpoint(unit="oslo/gde-a"), shared("best-practice.published", unit="troms"), True),
        (an_endpoint(units=("oslo",)), shared("best-practice.published", unit="troms"), False),
        (an_endpoint(units=("oslo",)), shared("best-practice.published", unit="oslo"), True),
        (an_endpoint(types=("no.forkant.case.opened.v1",)), shared("method.published", unit="pod"), False),
    ],
)
def test_an_endpoint_gets_what_it_may_know_and_asked_for(endpoint, event, wanted):
    assert endpoint.wants(event) is wanted


def test_a_message_does_not_name_a_unit_that_the_owner_may_not_know():
    assert an_endpoint().unit_shown(happening("case.erased", unit="vest")) is None
    assert an_endpoint().unit_shown(shared("method.published", unit="pod")) == "pod"
    assert an_endpoint().unit_shown(happening("case.transferred", unit="troms", former="oslo")) == "troms"


def test_units_beyond_the_owners_own_are_named_in_the_refusal():
    assert not_allowed(unit="oslo", national=False, asked=["oslo", "oslo/gde-a", "troms"]) == ("troms",)
    assert not_allowed(unit="pod", national=True, asked=["oslo", "troms"]) == ()


def test_an_overdue_task_is_told_to_the_leads_of_the_unit_again_at_each_level_and_to_nobody_else():
    assert told("task.overdue", level=1) == {("task_overdue", "oslo", "prevention_lead")}
    for level in (2, 9):
        assert told("task.overdue", level=level) == {("task_escalated", "oslo", "prevention_lead")}
    assert {notice.needs for level in (1, 2) for notice in notices(happening("task.overdue", level=level))} == {
        Needs.NOW
    }
    assert told("task.assigned") == told("task.completed") == set()


def test_an_offer_that_nobody_answers_is_told_to_the_leads_who_are_to_answer_it_and_not_to_those_who_wait():
    for level in (1, 2):
        assert told("task.overdue", level=level, answering="troms") == {("offer_overdue", "troms", "prevention_lead")}
        [notice] = notices(happening("task.overdue", level=level, answering="troms"))
        assert (notice.needs, notice.about_unit) == (Needs.EVER, "oslo")


OFFICERS = ("case_officer", "online_patrol", "police_liaison", "radicalisation_contact")


def test_who_is_to_do_what_is_due_soon_is_told_and_nobody_else():
    for task, asked, kind, roles in (
        (TaskKind.HOLD_FOLLOW_UP, Role.CASE_OFFICER, "follow_up_due_soon", OFFICERS),
        (TaskKind.COMPLETE_MEASURE, Role.CASE_OFFICER, "measure_due_soon", OFFICERS),
        (TaskKind.REVIEW_CASE, Role.CASE_OFFICER, "task_due_soon", OFFICERS),
        (TaskKind.UNKNOWN, Role.CASE_OFFICER, "task_due_soon", OFFICERS),
        (TaskKind.APPROVE_PLAN, Role.PREVENTION_LEAD, "task_due_soon", ("prevention_lead",)),
    ):
        found = told("task.due-soon", task=task, asked=asked)
        assert found == {(kind, "oslo", role) for role in roles}, task
    assert told("task.due-soon", task=TaskKind.REVIEW_CASE, asked=Role.UNKNOWN) == set()


def test_an_offer_that_is_due_soon_is_for_the_leads_of_the_unit_that_is_to_answer():
    facts = {"task": TaskKind.ANSWER_TRANSFER, "asked": Role.PREVENTION_LEAD, "answering": "troms"}
    assert told("task.due-soon", **facts) == {("offer_due_soon", "troms", "prevention_lead")}


def test_an_overdue_follow_up_or_measure_is_told_to_its_officers_too_and_once():
    for task, kind in (
        (TaskKind.HOLD_FOLLOW_UP, "follow_up_overdue"),
        (TaskKind.COMPLETE_MEASURE, "measure_overdue"),
    ):
        lead = ("task_overdue", "oslo", "prevention_lead")
        assert told("task.overdue", task=task, level=1) == {lead, *((kind, "oslo", role) for role in OFFICERS)}
        assert told("task.overdue", task=task, level=2) == {("task_escalated", "oslo", "prevention_lead")}
