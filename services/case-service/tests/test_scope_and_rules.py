"""The predicates of lists, the row-level security below them and the decision about one case say the same."""

import random
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from case_service.access_rules import ACCESS, scope_of
from case_service.domain.levels import Level
from case_service.queries.listing import Filter, count_cases, list_cases
from case_service.row_security import stance
from case_service.scope import VISIBLE_CASES
from case_service.tables import preventive_case
from forkant_contracts.codes import PurposeCode, Role
from forkant_kit.access.decision import Ask, Asker, Target, decide
from forkant_kit.access.grants import BREAK_GLASS_LASTS, Grant, GrantKind, Substitution
from forkant_kit.access.schema import access_grant, access_substitution
from forkant_kit.auth import Principal
from forkant_kit.db import create_engine, transaction
from sqlalchemy import insert, select

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNITS = ("oslo", "troms")
ENDED = "agder"
"""A unit that a reorganisation ended: Oslo answers for what it had, and nobody of its own any more."""
PURPOSES = (PurposeCode.PREVENT_CRIME, PurposeCode.PUBLIC_SAFETY)
PEOPLE = ("ann", "bo", "cleo", "dag")
ROLES = (
    Role.CASE_OFFICER,
    Role.CASE_OFFICER,
    Role.POLICE_LIAISON,
    Role.PREVENTION_LEAD,
    Role.PRIVACY_OFFICER,
    Role.ANALYST,
)
INSERT_CASE = """
INSERT INTO preventive_case (id, unit, version, revision, state, case_type, theme, age_band, subject_category,
    purpose_code, legal_basis, arena, title, opened_by, case_owner, opened_at, recorded_at, updated_at,
    clarification_deadline, restricted, restriction_reason, level, lowest_level, retention_until, retention_rule,
    retention_rules_version, unit_of_its_time)
VALUES ($1, $2, 1, 1, 'registered', 'place', 'violence', 'not_applicable', 'not_applicable', $7,
    'police_act', 'physical', sha256('A square'), 'x', 'x', $3, $3, $3, '2026-07-01', $4, $5, $6, $6, '2029-01-01', 'other', 1, $8)
"""


def a_world(rng: random.Random) -> tuple[list[Target], list[Grant], list[Substitution]]:
    cases = [
        Target(
            object_id=uuid4(),
            unit=rng.choice(UNITS),
            level=rng.choice(list(Level)),
            purpose=rng.choice(PURPOSES),
            restricted=rng.random() < 0.2,
        )
        for _ in range(60)
    ]
    grants = []
    for case in cases:
        for subject in rng.sample(PEOPLE, k=rng.randint(0, 2)):
            kind = rng.choice([*GrantKind, GrantKind.MEMBER])
            begun = NOW + rng.choice([-40, -30, -10, 0, 10]) * timedelta(minutes=1)
            ends = {GrantKind.MEMBER: [None, None, timedelta(minutes=10), timedelta(minutes=60)]}
            length = rng.choice(ends.get(kind, [timedelta(minutes=10), BREAK_GLASS_LASTS]))
            grants.append(
                Grant(
                    kind=kind,
                    subject=subject,
                    object_id=case.object_id,
                    valid_from=begun,
                    valid_to=None if length is None else begun + length,
                    reason="review",
                )
            )
    leaves = [
        Substitution(absent=absent, substitute=substitute, valid_from=NOW + shift, valid_to=NOW + timedelta(hours=1))
        for absent, substitute in (rng.sample(PEOPLE, k=2), rng.sample(PEOPLE, k=2))
        for shift in [rng.choice([timedelta(hours=-1), timedelta(0), timedelta(minutes=1)])]
    ]
    return cases, grants, leaves


async def store(service, cases, grants, leaves):
    await service.fetch("DELETE FROM access_grant WHERE subject = ANY ($1)", PEOPLE)
    await service.fetch("DELETE FROM access_substitution")
    for case in cases:
        reason = "disputed" if case.restricted else None
        await service.fetch(
            INSERT_CASE,
            case.object_id,
            case.unit,
            NOW,
            case.restricted,
            reason,
            case.level,
            case.purpose,
            ENDED if case.unit == "oslo" and case.object_id.int % 3 == 0 else None,
        )
    engine = create_engine(service.owner_url, application_name="test", pool_size=1)
    async with engine.begin() as conn:
        await conn.exec_driver_sql("SET LOCAL forkant.system = 'on'")
        for grant in grants:
            await conn.execute(insert(access_grant).values(id=uuid4(), given_by="x", **asdict(grant)))
        for leave in leaves:
            values = {"id": uuid4(), "unit": "oslo", "made_by": "x", **asdict(leave)}
            await conn.execute(insert(access_substitution).values(**values))
    await engine.dispose()


@pytest.mark.parametrize("seed", range(6))
async def test_lists_counts_readings_and_the_database_show_what_the_rules_allow_and_nothing_else(service, seed):
    rng = random.Random(seed)
    cases, grants, leaves = a_world(rng)
    await store(service, cases, grants, leaves)
    known = {case.object_id for case in cases}
    engine = create_engine(service.app_url, application_name="test", pool_size=1)
    for subject in PEOPLE * 4:
        roles = frozenset({rng.choice(ROLES).value, rng.choice(ROLES).value})
        asker = Asker(subject=subject, unit=rng.choice((*UNITS, ENDED)), roles=roles, clearance=rng.choice(list(Level)))
        principal = Principal(subject, asker.unit, roles, "test", NOW, asker.clearance)
        for action in ("case.read", "case.assess", "case.restrict"):
            ask = Ask(asker=asker, action=action, purpose=rng.choice(PURPOSES), at=NOW)
            if ACCESS.roles_by_action()[action].isdisjoint(roles):
                continue
            # They were made by Oslo, and hold there alone.
            stands_in = leaves if asker.unit == "oslo" else []
            may = {c.object_id for c in cases if decide(ACCESS, ask, c, grants=grants, substitutions=stands_in).allowed}
            listed = {
                c.object_id
                for c in cases
                if decide(
                    ACCESS,
                    ask,
                    c,
                    grants=[g for g in grants if g.kind is not GrantKind.BREAK_GLASS],
                    substitutions=stands_in,
                ).allowed
            }
            scope = scope_of(principal, action, at=NOW, purpose=ask.purpose)
            of_purpose = {c.object_id for c in cases if c.purpose == ask.purpose}
            changes = action != "case.read"
            async with transaction(engine, stance(scope, changes=changes)) as conn:
                ids = select(preventive_case.c.id)
                assert set((await conn.execute(ids.where(VISIBLE_CASES), scope.params())).scalars()) & known == may
                there = set((await conn.execute(ids)).scalars())
                assert there & of_purpose == may, "row-level security, which knows no purposes"
                rows = await list_cases(conn, scope, Filter(), before=None, limit=100_000)
                assert {row["id"] for row in rows} & known == listed
                assert await count_cases(conn, scope, Filter()) == len(rows)
            for case in rng.sample(cases, k=6):
                asked = stance(scope, changes=changes, about=case.object_id)
                async with transaction(engine, asked) as conn:
                    found = (await conn.execute(ids.where(preventive_case.c.id == case.object_id))).scalars().all()
                    assert bool(found) == (case.object_id in there), "what it is about decides nothing"
    await engine.dispose()


def test_each_standing_reaches_further_than_the_one_before():
    at = {
        role: scope_of(Principal("x", "oslo", frozenset({role.value}), "test", NOW, 3), "case.read", at=NOW)
        for role in (Role.CASE_OFFICER, Role.PREVENTION_LEAD, Role.PRIVACY_OFFICER)
    }
    reach = [(scope.members_from, scope.sees_restricted) for scope in at.values()]
    assert reach == sorted(reach)
    assert len(set(reach)) == len(reach)
