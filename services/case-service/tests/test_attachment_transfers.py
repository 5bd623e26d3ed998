"""Attachments over a socket: what breaks off, is too large, too slow or no longer allowed leaves nothing, and is not sent."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from case_service.attachment_settings import LATE_AFTER
from case_service.worker import let_go_of_late_contents
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_kit.db import create_engine, utc_now
from forkant_kit.sealed_stream import SEGMENT
from forkant_kit.testing import until
from forkant_kit.vault_settings import DEV_TEXT_KEY
from forkant_kit.web import uvicorn_server

from .attaching import NOTHING, PDF, File, attach, attached, of_case, pdf
from .conftest import Case, Person, Service, serving
from .object_store import Prefix, store_environment

MIB = 1024 * 1024
MOST = 25 * MIB


@asynccontextmanager
async def listening(service: Service) -> AsyncIterator[str]:
    """Serve the application over a socket too, and return its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn_server(service.app, host="127.0.0.1", port=0)
    server.lifespan_on = False
    server.config.lifespan = "off"
    running = asyncio.create_task(server._serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


@pytest.fixture
async def over_socket(service) -> AsyncIterator[httpx.AsyncClient]:
    async with listening(service) as url, httpx.AsyncClient(base_url=url, timeout=60) as client:
        yield client


def through(client: httpx.AsyncClient, person: Person) -> Person:
    return Person(client=client, headers=person.headers)


async def nothing_left(service: Service, case: Case) -> None:
    async def is_nothing() -> bool:
        return await of_case(service, case) == NOTHING

    await until(is_nothing, what="nothing is left of an upload that broke off")


@pytest.fixture
async def case(officer) -> Case:
    return await officer.open()


@pytest.mark.parametrize("gone", [2, 3])
async def test_a_file_of_which_a_part_is_gone_breaks_off_instead_of_seeming_whole(
    service, over_socket, officer, case, gone
):
    path = await attached(case, File(content=pdf(3 * SEGMENT)))
    await service.fetch(
        "DELETE FROM attachment_segment WHERE content_id = $1 AND position = $2", path.rpartition("/")[2], gone
    )
    with pytest.raises(httpx.RemoteProtocolError):
        await through(over_socket, officer).get(f"{path}/content")


async def test_a_file_that_is_told_to_be_shorter_than_it_is_breaks_off(service, over_socket, officer, case):
    path = await attached(case, File(content=pdf(3 * SEGMENT)))
    await service.fetch("UPDATE attachment SET size = $2 WHERE id = $1", path.rpartition("/")[2], 2 * SEGMENT - 72)
    with pytest.raises(httpx.RemoteProtocolError):
        await through(over_socket, officer).get(f"{path}/content")


async def half_sent(url: str, case: Case, file: File) -> None:
    """Send half of a file, and hang up."""
    host, _, port = url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    headers = {
        **case.by.headers, **file.headers(), "Host": host, "Content-Length": str(len(file.content)),
        "If-Match": case.etag, "Idempotency-Key": os.urandom(8).hex(),
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST {case.path}/attachments HTTP/1.1\r\n{head}\r\n".encode() + file.content[: 2 * SEGMENT])
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def test_a_client_that_hangs_up_leaves_nothing(service, over_socket, case):
    before = len(await refusals(service, case))
    await half_sent(str(over_socket.base_url).rstrip("/"), case, File(content=pdf(4 * SEGMENT)))

    async def is_recorded() -> bool:
        return len(await refusals(service, case)) > before

    await until(is_recorded, what="that a file broke off is recorded")
    assert (await refusals(service, case))[-1] == "body-incomplete"
    await nothing_left(service, case)


async def refusals(service: Service, case: Case) -> list[str]:
    rows = await service.fetch(
        "SELECT refusal FROM audit_entry WHERE $1::uuid = ANY (object_ids) AND outcome = 'refused' ORDER BY seq",
        case.id,
    )
    return [row["refusal"] for row in rows]


@asynccontextmanager
async def another(service: Service, issuer: IssuerServer, **settings: Any) -> AsyncIterator[Service]:
    """Serve the same database with other settings."""
    urls = type("Urls", (), {name: getattr(service, name) for name in ("owner_url", "app_url", "worker_url")})()
    async for each in serving(urls, issuer, **settings):
        yield each


@pytest.mark.parametrize("with_length", [True, False])
async def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(service, issuer, case, with_length):
    file = File(content=pdf(3 * SEGMENT))

    async def unmeasured():
        for start in range(0, len(file.content), 70_000):
            yield file.content[start : start + 70_000]

    async with another(service, issuer, attachment_max_bytes=2 * SEGMENT) as small:
        there = Case(id=case.id, etag=case.etag, by=small.person("officer-oslo"))
        answer = await attach(there, file, body=None if with_length else unmeasured())
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
        assert await of_case(service, case) == NOTHING
        assert (await attach(there, File(content=pdf(2 * SEGMENT)))).status_code == 201


async def test_a_case_holds_so_many_files_and_bytes_and_no_more(service, issuer, officer):
    limits = {"attachment_max_files_a_case": 2, "attachment_max_bytes_a_case": 3 * SEGMENT}
    async with another(service, issuer, **limits) as small:
        person = small.person("officer-oslo")
        many, much = await person.open(), await person.open()
        for _ in range(2):
            await attached(many, File(content=pdf()))
        await attached(much, File(content=pdf(2 * SEGMENT)))
        for case, file in ((many, File(content=pdf())), (much, File(content=pdf(2 * SEGMENT)))):
            before = await of_case(service, case)
            answer = await attach(case, file)
            assert (answer.status_code, answer.json()["code"]) == (409, "attachment-limit")
            assert (answer.json()["files"], answer.json()["bytes"]) == ("2", str(3 * SEGMENT))
            assert await of_case(service, case) == before
        await attached(much, File(content=pdf(SEGMENT)))


async def test_types_that_a_site_does_not_want_are_refused(service, issuer, case):
    async with another(service, issuer, attachment_media_types=["image/png"]) as strict:
        there = Case(id=case.id, etag=case.etag, by=strict.person("officer-oslo"))
        answer = await attach(there, File(content=pdf()))
        assert (answer.status_code, answer.json()["allowed"]) == (415, ["image/png"])


async def test_a_file_that_takes_too_long_is_refused_and_leaves_nothing(service, issuer, case):
    async def for_ever():
        yield PDF + bytes(2 * SEGMENT)
        await asyncio.Event().wait()

    async with another(service, issuer, attachment_upload_seconds=1) as hasty:
        there = Case(id=case.id, etag=case.etag, by=hasty.person("officer-oslo"))
        answer = await attach(there, File(content=pdf()), body=for_ever())
        assert (answer.status_code, answer.json()["code"]) == (408, "upload-too-slow")
        assert await of_case(service, case) == NOTHING


async def test_an_upload_ends_with_the_token_that_began_it(service, issuer, case):
    token = issuer.headers("officer-oslo", jti=os.urandom(8).hex())
    there = Case(id=case.id, etag=case.etag, by=Person(client=service.client, headers=token))

    async def revoked_meanwhile():
        yield PDF + bytes(2 * SEGMENT)
        issuer.revoke(token["Authorization"].removeprefix("Bearer "))
        await asyncio.Event().wait()

    answer = await attach(there, File(content=pdf()), body=revoked_meanwhile())
    assert (answer.status_code, answer.json()["reason"]) == (401, "token-revoked")
    assert await of_case(service, case) == NOTHING


@pytest.mark.parametrize("end", ["removed", "erased", "no longer a member"])
async def test_a_download_breaks_off_when_the_file_is_no_longer_the_callers_to_see(service, over_socket, case, end):
    member = await case.do("POST", "members", {"subject": "officer2-oslo"})
    path = await attached(case, File(content=pdf(MOST)))
    reader, privacy = service.person("officer2-oslo"), service.person("privacy-oslo")
    async with over_socket.stream("GET", f"{path}/content", headers=reader.headers) as answer:
        assert answer.status_code == 200
        if end == "removed":
            await case.do("DELETE", f"attachments/{path.rpartition('/')[2]}")
        elif end == "erased":
            await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
        else:
            await case.do("DELETE", f"members/{member['item_id']}")
        with pytest.raises(httpx.RemoteProtocolError):
            await answer.aread()


async def test_what_a_killed_api_left_is_let_go_by_the_worker_and_nothing_younger(service, case):
    path = await attached(case, File(content=pdf()))
    late, young = "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"
    for content in (late, young):
        await service.fetch(
            "INSERT INTO attachment_content (id, case_id, state, begun_by, begun_at)"
            " VALUES ($1, $2, 'arriving', 'officer-oslo', now())",
            content, case.id,
        )  # fmt: skip
        await service.fetch("INSERT INTO attachment_segment VALUES ($1, 0, $2)", content, bytes(16))
    old = utc_now() - LATE_AFTER - timedelta(minutes=1)
    await service.fetch("UPDATE attachment_content SET begun_at = $2 WHERE id = ANY ($1)", [late, path[-36:]], old)
    engine = create_engine(service.worker_url, application_name="test", pool_size=1)
    await let_go_of_late_contents(engine)
    left = await service.fetch("SELECT content_id::text AS id FROM attachment_segment WHERE content_id = ANY ($1)", [
        late, young, path[-36:],
    ])  # fmt: skip
    assert {row["id"] for row in left} == {young, path[-36:]}
    await let_go_of_late_contents(engine, now=lambda: utc_now() + LATE_AFTER + timedelta(minutes=1))
    assert (await of_case(service, case))["held"] == 1
    await engine.dispose()


@asynccontextmanager
async def api_process(service: Service, issuer: IssuerServer, **more: str) -> AsyncIterator[tuple[int, str]]:
    """Run the API as a process of its own; give its id and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    known = issuer.introspection
    env = {
        **os.environ, "FORKANT_ENV": "test", "FORKANT_DATABASE_URL": service.app_url, "FORKANT_HTTP_PORT": str(port),
        "FORKANT_OIDC_ISSUER": issuer.url, "FORKANT_TEXT_KEYS": DEV_TEXT_KEY,
        "FORKANT_INTROSPECTION_CLIENT_ID": known["introspection_client_id"],
        "FORKANT_INTROSPECTION_CLIENT_SECRET": known["introspection_client_secret"].get_secret_value()
        if hasattr(known["introspection_client_secret"], "get_secret_value")
        else known["introspection_client_secret"],
        **more,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "case_service.app", env=env)
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url) as client:

            async def is_ready() -> bool:
                try:
                    return (await client.get("/health/ready")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(is_ready, what="the API is ready")
        yield process.pid, url
    finally:
        process.terminate()
        await process.wait()


def peak_bytes(pid: int) -> int:
    """Return the most memory that a process has held so far."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.parametrize("kept_in", ["database", "object store"])
async def test_many_large_files_at_once_are_never_whole_in_memory(service, issuer, officer, object_server, kept_in):
    clients, growth, prefix = 4, 64 * MIB, Prefix(object_server)
    more = {} if kept_in == "database" else store_environment(prefix)
    async with (
        api_process(service, issuer, **more) as (pid, url),
        httpx.AsyncClient(base_url=url, timeout=120) as client,
    ):
        cases = [await through(client, officer).open() for _ in range(clients)]
        file = File(content=pdf(MOST))
        warm = await attached(cases[0], File(content=pdf()))
        assert (await through(client, officer).get(f"{warm}/content")).status_code == 200
        before = peak_bytes(pid)
        paths = await asyncio.gather(*(attached(case, file) for case in cases))

        async def again(path: str) -> int:
            async with client.stream("GET", f"{path}/content", headers=officer.headers) as answer:
                return sum([len(piece) async for piece in answer.aiter_bytes()])

        down = [again(path) for path in paths]
        up = [attached(case, file) for case in cases]
        done = await asyncio.gather(*down, *up)
        assert done[:clients] == [MOST] * clients
        assert peak_bytes(pid) - before < growth < clients * MOST
        assert bool(prefix.names()) == (kept_in == "object store")
