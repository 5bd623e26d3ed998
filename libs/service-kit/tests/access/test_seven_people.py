"""Seven people ask for the same list, on PostgreSQL, and each gets what is right for them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from forkant_kit.access.decision import Ask, Asker
from forkant_kit.access.rules import Action, Allowance, Rules
from forkant_kit.access.schema import access_grant, access_substitution
from forkant_kit.access.visibility import Columns, visible
from sqlalchemy import Boolean, Column, Integer, MetaData, Table, Text, Uuid, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CARE = frozenset({"care"})
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
RULES = Rules.of(
    [
        Action(
            name="list",
            allowances=(
                Allowance(roles=frozenset({"officer"}), purposes=CARE),
                Allowance(roles=frozenset({"lead"}), purposes=CARE, members_from=3, sees_restricted=True),
                Allowance(roles=frozenset({"privacy"}), purposes=CARE, members_from=None, sees_restricted=True),
            ),
            reads=True,
            break_glass=True,
        )
    ],
    serves={"care": CARE},
)

# id: unit, level, restricted
CASES = {
    1: ("oslo", 1, False),
    2: ("oslo", 2, False),
    3: ("oslo", 3, False),
    4: ("oslo", 1, True),
    5: ("troms", 1, False),
    6: ("troms", 2, False),
    7: ("troms", 3, False),
}
MEMBERS = [("officer-oslo", 1), ("officer-oslo", 3), ("officer-oslo", 4), ("officer-troms", 5), ("officer-troms", 6)]
PEOPLE = {
    "officer-oslo": ("oslo", "officer", 2, {1}),
    "officer2-oslo": ("oslo", "officer", 2, {6}),
    "substitute-oslo": ("oslo", "officer", 3, {1, 3}),
    "lead-oslo": ("oslo", "lead", 3, {1, 2, 4}),
    "privacy-oslo": ("oslo", "privacy", 3, {1, 2, 3, 4}),
    "officer-troms": ("troms", "officer", 2, {2, 5, 6}),
    "admin": ("pod", "admin", 3, set()),
}


@pytest.fixture
async def filled(engine: AsyncEngine) -> AsyncEngine:
    """Cases, their members, one who broke the glass, one with access from outside, and a substitute."""
    soon = NOW + timedelta(minutes=10)
    given = [("member", *member, None) for member in MEMBERS]
    given += [("break_glass", "officer2-oslo", 6, soon), ("access", "officer-troms", 2, soon)]
    given += [("access", "admin", 1, soon), ("break_glass", "admin", 1, soon)]
    async with engine.begin() as conn:
        for number, (unit, level, restricted) in CASES.items():
            values = {"unit": unit, "level": level, "restricted": restricted, "purpose": "care"}
            await conn.execute(insert(THING).values(id=UUID(int=number), **values))
        for kind, subject, number, end in given:
            times = {"valid_from": NOW, "valid_to": end}
            values = {"kind": kind, "subject": subject, "object_id": UUID(int=number), "reason": "acute_danger"}
            await conn.execute(insert(access_grant).values(id=uuid4(), given_by="lead-oslo", **values, **times))
        leave = {"absent": "officer-oslo", "substitute": "substitute-oslo", "valid_from": NOW, "valid_to": soon}
        await conn.execute(insert(access_substitution).values(id=uuid4(), unit="oslo", made_by="lead-oslo", **leave))
    return engine


def ask_of(name: str, at: datetime = NOW) -> Ask:
    unit, role, clearance, _ = PEOPLE[name]
    asker = Asker(subject=name, unit=unit, roles=frozenset({role}), clearance=clearance)
    return Ask(asker=asker, action="list", purpose="care", at=at)


@pytest.mark.parametrize("name", sorted(PEOPLE))
async def test_each_of_seven_people_gets_their_own_list_and_count(filled: AsyncEngine, name: str):
    predicate = visible(RULES, ask_of(name), COLUMNS)
    async with filled.connect() as conn:
        ids = (await conn.execute(select(THING.c.id).where(predicate))).scalars().all()
        count = (await conn.execute(select(func.count()).select_from(THING).where(predicate))).scalar_one()
    assert {id_.int for id_ in ids} == PEOPLE[name][3]
    assert count == len(PEOPLE[name][3])


@pytest.mark.parametrize(
    ("name", "left"), [("officer2-oslo", set()), ("officer-troms", {5, 6}), ("substitute-oslo", set())]
)
async def test_what_was_given_for_a_time_leaves_the_list_when_it_ends(filled: AsyncEngine, name: str, left: set[int]):
    predicate = visible(RULES, ask_of(name, NOW + timedelta(minutes=10)), COLUMNS)
    async with filled.connect() as conn:
        ids = (await conn.execute(select(THING.c.id).where(predicate))).scalars().all()
    assert {id_.int for id_ in ids} == left
