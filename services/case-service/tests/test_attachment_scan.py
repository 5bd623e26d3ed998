"""The virus scanner inline: nothing is kept that it did not call clean, and nothing at all while it is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from case_service.settings import CaseSettings
from forkant_devstack.testing.clamd import EICAR, is_installed, running_clamd
from forkant_kit.sealed_stream import SEGMENT
from prometheus_client import REGISTRY
from pydantic import ValidationError

from .attaching import File, attach, attached, pdf
from .conftest import Case, Service, serving

NOTHING = {"attachment": 0, "attachment_content": 0, "attachment_segment": 0}


@asynccontextmanager
async def scanning(service: Service, issuer, scanner: str) -> AsyncIterator[Case]:
    """Serve the same database with a scanner, and open a case there."""
    urls = type("Urls", (), {name: getattr(service, name) for name in ("owner_url", "app_url", "worker_url")})()
    async for each in serving(urls, issuer, attachment_scanner=scanner):
        yield await each.person("officer-oslo").open()


async def counts(service: Service) -> dict[str, int]:
    return {name: count for name, count in (await service.row_counts()).items() if name in NOTHING}


def scans(outcome: str) -> float:
    return REGISTRY.get_sample_value("forkant_scans_total", {"outcome": outcome}) or 0


@pytest.mark.skipif(not is_installed(), reason="clamd is not installed: apt-get install clamav-daemon")
async def test_what_the_scanner_finds_something_in_is_refused_counted_and_leaves_nothing(
    empty_service, issuer, tmp_path
):
    harm = pdf(SEGMENT + 500_000)
    async with (
        running_clamd(tmp_path) as address,
        scanning(empty_service, issuer, f"clamd://{address.host}:{address.port}") as case,
    ):
        path = await attached(case, File(content=harm))
        assert (await case.by.get(path)).json()["scan"] == "clean"
        before, infected = await counts(empty_service), scans("infected")
        for content in (harm + EICAR, harm[:1000] + EICAR + harm[1000:]):
            answer = await attach(case, File(content=content))
            assert (answer.status_code, answer.json()["code"]) == (422, "attachment-infected")
        assert await counts(empty_service) == before
        assert scans("infected") == infected + 2
        rows = await empty_service.fetch("SELECT refusal FROM audit_entry WHERE outcome = 'refused'")
        assert [row["refusal"] for row in rows] == ["attachment-infected"] * 2


@pytest.mark.parametrize("answer", [None, b"stream: broken ERROR\0"], ids=["away", "out of order"])
async def test_while_the_scanner_gives_no_verdict_nothing_is_taken(empty_service, issuer, answer):
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            await reader.readexactly(size)
        writer.write(answer or b"")
        writer.close()

    server = await asyncio.start_server(behave, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    if answer is None:
        server.close()
        await server.wait_closed()
    unavailable = scans("unavailable")
    async with scanning(empty_service, issuer, f"clamd://127.0.0.1:{port}") as case:
        refused = await attach(case, File(content=pdf(2 * SEGMENT)))
    server.close()
    assert (refused.status_code, refused.json()["code"]) == (503, "scanner-unavailable")
    assert await counts(empty_service) == NOTHING
    assert scans("unavailable") == unavailable + 1


@pytest.mark.parametrize("wrong", ["localhost:3310", "clamd://localhost", "icap://localhost:1344"])
def test_an_address_of_a_scanner_that_is_none_stops_the_start(wrong):
    with pytest.raises(ValidationError, match="clamd://host:port"):
        CaseSettings(env="test", database_url="postgresql://a@b/c", oidc_issuer="http://i", attachment_scanner=wrong)
