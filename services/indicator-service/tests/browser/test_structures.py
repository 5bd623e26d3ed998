"""After a reorganisation: the units of today on the map, ended ones with who has their work, and figures in both structures."""

import os
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from forkant_contracts import Event
from forkant_contracts.codes import UnitChange, UnitKindCode
from forkant_contracts.events.catalogue import UnitChanged
from playwright.async_api import expect

pytestmark = pytest.mark.browser

TODAY = datetime.now(ZoneInfo("Europe/Oslo")).date()
LOOKS = [("nb", "dagens enheter", 1440), ("nn", "dagens einingar", 390), ("en", "today’s units", 1440)]
READY = {"unit": "#unit-body[aria-busy=false]", "indicator": "#one-body[aria-busy=false]"}


def changed(unit, change, *, before=(), after=()):
    data = UnitChanged(
        changed_unit=unit, kind=UnitKindCode.DISTRICT, change=change, effective_on=TODAY - timedelta(days=3),
        reorganisation_id=uuid4(), predecessors=before, successors=after,
    )  # fmt: skip
    now = datetime.now(UTC)
    return Event(
        id=uuid4(), source="urn:forkant:case-service", aggregate_id=uuid4(), aggregate_version=1, unit="pod",
        occurred_at=now, recorded_at=now, data=data,
    )  # fmt: skip


@pytest_asyncio.fixture
async def merged(project, course):
    """Merge Troms and Agder, which have closed cases, into a new unit three days ago, and split Vest."""
    await course()
    await project(
        changed("nordsor", UnitChange.ESTABLISHED, before=("agder", "troms")),
        changed("agder", UnitChange.ENDED, after=("nordsor",)),
        changed("troms", UnitChange.ENDED, after=("nordsor",)),
        changed("vest", UnitChange.ENDED, after=("kyst", "fjell")),
        changed("kyst", UnitChange.ESTABLISHED, before=("vest",)),
        changed("fjell", UnitChange.ESTABLISHED, before=("vest",)),
    )


@pytest.fixture
def open_at(visit, merged):
    async def open_page(at, ready=None, *, lang="nb", width=1440):
        context = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
        reader = await visit(None, at=f"?lang={lang}{at}", **context)
        await reader.page.locator("#sign-in").click()
        await reader.page.locator('button[value="pod-analyst"]').click()
        if ready:
            await expect(reader.page.locator(ready)).to_be_visible()
        return reader

    return open_page


async def closed(page):
    return int(await page.locator('#unit-indicators [data-indicator="10"] td').nth(5).inner_text())


async def test_the_map_shows_the_units_that_are_there_today(open_at):
    reader = await open_at("")
    await expect(reader.tiles).to_have_count(17)
    for unit, there in (("nordsor", 1), ("kyst", 1), ("agder", 0), ("vest", 0), ("oslo", 1)):
        await expect(reader.tile(unit)).to_have_count(there)
    await expect(reader.page.locator(".bodies-title")).to_have_text("Særorgan og nye distrikter")


async def test_a_unit_that_ended_says_so_and_leads_to_the_one_that_has_its_work(open_at):
    page = (await open_at("#page=unit&unit=agder", READY["unit"])).page
    await expect(page.locator("#unit-change")).to_contain_text("Enheten ble avviklet etter")
    await expect(page.locator("#unit-structure")).to_be_hidden()
    await expect(page.locator("#unit-unit option:checked")).to_contain_text("avviklet etter")
    assert await closed(page) == 16
    await page.locator("#unit-change a").click()
    await expect(page.locator("#unit-title")).to_have_text("nordsor")
    await expect(page.locator("#unit-structure")).to_have_value("now")
    await expect(page.locator("#unit-change")).to_contain_text("Tallene omfatter Agder, Troms")
    await expect(page.locator('#unit-indicators [data-indicator="10"] td').nth(5)).not_to_have_text("0")
    assert await closed(page) == 16 + 68
    await page.locator("#unit-structure").select_option("then")
    await expect(page.locator('#unit-indicators [data-indicator="10"] td').nth(5)).to_have_text("0")


@pytest.mark.parametrize(
    "look",
    [("nb", "Arbeidet gikk til: nordsor."), ("nn", "Arbeidet gjekk til: nordsor."), ("en", "went to:")],
)
async def test_an_enrolment_of_a_unit_that_ended_says_who_has_its_work(visit, course, pilot, project, look):
    lang, told = look
    await course()
    await pilot()
    await project(
        changed("nordsor", UnitChange.ESTABLISHED, before=("agder", "troms")),
        changed("agder", UnitChange.ENDED, after=("nordsor",)),
        changed("troms", UnitChange.ENDED, after=("nordsor",)),
    )
    reader = await visit(None, at=f"?lang={lang}#page=pilots", viewport={"width": 390, "height": 900})
    await reader.page.locator("#sign-in").click()
    await reader.page.locator('button[value="pod-analyst"]').click()
    oslo, troms = (reader.page.locator("#pilot-units tbody tr").nth(place) for place in (0, 1))
    await expect(troms.locator("th")).to_contain_text(told)
    await expect(troms.locator("th a").first).to_have_text("Troms")
    await expect(oslo.locator(".apart")).to_have_count(0)
    assert await reader.faults() == ""
    assert await reader.page.evaluate("document.documentElement.scrollWidth") <= 390
    await troms.locator(".apart a").click()
    await expect(reader.page.locator("#unit-title")).to_have_text("nordsor")


async def test_of_a_unit_that_was_split_the_page_says_that_its_shares_can_not_be_told(open_at):
    page = (await open_at("#page=unit&unit=kyst&structure=now", READY["unit"])).page
    await expect(page.locator("#unit-change")).to_contain_text("Tallene viser ikke hvilken del som gikk hvor.")


async def test_an_indicator_is_read_in_either_structure(open_at):
    page = (await open_at("#page=indicator&show=10&unit=nordsor", READY["indicator"])).page
    own = page.locator("#one-now tbody tr").first
    await expect(own).to_contain_text("nordsor")
    then = await own.inner_text()
    await page.locator("#one-structure").select_option("now")
    await expect(page.locator(READY["indicator"])).to_be_visible()
    await expect(own).not_to_have_text(then)
    await expect(page.locator("#one-change")).to_contain_text("Tallene omfatter Agder, Troms")
    assert "structure=now" in page.url


@pytest.mark.parametrize(("lang", "today", "width"), LOOKS)
@pytest.mark.parametrize("name", READY)
async def test_the_switch_is_in_each_language_and_axe_finds_nothing(open_at, name, lang, today, width):
    reader = await open_at(f"#page={name}&unit=nordsor&show=10&structure=now", READY[name], lang=lang, width=width)
    switch = reader.page.locator("#unit-structure" if name == "unit" else "#one-structure")
    await expect(switch.locator("option:checked")).to_have_text(today)
    assert await reader.faults() == ""
    if folder := os.environ.get("FORKANT_SCREENSHOTS"):
        await reader.page.screenshot(path=f"{folder}/{name}-{lang}.png", full_page=True)
