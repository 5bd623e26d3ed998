import asyncpg
import pytest
from forkant_devstack.stack import revisions
from forkant_devstack.stack.revisions import heads, must_migrate


@pytest.fixture
def versions(tmp_path):
    (tmp_path / "0001_first.py").write_text('revision = "0001"\ndown_revision = None\n')
    (tmp_path / "0002_second.py").write_text("revision: str = '0002'\ndown_revision: str | None = '0001'\n")
    return tmp_path


def test_the_newest_revision_is_the_one_nothing_builds_on(versions):
    assert heads(versions) == {"0002"}


async def test_only_a_database_at_the_newest_revision_is_left_alone(postgres, versions, monkeypatch):
    monkeypatch.setattr(revisions, "_versions_folder", lambda _: versions)
    urls = await postgres.create_database("revisions")
    assert await must_migrate("case_service", urls.owner_url)

    connection = await asyncpg.connect(urls.owner_url)
    try:
        await connection.execute("CREATE TABLE alembic_version (version_num text)")
        await connection.execute("INSERT INTO alembic_version VALUES ('0001')")
        assert await must_migrate("case_service", urls.owner_url)

        await connection.execute("UPDATE alembic_version SET version_num = '0002'")
        assert not await must_migrate("case_service", urls.owner_url)
    finally:
        await connection.close()
