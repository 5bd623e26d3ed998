"""Moving contents from the database to the object store: all that came whole, byte for byte, beside what goes on."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest
from case_service.move_attachments import move
from case_service.store.bucket import Bucket
from forkant_devstack.testing.object_server import ObjectServer
from forkant_kit.db import create_engine
from forkant_kit.sealed_stream import SEGMENT
from sqlalchemy.ext.asyncio import AsyncEngine

from .attaching import File, attached, pdf
from .conftest import Case, serving
from .object_store import Prefix, opened, store_environment, store_settings


@pytest.fixture
def prefix(object_server: ObjectServer) -> Prefix:
    return Prefix(object_server)


@pytest.fixture
async def engine(empty_service) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(empty_service.worker_url, application_name="test", pool_size=1)
    yield engine
    await engine.dispose()


@pytest.fixture
async def case(empty_service) -> Case:
    return await empty_service.person("officer-oslo").open()


async def test_what_came_whole_is_moved_once_and_comes_back_as_it_was(empty_service, issuer, prefix, engine, case):
    files = [File(content=pdf(size)) for size in (2000, SEGMENT + 1, 3 * SEGMENT)]
    paths = [await attached(case, file) for file in files]
    arriving = "00000000-0000-7000-8000-00000000000a"
    await empty_service.fetch(
        "INSERT INTO attachment_content (id, case_id, state, begun_by, begun_at) VALUES ($1, $2, 'arriving', 'a', now())",
        arriving, case.id,
    )  # fmt: skip
    await empty_service.fetch("INSERT INTO attachment_segment VALUES ($1, 0, $2)", arriving, bytes(16))
    assert await move(engine, opened(prefix)) == 3
    assert await move(engine, opened(prefix)) == 0
    left = await empty_service.fetch("SELECT content_id::text AS id FROM attachment_segment")
    assert [row["id"] for row in left] == [arriving]
    assert len(prefix.names()) == 1 + 2 + 4
    urls = type("Urls", (), {name: getattr(empty_service, name) for name in ("owner_url", "app_url", "worker_url")})()
    async for service in serving(urls, issuer, **store_settings(prefix)):
        for path, file in zip(paths, files, strict=True):
            assert (await service.person("officer-oslo").get(f"{path}/content")).content == file.content


async def test_what_is_removed_while_it_is_moved_leaves_nothing(empty_service, prefix, engine, case):
    path = await attached(case, File(content=pdf(SEGMENT + 1)))

    class Removing(Bucket):
        async def put(self, name: str, content: bytes) -> None:
            await super().put(name, content)
            if name.endswith("/000001"):
                await case.do("DELETE", f"attachments/{path.rpartition('/')[2]}")

    bucket = opened(prefix)
    bucket.__class__ = Removing
    assert await move(engine, bucket) == 0
    assert prefix.names() == set()


async def test_a_content_is_kept_in_the_database_when_the_store_fails(empty_service, prefix, engine, case):
    path = await attached(case, File(content=pdf()))
    with pytest.raises(OSError):
        await move(engine, opened(prefix, secret="wrong-secret"))
    assert (await case.by.get(f"{path}/content")).status_code == 200


async def test_the_worker_may_delete_no_segment_of_a_content_that_is_in_the_database(empty_service, case):
    path = await attached(case, File(content=pdf()))
    connection = await asyncpg.connect(empty_service.worker_url)
    assert await connection.execute("DELETE FROM attachment_segment") == "DELETE 0"
    await connection.close()
    assert (await case.by.get(f"{path}/content")).status_code == 200


@pytest.mark.parametrize("configured", [True, False])
async def test_the_command_says_what_it_did(empty_service, prefix, case, issuer, configured):
    await attached(case, File(content=pdf()))
    env = {**os.environ, "FORKANT_ENV": "test", "FORKANT_DATABASE_URL": empty_service.worker_url,
           "FORKANT_OIDC_ISSUER": issuer.url, **(store_environment(prefix) if configured else {})}  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "case_service.move_attachments", env=env,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    told = (b"1 contents moved", 0) if configured else (b"no object store is configured", 78)
    assert (told[0] in said, process.returncode) == (True, told[1]), said
