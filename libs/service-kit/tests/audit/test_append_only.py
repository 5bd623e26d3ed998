"""Entries only grow: for the application's role, for the owner by mistake, and in every month."""

import asyncpg
import pytest

TABLES = ("audit_entry", "audit_link", "audit_checkpoint")


async def month_of(trail, table):
    [row] = await trail.stage.fetch(f"SELECT '{table}_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM') AS name")
    return row["name"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("act", ["UPDATE {} SET segment = segment", "DELETE FROM {}", "TRUNCATE {}"])
async def test_neither_the_application_nor_the_owner_changes_what_stands(trail, table, act):
    await trail.sealed(1)
    statement = act.format(table).replace("segment", "seq" if table == "audit_entry" else "segment")
    places = [statement]
    if table != "audit_checkpoint":
        places.append(statement.replace(table, await month_of(trail, table)))
    for place in places:
        for url in (trail.stage.app_url, trail.stage.owner_url):
            connection = await asyncpg.connect(url)
            try:
                with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.GeneratedAlwaysError)):
                    await connection.execute(place)
            finally:
                await connection.close()


async def test_the_chain_neither_goes_back_nor_takes_another_name(trail):
    await trail.sealed(2)
    for change in ("position = 1", "chain = gen_random_uuid()", "hash = sha256('x')"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only goes on"):
            await trail.stage.fetch(f"UPDATE audit_chain SET {change}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await trail.stage.fetch("DELETE FROM audit_chain")


@pytest.mark.parametrize(
    "column",
    [
        "subject = ''",
        "unit = 'Oslo politidistrikt'",
        "action = 'he read the case'",
        "object_kind = 'the case of'",
        "refusal = 'Not this one'",
        "purpose = 'since his mother called'",
        "trace_id = 'x'",
        "roles = ARRAY['a role']",
        "outcome = 'seen'",
        "version = 0",
    ],
)
async def test_no_column_takes_a_sentence(trail, column):
    name, _, value = column.partition(" = ")
    row = {
        "subject": "'a'", "client_id": "'b'", "unit": "'oslo'", "roles": "'{}'", "action": "'case.read'",
        "object_ids": "'{}'", "outcome": "'done'",
    }  # fmt: skip
    good = f"INSERT INTO audit_entry ({', '.join(row)}) VALUES ({', '.join(row.values())})"
    await trail.stage.fetch(good)
    row |= {name: value}
    if name == "refusal":
        row["outcome"] = "'refused'"
    with pytest.raises(asyncpg.CheckViolationError):
        await trail.stage.fetch(f"INSERT INTO audit_entry ({', '.join(row)}) VALUES ({', '.join(row.values())})")
