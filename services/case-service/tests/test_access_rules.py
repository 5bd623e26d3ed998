"""The service's table of access says the same roles as the policy table, and who reads which cases."""

from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest
from case_service.access_rules import ACCESS, NOT_ON_CASES
from case_service.domain.levels import Level
from case_service.policy import RULES
from forkant_contracts.codes import PurposeCode, Role
from forkant_kit.access.decision import Ask, Asker, Target, decide
from forkant_kit.access.grants import Grant, GrantKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CASES = {
    f"{unit}-{level.value}{'-restricted' if restricted else ''}": Target(
        object_id=UUID(int=number), unit=unit, level=level, purpose=PurposeCode.PREVENT_CRIME, restricted=restricted
    )
    for number, (unit, level, restricted) in enumerate(product(("oslo", "troms"), Level, (False, True)))
}
MEMBERS = [
    Grant(kind=GrantKind.MEMBER, subject="officer-oslo", object_id=case.object_id, valid_from=NOW)
    for case in CASES.values()
]
LEAD_SEES = {"oslo-1", "oslo-2", "oslo-1-restricted", "oslo-2-restricted"}
READERS = {
    "officer-oslo": ("oslo", Role.CASE_OFFICER, Level.CONFIDENTIAL, {"oslo-1", "oslo-2"}),
    "officer2-oslo": ("oslo", Role.CASE_OFFICER, Level.CONFIDENTIAL, set()),
    "lead-oslo": ("oslo", Role.PREVENTION_LEAD, Level.STRICTLY_CONFIDENTIAL, LEAD_SEES),
    "privacy-oslo": (
        "oslo",
        Role.PRIVACY_OFFICER,
        Level.STRICTLY_CONFIDENTIAL,
        {name for name in CASES if name.startswith("oslo")},
    ),
    "analyst-oslo": ("oslo", Role.ANALYST, Level.STRICTLY_CONFIDENTIAL, set()),
    "officer-troms": ("troms", Role.CASE_OFFICER, Level.CONFIDENTIAL, set()),
    "pod-admin": ("pod", Role.ADMINISTRATOR, Level.STRICTLY_CONFIDENTIAL, set()),
}


@pytest.mark.parametrize("name", sorted(READERS))
def test_seven_people_read_what_their_standing_allows(name: str):
    unit, role, clearance, expected = READERS[name]
    asker = Asker(subject=name, unit=unit, roles=frozenset({role}), clearance=clearance)
    ask = Ask(asker=asker, action="case.read", purpose=PurposeCode.PREVENT_CRIME, at=NOW)
    assert {known for known, case in CASES.items() if decide(ACCESS, ask, case, grants=MEMBERS).allowed} == expected


def test_no_role_of_the_policy_table_is_lost_or_added():
    expected = {action: roles for action, roles in RULES.items() if action not in NOT_ON_CASES}
    assert ACCESS.roles_by_action() == expected


def test_an_unknown_purpose_serves_no_case():
    asker = Asker(subject="lead-oslo", unit="oslo", roles=frozenset({Role.PREVENTION_LEAD}), clearance=3)
    ask = Ask(asker=asker, action="case.read", purpose=PurposeCode.UNKNOWN, at=NOW)
    assert not any(decide(ACCESS, ask, case).allowed for case in CASES.values())
