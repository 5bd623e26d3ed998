"""From a command over HTTP to the open stream of an inbox, by the client of the how-to, through kills and restarts."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import open_case
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka

UNIT, LEAD = "innlandet", "lead-innlandet"
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "live-inbox.md"
PAGES_CLIENT: dict[str, Any] = {"__name__": PAGE.name}
exec(compile(PAGE.read_text().split("```python\n")[1].split("```")[0], str(PAGE), "exec"), PAGES_CLIENT)


class Watched(PAGES_CLIENT["Inbox"]):
    """The inbox of the page's client, with all that the stream told of it."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.ended: str | None = None

    def take(self, name: str, data: dict[str, Any]) -> None:
        self.told.append((name, data))
        super().take(name, data)

    def about(self, *cases: UUID) -> set[str]:
        return {id_ for id_, entry in self.entries.items() if entry["subject_id"] in {str(case) for case in cases}}

    def times(self, ids: set[str]) -> set[int]:
        """Return how often messages were told of."""
        return {*Counter(data["id"] for name, data in self.told if name == "entry" and data["id"] in ids).values()}


def lead(platform: Platform) -> httpx.AsyncClient:
    return plain_client(base_url=platform.nodes["notification"].url, headers=platform.issuer.headers(LEAD), timeout=30)


@asynccontextmanager
async def followed(platform: Platform, inbox: Watched) -> AsyncIterator[asyncio.Task[str | None]]:
    """Follow an inbox from where it was left."""
    before = len(inbox.told)
    async with lead(platform) as client:
        task = asyncio.create_task(PAGES_CLIENT["follow"](client, inbox))

        async def begun() -> bool:
            return task.done() or "present" in {name for name, _ in inbox.told[before:]}

        try:
            await until(begun, what="the stream beginning")
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])


async def shows(platform: Platform, inbox: Watched, *cases: UUID) -> set[str]:
    """Wait until an inbox holds what the list holds of each of the cases; return the ids of the messages."""

    async def complete() -> bool:
        answer = await platform.call("notification", "GET", "/v1/inbox?limit=100", persona=LEAD)
        listed = {item["id"]: UUID(item["subject_id"]) for item in answer.json()["items"]}
        of_them = {id_ for id_, case in listed.items() if case in cases}
        return {listed[id_] for id_ in of_them} == set(cases) and inbox.about(*cases) == of_them

    await until(complete, what=f"the messages of {len(cases)} cases in the live inbox")
    return inbox.about(*cases)


async def test_a_case_reaches_the_open_inbox_and_what_happened_while_the_client_was_away_comes_once(platform: Platform):
    inbox = Watched()
    async with followed(platform, inbox):
        live = (await open_case(platform, UNIT)).case_id
        first = await shows(platform, inbox, live)
        assert inbox.times(first) == {1}
    await platform.kill("notification-worker")
    missed = [(await open_case(platform, UNIT)).case_id for _ in range(3)]
    await platform.start("notification-worker")
    async with followed(platform, inbox):
        missed.append((await open_case(platform, UNIT)).case_id)
        ids = await shows(platform, inbox, live, *missed)
        assert (inbox.times(first), inbox.times(ids - first)) == ({1}, {1})
    assert "reset" not in {name for name, _ in inbox.told}


async def test_a_worker_killed_while_the_client_listens_loses_it_nothing(platform: Platform):
    inbox = Watched()
    async with followed(platform, inbox):
        cases = [(await open_case(platform, UNIT)).case_id for _ in range(3)]
        await platform.kill("notification-worker")
        cases.append((await open_case(platform, UNIT)).case_id)
        await platform.start("notification-worker")
        assert inbox.times(await shows(platform, inbox, *cases)) == {1}


async def test_a_client_goes_on_at_the_api_that_was_started_again(platform: Platform):
    inbox = Watched()
    async with followed(platform, inbox) as task:
        before = await shows(platform, inbox, (await open_case(platform, UNIT)).case_id)
        await platform.stop("notification-api")
        assert await asyncio.wait_for(task, 15) == "shutting-down"
    missed = (await open_case(platform, UNIT)).case_id
    await platform.start("notification-api")
    async with followed(platform, inbox):
        after = await shows(platform, inbox, missed)
        assert (inbox.times(before), inbox.times(after)) == ({1}, {1})
