"""The real service with its dashboard, the real issuer, and a headless Chromium."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from fastapi import FastAPI
from forkant_contracts.codes import AgeBand, Arena, ConcernOutcome, Effect, Theme
from forkant_devstack.testing.plain_http import plain_client
from forkant_kit.settings import Environment
from forkant_kit.web import uvicorn_server
from indicator_service.app import build_app
from indicator_service.settings import SERVICE, IndicatorSettings
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from sqlalchemy import text

DEADLINE_MS = 15_000
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
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
    app: FastAPI | None = None
    _server: object = None
    _serving: asyncio.Task | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self.app = build_app(self.settings)
        self._server = uvicorn_server(self.app, host="127.0.0.1", port=0)
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
        await expect(self.page.locator("#board, .page").filter(visible=True)).to_have_count(1)
        if await self.page.locator("#board").is_visible():
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

    async def faults(self) -> str:
        """Return what axe-core finds against WCAG 2.2 AA on the page as it stands; nothing is an empty text."""
        await self.page.evaluate(AXE + "; undefined")
        found = await self.page.evaluate("rules => axe.run({ runOnly: rules })", RULES)
        nodes = [(fault["id"], node) for fault in found["violations"] for node in fault["nodes"]]
        return "\n".join(f"{rule}: {node['failureSummary']} {node['html'][:160]}" for rule, node in nodes)

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
def course(project, new_case, heartbeat):
    """Close cases of three units in each of the last eight months, ever more of them evaluated, and few in a fourth."""

    async def add() -> None:
        now = datetime.now(UTC)
        themes, bands = (Theme.VIOLENCE, Theme.DRUGS, Theme.FRAUD), (AgeBand.UNDER_15, AgeBand.FROM_18_TO_24)
        events = []
        for back in range(8):
            at = datetime(now.year, now.month, 1, tzinfo=UTC) - timedelta(days=30 * back + 12)
            for unit, many in (("oslo", 12), ("vest", 8 + back % 3), ("troms", 9 - back % 2), ("agder", 2)):
                for number in range(many):
                    case = new_case(unit=unit, at=at)
                    case.opened(theme=themes[number % 3], age_band=bands[number % 2])
                    case.closed(evaluated=number < many - back, after=timedelta(hours=2))
                    events += case.events
        await project(*events)
        await heartbeat()

    return add


@pytest.fixture
def aim(service, issuer):
    """Have a target of an indicator proposed by a unit's lead and approved by the directorate."""

    async def approve(*, unit: str = "oslo", indicator: int = 10, goal: float = 0.8, near: float = 0.6) -> None:
        today = datetime.now(ZoneInfo("Europe/Oslo")).date().isoformat()
        body = {"unit": unit, "indicator": indicator, "goal": goal, "near": near, "valid_from": today}
        async with plain_client(base_url=service.url) as client:
            lead = issuer.headers(f"lead-{unit}") | {"Idempotency-Key": f"propose-{unit}-{indicator}"}
            made = await client.post("/v1/targets", json=body | {"reason": "Prøve."}, headers=lead)
            asked = {"Idempotency-Key": f"approve-{unit}-{indicator}", "If-Match": made.headers["etag"]}
            path = f"{made.headers['location']}/versions/1/approval"
            given = await client.post(path, json={}, headers=issuer.headers("pod-analyst") | asked)
            assert given.status_code == 200, given.text

    return approve


@pytest.fixture
def steer(service, issuer):
    """Give a function that posts as somebody, under the ETag of what was changed before."""
    keys = count()

    async def post(path, body, *, by, etag=None):
        headers = issuer.headers(by) | {"Idempotency-Key": f"steer-{next(keys)}"} | ({"If-Match": etag} if etag else {})
        async with plain_client(base_url=service.url) as client:
            answer = await client.post(path, json=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        return answer

    return post


@pytest.fixture
def planned(steer):
    """Have plans of some units written, submitted and approved."""

    async def write(unit, *, days=365):
        first = datetime.now(ZoneInfo("Europe/Oslo")).date()
        body = {
            "unit": unit,
            "valid_from": first.isoformat(),
            "valid_until": (first + timedelta(days=days)).isoformat(),
            "goals": [{"indicator": 10}, {"indicator": 5, "theme": "violence"}],
        }
        made = await steer("/v1/plans", body, by=f"lead-{unit}")
        path = f"{made.headers['location']}/versions/1"
        sent = await steer(f"{path}/submission", {}, by=f"lead-{unit}", etag=made.headers["etag"])
        await steer(f"{path}/approval", {}, by="pod-analyst", etag=sent.headers["etag"])

    return write


@pytest.fixture
def past(service):
    """Give a context in which the service's clock is so many days behind."""

    @contextmanager
    def back(days):
        usual = service.app.state.dependencies
        then = datetime.now(UTC) - timedelta(days=days)
        service.app.state.dependencies = replace(usual, now=lambda: then)
        yield then.date()
        service.app.state.dependencies = usual

    return back


@pytest.fixture
def pilot(steer, past):
    """Begin a pilot in Oslo and Troms some months ago, held against the months before."""

    async def begin():
        with past(100) as day:
            began = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            body = {
                "code": "online_communities", "name_nb": "Digitale miljøer", "name_en": "Online communities",
                "case_types": ["online_community"], "indicators": [10],
                "baseline_from": f"{date(began.year - 1, began.month, 1)}",
                "baseline_until": f"{began - timedelta(days=1)}",
                "valid_from": f"{began}", "valid_until": f"{began + timedelta(days=500)}",
                "reason": "Prøves i to distrikter.",
            }  # fmt: skip
            made = await steer("/v1/pilots", body, by="pod-methods")
            path, etag = made.headers["location"], made.headers["etag"]
            for step, given in (("approval", {}), ("enrolments", {"unit": "oslo"}), ("enrolments", {"unit": "troms"})):
                etag = (await steer(f"{path}/{step}", given, by="pod-analyst", etag=etag)).headers["etag"]

    return begin


@pytest.fixture
def heartbeat(engine):
    """Report, as the consumer does, that everything is read."""

    async def beat() -> None:
        async with engine.begin() as connection:
            await connection.execute(_HEARTBEAT, {"group": SERVICE})

    return beat
