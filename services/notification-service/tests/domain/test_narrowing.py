"""Whether somebody may have a subscription at all, by their unit and roles."""

from uuid import uuid4

import pytest
from forkant_contracts.codes import Role, Theme
from notification_service.domain.audiences import RULES, Side
from notification_service.domain.kinds import Kind
from notification_service.domain.narrowing import Narrowing, Objection, Person, objections

LEAD = Person(unit="oslo", roles=frozenset({"prevention_lead"}))
OFFICER = Person(unit="oslo", roles=frozenset({"case_officer"}))
ANALYST = Person(unit="pod", roles=frozenset({"analyst"}))
OBJECTION = Objection


@pytest.mark.parametrize(
    ("person", "narrowing", "expected"),
    [
        (LEAD, Narrowing(), ()),
        (OFFICER, Narrowing(), ()),
        (ANALYST, Narrowing(), ()),
        (OFFICER, Narrowing(kinds=frozenset({Kind.GLASS_BROKEN})), (OBJECTION.KIND_NOT_FOR_YOU,)),
        (OFFICER, Narrowing(kinds=frozenset({Kind.GLASS_BROKEN, Kind.CASE_CLOSED})), (OBJECTION.KIND_NOT_FOR_YOU,)),
        (ANALYST, Narrowing(kinds=frozenset({Kind.CASE_OPENED})), (OBJECTION.KIND_NOT_FOR_YOU,)),
        (ANALYST, Narrowing(kinds=frozenset({Kind.THRESHOLD_CROSSED}), indicator=10), ()),
        (OFFICER, Narrowing(indicator=10), (OBJECTION.NOTHING_MATCHES,)),
        (LEAD, Narrowing(indicator=10), ()),
        (LEAD, Narrowing(indicator=10, case_id=uuid4()), (OBJECTION.NOTHING_MATCHES,)),
        (LEAD, Narrowing(indicator=10, themes=frozenset({Theme.VIOLENCE})), (OBJECTION.NOTHING_MATCHES,)),
        (LEAD, Narrowing(case_id=uuid4(), themes=frozenset({Theme.VIOLENCE})), ()),
        (OFFICER, Narrowing(roles=frozenset({Role.PREVENTION_LEAD})), (OBJECTION.ROLE_NOT_HELD,)),
        (LEAD, Narrowing(units=frozenset({"oslo", "oslo/gde-sentrum"})), ()),
        (LEAD, Narrowing(units=frozenset({"atlantis"})), (OBJECTION.UNKNOWN_UNIT,)),
        (
            LEAD,
            Narrowing(kinds=frozenset({Kind.CASE_OPENED}), units=frozenset({"troms"})),
            (OBJECTION.UNIT_NOT_FOR_YOU,),
        ),
        (LEAD, Narrowing(kinds=frozenset({Kind.METHOD_PUBLISHED}), units=frozenset({"pod"})), ()),
        (ANALYST, Narrowing(units=frozenset({"troms"})), ()),
        (Person(unit="oslo", roles=frozenset()), Narrowing(), (OBJECTION.KIND_NOT_FOR_YOU,)),
    ],
)
def test_a_subscription_is_one_of_what_is_meant_for_the_person(person, narrowing, expected):
    assert objections(narrowing, person) == expected


@pytest.mark.parametrize("role", sorted(Role))
@pytest.mark.parametrize("unit", ["oslo", "pod"])
def test_a_kind_can_be_had_by_who_has_a_rule_that_gives_it_and_by_nobody_else(role, unit):
    person = Person(unit=unit, roles=frozenset({role.value}))
    for kind in Kind:
        given = any(
            rule.kind is kind and role in rule.roles and (rule.side is Side.DIRECTORATE) == (unit == "pod")
            for rules in RULES.values()
            for rule in rules
        )
        assert (objections(Narrowing(kinds=frozenset({kind})), person) == ()) is given, kind
