"""The wall below the policy: the API's role sees what the stance says is the caller's, and nothing of the worker's."""

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from forkant_contracts.codes import BreakGlassReason, Role
from forkant_contracts.events.access import AccessGlassBroken
from forkant_devstack.native.databases import DatabaseUrls
from forkant_kit.db import create_engine, transaction
from forkant_kit.migrations import migrate
from forkant_kit.rls.check import gaps
from notification_service.app import build_app
from notification_service.commands import endpoints as commands
from notification_service.domain.audiences import RULES
from notification_service.domain.kinds import Kind
from notification_service.migrate import MIGRATIONS
from notification_service.queries import deliveries as delivery_queries
from notification_service.queries import endpoints as endpoint_queries
from notification_service.queries import inbox as inbox_queries
from notification_service.queries import inbox_news
from notification_service.row_security import FREE, stance
from notification_service.settings import NotificationSettings
from notification_service.store import dead_letters, endpoints, inbox
from notification_service.tables import delivery, endpoint, inbox_entry
from notification_service.visibility import NOTHING, Owner, Reader, Sight, visible_endpoints, visible_entries
from sqlalchemy import select, text, true

WORKERS = (
    "aggregate_version",
    "alarm",
    "case_standing",
    "consumer_offset",
    "inbox_change",
    "inbox_head",
    "parked_action",
    "parked_event",
    "parked_outcome",
    "fan_out",
    "subject_theme",
    "unit_ending",
)
OWNED = ("delivery", "endpoint", "endpoint_secret", "lane")
OF_PEOPLE = ("contact", "letter", "person_standing", "preference", "subscription")
GUARDED = {*WORKERS, *OWNED, *OF_PEOPLE, "demand", "delivery_attempt", "idempotency_key", "inbox_entry", "inbox_mark",
           "letter_item", "recent_event"}  # fmt: skip
LEAD = {"unit": "oslo", "subject": "lead-oslo", "roles": "prevention_lead", "sees_restricted": "on",
        "national": "off", "owner": "", "changes": "on"}  # fmt: skip
STANCES = {
    "none": {},
    "empty": dict.fromkeys(LEAD, ""),
    "unit alone": {"unit": "oslo"},
    "no owner said": {"unit": "oslo", "roles": "prevention_lead", "national": "off"},
    "lead": LEAD,
    "system": {**LEAD, "system": "on"},
}
TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND NOT relispartition
"""
UNITS = ("oslo", "oslo/gde-sentrum", "oslo/gde-sent", "troms", "pod")
PARKED = """
INSERT INTO parked_event (consumer_group, topic, partition, record_offset, reason, detail, headers)
VALUES ('test', 'forkant.case.v1', 0, 0, 'gap', 'version 2 is missing', '{}');
INSERT INTO parked_action (consumer_group, parked_id, action, requested_by)
SELECT 'test', id, 'replay', 'desk' FROM parked_event;
INSERT INTO parked_outcome (action_id, outcome, detail) SELECT id, 'still_parked', 'gap' FROM parked_action;
INSERT INTO unit_ending (unit, ends_at) VALUES ('finnmark', now() + interval '1 year');
INSERT INTO alarm (kind, id) VALUES ('events_parked', gen_random_uuid());
INSERT INTO aggregate_version (consumer_group, aggregate_id, version) VALUES ('test', gen_random_uuid(), 1);
INSERT INTO consumer_offset (consumer_group, topic, partition) VALUES ('test', 'forkant.case.v1', 0)
"""
MARK = """
INSERT INTO inbox_mark (entry_id, person, read_at)
SELECT id, $1, now() FROM inbox_entry WHERE district = $2 AND roles && '{prevention_lead}'
"""
CHOSEN = """
INSERT INTO subscription (id, person, kinds, roles, units, themes, version, created_at, updated_at)
VALUES (gen_random_uuid(), $1, '{}', '{}', '{}', '{}', 1, now(), now())
"""
PREFERRED = """
INSERT INTO preference (person, language, time_zone, kinds, version, created_at, updated_at)
VALUES ($1, 'nb', 'Europe/Oslo', '{}', 1, now(), now())
"""
STANDS = """
INSERT INTO person_standing (person, unit, roles, clearance, proven_at)
VALUES ($1, split_part($1, '-', 2), '{prevention_lead}', 3, now())
"""
REACHED = """
INSERT INTO contact (person, channel, address, code_tries, updated_at) VALUES ($1, 'email', '', 0, now())
"""
WRITTEN = """
INSERT INTO letter (id, person, channel, purpose, status, due_at, created_at)
VALUES (gen_random_uuid(), $1, 'email', 'message', 'pending', now(), now())
"""
TELLS = """
INSERT INTO letter_item (letter_id, entry_id, person, channel)
SELECT l.id, e.id, l.person, l.channel FROM letter AS l JOIN inbox_entry AS e
ON e.district = split_part(l.person, '-', 2) AND e.roles && '{prevention_lead}' WHERE l.person = $1
"""
ANSWER = """
INSERT INTO idempotency_key (subject, route, key, fingerprint, status, headers, body)
VALUES ($1, 'POST /v1/endpoints', 'key', '', 201, '{}', '')
"""


@dataclass(frozen=True)
class Filled:
    """Rows of two units, of one service of Oslo and of one that may know of everything."""

    urls: DatabaseUrls
    endpoints: Mapping[str, UUID]


@pytest.fixture
async def filled(world, migrated, receiver) -> Filled:
    """Give rows in each table, as consumers, deliveries and owners make them."""
    made = {}
    for name, unit, national, subject in (
        ("oslo", "oslo", False, "lead-oslo"),
        ("service", "oslo", False, "service-oslo"),
        ("troms", "troms", False, "lead-troms"),
        ("national", "pod", True, "downstream-demo"),
    ):
        context = world.context(unit=unit, national=national, subject=subject)
        url = f"{receiver.url}/{name}"
        made[name], _ = await world.command(commands.register, context, url=url, event_types=(), units=())
    for unit in ("oslo", "oslo/gde-sentrum", "troms"):
        plain, restricted = uuid4(), uuid4()
        await world.happen(world.event("opened", plain, unit=unit), world.event("concern", uuid4(), unit=unit))
        await world.happen(world.event("approved", plain, 2, unit=unit), world.event("opened", restricted, unit=unit))
        await world.happen(world.event("closed", restricted, 2, unit=unit))
        await world.happen(world.event("restricted", restricted, 3, unit=unit))
        glass = AccessGlassBroken(case_id=plain, reason=BreakGlassReason.ACUTE_DANGER, by_unit=unit)
        await world.happen(world.event(glass, uuid4(), unit=unit))
        await world.happen(world.event("erased", uuid4(), 2, unit=unit))
    await world.deliver()
    async with world.stage.engine.begin() as conn:
        for statement in PARKED.split(";"):
            await conn.execute(text(statement))
    for unit in ("oslo", "troms"):
        await world.stage.fetch(MARK, f"lead-{unit}", unit)
        for statement in (ANSWER, CHOSEN, PREFERRED, STANDS, REACHED, WRITTEN, TELLS):
            await world.stage.fetch(statement, f"lead-{unit}")
    await inbox_news.number(world.stage.engine)
    return Filled(migrated, made)


@asynccontextmanager
async def as_role(url: str, settings: Mapping[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """Open a transaction with a stance, which is rolled back."""
    connection = await asyncpg.connect(url)
    try:
        taken = connection.transaction()
        await taken.start()
        for name, value in settings.items():
            await connection.execute("SELECT set_config($1, $2, true)", f"forkant.{name}", value)
        yield connection
        await taken.rollback()
    finally:
        await connection.close()


async def column(url: str, settings: Mapping[str, str], query: str) -> set[Any]:
    async with as_role(url, settings) as connection:
        return {row[0] for row in await connection.fetch(query)}


async def test_each_table_is_guarded_or_declared_free_with_a_reason(migrated):
    every = await column(migrated.worker_url, {}, TABLES)
    guarded = await column(migrated.worker_url, {}, f"{TABLES} AND relrowsecurity AND relforcerowsecurity")
    assert guarded == GUARDED
    assert every == GUARDED | FREE.keys()
    assert all(len(reason) > 10 for reason in FREE.values())


@pytest.mark.parametrize("url", ["app_url", "worker_url"])
async def test_the_wall_has_no_gap_for_the_roles_of_processes(migrated, url):
    engine = create_engine(getattr(migrated, url), application_name="test", pool_size=1)
    try:
        async with engine.connect() as conn:
            assert await gaps(conn, free=FREE) == []
    finally:
        await engine.dispose()


@pytest.mark.parametrize("told", ["none", "empty"])
async def test_nothing_is_there_for_the_api_without_a_stance(filled, told):
    for table in sorted(GUARDED - set(WORKERS)):
        shown = "id" if table == "endpoint_secret" else "*"
        async with as_role(filled.urls.worker_url, {}) as worker:
            assert await worker.fetch(f"SELECT {shown} FROM {table}"), table
        async with as_role(filled.urls.app_url, STANCES[told]) as app:
            assert await app.fetch(f"SELECT {shown} FROM {table}") == [], table


@pytest.mark.parametrize("told", ["unit alone", "no owner said"])
async def test_no_endpoint_is_there_where_it_is_not_said_whose(filled, told):
    for table in (*OWNED, "delivery_attempt"):
        shown = "id" if table == "endpoint_secret" else "*"
        async with as_role(filled.urls.app_url, STANCES[told]) as app:
            assert await app.fetch(f"SELECT {shown} FROM {table}") == [], table


async def test_the_worker_sees_and_writes_every_row_and_the_owner_when_it_says_that_the_system_acts(filled):
    for url, told, seen in (("worker_url", {}, 4), ("owner_url", {}, 0), ("owner_url", {"system": "on"}, 4)):
        assert len(await column(getattr(filled.urls, url), told, "SELECT id FROM endpoint")) == seen
    async with as_role(filled.urls.worker_url, {}) as worker:
        assert await worker.execute("UPDATE endpoint SET version = version + 1") == "UPDATE 4"
        assert await worker.execute("DELETE FROM inbox_entry") != "DELETE 0"


READERS = [
    Reader(person="somebody", unit=unit, roles=frozenset(roles))
    for unit in UNITS
    for count in (0, 1, 2)
    for roles in itertools.combinations(sorted(role.value for role in Role), count)
]
NOBODYS = Owner(unit="none", national=False, subject=None)
OWNERS = [
    Owner(unit=unit, national=national, subject=subject)
    for unit in UNITS
    for national in (False, True)
    for subject in (None, "lead-oslo", "service-oslo", "downstream-demo")
]


async def test_without_a_predicate_a_reader_sees_the_messages_that_the_predicate_gives_and_no_others(filled):
    about = sorted(await column(filled.urls.worker_url, {}, "SELECT subject_id FROM inbox_entry"))
    sights = [
        NOTHING,
        Sight(now=frozenset(about)),
        Sight(former=frozenset(about)),
        Sight(now=frozenset(about[::2]), former=frozenset(about[1::2])),
    ]
    async with as_engines(filled.urls) as (app, worker):
        several = set()
        for reader in (replace(reader, sight=sight) for sight in sights for reader in READERS):
            ids = select(inbox_entry.c.id)
            async with transaction(app, stance(reader, NOBODYS, changes=False)) as conn:
                walled = set((await conn.execute(ids)).scalars())
            async with transaction(worker) as conn:
                expected = set((await conn.execute(ids.where(visible_entries(reader)))).scalars())
            assert walled == expected, reader
            several.add(frozenset(walled))
    assert len(several) > 20


async def test_no_message_about_a_case_is_there_for_a_reader_of_whom_it_is_not_said_what_they_may_see(filled):
    needs = "SELECT DISTINCT needs FROM inbox_entry"
    assert await column(filled.urls.worker_url, {}, needs) == {"now", "ever", "role"}
    assert await column(filled.urls.app_url, LEAD, needs) == {"role"}


async def test_the_function_that_tells_what_to_ask_about_keeps_to_unit_role_and_restriction(filled):
    told = "SELECT entry_id FROM inbox_meant_for_me(NULL, NULL, NULL, NULL, 1000)"
    about = frozenset(await column(filled.urls.worker_url, {}, "SELECT subject_id FROM inbox_entry"))
    async with as_engines(filled.urls) as (app, worker):
        for reader in READERS:
            async with transaction(app, stance(reader, NOBODYS, changes=False)) as conn:
                meant = set((await conn.execute(text(told))).scalars())
            everything = replace(reader, sight=Sight(now=about))
            async with transaction(worker) as conn:
                query = select(inbox_entry.c.id).where(visible_entries(everything))
                assert meant == set((await conn.execute(query)).scalars()), reader


async def test_without_a_predicate_an_owner_sees_the_endpoints_of_the_predicate_and_what_hangs_on_them(filled):
    async with as_engines(filled.urls) as (app, worker):
        several = set()
        for owner in OWNERS:
            reader = Reader(person="nobody", unit=owner.unit, roles=frozenset())
            async with transaction(worker) as conn:
                query = select(endpoint.c.id).where(visible_endpoints(owner))
                expected = set((await conn.execute(query)).scalars())
                of_them = select(delivery.c.id).where(delivery.c.endpoint_id.in_(expected))
                due = set((await conn.execute(of_them)).scalars())
            async with transaction(app, stance(reader, owner, changes=False)) as conn:
                assert set((await conn.execute(select(endpoint.c.id))).scalars()) == expected, owner
                assert set((await conn.execute(select(delivery.c.id))).scalars()) == due, owner
                for table, key in (("endpoint_secret", "endpoint_id"), ("lane", "endpoint_id")):
                    assert set((await conn.execute(text(f"SELECT {key} FROM {table}"))).scalars()) == expected
                tried = set((await conn.execute(text("SELECT delivery_id FROM delivery_attempt"))).scalars())
            assert tried <= due
            several.add(frozenset(expected))
    assert len(several) > 4


async def test_the_function_that_tells_what_letters_are_about_keeps_to_the_person(filled):
    told = "SELECT subject_id FROM letters_of_mine_tell(ARRAY(SELECT id FROM letter))"
    every = "SELECT id FROM letter"
    others = await column(filled.urls.worker_url, {}, f"{every} WHERE person = 'lead-troms'")
    assert await column(filled.urls.app_url, LEAD, told)
    async with as_role(filled.urls.app_url, LEAD) as app:
        assert await app.fetch("SELECT * FROM letters_of_mine_tell($1)", list(others)) == []
    items = "SELECT DISTINCT person FROM letter_item"
    assert await column(filled.urls.worker_url, {}, items) == {"lead-oslo", "lead-troms"}
    assert await column(filled.urls.app_url, LEAD, items) == {"lead-oslo"}


async def test_the_function_that_tells_what_changed_keeps_to_unit_role_restriction_and_person(filled):
    news = text("SELECT what, entry_id, subject FROM inbox_news_for_me(0, 1000000, 1000000)")
    meant = text("SELECT entry_id FROM inbox_meant_for_me(NULL, NULL, NULL, NULL, 1000)")
    every = text("SELECT what, entry_id FROM inbox_change WHERE what <> 'begun'")
    async with as_engines(filled.urls) as (app, worker):
        async with transaction(worker) as conn:
            marked = {row.entry_id for row in await conn.execute(every) if row.what == "marked"}
        several = set()
        for reader in READERS:
            async with transaction(app, stance(reader, NOBODYS, changes=False)) as conn:
                told = (await conn.execute(news)).all()
                there = set((await conn.execute(meant)).scalars())
            # What of a message is told beside its id is told of those alone that are there.
            assert {row.entry_id for row in told if row.subject is not None} == there, reader
            assert [row for row in told if row.what == "marked"] == []
            several.add(frozenset(row.entry_id for row in told))
        async with transaction(app) as conn:
            assert (await conn.execute(news)).all() == []
    own = "SELECT entry_id FROM inbox_news_for_me(0, 1000000, 1000000) WHERE what = 'marked'"
    of_oslo, of_troms = [
        await column(filled.urls.app_url, {"subject": f"lead-{unit}"}, own) for unit in ("oslo", "troms")
    ]
    assert of_oslo | of_troms == marked
    assert not of_oslo & of_troms
    assert len(several) > 4


@asynccontextmanager
async def as_engines(urls: DatabaseUrls) -> AsyncIterator[Any]:
    found = [create_engine(url, application_name="test", pool_size=1) for url in (urls.app_url, urls.worker_url)]
    try:
        yield found
    finally:
        for engine in found:
            await engine.dispose()


async def test_marks_choices_and_stored_answers_are_their_persons_alone(filled):
    own = (("inbox_mark", "person"), ("idempotency_key", "subject"), *((table, "person") for table in OF_PEOPLE))
    for table, name in own:
        assert await column(filled.urls.worker_url, {}, f"SELECT {name} FROM {table}") == {"lead-oslo", "lead-troms"}
        assert await column(filled.urls.app_url, LEAD, f"SELECT {name} FROM {table}") == {"lead-oslo"}


CHANGED = {
    "endpoint_secret": "expires_at", "lane": "due_at", "inbox_mark": "read_at", "contact": "updated_at",
    "person_standing": "proven_at",
}  # fmt: skip
"""A column that may be changed, where it is not when the row was made."""
FOREIGN = {
    "endpoint": "INSERT INTO endpoint SELECT gen_random_uuid(), 'troms', owner, national, url, event_types, units, enabled,"
    " disabled_reason, version, created_at, updated_at, deleted_at FROM endpoint WHERE owner = 'lead-oslo'",
    "an endpoint for all units": "UPDATE endpoint SET national = true",
    "an endpoint given away": "UPDATE endpoint SET unit = 'troms'",
    "a secret": "INSERT INTO endpoint_secret VALUES (gen_random_uuid(), '{troms}', '', now(), NULL)",
    "a lane": "UPDATE lane SET endpoint_id = '{troms}'",
    "a delivery": "UPDATE delivery SET endpoint_id = '{troms}'",
    "a subscription for another": "INSERT INTO subscription SELECT gen_random_uuid(), 'lead-troms', kinds, roles, units,"
    " case_id, themes, indicator, version, created_at, updated_at FROM subscription",
    "a subscription given away": "UPDATE subscription SET person = 'lead-troms'",
    "an address for another": "INSERT INTO contact SELECT 'lead-troms', 'sms', address, NULL, NULL, NULL, 0, now()"
    " FROM contact",
    "a letter to another": "INSERT INTO letter SELECT gen_random_uuid(), 'lead-troms', channel, purpose, NULL, status,"
    " reason, 0, 0, now(), NULL, NULL, now() FROM letter",
    "a standing that no token says": "UPDATE person_standing SET unit = 'troms'",
    "a role that no token says": "UPDATE person_standing SET roles = '{privacy_officer}'",
    "choices given away": "UPDATE preference SET person = 'lead-troms'",
    "another's mark": "UPDATE inbox_mark SET person = 'lead-troms'",
    "an answer for another": "INSERT INTO idempotency_key SELECT 'lead-troms', 'x', key, fingerprint, NULL, status,"
    " headers, body FROM idempotency_key",
}


@pytest.mark.parametrize("attack", sorted(FOREIGN))
async def test_the_api_writes_nothing_of_anothers(filled, attack):
    statement = FOREIGN[attack].replace("{troms}", str(filled.endpoints["troms"]))
    async with as_role(filled.urls.app_url, LEAD) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)


@pytest.mark.parametrize("table", ["delivery", "endpoint", "endpoint_secret", "inbox_mark", "lane", *OF_PEOPLE])
async def test_a_change_reaches_the_callers_own_rows_and_none_at_all_where_only_reading_is_said(filled, table):
    name = CHANGED.get(table, "created_at")
    change = f"UPDATE {table} SET {name} = now()"
    about = await column(filled.urls.worker_url, {}, "SELECT subject_id::text FROM inbox_entry")
    lead = {**LEAD, "seen_now": " ".join(about), "seen_ever": " ".join(about)}
    counts = {
        told: await _changed(filled.urls.app_url, settings, change)
        for told, settings in {"lead": lead, "troms": {**lead, "unit": "troms", "subject": "lead-troms"}}.items()
    }
    every = await _changed(filled.urls.worker_url, {}, change) if table != "inbox_mark" else sum(counts.values()) + 1
    assert 0 < counts["lead"] < every
    assert 0 < counts["troms"] < every
    async with as_role(filled.urls.app_url, {**lead, "changes": "off"}) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await app.execute(change)


async def _changed(url: str, settings: Mapping[str, str], change: str) -> int:
    async with as_role(url, settings) as connection:
        return int((await connection.execute(change)).removeprefix("UPDATE "))


FORBIDDEN = [
    "SELECT sealed FROM endpoint_secret",
    "SELECT * FROM endpoint_secret",
    "UPDATE endpoint_secret SET sealed = ''",
    "INSERT INTO inbox_entry SELECT * FROM inbox_entry",
    "UPDATE inbox_entry SET roles = '{case_officer}'",
    "INSERT INTO delivery_attempt SELECT * FROM delivery_attempt",
    "DELETE FROM idempotency_key",
    "DELETE FROM preference",
    "DELETE FROM letter",
    "DELETE FROM letter_item",
    "INSERT INTO letter_item SELECT * FROM letter_item",
    *(f"DELETE FROM {table}" for table in ("delivery", "endpoint", "inbox_entry", "inbox_mark", "lane")),
    *(f"TRUNCATE {table} CASCADE" for table in sorted(GUARDED)),
    *(f"SELECT FROM {table}" for table in WORKERS),
]


@pytest.mark.parametrize("attack", FORBIDDEN)
@pytest.mark.parametrize("told", ["lead", "none", "system"])
async def test_what_the_api_has_no_use_for_its_role_may_not(migrated, attack, told):
    async with as_role(migrated.app_url, STANCES[told]) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await app.execute(attack)


GRANTS = """
SELECT g.relname, g.attname, regexp_replace(r.rolname, '^.*_', '') AS role, g.privilege_type
FROM (
    SELECT c.relname, NULL::name AS attname, a.* FROM pg_class AS c, aclexplode(c.relacl) AS a
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname !~ '^audit_'
    UNION ALL
    SELECT c.relname, t.attname, a.* FROM pg_class AS c JOIN pg_attribute AS t ON t.attrelid = c.oid,
    aclexplode(t.attacl) AS a WHERE c.relnamespace = 'public'::regnamespace
) AS g JOIN pg_roles AS r ON r.oid = g.grantee
"""


async def test_a_database_that_was_there_before_grants_what_a_new_one_does(postgres, migrated):
    old = await postgres.create_database("notification")
    for revision in ("0004", "head"):
        await migrate(owner_url=old.owner_url, script_location=MIGRATIONS, revision=revision)
    granted = []
    for url in (old.worker_url, migrated.worker_url):
        async with as_role(url, {}) as worker:
            granted.append({tuple(row) for row in await worker.fetch(GRANTS)})
    assert granted[0] == granted[1]
    assert ("endpoint_secret", "expires_at", "app", "UPDATE") in granted[0]


LATER = {
    Kind.BEST_PRACTICE_PUBLISHED,
    Kind.METHOD_PUBLISHED,
    Kind.METHOD_RETIRED,
    Kind.UNIT_CHANGED,
    Kind.OFFER_OVERDUE,
    Kind.OFFER_DUE_SOON,
    Kind.NOT_ACKNOWLEDGED,
    Kind.EVENTS_PARKED,
    Kind.EVENTS_APPLIED_AGAIN,
    Kind.FIGURES_DRIFT,
    Kind.FIGURES_AGREE_AGAIN,
    Kind.AUDIT_CHAIN_BROKEN,
    Kind.THRESHOLD_CROSSED,
    Kind.PREVENTION_PLAN_APPROVED,
    Kind.PREVENTION_PLAN_MISSING,
    Kind.PREVENTION_PLAN_ENDING,
    Kind.PILOT_ENROLLED,
    Kind.PILOT_WITHDRAWN,
    Kind.PILOT_ENDED,
    Kind.ENDPOINT_FAILING,
    Kind.ENDPOINT_LAPSING,
    Kind.ENDPOINT_DISABLED,
}
"""Kinds that are younger than what messages need: nobody had one before."""
BEFORE = """
INSERT INTO inbox_entry (id, event_id, kind, unit, district, roles, subject, subject_id, subject_version, occurred_at,
                         recorded_at, created_at)
SELECT gen_random_uuid(), gen_random_uuid(), kind, 'oslo', 'oslo', '{prevention_lead}', 'case', gen_random_uuid(), 1,
       now(), now(), now()
FROM unnest($1::text[]) AS kind
"""


async def test_a_message_that_was_there_before_needs_what_a_new_one_of_its_kind_does(postgres):
    old = await postgres.create_database("notification")
    await migrate(owner_url=old.owner_url, script_location=MIGRATIONS, revision="0006")
    worker = await asyncpg.connect(old.worker_url)
    try:
        await worker.execute(BEFORE, [kind.value for kind in Kind if kind not in LATER])
        await migrate(owner_url=old.owner_url, script_location=MIGRATIONS)
        needs = {row["kind"]: row["needs"] for row in await worker.fetch("SELECT kind, needs FROM inbox_entry")}
    finally:
        await worker.close()
    new = {rule.kind: rule.needs for rules in RULES.values() for rule in rules}
    assert needs == {kind.value: need.value for kind, need in new.items() if kind not in LATER}


@pytest.mark.parametrize("table", WORKERS)
async def test_where_a_grant_is_given_by_mistake_the_policies_still_hold(filled, table):
    owner = await asyncpg.connect(filled.urls.owner_url)
    role = await owner.fetchval("SELECT quote_ident(regexp_replace(current_user, '_owner$', '_app'))")
    await owner.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {role}")
    try:
        assert await column(filled.urls.worker_url, {}, f"SELECT t::text FROM {table} AS t")
        for told in STANCES.values():
            assert await column(filled.urls.app_url, told, f"SELECT t::text FROM {table} AS t") == set()
    finally:
        await owner.execute(f"REVOKE ALL ON {table} FROM {role}")
        await owner.close()


async def test_where_every_predicate_is_forgotten_another_unit_still_finds_nothing(filled, caller, world, monkeypatch):
    everything = lambda _: true()  # noqa: E731 - it stands in for two predicates
    for module in (inbox_queries, inbox):
        monkeypatch.setattr(module, "visible_entries", everything)
    for module in (delivery_queries, endpoint_queries, dead_letters, endpoints):
        monkeypatch.setattr(module, "visible_endpoints", everything)
    own, stranger = caller("lead-oslo"), caller("lead-nordland")
    for path in ("/v1/inbox", "/v1/endpoints", "/v1/deliveries"):
        assert (await own.get(path)).json()["items"]
        assert (await stranger.get(path)).json()["items"] == []
    entry, [sent, *_] = (await world.entries())[0]["id"], await world.deliveries(filled.endpoints["oslo"])
    at = f"/v1/endpoints/{filled.endpoints['oslo']}"
    before = await world.stage.fetch("SELECT * FROM endpoint ORDER BY id")
    for answer in (
        await stranger.get(f"/v1/inbox/{entry}"),
        await stranger.post(f"/v1/inbox/{entry}/read"),
        await stranger.get(at),
        await stranger.get(f"/v1/deliveries/{sent['id']}"),
        await stranger.post(f"{at}/ping"),
        await stranger.post(f"{at}/rotate"),
        await stranger.delete(at, '"v1"'),
        await stranger.patch(at, {"enabled": False}, '"v1"'),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert await world.stage.fetch("SELECT * FROM endpoint ORDER BY id") == before


PLANS = {
    "inbox_entry_by_district": "SELECT * FROM inbox_entry WHERE district = 'oslo' ORDER BY id DESC LIMIT 51",
    "delivery_by_endpoint": "SELECT * FROM delivery WHERE endpoint_id = '{oslo}' ORDER BY id DESC LIMIT 51",
}


MANY = (
    """
    INSERT INTO inbox_entry SELECT (jsonb_populate_record(entry, jsonb_build_object(
        'id', gen_random_uuid(), 'event_id', gen_random_uuid(), 'district', 'district-' || n % 16))).*
    FROM inbox_entry AS entry, generate_series(1, 2000) AS n WHERE entry.id = (SELECT id FROM inbox_entry LIMIT 1)
    """,
    """
    INSERT INTO delivery SELECT (jsonb_populate_record(sent, jsonb_build_object(
        'id', gen_random_uuid(), 'message_id', gen_random_uuid(), 'sequence', 1000 + n))).*
    FROM delivery AS sent, generate_series(1, 2000) AS n
    WHERE sent.id = (SELECT id FROM delivery WHERE endpoint_id <> $1 LIMIT 1)
    """,
)
"""Rows of others: among a handful of rows every way costs the same, and the planner's choice says nothing."""


async def others_have_many(filled: Filled) -> None:
    messages, deliveries = MANY
    worker = await asyncpg.connect(filled.urls.worker_url)
    owner = await asyncpg.connect(filled.urls.owner_url)
    try:
        await worker.execute(messages)
        await worker.execute(deliveries, filled.endpoints["oslo"])
        await owner.execute("ANALYZE inbox_entry, delivery")
    finally:
        await worker.close()
        await owner.close()


@pytest.mark.parametrize("index", sorted(PLANS))
async def test_a_page_is_still_read_in_the_order_of_its_index(filled, index):
    await others_have_many(filled)
    ask = PLANS[index].replace("{oslo}", str(filled.endpoints["oslo"]))
    async with as_role(filled.urls.app_url, LEAD) as app:
        await app.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = "\n".join(row[0] for row in await app.fetch(f"EXPLAIN {ask}"))
    assert f"Index Scan Backward using {index}" in plan or f"Index Scan using {index}" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("role", ["owner_url", "app_url"])
async def test_no_process_is_ready_as_the_owner_or_beside_an_unguarded_table(postgres, issuer, role):
    urls = await postgres.migrated_database("notification", MIGRATIONS)

    async def answers() -> int:
        settings = NotificationSettings(env="test", database_url=getattr(urls, role), oidc_issuer=issuer.url)
        app = build_app(settings)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://notification.test")
        async with app.router.lifespan_context(app), client:
            return (await client.get("/health/ready")).status_code

    assert await answers() == (503 if role == "owner_url" else 200)
    owner = await asyncpg.connect(urls.owner_url)
    await owner.execute("CREATE TABLE new_table (id int)")
    await owner.close()
    assert await answers() == 503
