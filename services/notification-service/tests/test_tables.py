"""The tables in the code are those that the migrations make."""

from forkant_kit.testing import Stage
from notification_service.tables import metadata


async def test_columns_and_their_nullability_are_the_same(stage: Stage):
    rows = await stage.fetch(
        "SELECT table_name, column_name, is_nullable = 'YES' AS nullable FROM information_schema.columns "
        "WHERE table_schema = 'public'"
    )
    made = {(row["table_name"], row["column_name"]): row["nullable"] for row in rows}
    for table in metadata.tables.values():
        named = {name for table_name, name in made if table_name == table.name}
        assert named == {column.name for column in table.columns}
        for column in table.columns:
            assert made[table.name, column.name] == column.nullable, column


async def test_the_applications_role_owns_nothing(stage: Stage):
    rows = await stage.fetch("SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert rows
    assert all(row["tableowner"].endswith("_owner") for row in rows)
