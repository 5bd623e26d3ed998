"""The decision about one object and the predicate of a list are one rule, on PostgreSQL, for any table of rules."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from forkant_kit.access.decision import Ask, Asker, Decision, Ground, Target, decide
from forkant_kit.access.grants import BREAK_GLASS_LASTS, Grant, GrantKind, Substitution
from forkant_kit.access.rules import Action, Allowance, Reach, Rules
from forkant_kit.access.schema import access_grant, access_substitution
from forkant_kit.access.visibility import Columns, visible
from forkant_kit.testing import Stage
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Column, Integer, MetaData, Table, Text, Uuid, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

THING = Table(
    "thing",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("unit", Text),
    Column("level", Integer),
    Column("purpose", Text),
    Column("restricted", Boolean),
)
COLUMNS = Columns(
    object_id=THING.c.id,
    unit=THING.c.unit,
    level=THING.c.level,
    purpose=THING.c.purpose,
    restricted=THING.c.restricted,
)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

# Weighted so that most asks get past role, purpose and clearance, and the ties of grants decide.
people = st.sampled_from(["ann", "bo", "cy"])
units = st.sampled_from(["north", "south"])
roles = st.sampled_from([frozenset({"clerk"}), frozenset({"chief"}), frozenset({"clerk", "chief"})])
purposes = st.sampled_from(["care", "care", "care", "safety"])
levels = st.sampled_from([-1, 0, 1, 1, 2, 2, 3])
clearances = st.sampled_from([-1, 0, 1, 2, 3, 3, 3, 3])
seldom = st.sampled_from([False, False, False, True])
lengths = st.sampled_from([0, 1, 15, 30, 45, 60]).map(lambda minutes: minutes * MINUTE)
# Around the moment asked about, so that starts and ends fall on it exactly.
offsets = st.sampled_from([-45, -30, -29, -15, -1, 0, 1]).map(lambda minutes: minutes * MINUTE)
allowances = st.builds(
    Allowance,
    roles=roles,
    purposes=st.frozensets(purposes, min_size=1),
    reach=st.sampled_from(Reach),
    members_from=st.sampled_from([None, 0, 0, 0, 1, 2, 3]),
    sees_restricted=st.booleans(),
)


@st.composite
def some_rules(draw: st.DrawFn) -> Rules:
    allowed = tuple(draw(st.lists(allowances, min_size=1, max_size=3)))
    action = Action(name="look", allowances=allowed, reads=True, break_glass=not draw(seldom))
    serves = {purpose: draw(st.frozensets(purposes, min_size=1)) for purpose in ("care", "safety")}
    return Rules.of([action], serves=serves)


@st.composite
def a_grant(draw: st.DrawFn, ids: Sequence[UUID]) -> Grant:
    kind = draw(st.sampled_from(GrantKind))
    start = NOW + draw(offsets)
    longest = BREAK_GLASS_LASTS if kind is GrantKind.BREAK_GLASS else 60 * MINUTE
    end = start + min(longest, draw(lengths))
    return Grant(
        kind=kind,
        subject=draw(people),
        object_id=draw(st.sampled_from(ids)),
        valid_from=start,
        valid_to=None if kind is GrantKind.MEMBER and draw(st.booleans()) else end,
        reason="acute_danger",
    )


@st.composite
def a_substitution(draw: st.DrawFn) -> Substitution:
    absent, substitute = draw(st.lists(people, min_size=2, max_size=2, unique=True))
    start = NOW + draw(offsets)
    end = start + draw(lengths)
    return Substitution(absent=absent, substitute=substitute, valid_from=start, valid_to=end)


@st.composite
def a_world(draw: st.DrawFn) -> tuple[list[Target], list[Grant], list[Substitution]]:
    ids = [UUID(int=number) for number in range(1, draw(st.integers(2, 6)))]
    things = [
        Target(
            object_id=object_id,
            unit=draw(units),
            level=draw(levels),
            purpose=draw(purposes),
            restricted=draw(seldom),
        )
        for object_id in ids
    ]
    return things, draw(st.lists(a_grant(ids), min_size=2, max_size=12)), draw(st.lists(a_substitution(), max_size=6))


askers = st.builds(
    Asker,
    subject=people,
    unit=units,
    roles=st.sampled_from(["clerk", "clerk", "chief", "chief", "guest"]).map(lambda role: frozenset({role})) | roles,
    clearance=clearances,
)
actions = st.sampled_from(["look"] * 9 + ["paint"])


async def store(
    conn: AsyncConnection, things: Iterable[Target], grants: Iterable[Grant], substitutions: Iterable[Substitution]
) -> None:
    for thing in things:
        row = asdict(thing)
        await conn.execute(insert(THING).values(id=row.pop("object_id"), **row))
    for grant in grants:
        await conn.execute(insert(access_grant).values(id=uuid4(), given_by="bo", **asdict(grant)))
    for substitution in substitutions:
        await conn.execute(
            insert(access_substitution).values(id=uuid4(), unit="north", made_by="bo", **asdict(substitution))
        )


async def seen(conn: AsyncConnection, rules: Rules, ask: Ask) -> set[UUID]:
    return set((await conn.execute(select(THING.c.id).where(visible(rules, ask, COLUMNS)))).scalars())


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(
    rules=some_rules(),
    world=a_world(),
    who=st.lists(askers, min_size=3, max_size=6),
    asked=st.tuples(actions, purposes),
)
async def test_a_list_shows_what_may_be_read_one_by_one_and_nothing_else(engine: AsyncEngine, rules, world, who, asked):
    things, grants, substitutions = world
    async with engine.connect() as conn:
        await store(conn, things, grants, substitutions)
        for asker in who:
            ask = Ask(asker=asker, action=asked[0], purpose=asked[1], at=NOW)
            decisions = {
                thing.object_id: decide(rules, ask, thing, grants=grants, substitutions=substitutions)
                for thing in things
            }
            for decision in decisions.values():
                event(str(decision.ground or decision.refusal))
            assert await seen(conn, rules, ask) == {id_ for id_, decision in decisions.items() if decision.allowed}
        await conn.rollback()


READERS = Allowance(roles=frozenset({"clerk"}), purposes=frozenset({"care"}), members_from=None, reach=Reach.EVERYWHERE)
SERVES = {"care": frozenset({"care"})}
CLERK = Asker(subject="ann", unit="north", roles=frozenset({"clerk"}), clearance=3)


@pytest.mark.parametrize("column", ["unit", "level", "purpose", "restricted"])
async def test_a_row_of_which_the_rules_know_too_little_is_seen_by_nobody(engine: AsyncEngine, column: str):
    row = {"unit": "north", "level": 1, "purpose": "care", "restricted": False}
    for sees_restricted in (False, True):
        allowance = Allowance(
            roles=READERS.roles,
            purposes=READERS.purposes,
            members_from=None,
            reach=Reach.EVERYWHERE,
            sees_restricted=sees_restricted,
        )
        rules = Rules.of([Action(name="look", allowances=(allowance,), reads=True)], serves=SERVES)
        ask = Ask(asker=CLERK, action="look", purpose="care", at=NOW)
        async with engine.connect() as conn:
            await conn.execute(insert(THING).values(id=UUID(int=1), **row))
            await conn.execute(insert(THING).values(id=UUID(int=2), **row | {column: None}))
            assert await seen(conn, rules, ask) == {UUID(int=1)}
            await conn.rollback()


async def test_broken_glass_is_shut_after_half_an_hour_even_in_a_row_that_says_otherwise(stage: Stage):
    members = Allowance(roles=READERS.roles, purposes=READERS.purposes)
    rules = Rules.of([Action(name="look", allowances=(members,), reads=True, break_glass=True)], serves=SERVES)
    await stage.fetch("ALTER TABLE access_grant DROP CONSTRAINT access_grant_glass")
    async with stage.engine.connect() as conn:
        await conn.execute(
            insert(THING).values(id=UUID(int=1), unit="south", level=1, purpose="care", restricted=False)
        )
        await conn.execute(
            insert(access_grant).values(
                id=uuid4(),
                kind="break_glass",
                subject="ann",
                object_id=UUID(int=1),
                valid_from=NOW,
                valid_to=NOW + timedelta(days=1),
                reason="acute_danger",
                given_by="ann",
            )
        )
        for minutes, expected in ((29, {UUID(int=1)}), (30, set())):
            ask = Ask(asker=CLERK, action="look", purpose="care", at=NOW + minutes * MINUTE)
            assert await seen(conn, rules, ask) == expected
        await conn.rollback()


FAULTY_GRANTS = {
    "break-glass of 31 minutes": {"kind": "break_glass", "valid_to": NOW + 31 * MINUTE},
    "break-glass without a reason": {"kind": "break_glass", "reason": " \n"},
    "break-glass without an end": {"kind": "break_glass", "valid_to": None},
    "access without a reason": {"kind": "access", "reason": ""},
    "access without an end": {"kind": "access", "valid_to": None},
    "an end before the start": {"kind": "member", "valid_to": NOW - MINUTE},
}


@pytest.mark.parametrize("fault", sorted(FAULTY_GRANTS))
async def test_a_faulty_grant_is_refused_by_python_and_by_the_database(engine: AsyncEngine, fault: str):
    values = {
        "subject": "ann",
        "object_id": UUID(int=1),
        "valid_from": NOW,
        "valid_to": NOW + 30 * MINUTE,
        "reason": "acute_danger",
    } | FAULTY_GRANTS[fault]
    with pytest.raises(ValueError):
        Grant(**values | {"kind": GrantKind(values["kind"])})
    async with engine.connect() as conn:
        with pytest.raises(IntegrityError):
            await conn.execute(insert(access_grant).values(id=uuid4(), given_by="bo", **values))


def test_a_decision_without_a_ground_is_a_refusal():
    assert not Decision().allowed
    assert Decision(ground=Ground.RULE).allowed
