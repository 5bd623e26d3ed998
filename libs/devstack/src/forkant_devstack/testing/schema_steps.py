"""What a migration takes from the code of the release before, which goes on beside it until it is replaced.

Two looks at the catalogue, before and after, are compared: so it does not matter how a migration is written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg
from forkant_kit.rls.schema import UNGUARDED, guard, unguarded

_TABLES: Final = """
SELECT c.relname, c.relrowsecurity OR starts_with(coalesce(obj_description(c.oid, 'pg_class'), ''), $1)
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
"""
_COLUMNS: Final = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> ''
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped
"""
_RULES: Final = """
SELECT c.relname, pg_get_constraintdef(k.oid),
       (SELECT coalesce(array_agg(a.attname::text), '{}') FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey))
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND k.contype IN ('c', 'f', 'u', 'x', 'p')
UNION ALL
SELECT c.relname, regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE UNIQUE INDEX \\S+ ON', 'UNIQUE INDEX ON'),
       (SELECT coalesce(array_agg(a.attname::text), '{}') FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey))
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND i.indisunique
  AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)
"""
_FUNCTIONS: Final = """
SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_function_result(p.oid)
FROM pg_proc AS p WHERE p.pronamespace = 'public'::regnamespace AND p.prorettype <> 'trigger'::regtype
"""
_RIGHTS: Final = """
SELECT c.relname, right(pg_get_userbyid(a.grantee), 4), a.privilege_type
FROM pg_class AS c, aclexplode(c.relacl) AS a
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND a.grantee <> 0 AND a.grantee <> c.relowner
"""
_LITERAL: Final = re.compile(r"'((?:[^']|'')*)'(::\w+)?")


@dataclass(frozen=True, slots=True)
class Column:
    """A column as code that writes rows knows it."""

    kind: str
    required: bool
    filled: bool
    """Whether it gets a value when none is given."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What code can rely on in a database."""

    tables: Mapping[str, bool]
    """Each with whether a process that does not know it stays ready beside it."""
    columns: Mapping[tuple[str, str], Column]
    rules: Mapping[tuple[str, str], frozenset[str]]
    """Constraints by table and text, each with its columns."""
    functions: Mapping[str, str]
    rights: frozenset[tuple[str, str, str]]


async def shape(owner_url: str) -> Shape:
    """Look at a database as its owner."""
    connection = await asyncpg.connect(owner_url)
    try:
        return Shape(
            tables=dict(map(tuple, await connection.fetch(_TABLES, UNGUARDED))),
            columns={(r[0], r[1]): Column(r[2], r[3], r[4]) for r in await connection.fetch(_COLUMNS)},
            rules={(r[0], r[1]): frozenset(r[2]) for r in await connection.fetch(_RULES)},
            functions=dict(map(tuple, await connection.fetch(_FUNCTIONS))),
            rights=frozenset(map(tuple, await connection.fetch(_RIGHTS))),
        )
    finally:
        await connection.close()


def breaks(before: Shape, after: Shape) -> list[str]:
    """Return what code that fits ``before`` would stumble over in ``after``."""
    return sorted([*_tables(before, after), *_columns(before, after), *_rules(before, after), *_others(before, after)])


def _tables(before: Shape, after: Shape) -> Iterator[str]:
    yield from (f"{table} is gone" for table in before.tables.keys() - after.tables.keys())
    for table in after.tables.keys() - before.tables.keys():
        if not after.tables[table]:
            yield f"{table} has neither a guard nor a reason: no process of before is ready beside it"


def _columns(before: Shape, after: Shape) -> Iterator[str]:
    for (table, name), old in before.columns.items():
        new = after.columns.get((table, name))
        if table not in after.tables:
            continue
        if new is None:
            yield f"{table}.{name} is gone"
            continue
        if new.kind != old.kind:
            yield f"{table}.{name} was {old.kind} and is {new.kind}"
        if new.required and not old.required:
            yield f"{table}.{name} must have a value now"
        if old.filled and not new.filled:
            yield f"{table}.{name} gets no value any more when none is given"
    for table, name in after.columns.keys() - before.columns.keys():
        new = after.columns[table, name]
        if table in before.tables and new.required and not new.filled:
            yield f"{table}.{name} is new and must be given a value"


def _rules(before: Shape, after: Shape) -> Iterator[str]:
    for table, rule in after.rules.keys() - before.rules.keys():
        columns = after.rules[table, rule]
        # What holds for new columns alone holds for rows that give them no value: the migration has tried.
        known = {name for name in columns if (table, name) in before.columns}
        if table in before.tables and (known or not columns) and not _widens(before, table, rule):
            yield f"{table} refuses what it took: {rule}"


def _widens(before: Shape, table: str, rule: str) -> bool:
    """Tell whether a rule only allows more values than one of before that is otherwise the same."""
    form, values = _form(rule), _values(rule)
    return any(of == table and _form(old) == form and _values(old) <= values for of, old in before.rules)


def _form(rule: str) -> str:
    """Return a rule without its values, and a list of values as one."""
    return _LITERAL.sub("?", re.sub(r"ARRAY\[[^\]]*\]", "ARRAY['']", rule))


def _values(rule: str) -> frozenset[str]:
    return frozenset(value for value, _ in _LITERAL.findall(rule))


def _others(before: Shape, after: Shape) -> Iterator[str]:
    yield from (f"the function {name} is gone" for name in before.functions.keys() - after.functions.keys())
    for name in before.functions.keys() & after.functions.keys():
        if before.functions[name] != after.functions[name]:
            yield f"the function {name} returned {before.functions[name]} and returns {after.functions[name]}"
    for table, role, right in before.rights - after.rights:
        if table in after.tables:
            yield f"the role …{role} may no longer {right} {table}"


EXPANSION: Final = """
DO $do$
DECLARE
    each regclass;
BEGIN
    FOR each IN
        SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        AND NOT relispartition AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN next_words text, '
                       'ADD COLUMN next_count integer NOT NULL DEFAULT 0', each);
        EXECUTE format('CREATE INDEX ON %s (next_count)', each);
    END LOOP;
END $do$
"""


async def expand(owner_url: str) -> None:
    """Do to a database what the migrations of the next release may do, to every table of it.

    Columns in every table, one of them with a value of its own; indexes; a table behind a guard, and one with a reason.
    """
    connection = await asyncpg.connect(owner_url)
    try:
        async with connection.transaction():
            await connection.execute(EXPANSION)
            await connection.execute("CREATE TABLE next_guarded (id uuid PRIMARY KEY, next_words text)")
            for statement in guard("next_guarded", see="true"):
                await connection.execute(statement)
            await connection.execute("CREATE TABLE next_free (id uuid PRIMARY KEY)")
            await connection.execute(unguarded("next_free", reason="numbers of the next release's own"))
            await connection.execute("UPDATE alembic_version SET version_num = 'next'")
    finally:
        await connection.close()
