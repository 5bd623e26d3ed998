"""The pages of plans and pilots: who has a plan and who lacks one, and what a comparison shows and does not."""

import re

import httpx
import pytest
from forkant_contracts.units import CASE_UNITS
from playwright.async_api import expect

pytestmark = pytest.mark.browser


async def test_coverage_names_who_lacks_a_plan_and_whose_ends(visit, course, aim, planned):
    await course()
    await aim()
    await planned("oslo")
    await planned("troms", days=30)
    reader = await visit("officer-oslo", at="#page=plans")
    page = reader.page
    await expect(page.locator("#coverage-figure")).to_have_text(f"2 av {len(CASE_UNITS)} enheter")
    await expect(page.locator("#lacking dd").first).to_contain_text("Finnmark politidistrikt")
    await expect(page.locator("#lacking dd").first).not_to_contain_text("Oslo")
    await expect(page.locator("#lacking dd").nth(1)).to_have_text("Troms politidistrikt")
    await expect(page.locator("#plans-units tbody tr")).to_have_count(len(CASE_UNITS))
    oslo = page.locator("#plan-oslo")
    await expect(oslo.locator("li").first).to_have_text(
        re.compile(r"^10 Avsluttet med evaluering: 70,8\s%, mål ≥\s80\s%: nær$")
    )
    await expect(oslo.locator("li").nth(1)).to_have_text(
        re.compile(r"^5 Kartlagt innen 14 dager \(vold\): 0,0\s%, uten")
    )
    await expect(oslo.locator("li").nth(1)).to_contain_text("Målet gjelder noen av sakene, tallet alle.")
    await expect(page.locator('#coverage-bar [data-standing="missing"]')).to_have_count(len(CASE_UNITS) - 2)
    await oslo.locator("th a").click()
    await expect(page.locator("#unit-standing")).to_contain_text("gyldig til")


async def test_a_comparison_stands_with_interval_chance_and_what_it_does_not_show(
    visit, course, pilot, service, issuer
):
    await course()
    await pilot()
    reader = await visit("pod-analyst", at="#page=pilots")
    page = reader.page
    await expect(page.locator("#pilot-name")).to_have_text("Digitale miljøer")
    await expect(page.locator("#pilot-units tbody th")).to_have_text(["Oslo", "Troms"])
    row = page.locator('#pilot-compared [data-indicator="10"]')
    await expect(row.locator("td")).to_have_count(7)
    await expect(row.locator("td").nth(4)).to_have_text(re.compile(r"^[+−±]\d+(,\d\spp\.)?$"))
    await expect(row.locator("td").nth(5)).to_have_text(re.compile(r"pp\. til "))
    headers = issuer.headers("pod-analyst")
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        [listed] = (await client.get("/v1/pilots")).json()["items"]
        [found] = (await client.get(f"/v1/pilots/{listed['id']}/comparison")).json()["indicators"]
    chance = found["by_chance"]
    told = f"{chance['as_extreme']['value']} av {chance['choices']['value']} utvalg"
    await expect(row.locator("td").nth(6)).to_have_text(told)
    await expect(row.locator("td").nth(4)).to_contain_text(
        f"{abs(100 * found['difference']['value']):.1f}".replace(".", ",")
    )
    await expect(page.locator("#pilot-limits li")).to_have_count(6)
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("#pilot-limits li").first).to_contain_text("Few units take part")


async def test_who_may_not_see_a_comparison_is_told_so_and_what_it_would_not_show(visit, course, pilot):
    await course()
    await pilot()
    reader = await visit("officer-oslo", at="#page=pilots")
    cells = reader.page.locator('#pilot-compared [data-indicator="10"] td')
    await expect(cells).to_have_text(["skjult (<5)"] * 7)
    await expect(reader.page.locator("#pilot-state")).to_contain_text("skjult for deg")
    await expect(reader.page.locator("#pilot-limits li")).to_have_count(6)


async def test_without_pilots_and_plans_the_pages_say_so(visit, opened):
    await opened(oslo=6)
    reader = await visit("pod-analyst", at="#page=pilots")
    await expect(reader.page.locator("#pilots-none")).to_be_visible()
    await expect(reader.page.locator("#pilots-body")).to_be_hidden()
    await reader.page.locator('#pages [data-page="plans"]').click()
    await expect(reader.page.locator("#coverage-figure")).to_have_text("0 av 17 enheter")
    await expect(reader.page.locator("#pages [aria-current]")).to_have_text("Planer")
