"""Both stores of contents, asked the same: what goes in comes out, and nothing is left of what goes, in either."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from case_service.migrate import MIGRATIONS
from case_service.objects_worker import delete_objects
from case_service.store.bucket import Bucket
from forkant_devstack.testing.object_server import ObjectServer
from forkant_kit.db import create_engine, utc_now
from forkant_kit.sealed_stream import SEGMENT

from .attaching import CANARY, PDF, File, attach, attached, pdf
from .conftest import Case, Person, Service, serving
from .object_store import Prefix, opened, store_settings

SIZES = [len(PDF) + len(CANARY), 2000, SEGMENT - 56, SEGMENT - 55, 3 * SEGMENT + 7]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A service with one of the stores, and a look at what that really holds."""

    service: Service
    prefix: Prefix | None
    bucket: Bucket | None

    @property
    def officer(self) -> Person:
        return self.service.person("officer-oslo")

    async def segments(self) -> list[bytes]:
        """Return every sealed segment that the store holds of anything."""
        if self.prefix is not None:
            return self.prefix.contents()
        return [row["sealed"] for row in await self.service.fetch("SELECT sealed FROM attachment_segment")]

    async def worked_off(self) -> None:
        """Let the worker do what it does about deletions."""
        engine = create_engine(self.service.worker_url, application_name="test", pool_size=1)
        await delete_objects(engine, self.bucket, now=lambda: utc_now() + timedelta(hours=2))
        await engine.dispose()


@pytest_asyncio.fixture(params=["database", "object store"], loop_scope="session")
async def kept(request, postgres, issuer, object_server: ObjectServer) -> AsyncIterator[Kept]:
    urls = await postgres.migrated_database("case", MIGRATIONS)
    if request.param == "database":
        async for service in serving(urls, issuer):
            yield Kept(service=service, prefix=None, bucket=None)
        return
    prefix = Prefix(object_server)
    async for service in serving(urls, issuer, **store_settings(prefix)):
        yield Kept(service=service, prefix=prefix, bucket=opened(prefix))


@pytest.fixture
async def case(kept) -> Case:
    return await kept.officer.open()


async def test_what_is_attached_comes_back_as_it_was_whatever_its_size(kept, case):
    for size in SIZES:
        file = File(content=pdf(size))
        answer = await kept.officer.get(f"{await attached(case, file)}/content")
        assert (answer.status_code, answer.content) == (200, file.content)


async def test_the_store_holds_sealed_segments_alone(kept, case):
    await attached(case, File(content=pdf(3 * SEGMENT + 7)))
    segments = await kept.segments()
    assert sorted(len(each) for each in segments)[1:] == [SEGMENT] * 3
    assert not any(CANARY in each or PDF in each for each in segments)


async def test_a_removed_file_is_gone_from_the_store_and_the_others_stay(kept, case):
    file = File(content=pdf(2 * SEGMENT))
    path, other = [await attached(case, file) for _ in range(2)]
    await case.do("DELETE", f"attachments/{path.rpartition('/')[2]}")
    await kept.worked_off()
    assert (await kept.officer.get(f"{path}/content")).status_code == 404
    assert (await kept.officer.get(f"{other}/content")).content == file.content
    assert len(await kept.segments()) == 3


async def test_an_erased_case_leaves_nothing_in_the_store_and_says_when_that_is_so(kept, case):
    for _ in range(2):
        await attached(case, File(content=pdf(2 * SEGMENT)))
    privacy = kept.service.person("privacy-oslo")
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    certificate = (await privacy.get(f"{case.path}/erasure")).json()
    assert certificate["destroyed"]["attachment_content"] == 2
    assert certificate["contents_waiting"] == (0 if kept.prefix is None else 2)
    assert len(await kept.segments()) == (0 if kept.prefix is None else 6)
    await kept.worked_off()
    assert (await privacy.get(f"{case.path}/erasure")).json() == {**certificate, "contents_waiting": 0}
    assert await kept.segments() == []


@pytest.mark.parametrize("wrong", ["digest", "moved", "erased"])
async def test_an_upload_that_fails_leaves_nothing_visible_and_then_nothing(kept, case, wrong):
    async def meanwhile():
        yield PDF + bytes(2 * SEGMENT)
        if wrong == "erased":
            await case.do("POST", "erasure", {"basis": "unlawful"}, by=kept.service.person("privacy-oslo"))
        if wrong == "moved":
            await case.do("POST", "members", {"subject": "officer2-oslo"})
        yield bytes(2 * SEGMENT)

    digest = bytes(32) if wrong == "digest" else None
    file = File(content=PDF + bytes(4 * SEGMENT), **({} if digest is None else {"digest": digest}))
    answer = await attach(case, file, body=meanwhile())
    assert answer.status_code == {"digest": 422, "moved": 412, "erased": 410}[wrong]
    if wrong != "erased":
        assert (await kept.officer.get(f"{case.path}/attachments")).json()["items"] == []
    await kept.worked_off()
    assert await kept.segments() == []


async def test_an_upload_that_is_cancelled_leaves_nothing(kept, case):
    came = asyncio.Event()

    async def for_ever():
        yield PDF + bytes(3 * SEGMENT)
        came.set()
        await asyncio.Event().wait()

    uploading = asyncio.create_task(attach(case, File(content=pdf()), body=for_ever()))
    await came.wait()
    uploading.cancel()
    await asyncio.gather(uploading, return_exceptions=True)
    await kept.worked_off()
    assert await kept.segments() == []


async def test_a_segment_that_the_store_lost_or_that_was_changed_there_is_never_sent(kept, case):
    path = await attached(case, File(content=pdf()))
    if kept.prefix is None:
        await kept.service.fetch("UPDATE attachment_segment SET sealed = $1", bytes(2000))
    else:
        kept.prefix.spoil(bytes(2000))
    answer = await kept.officer.get(f"{path}/content")
    assert (answer.status_code, CANARY in answer.content) == (500, False)


async def test_the_same_key_keeps_one_content_in_the_store(kept, case):
    file, key, etag = File(content=pdf()), str(uuid4()), case.etag
    for _ in range(2):
        assert (await attach(case, file, key=key, If_Match=etag)).status_code == 201
    assert len(await kept.segments()) == 1
