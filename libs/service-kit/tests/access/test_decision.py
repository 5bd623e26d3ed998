"""Why an ask is refused, by what it is allowed, and seven people who ask for the same list."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from forkant_kit.access.decision import Ask, Asker, Decision, Ground, Refusal, Target, decide
from forkant_kit.access.grants import Grant, GrantKind, Substitution
from forkant_kit.access.rules import Action, Allowance, Reach, Rules

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
CARE = frozenset({"care"})
OFFICER = Allowance(roles=frozenset({"officer"}), purposes=CARE)
LEAD = Allowance(roles=frozenset({"lead"}), purposes=CARE, members_from=3, sees_restricted=True)
GUARD = Allowance(roles=frozenset({"privacy"}), purposes=CARE, members_from=None, sees_restricted=True)
RULES = Rules.of(
    [
        Action(name="read", allowances=(OFFICER, LEAD, GUARD), reads=True, break_glass=True),
        Action(name="change", allowances=(OFFICER, LEAD)),
        Action(name="count", allowances=(replace(GUARD, roles=frozenset({"auditor"}), reach=Reach.EVERYWHERE),)),
    ],
    serves={"care": CARE, "safety": frozenset({"safety"})},
)
ANN = Asker(subject="ann", unit="north", roles=frozenset({"officer"}), clearance=2)
CASE = Target(object_id=UUID(int=1), unit="north", level=1, purpose="care")
SOUTHERN = replace(CASE, unit="south")
MEMBER = Grant(kind=GrantKind.MEMBER, subject="ann", object_id=CASE.object_id, valid_from=NOW)
GLASS = Grant(
    kind=GrantKind.BREAK_GLASS,
    subject="ann",
    object_id=CASE.object_id,
    valid_from=NOW,
    valid_to=NOW + HALF_HOUR,
    reason="acute_danger",
)
ACCESS = replace(GLASS, kind=GrantKind.ACCESS, valid_to=NOW + timedelta(days=7))
LEAVE = Substitution(absent="bo", substitute="ann", valid_from=NOW, valid_to=NOW + timedelta(days=7))
BOS = replace(MEMBER, subject="bo")
READ = Ask(asker=ANN, action="read", purpose="care", at=NOW)
CHANGE = replace(READ, action="change")
LATER = replace(READ, at=NOW + HALF_HOUR)

REFUSED = [
    (replace(READ, action="paint"), CASE, [MEMBER], Refusal.UNKNOWN_ACTION),
    (replace(READ, asker=replace(ANN, roles=frozenset({"admin"}))), CASE, [MEMBER, GLASS], Refusal.ROLE),
    (replace(READ, asker=replace(ANN, roles=frozenset())), CASE, [MEMBER, GLASS], Refusal.ROLE),
    (replace(READ, purpose="safety"), CASE, [MEMBER, GLASS], Refusal.PURPOSE),
    (replace(READ, purpose="curiosity"), CASE, [MEMBER, GLASS], Refusal.PURPOSE),
    (READ, replace(CASE, purpose="safety"), [MEMBER, GLASS], Refusal.PURPOSE),
    (READ, replace(CASE, restricted=True), [MEMBER, GLASS, ACCESS], Refusal.RESTRICTED),
    (READ, replace(CASE, level=3), [MEMBER, GLASS, ACCESS], Refusal.CLEARANCE),
    (READ, replace(CASE, level=-1), [MEMBER, GLASS], Refusal.CLEARANCE),
    (READ, SOUTHERN, [], Refusal.UNIT),
    (READ, SOUTHERN, [MEMBER], Refusal.UNIT),
    (READ, CASE, [], Refusal.MEMBERSHIP),
    (READ, CASE, [BOS], Refusal.MEMBERSHIP),
    (READ, CASE, [replace(GLASS, object_id=UUID(int=2))], Refusal.MEMBERSHIP),
    (READ, CASE, [replace(GLASS, valid_from=NOW + HALF_HOUR / 2)], Refusal.MEMBERSHIP),
    (LATER, CASE, [GLASS], Refusal.LAPSED),
    (LATER, CASE, [replace(MEMBER, valid_to=NOW + HALF_HOUR)], Refusal.LAPSED),
    (CHANGE, CASE, [GLASS], Refusal.NOT_BY_BREAK_GLASS),
    (CHANGE, SOUTHERN, [GLASS], Refusal.NOT_BY_BREAK_GLASS),
]


@pytest.mark.parametrize(("ask", "target", "grants", "refusal"), REFUSED)
def test_a_refusal_says_what_was_lacking(ask: Ask, target: Target, grants: list[Grant], refusal: Refusal):
    assert decide(RULES, ask, target, grants=grants) == Decision(refusal=refusal)


ALLOWED = [
    (replace(READ, asker=replace(ANN, roles=frozenset({"lead"}))), CASE, [], [], Ground.RULE),
    (READ, CASE, [MEMBER, GLASS, ACCESS], [], Ground.MEMBER),
    (CHANGE, CASE, [MEMBER], [], Ground.MEMBER),
    (READ, CASE, [BOS], [LEAVE], Ground.SUBSTITUTE),
    (READ, SOUTHERN, [ACCESS, GLASS], [], Ground.ACCESS),
    (CHANGE, SOUTHERN, [ACCESS], [], Ground.ACCESS),
    (READ, SOUTHERN, [GLASS], [], Ground.BREAK_GLASS),
]


@pytest.mark.parametrize(("ask", "target", "grants", "leaves", "ground"), ALLOWED)
def test_an_allowed_ask_names_its_plainest_ground(ask, target, grants, leaves, ground: Ground):
    assert decide(RULES, ask, target, grants=grants, substitutions=leaves) == Decision(ground=ground)


@pytest.mark.parametrize("kind", [GrantKind.ACCESS, GrantKind.BREAK_GLASS])
def test_a_substitute_does_not_get_what_was_given_to_the_absent_person_alone(kind: GrantKind):
    granted = replace(GLASS, subject="bo", kind=kind)
    assert not decide(RULES, READ, CASE, grants=[granted], substitutions=[LEAVE]).allowed


def test_a_substitute_of_a_substitute_gets_nothing():
    leaves = [replace(LEAVE, absent="cy", substitute="bo"), LEAVE]
    assert not decide(RULES, READ, CASE, grants=[replace(BOS, subject="cy")], substitutions=leaves).allowed


def test_two_roles_are_not_mixed_into_a_third():
    both = replace(ANN, roles=frozenset({"officer", "lead"}))
    secret = replace(CASE, level=2, unit="south", restricted=True)
    assert decide(RULES, replace(READ, asker=both), secret, grants=[MEMBER]).refusal is Refusal.UNIT


def test_an_action_that_changes_something_can_not_be_opened_by_break_glass():
    with pytest.raises(ValueError, match="break-glass is read-only"):
        Action(name="change", allowances=(OFFICER,), break_glass=True)


def test_rules_that_contradict_themselves_are_refused():
    read = Action(name="read", allowances=(OFFICER,), reads=True)
    with pytest.raises(ValueError, match="twice"):
        Rules.of([read, read], serves={"care": CARE})
    with pytest.raises(ValueError, match="serve nothing"):
        Rules.of([read], serves={})


def test_times_without_a_zone_and_leave_of_oneself_are_refused():
    naive = NOW.replace(tzinfo=None)
    for faulty in (
        lambda: replace(MEMBER, valid_from=naive),
        lambda: replace(MEMBER, valid_to=naive),
        lambda: replace(LEAVE, substitute="bo"),
        lambda: replace(READ, at=naive),
    ):
        with pytest.raises(ValueError):
            faulty()


def test_the_table_says_which_roles_may_ever_take_an_action():
    assert RULES.roles_by_action() == {
        "read": {"officer", "lead", "privacy"},
        "change": {"officer", "lead"},
        "count": {"auditor"},
    }
