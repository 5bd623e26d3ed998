"""A migration runs while the release before still works: it adds, and takes away only what nobody asks for any more.

What is taken away goes in the release after the one that stopped asking, and stands in ``ACCEPTED`` with the reason.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from forkant_devstack.testing.schema_steps import breaks, shape
from forkant_kit.migrations import migrate

SERVICES = ("case", "indicator", "notification")
FIRST_RELEASE: Mapping[str, str] = MappingProxyType({"case": "0041", "indicator": "0021", "notification": "0021"})
"""The first release holds these revisions and all before them: nothing of before runs beside them."""
ACCEPTED: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        (
            "indicator",
            "0022",
        ): "what the release before begins to build does not hold facts alone, and one that does it "
        "would not let take the live one's place either, since its cells are not what its facts add up to",
    }
)
"""Revisions that take something away, each with why nothing that runs asks for it."""
TABLES = (
    """CREATE TABLE thing (id int PRIMARY KEY, name text, kind text NOT NULL CHECK (kind IN ('one', 'two')),
                           size int NOT NULL DEFAULT 0)""",
    "CREATE FUNCTION sizes() RETURNS int LANGUAGE sql AS 'SELECT 1'",
)


def migrations_of(service: str) -> Path:
    found: Path = import_module(f"{service}_service.migrate").MIGRATIONS
    return found


def revisions(service: str) -> list[str]:
    walk = ScriptDirectory(str(migrations_of(service))).walk_revisions()
    return [each.revision for each in walk][::-1]


async def judged(postgres, service: str, start: str, steps: list[str]) -> dict[str, list[str]]:
    """Return what each of the steps breaks that follow a revision."""
    urls = await postgres.create_database(service)
    await migrate(owner_url=urls.owner_url, script_location=migrations_of(service), revision=start)
    before, found = await shape(urls.owner_url), {}
    for step in steps:
        await migrate(owner_url=urls.owner_url, script_location=migrations_of(service), revision=step)
        after = await shape(urls.owner_url)
        found[step], before = breaks(before, after), after
    return found


@pytest.mark.parametrize("service", SERVICES)
async def test_no_migration_takes_from_running_code_what_it_asks_for(postgres, service):
    steps = [each for each in revisions(service) if each > FIRST_RELEASE[service]]
    if steps:
        first = revisions(service)[revisions(service).index(steps[0]) - 1]
        found = await judged(postgres, service, first, steps)
        assert {step: broken for step, broken in found.items() if broken and (service, step) not in ACCEPTED} == {}


def test_every_exemption_is_of_a_revision_that_is_there():
    assert {(service, revision) for service, revision in ACCEPTED if revision not in revisions(service)} == set()
    assert all(ACCEPTED.values())


async def test_migrations_of_before_the_first_release_that_broke_something_are_found(postgres):
    found = await judged(postgres, "notification", "0005", ["0006", "0007"])
    assert "inbox_entry.needs is new and must be given a value" in found["0007"]


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("DROP TABLE thing", ["thing is gone"]),
        ("ALTER TABLE thing RENAME TO object", ["object has neither a guard nor a reason: no process of before is ready beside it", "thing is gone"]),
        ("ALTER TABLE thing DROP COLUMN name", ["thing.name is gone"]),
        ("ALTER TABLE thing RENAME COLUMN name TO title", ["thing.name is gone"]),
        ("ALTER TABLE thing ALTER COLUMN name TYPE varchar(10)", ["thing.name was text and is character varying(10)"]),
        ("ALTER TABLE thing ALTER COLUMN name SET NOT NULL", ["thing.name must have a value now"]),
        ("ALTER TABLE thing ALTER COLUMN size DROP DEFAULT", ["thing.size gets no value any more when none is given"]),
        ("ALTER TABLE thing ADD COLUMN unit text NOT NULL", ["thing.unit is new and must be given a value"]),
        ("ALTER TABLE thing ADD CHECK (size < 5)", ["thing refuses what it took: CHECK ((size < 5))"]),
        ("ALTER TABLE thing ADD UNIQUE (name)", ["thing refuses what it took: UNIQUE (name)"]),
        ("CREATE UNIQUE INDEX ON thing (lower(name))", ["thing refuses what it took: UNIQUE INDEX ON public.thing USING btree (lower(name))"]),
        ("ALTER TABLE thing DROP CONSTRAINT thing_kind_check, ADD CHECK (kind IN ('one', 'three'))", ["thing refuses what it took: CHECK ((kind = ANY (ARRAY['one'::text, 'three'::text])))"]),
        ("DROP FUNCTION sizes()", ["the function sizes() is gone"]),
        ("DROP FUNCTION sizes(); CREATE FUNCTION sizes() RETURNS text LANGUAGE sql AS 'SELECT 1::text'", ["the function sizes() returned integer and returns text"]),
        ("REVOKE UPDATE ON thing FROM {app}", ["the role …_app may no longer UPDATE thing"]),
        ("CREATE TABLE other (id int)", ["other has neither a guard nor a reason: no process of before is ready beside it"]),
    ],
)  # fmt: skip
async def test_what_running_code_would_stumble_over_is_found(postgres, statement, broken):
    assert await step(postgres, statement) == broken


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE thing ADD COLUMN unit text",
        "ALTER TABLE thing ADD COLUMN amount int NOT NULL DEFAULT 0, ADD CHECK (amount >= 0)",
        "ALTER TABLE thing DROP CONSTRAINT thing_kind_check, ADD CHECK (kind IN ('one', 'two', 'three'))",
        "ALTER TABLE thing DROP CONSTRAINT thing_kind_check",
        "ALTER TABLE thing ALTER COLUMN kind DROP NOT NULL",
        "CREATE INDEX ON thing (name)",
        "CREATE TABLE other (id int); COMMENT ON TABLE other IS 'unguarded: numbers'",
        "CREATE TABLE other (id int UNIQUE); ALTER TABLE other ENABLE ROW LEVEL SECURITY",
        "CREATE FUNCTION sizes(of text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
async def test_what_only_adds_passes(postgres, statement):
    assert await step(postgres, statement) == []


async def step(postgres, statement: str) -> list[str]:
    urls = await postgres.create_database("step")
    owner = await asyncpg.connect(urls.owner_url)
    try:
        name = (await owner.fetchval("SELECT current_user")).removesuffix("_owner")
        for each in (*TABLES, f"GRANT SELECT, UPDATE ON thing TO {name}_app"):
            await owner.execute(each)
        before = await shape(urls.owner_url)
        await owner.execute(statement.replace("{app}", f"{name}_app"))
    finally:
        await owner.close()
    return breaks(before, await shape(urls.owner_url))
