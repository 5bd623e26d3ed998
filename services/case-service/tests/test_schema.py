"""What the database itself holds to."""

import re
from importlib.resources import files

import asyncpg
import pytest
from case_service.domain.catalogue import LISTS
from case_service.tables import metadata
from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine

CODE_COLUMNS = {
    ("preventive_case", "case_type"): "case_type",
    ("preventive_case", "state"): "case_state",
    ("preventive_case", "theme"): "theme",
    ("preventive_case", "age_band"): "age_band",
    ("preventive_case", "arena"): "arena",
    ("preventive_case", "subject_category"): "subject_category",
    ("preventive_case", "purpose_code"): "purpose_code",
    ("preventive_case", "legal_basis"): "legal_basis",
    ("preventive_case", "hold_reason"): "hold_reason",
    ("preventive_case", "close_reason"): "close_reason",
    ("preventive_case", "reject_reason"): "reject_reason",
    ("preventive_case", "restriction_reason"): "restriction_reason",
    ("preventive_case", "erasure_basis"): "erasure_basis",
    ("concern", "source"): "concern_source",
    ("concern", "outcome"): "concern_outcome",
    ("concern", "theme"): "theme",
    ("assessment", "risk_factors"): "risk_factor",
    ("assessment", "protective_factors"): "protective_factor",
    ("measure", "kind"): "measure_kind",
    ("measure", "cancel_reason"): "cancel_reason",
    ("evaluation", "effect"): "effect",
    ("partner", "kind"): "partner_kind",
    ("task", "kind"): "task_kind",
    ("best_practice_draft", "theme"): "theme",
    ("best_practice_draft", "case_type"): "case_type",
    ("best_practice_draft", "arena"): "arena",
    ("best_practice_draft", "measure_kind"): "measure_kind",
    ("best_practice_draft", "effect"): "effect",
    ("best_practice_revision", "theme"): "theme",
    ("best_practice_revision", "case_type"): "case_type",
    ("best_practice_revision", "arena"): "arena",
    ("best_practice_revision", "measure_kind"): "measure_kind",
    ("best_practice_revision", "effect"): "effect",
}


async def test_the_tables_in_code_are_those_in_the_database(service):
    engine = create_async_engine(service.owner_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as conn:
        found = await conn.run_sync(
            lambda sync: {
                name: {
                    (c["name"], c["nullable"], c["type"].compile(postgresql.dialect()))
                    for c in inspect(sync).get_columns(name)
                }
                for name in inspect(sync).get_table_names()
            }
        )
    await engine.dispose()
    for table in metadata.tables.values():
        assert {name for name, _, _ in found[table.name]} == set(table.columns.keys())
        nullable = {name for name, null, _ in found[table.name] if null}
        assert nullable == {column.name for column in table.columns if column.nullable}, table.name
        types = {name: kind.partition("(")[0] for name, _, kind in found[table.name]}
        assert types == {
            column.name: column.type.compile(postgresql.dialect()).partition("(")[0] for column in table.columns
        }, table.name


@pytest.mark.parametrize(
    ("place", "code_list"), CODE_COLUMNS.items(), ids=lambda part: ".".join(part) if isinstance(part, tuple) else part
)
async def test_the_database_lists_the_codes_of_the_contracts(service, place, code_list):
    table, column = place
    rows = await service.fetch(
        "SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'",
        table,
    )
    rules = [row["rule"] for row in rows if re.match(rf"CHECK \(\(?{column} (= ANY|<@)", row["rule"])]
    listed = {code for rule in rules for code in re.findall(r"'([a-z0-9_]+)'", rule)}
    assert listed == {code.value for code in LISTS[code_list]} - {"unknown"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET subject = 'nobody'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "DELETE FROM audit_link",
        "DELETE FROM audit_checkpoint",
        "DELETE FROM audit_chain",
        "UPDATE event_archive SET unit = 'troms'",
        "DELETE FROM event_archive",
        "UPDATE method SET name_nb = 'x'",
        "DELETE FROM municipality",
        "DROP TABLE preventive_case",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    ],
)
async def test_the_application_role_cannot_rewrite_what_happened(service, officer, statement):
    await officer.open()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.fetch(statement, as_app=True)


async def test_not_even_the_owner_changes_the_audit_trail_by_mistake(service, officer):
    await officer.open()
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only grows"):
        await service.fetch("UPDATE audit_entry SET subject = 'nobody'")


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE preventive_case SET state = 'closed' WHERE id = $1", "case_closed"),
        ("UPDATE preventive_case SET state = 'on_hold' WHERE id = $1", "case_held"),
        ("UPDATE preventive_case SET restricted = true WHERE id = $1", "case_restricted"),
        ("UPDATE preventive_case SET ended_at = now() WHERE id = $1", "case_ended"),
        ("UPDATE preventive_case SET reject_reason = 'unfounded' WHERE id = $1", "case_rejected"),
        ("UPDATE preventive_case SET retention_floor = 'infinity' WHERE id = $1", "case_floor"),
        ("UPDATE preventive_case SET erased_at = now() WHERE id = $1", "case_erased"),
        ("UPDATE preventive_case SET title = NULL WHERE id = $1", "case_erased"),
        ("UPDATE preventive_case SET special_category = true WHERE id = $1", "case_necessity"),
        ("UPDATE preventive_case SET age_band = 'not_applicable' WHERE id = $1", "case_person"),
        ("UPDATE preventive_case SET unit = 'pod' WHERE id = $1", "not there"),
        ("UPDATE preventive_case SET state = 'unknown' WHERE id = $1", "state_check"),
        ("UPDATE preventive_case SET municipality_number = '9999' WHERE id = $1", "case_municipality"),
    ],
)
async def test_the_database_refuses_a_case_that_no_rule_allows(service, officer, statement, constraint):
    case = await officer.open()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=constraint):
        await service.fetch(statement, case.id)


async def test_the_reference_data_say_where_they_come_from(service):
    rows = await service.fetch("SELECT unit, count(*) AS n FROM municipality_unit GROUP BY unit")
    assert sum(row["n"] for row in rows) == 357
    assert len(rows) == 12
    assert "CC BY 4.0" in files("case_service").joinpath("data/README.md").read_text("utf-8")
