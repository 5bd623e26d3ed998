"""Free text is sealed for its place; what was written before there were keys is sealed by the migration."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest
from case_service import tables
from case_service.migrate import MIGRATIONS
from case_service.tables import metadata
from case_service.texts import SEALED, opened, place, sealed
from forkant_kit.keyring import Keyring, UnsealError, read_keys
from forkant_kit.migrations import migrate
from forkant_kit.vault import DataKey, Vault
from forkant_kit.vault_command import main
from forkant_kit.vault_settings import DEV_TEXT_KEY, TEXT_KEYS_VARIABLE
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import LargeBinary

from .api.test_protection import full_of_text, tables_with_canary, worked_on
from .conftest import Service, serving

KEY = DataKey(UUID(int=1), b"k" * 32)
MOVED = (
    "concern", "preventive_case", "access_grant", "assessment", "plan", "plan_goal", "measure", "measure_step",
    "follow_up", "evaluation", "partner", "transfer", "case_note",
)  # fmt: skip
"""Tables in an order in which their rows can be brought to another database."""
SINCE = ("best_interests", "child_not_heard", "guardian_contact", "guardian_not_contacted", "duty_to_report")
"""Columns of the assessment that a later migration made."""


def test_the_columns_of_bytes_are_the_columns_of_text():
    of_bytes = {
        name: {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
        for name, table in metadata.tables.items()
    }
    assert {name: columns for name, columns in of_bytes.items() if columns} == {
        **{name: set(columns) for name, columns in SEALED.items()},
        "attachment_segment": {"sealed"},
        "imported_case": {"reference"},
        "subject_mark": {"mark"},
        "concern_mark": {"mark"},
    }


@pytest.mark.parametrize("table", sorted(SEALED))
def test_no_two_rows_of_an_owner_share_a_place(table):
    one, other = ({"id": uuid4(), "round": number, "position": number} for number in (1, 2))
    names = [place(table, column, row) for row in (one, other) for column in SEALED[table]]
    alone = table in {"concern", "preventive_case"}
    assert len(set(names)) == len(names) // (2 if alone else 1)


@given(texts=st.lists(st.text(min_size=1), min_size=3, max_size=3))
def test_a_row_reads_as_it_was_written_straight_or_by_way_of_json(texts):
    goal = dict(zip(SEALED["plan_goal"], texts, strict=True)) | {"round": 1, "position": 7, "measurable": True}
    row = sealed(KEY, tables.plan_goal, goal)
    assert not {name for name in SEALED["plan_goal"] if not isinstance(row[name], bytes)}
    as_json = {name: f"\\x{value.hex()}" if isinstance(value, bytes) else value for name, value in row.items()}
    assert opened(KEY, tables.plan_goal, row) == opened(KEY, tables.plan_goal, as_json) == goal


def test_a_text_that_was_put_into_another_row_does_not_open():
    row = sealed(KEY, tables.case_note, {"id": uuid4(), "text": "A note"})
    with pytest.raises(UnsealError):
        opened(KEY, tables.case_note, {**row, "id": uuid4()})


async def test_a_text_that_was_put_into_another_case_is_not_shown(service, officer):
    one, other = await officer.open(), await officer.open()
    await service.fetch(
        "UPDATE preventive_case SET title = (SELECT title FROM preventive_case WHERE id = $1) WHERE id = $2",
        one.id, other.id,
    )  # fmt: skip
    assert (await officer.get(one.path)).status_code == 200
    assert (await officer.get(other.path)).status_code == 500


async def test_what_is_kept_from_before_an_erasure_opens_no_more(service, officer, privacy):
    case = await officer.open(title="Something private")
    vault = Vault(Keyring(read_keys(DEV_TEXT_KEY)))
    key, title = "SELECT sealed FROM data_key WHERE owner_id = $1", "SELECT title FROM preventive_case WHERE id = $1"
    [[before], [kept]] = [(await service.fetch(query, case.id))[0] for query in (key, title)]
    of_case = vault.opened(UUID(case.id), before)
    assert of_case.unseal(kept, place="preventive_case/title") == "Something private"
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    [[after]] = await service.fetch(key, case.id)
    assert after is None
    for change in ("UPDATE data_key SET sealed = $2, sealed_by = '\\x00', shredded_at = NULL WHERE owner_id = $1",):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="never made again"):
            await service.fetch(change, case.id, before)


@asynccontextmanager
async def running(urls, issuer, **settings: Any) -> AsyncIterator[Service]:
    async for service in serving(urls, issuer, **settings):
        yield service


async def written(service: Service) -> tuple[list[str], dict[str, list[dict[str, Any]]]]:
    """Fill a case with text, erase another, and return what can be read with all rows as they were before keys."""
    officer, lead, troms, privacy = (
        service.person(name) for name in ("officer-oslo", "lead-oslo", "officer-troms", "privacy-oslo")
    )
    case, concern_path = await full_of_text(officer, lead, troms)
    await worked_on(case, datetime.now(UTC).date().replace(month=12, day=31).isoformat(), lead, troms)
    erased = await officer.open()
    await erased.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    vault, rows = Vault(Keyring(read_keys(DEV_TEXT_KEY))), {}
    keys = {row["owner_id"]: row["sealed"] for row in await service.fetch("SELECT owner_id, sealed FROM data_key")}
    for table in MOVED:
        found = [orjson.loads(row[0]) for row in await service.fetch(f"SELECT to_jsonb(t)::text FROM {table} AS t")]
        rows[table] = [in_clear(vault, keys, table, row) for row in found]
    return [case.path, concern_path, erased.path], rows


def in_clear(vault, keys, table, row):
    if table not in SEALED:
        return row
    owner = UUID(row["id" if table in {"concern", "preventive_case"} else "case_id"])
    if keys[owner] is None:
        return row
    return opened(vault.opened(owner, keys[owner]), metadata.tables[table], row)


async def bring(owner_url: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    connection = await asyncpg.connect(owner_url, server_settings={"forkant.system": "on"})
    async with connection.transaction():
        for table, each in rows.items():
            await connection.executemany(
                f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, $1::jsonb)).*",
                [(orjson.dumps(row).decode(),) for row in each],
            )
    await connection.close()


async def test_what_was_written_in_clear_is_sealed_by_the_migration_and_reads_as_before(
    postgres, issuer, empty_service, monkeypatch
):
    paths, rows = await written(empty_service)
    before = await readings(empty_service, paths)
    assert [answer.status_code for answer in before] == [200, 200, 410]
    urls = await postgres.create_database("case")
    await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS, revision="0008")
    await bring(urls.owner_url, rows)
    monkeypatch.delenv(TEXT_KEYS_VARIABLE, raising=False)
    with pytest.raises(ValueError, match=TEXT_KEYS_VARIABLE):
        await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS)
    monkeypatch.setenv(TEXT_KEYS_VARIABLE, DEV_TEXT_KEY)
    await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS)
    async with running(urls, issuer) as upgraded:
        after = await readings(upgraded, paths)
        assert [of_then(answer) for answer in after[:2]] == [of_then(answer) for answer in before[:2]]
        assert after[2].status_code == 410
        assert await tables_with_canary(upgraded) == set()
        keys = await upgraded.fetch("SELECT count(*) AS n, count(shredded_at) AS gone FROM data_key")
        assert tuple(keys[0]) == (len(rows["concern"]) + len(rows["preventive_case"]), 1)


async def test_a_key_is_rotated_while_people_write_and_read_and_then_needed_no_more(
    postgres, issuer, monkeypatch, capsys
):
    old, new = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    urls = await postgres.create_database("case")
    await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS)
    monkeypatch.setenv("FORKANT_DATABASE_URL", urls.worker_url)
    paths = []

    async def use(keys: str) -> None:
        async with running(urls, issuer, text_keys=SecretStr(keys)) as service:
            officer = service.person("officer-oslo")
            paths.append((await officer.open(title=f"Case {len(paths)}")).path)
            found = [(await officer.get(path)).json()["title"] for path in paths]
            assert found == [f"Case {place}" for place in range(len(paths))]

    async def command(act: str, keys: str) -> tuple[int, str]:
        monkeypatch.setenv(TEXT_KEYS_VARIABLE, keys)
        code = await asyncio.to_thread(main, "case_service", [act])
        return code, "".join(capsys.readouterr())

    await use(old)
    await use(f"{new},{old}")
    code, said = await command("reseal", new)
    assert (code, "give the older keys too" in said) == (1, True)
    assert (await command("show", new))[0] == 1
    code, said = await command("reseal", f"{new},{old}")
    assert (code, said.splitlines()[-1].startswith("1 data keys")) == (0, True)
    code, said = await command("show", f"{new},{old}")
    assert code == 0
    assert "needed by none" in said
    assert f"{Keyring(read_keys(new)).names[0]}          2 data keys" in said
    await use(new)


@pytest.mark.parametrize(("keys", "says"), [("", "set FORKANT_DATABASE_URL"), ("abc", "must be base64")])
def test_the_command_of_keys_says_what_is_wrong_with_the_environment(monkeypatch, capsys, keys, says):
    monkeypatch.setenv("FORKANT_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    monkeypatch.setenv(TEXT_KEYS_VARIABLE, keys)
    assert main("case_service", ["show"]) == 78
    assert says in capsys.readouterr().err


def of_then(answer: httpx.Response) -> dict[str, Any]:
    """Return what was read without what no row of before keys can hold."""
    shown: dict[str, Any] = answer.json()
    for name in SINCE if shown.get("assessment") else ():
        del shown["assessment"][name]
    return shown


async def readings(service: Service, paths: list[str]) -> list[httpx.Response]:
    officer = service.person("officer-oslo")
    return [await officer.get(path) for path in paths]
