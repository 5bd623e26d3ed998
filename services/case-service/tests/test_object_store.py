"""The object store by itself: what it is told, how it fails, how deletions are made good, and what is swept up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from case_service.attachment_settings import LATE_AFTER
from case_service.objects_worker import UNNAMED_FOR, delete_objects, sweep_objects
from case_service.store.objects import segment_name
from case_service.worker import let_go_of_late_contents
from forkant_devstack.testing.object_server import ObjectServer
from forkant_kit.db import create_engine, utc_now
from forkant_kit.sealed_stream import SEGMENT
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncEngine

from .attaching import File, attach, attached, pdf
from .conftest import Case, Service, serving
from .object_store import Prefix, opened, store_settings

SOON, LATER = timedelta(seconds=5), timedelta(hours=3)


@asynccontextmanager
async def with_store(service: Service, issuer, prefix: Prefix, **other) -> AsyncIterator[Service]:
    """Serve the database of a service with the store."""
    urls = type("Urls", (), {name: getattr(service, name) for name in ("owner_url", "app_url", "worker_url")})()
    async for each in serving(urls, issuer, **store_settings(prefix, **other)):
        yield each


@pytest.fixture
def prefix(object_server: ObjectServer) -> Prefix:
    return Prefix(object_server)


@pytest.fixture
async def store(empty_service, issuer, prefix) -> AsyncIterator[Service]:
    async with with_store(empty_service, issuer, prefix) as service:
        yield service


@pytest.fixture
async def engine(empty_service) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(empty_service.worker_url, application_name="test", pool_size=2)
    yield engine
    await engine.dispose()


@pytest.fixture
async def case(store) -> Case:
    return await store.person("officer-oslo").open()


def at(after: timedelta) -> datetime:
    return utc_now() + after


def waiting() -> float | None:
    return REGISTRY.get_sample_value("forkant_objects_to_delete")


async def test_no_name_in_the_store_says_anything_of_a_case(store, case, prefix):
    path = await attached(case, File(content=pdf(SEGMENT + 1)))
    [row] = await store.fetch("SELECT object_name FROM attachment_content")
    assert prefix.names() == {segment_name(row["object_name"], position) for position in (0, 1)}
    assert row["object_name"].version == 4
    assert not any(part in name for name in prefix.names() for part in (case.id, path.rpartition("/")[2]))


async def test_what_was_in_the_database_before_the_store_came_is_read_there_still(empty_service, issuer, prefix):
    file = File(content=pdf(SEGMENT + 1))
    before = await empty_service.person("officer-oslo").open()
    path = await attached(before, file)
    async with with_store(empty_service, issuer, prefix) as service:
        person = service.person("officer-oslo")
        assert (await person.get(f"{path}/content")).content == file.content
        assert prefix.names() == set()
        newer = await attached(Case(id=before.id, etag=before.etag, by=person), file)
        assert len(prefix.names()) == 2
    answer = await empty_service.person("officer-oslo").get(f"{newer}/content")
    assert (answer.status_code, answer.json()["code"]) == (503, "attachment-store-unavailable")
    assert (await empty_service.person("officer-oslo").get(f"{path}/content")).content == file.content


@pytest.mark.parametrize(
    "wrong",
    [{"bucket": "not-there"}, {"secret": "not-the-secret"}, {"key": "nobody"}, {"endpoint": "http://127.0.0.1:9"}],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_a_store_that_is_not_there_or_lets_nobody_in_makes_readiness_fail_and_uploads_503(
    empty_service, issuer, prefix, wrong
):
    assert (await empty_service.client.get("/health/ready")).json()["checks"].get("attachment_store") is None
    async with with_store(empty_service, issuer, prefix, **wrong) as service:
        ready = await service.client.get("/health/ready")
        assert (ready.status_code, ready.json()["checks"]["attachment_store"]) == (503, "failing")
        case = await service.person("officer-oslo").open()
        answer = await attach(case, File(content=pdf()))
        assert (answer.status_code, answer.json()["code"]) == (503, "attachment-store-unavailable")
        assert (await case.by.get(f"{case.path}/attachments")).json()["items"] == []
        assert await service.fetch("SELECT FROM attachment_content") == []


async def test_a_store_that_is_there_is_ready(store):
    answer = await store.client.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["attachment_store"]) == (200, "ok")


async def test_a_segment_that_the_store_lost_is_no_removal(store, case, prefix):
    path = await attached(case, File(content=pdf(SEGMENT + 1)))
    await opened(prefix).delete([f"{name}" for name in prefix.names()])
    answer = await case.by.get(f"{path}/content")
    assert (answer.status_code, answer.json()["code"]) == (503, "attachment-store-unavailable")


async def test_a_removal_that_is_taken_back_queues_nothing(store, case, prefix):
    await attached(case, File(content=pdf()))
    await store.fetch("ALTER TABLE audit_entry ADD CONSTRAINT broken CHECK (false) NOT VALID")
    [row] = await store.fetch("SELECT id FROM attachment")
    assert not (await case.attempt("DELETE", f"attachments/{row['id']}")).is_success
    await store.fetch("ALTER TABLE audit_entry DROP CONSTRAINT broken")
    assert await store.fetch("SELECT FROM object_deletion") == []


async def test_a_certificate_counts_the_contents_of_its_own_case_alone(store, case):
    privacy, other = store.person("privacy-oslo"), await store.person("officer-oslo").open()
    path = await attached(other, File(content=pdf()))
    await other.do("DELETE", f"attachments/{path.rpartition('/')[2]}")
    await attached(case, File(content=pdf()))
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    assert (await privacy.get(f"{case.path}/erasure")).json()["contents_waiting"] == 1


async def test_what_a_killed_api_left_in_the_store_goes_by_the_same_way(store, case, prefix, engine):
    name, begun = uuid4(), utc_now() - LATE_AFTER - timedelta(minutes=1)
    await opened(prefix).put(segment_name(name, 0), b"sealed")
    await store.fetch(
        "INSERT INTO attachment_content (id, case_id, state, begun_by, begun_at, object_name)"
        " VALUES ($1, $2, 'arriving', 'officer-oslo', $3, $4)",
        uuid4(), case.id, begun, name,
    )  # fmt: skip
    await let_go_of_late_contents(engine)
    [row] = await store.fetch("SELECT object_name FROM object_deletion")
    assert row["object_name"] == name
    await delete_objects(engine, opened(prefix), now=lambda: utc_now() + SOON)
    assert prefix.names() == set()


async def test_what_the_store_fails_to_delete_waits_and_is_counted_until_it_is_gone(store, case, prefix, engine):
    for _ in range(3):
        path = await attached(case, File(content=pdf()))
        await case.do("DELETE", f"attachments/{path.rpartition('/')[2]}")
    away = opened(prefix, secret="not-the-secret")
    for turn in range(1, 3):
        await delete_objects(engine, away, now=partial(at, turn * LATER))
        rows = await store.fetch("SELECT attempts, next_at > now() AS later FROM object_deletion")
        assert [tuple(row) for row in rows] == [(turn, True)] * 3
        assert (waiting(), len(prefix.names())) == (3, 3)
    await delete_objects(engine, opened(prefix), now=lambda: utc_now() + SOON)
    assert waiting() == 3, "it was not due yet"
    # As a worker that was started anew: all it knows is the table.
    await delete_objects(engine, opened(prefix), now=lambda: utc_now() + 4 * LATER)
    assert (waiting(), prefix.names()) == (0, set())
    assert await store.fetch("SELECT FROM object_deletion") == []


async def test_a_worker_without_the_settings_says_how_much_waits(store, case, prefix, engine):
    path = await attached(case, File(content=pdf()))
    await case.do("DELETE", f"attachments/{path.rpartition('/')[2]}")
    await delete_objects(engine, None)
    assert (waiting(), len(prefix.names())) == (1, 1)


async def test_more_than_one_turn_takes_is_deleted_and_by_two_workers_too(store, case, prefix, engine):
    files = 25
    for _ in range(files):
        name = uuid4()
        await opened(prefix).put(segment_name(name, 0), b"sealed")
        await store.fetch("INSERT INTO object_deletion (object_name, case_id) VALUES ($1, $2)", name, case.id)
    assert len(prefix.names()) == files
    await asyncio.gather(*(delete_objects(engine, opened(prefix), now=lambda: utc_now() + SOON) for _ in range(2)))
    assert (prefix.names(), await store.fetch("SELECT FROM object_deletion")) == (set(), [])


async def test_old_objects_that_no_row_names_are_swept_and_nothing_else(store, case, prefix, engine):
    kept = await attached(case, File(content=pdf(SEGMENT + 1)))
    queued = await attached(case, File(content=pdf()))
    await case.do("DELETE", f"attachments/{queued.rpartition('/')[2]}")
    named = prefix.names()
    unnamed, foreign = {segment_name(uuid4(), position) for position in range(3)}, {"readme", f"{uuid4()}/other"}
    for name in unnamed | foreign:
        await opened(prefix).put(name, b"sealed")
    await sweep_objects(engine, opened(prefix))
    assert prefix.names() == named | unnamed | foreign, "what is young may be an upload under way"
    await sweep_objects(engine, opened(prefix), now=lambda: utc_now() + UNNAMED_FOR + timedelta(minutes=1))
    assert prefix.names() == named | foreign
    assert (await case.by.get(f"{kept}/content")).status_code == 200


def test_no_upload_lasts_as_long_as_it_takes_until_its_objects_may_be_swept():
    assert UNNAMED_FOR > 2 * LATE_AFTER


async def test_the_api_may_queue_and_not_take_off_the_queue(store, case):
    for statement in ("DELETE FROM object_deletion", "UPDATE object_deletion SET attempts = 1"):
        with pytest.raises(Exception, match="permission denied"):
            await store.fetch(statement, as_app=True)
    with pytest.raises(Exception, match="row-level security"):
        await store.fetch(
            "INSERT INTO object_deletion (object_name, case_id) VALUES ($1, $2)", uuid4(), case.id, as_app=True
        )
    await store.fetch("INSERT INTO object_deletion (object_name, case_id) VALUES ($1, $2)", uuid4(), UUID(case.id))
    assert await store.fetch("SELECT FROM object_deletion", as_app=True) == []
