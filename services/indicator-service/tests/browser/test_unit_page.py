"""One unit's page: every indicator with its course, its band and what is missing, and the unit's plan."""

import re

import httpx
import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser


async def test_every_indicator_stands_with_figure_course_and_band(visit, course, aim, service, issuer):
    await course()
    await aim()
    reader = await visit("pod-analyst", at="#page=unit&unit=oslo")
    page = reader.page
    await expect(page.locator("#unit-title")).to_have_text("Oslo politidistrikt")
    async with httpx.AsyncClient(base_url=service.url, headers=issuer.headers("pod-analyst")) as client:
        told = (await client.get("/v1/districts/oslo/metrics")).json()["indicators"]
    rows = page.locator("#unit-indicators tbody tr")
    await expect(rows).to_have_count(len(told))
    row = page.locator('#unit-indicators [data-indicator="10"]')
    found = next(each for each in told if each["number"] == 10)
    await expect(row.locator("td").nth(0)).to_have_text(re.compile(r"^70,8\s%$"))
    await expect(row.locator("td").nth(3)).to_have_text(re.compile(r"^\+9,5\spp\.$"))
    await expect(row.locator("td").nth(4)).to_have_text(str(found["numerator"]["value"]))
    await expect(row.locator("td").nth(5)).to_have_text(str(found["denominator"]["value"]))
    await expect(row.locator(".aim-cell")).to_have_text(re.compile(r"≥\s80\s%: nær"))
    await expect(row.locator('.band-sign[data-band="near"]')).to_be_visible()
    await expect(row.locator("svg")).to_have_attribute("aria-label", re.compile(r"^fra 41,7\s% til 100,0\s%$"))
    await expect(page.locator("#unit-standing")).to_contain_text("1 nær")
    await expect(page.locator("#unit-standing")).to_contain_text("mangler gyldig plan")


async def test_what_is_missing_is_told_with_the_reason(visit, course):
    await course()
    reader = await visit("pod-analyst", at="#page=unit&unit=oslo")
    missing = reader.page.locator("#unit-missing")
    await expect(missing.locator("li").filter(has_text="mangler folketall").locator("a")).to_have_text("1")
    await expect(missing.locator("li").filter(has_text="Ingenting å regne av").locator("a").first).to_have_text("2")
    await expect(missing.locator('a[href*="show=10&"]')).to_have_count(0)


async def test_of_another_unit_no_month_is_shown(visit, course):
    await course()
    reader = await visit("officer-oslo", at="#page=unit&unit=agder")
    page = reader.page
    spark = page.locator('#unit-indicators [data-indicator="10"] svg')
    await expect(spark).to_have_attribute("aria-label", "ingen måneder vises, 12 måneder skjult")
    await expect(spark.locator(".spark-hidden")).to_have_count(12)
    await expect(spark.locator(".spark-point")).to_have_count(0)
    await expect(page.locator("#unit-missing")).to_contain_text("Skjult, fordi tallene er små")


async def test_the_table_is_live_and_a_link_leads_on_and_back(visit, course, opened):
    await course()
    reader = await visit("pod-analyst", at="#page=unit&unit=oslo")
    page = reader.page
    row = page.locator('#unit-indicators [data-indicator="5"]')
    before = int(await row.locator("td").nth(5).inner_text())
    await opened(oslo=3)
    await expect(row.locator("td").nth(5)).to_have_text(str(before + 3), timeout=5_000)
    await row.locator("a").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#one-title")).to_have_text("5 Kartlagt innen 14 dager")
    await expect(page.locator("#one-now-title")).to_have_text("Oslo ved siden av landet")
    await page.go_back()
    await expect(page.locator("#unit-title")).to_be_focused()
    await page.locator("#unit-unit").select_option("vest")
    await expect(page.locator("#unit-title")).to_have_text("Vest politidistrikt")
    assert "unit=vest" in page.url


async def test_the_overview_leads_to_the_unit(visit, figures):
    await figures()
    reader = await visit("pod-analyst", at="#show=10&unit=vest")
    await reader.page.locator("#profile-page").click()
    await expect(reader.page.locator("#unit-title")).to_have_text("Vest politidistrikt")
