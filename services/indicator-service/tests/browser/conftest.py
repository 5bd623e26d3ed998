"""The real service with its dashboard, the real issuer, and a headless Chromium."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from forkant_contracts.codes import AgeBand, Arena, ConcernOutcome, Effect
from forkant_kit.settings import Environment
from forkant_kit.web import uvicorn_server
from indicator_service.app import build_app
from indicator_service.settings import SERVICE, IndicatorSettings
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from sqlalchemy import text

DEADLINE_MS = 15_000
expect.set_options(timeout=DEADLINE_MS)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_MISSING = (
    "the browser tests need Chromium: `sudo apt-get install chromium` on Debian, "
    "or name the program of another one: CHROMIUM=/path/to/chromium"
)
_HEARTBEAT = text("""
    INSERT INTO consumer_offset (consumer_group, topic, partition, observed_at, last_recorded_at)
    VALUES (:group, 'forkant.case.v1', 0, clock_timestamp(), clock_timestamp())
    ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET observed_at = clock_timestamp()
""")


def find_chromium() -> str:
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.fail(f"{named} is no program; {_MISSING}" if named else _MISSING, pytrace=False)
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    program = find_chromium()
    async with async_playwright() as playwright:
        # Chromium's own sandbox refuses to work for root; the pages are ours.
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        await browser.close()


@dataclass
class Service:
    """The indicator service on a port that stays its own when it is stopped and started again."""

    settings: IndicatorSettings
    port: int = 0
    _server: object = None
    _serving: asyncio.Task | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._server = uvicorn_server(build_app(self.settings), host="127.0.0.1", port=0)
        self._serving = asyncio.create_task(self._server._serve(sockets=[listener]))

    async def stop(self) -> None:
        if self._serving is not None:
            self._server.should_exit = True
            await self._serving
            self._serving = None


@pytest_asyncio.fixture
async def service(database, issuer) -> AsyncIterator[Service]:
    settings = IndicatorSettings(
        env=Environment.TEST,
        database_url=database.app_url,
        oidc_issuer=issuer.url,
        stream_poll_seconds=0.05,
        **issuer.introspection,
    )
    service = Service(settings)
    await service.start()
    yield service
    await service.stop()


@dataclass
class Visit:
    """One person's browser at the dashboard: what it asked for and what it complained about."""

    page: Page
    context: BrowserContext
    issuer: str
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def sign_in(self, persona: str) -> None:
        await self.page.get_by_role("button", name="Logg inn", exact=True).click()
        await self.page.locator(f'button[value="{persona}"]').click()
        await expect(self.page.locator("#board")).to_be_visible()
        await expect(self.tiles).to_have_count(17)

    @property
    def tiles(self):
        return self.page.locator("#map [role=option]")

    def tile(self, unit: str):
        return self.page.locator(f'#map [data-unit="{unit}"]')

    async def choose(self, measure: str) -> None:
        """Choose a headline figure, or one of the other indicators."""
        other = self.page.locator(f'#indicators-rows [data-measure="{measure}"]')
        if await self.page.locator(f"#choice-{measure}").count():
            await self.page.locator(f"#choice-{measure}").check(force=True)
        else:
            await other.click()

    def strangers(self) -> list[str]:
        """Return the requests that went to anyone but the service and the issuer."""
        allowed = {urlsplit(self.url).netloc, urlsplit(self.issuer).netloc}
        return [url for url in self.requests if urlsplit(url).scheme != "data" and urlsplit(url).netloc not in allowed]


@pytest_asyncio.fixture
async def visit(browser, service, issuer):
    """Give a function that opens the dashboard; at the end no page may have broken its policy or thrown an error."""
    visits: list[Visit] = []

    async def open_page(persona: str | None = "pod-analyst", *, at: str = "", **context) -> Visit:
        made = await browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "nb-NO"} | context)
        page = await made.new_page()
        page.set_default_timeout(DEADLINE_MS)
        visit = Visit(page, made, issuer.url, service.url)
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("console", lambda said: visit.complaints.append(said.text) if "Content Security" in said.text else None)
        visits.append(visit)
        await page.goto(f"{service.url}/dashboard{at}")
        if persona is not None:
            await visit.sign_in(persona)
        return visit

    yield open_page
    for one in visits:
        await one.context.close()
    assert [complaint for one in visits for complaint in one.complaints] == []


@pytest.fixture
def opened(project, new_case):
    """Open so many cases in each unit, an hour ago."""

    async def add(**by_unit: int) -> None:
        at = datetime.now(UTC) - timedelta(hours=1)
        cases = [new_case(unit=u.replace("_", "-"), at=at) for u, count in by_unit.items() for _ in range(count)]
        for case in cases:
            case.opened()
        await project(*[event for case in cases for event in case.events])

    return add


@pytest.fixture
def figures(project, new_case, new_concern, heartbeat):
    """Fill several units with concerns, cases, measures and closures, each in another number."""

    async def add() -> None:
        now = datetime.now(UTC)
        events = []
        for place, unit in enumerate(("oslo", "ost", "vest", "troms", "agder", "nordland")):
            for number in range(6 + place):
                concern = new_concern(unit=unit, at=now - timedelta(days=30))
                concern.received()
                concern.decided(
                    ConcernOutcome.CASE if number % 2 else ConcernOutcome.DISMISSED,
                    after=timedelta(hours=9 + 5 * number),
                )
                case = new_case(unit=unit, at=concern.at)
                case.opened(age_band=AgeBand.UNDER_15 if number % 3 else AgeBand.NOT_APPLICABLE)
                case.assessed(child_view=number % 2 == 0 if number % 3 else None, after=timedelta(days=number))
                case.planned(with_baseline=number % 2)
                case.measure_started(after=timedelta(days=number))
                digital = case.measure_planned(arena=Arena.DIGITAL, version=1)
                case.measure_completed(digital, met=number % 2 == 0)
                if number % 2:
                    case.evaluated(effect=Effect.HARM if number == 3 else Effect.ACHIEVED, after=timedelta(days=2))
                case.closed(evaluated=number % 2 == 1)
                events += concern.events + case.events
        await project(*events)
        await heartbeat()

    return add


@pytest.fixture
def heartbeat(engine):
    """Report, as the consumer does, that everything is read."""

    async def beat() -> None:
        async with engine.begin() as connection:
            await connection.execute(_HEARTBEAT, {"group": SERVICE})

    return beat
