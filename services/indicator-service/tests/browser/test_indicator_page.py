"""One indicator's page: what it shows, to whom, and how one gets there and back."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser
PAGE = "#page=indicator&show=10&unit=oslo"


async def test_a_shared_address_shows_unit_country_and_others_with_numerators(visit, course, service, issuer):
    await course()
    reader = await visit("pod-analyst", at=f"{PAGE}&compare=vest,troms")
    page = reader.page
    await expect(page.locator("#one-title")).to_have_text("10 Avsluttet med evaluering")
    rows = page.locator("#one-now tbody tr")
    await expect(rows.locator("th")).to_have_text(
        [re.compile(f"^{name}") for name in ("Oslo", "Hele landet", "Vest", "Troms")]
    )
    async with httpx.AsyncClient(base_url=service.url, headers=issuer.headers("pod-analyst")) as client:
        told = (await client.get("/v1/districts/oslo/metrics")).json()["indicators"]
    found = next(each for each in told if each["number"] == 10)
    await expect(rows.first.locator("td:not(.bar-cell)")).to_have_text(
        [re.compile(r"^\d+,\d\s%$"), str(found["numerator"]["value"]), str(found["denominator"]["value"])]
    )
    await expect(page.locator("#one-trend [role=option]")).to_have_count(12)
    await expect(page.locator("#one-trend .line-0 .line-mark")).to_have_count(8)
    await expect(page.locator("#one-key li")).to_have_text(["Oslo", "Hele landet", "Vest", "Troms"])
    await expect(page.locator("#one-split tbody th")).to_have_text(["Vold", "Narkotika", "Bedrageri"])
    await expect(page.locator("#one-foot")).to_contain_text("definisjon versjon 1")
    await expect(page.locator("#status")).to_contain_text("tallene er")
    assert reader.strangers() == []


async def test_each_month_is_told_and_stands_in_the_table(visit, course, service, issuer):
    await course()
    reader = await visit("pod-analyst", at=f"{PAGE}&compare=vest")
    page = reader.page
    async with httpx.AsyncClient(base_url=service.url, headers=issuer.headers("pod-analyst")) as client:
        lines = (await client.get("/v1/indicators/10/series", params={"unit": "oslo"})).json()["lines"]
    await page.locator(".trend summary").click()
    rows = page.locator("#one-trend-table tbody tr")
    await expect(rows).to_have_count(12)
    for at, point in enumerate(lines[0]["points"]):
        cells = rows.nth(at).locator("td")
        written = (
            "ingen tall"
            if point["value"]["value"] is None
            else re.compile(rf"^{100 * point['value']['value']:.1f}".replace(".", ","))
        )
        await expect(cells.first).to_have_text(written)
        await expect(cells.nth(1)).to_have_text(str(point["numerator"]["value"]))
        await expect(cells.nth(2)).to_have_text(str(point["denominator"]["value"]))
    last = page.locator("#one-trend [role=option]").last
    await last.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#tip")).to_contain_text("Vest")
    label = await page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert re.search(r"^\w+ \d{4}: Oslo 100,0\s%, 12 av 12; Hele landet", label)


async def test_a_month_is_chosen_in_the_chart_and_back_leads_back(visit, course):
    await course()
    reader = await visit("pod-analyst", at=PAGE)
    page = reader.page
    denominator = page.locator("#one-now tbody tr").first.locator("td").nth(3)
    await expect(denominator).to_have_text(re.compile(r"\d"))
    whole = await denominator.inner_text()
    await page.locator("#one-trend [role=option]").last.focus()
    for key in ("ArrowLeft", "Enter"):
        await page.keyboard.press(key)
    await expect(denominator).to_have_text("12")
    await expect(page.locator('#one-trend [aria-selected="true"]')).to_have_count(1)
    assert re.search(r"period=\d{4}-\d\d", page.url)
    await page.locator("#one-unit").select_option("vest")
    await expect(page.locator("#one-now-title")).to_have_text("Vest ved siden av landet")
    await page.go_back()
    await expect(page.locator("#one-now-title")).to_have_text("Oslo ved siden av landet")
    await page.go_back()
    await expect(denominator).to_have_text(whole)


async def test_from_the_overview_and_back(visit, figures):
    await figures()
    reader = await visit("pod-analyst", at="#show=4&unit=vest")
    page = reader.page
    await page.locator("#measure-page").click()
    await expect(page.locator("#one-title")).to_be_focused()
    await expect(page.locator("#one-now-title")).to_have_text("Vest ved siden av landet")
    await expect(page.locator("#board")).to_be_hidden()
    await expect(page.locator('#pages [aria-current="page"]')).to_have_text("Én indikator")
    await expect(page).to_have_title("Forkant – Dager til første tiltak, Vest")
    await page.go_back()
    await expect(page.locator("#profile-title")).to_have_text("Vest politidistrikt")
    await expect(page.locator("#choice-4")).to_be_checked()
    await expect(page.locator("#indicator-page")).to_be_hidden()


async def test_a_hidden_month_is_hatched_and_never_nought(visit, course):
    await course()
    reader = await visit("officer-oslo", at="#page=indicator&show=10&unit=agder&compare=oslo")
    page = reader.page
    await expect(page.locator("#one-trend .line-2 .line-mark")).to_have_count(8)
    await expect(page.locator("#one-trend .line-0 .line-mark")).to_have_count(0)
    await expect(page.locator("#one-trend .month-hidden").filter(visible=True)).to_have_count(12)
    await expect(page.locator("#one-trend-note")).to_contain_text("skjult for deg: Agder")
    await page.locator(".trend summary").click()
    told = await page.locator("#one-trend-table tbody tr td:first-of-type").all_inner_texts()
    assert told == ["skjult (<5)"] * 12
    await expect(page.locator("#one-split-note")).to_contain_text("skjult for deg")


async def test_a_breakdown_that_is_refused_says_so_and_nothing_else_fails(visit, course):
    await course()
    month = f"{datetime.now(UTC):%Y-%m}"
    reader = await visit("officer-oslo", at=f"#page=indicator&show=10&unit=vest&period={month}")
    await expect(reader.page.locator("#one-split-note")).to_contain_text("Velg de siste 12 månedene")
    await expect(reader.page.locator("#one-trend [role=option]")).to_have_count(12)
    await expect(reader.page.locator("#banner")).to_be_hidden()


async def test_the_band_of_the_target_lies_behind_the_line_where_it_was_in_force(visit, course, aim):
    await course()
    await aim()
    reader = await visit("pod-analyst", at=PAGE)
    page = reader.page
    await expect(page.locator("#one-trend [role=option]")).to_have_count(12)
    await expect(page.locator("#one-trend .band-met")).to_have_count(0)
    await page.locator("#one-trend-twelve").click()
    await expect(page.locator("#one-trend .band-met")).to_have_count(1)
    await expect(page.locator("#one-trend .goal-label")).to_have_text(re.compile(r"Mål ≥\s80\s%"))
    band = await page.locator("#one-trend .band-met").bounding_box()
    months = [await each.bounding_box() for each in await page.locator("#one-trend .month-hit").all()]
    assert abs(band["x"] - months[-1]["x"]) < 2
    assert abs(band["width"] - months[-1]["width"]) < 2
    await expect(page.locator("#one-now .aim-cell").first).to_have_text(re.compile(r"^≥\s80\s%: "))


async def test_the_page_is_live(visit, course, project, new_case):
    await course()
    reader = await visit("pod-analyst", at=PAGE)
    cells = reader.page.locator("#one-now tbody tr").first.locator("td")
    counted = int(await cells.nth(3).inner_text())
    case = new_case(unit="oslo", at=datetime.now(UTC))
    case.opened()
    case.closed(evaluated=False)
    await project(*case.events)
    await expect(cells.nth(3)).to_have_text(str(counted + 1), timeout=5_000)
    last = reader.page.locator("#one-trend [role=option]").last
    await expect(last).to_have_attribute("aria-label", re.compile(r"Oslo 0,0\s%, 0 av 1"), timeout=20_000)


async def test_an_indicator_that_rests_on_imports_says_what_is_missing(visit, figures):
    await figures()
    reader = await visit("pod-analyst", at="#page=indicator&show=15&unit=oslo")
    page = reader.page
    await expect(page.locator("#one-now-note")).to_contain_text("mangler lovbrudd")
    await expect(page.locator("#one-split-note")).to_contain_text("importerte tall")
    await expect(page.locator("#one-by")).to_be_hidden()
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("#one-now-note")).to_contain_text("missing: offences")
    await expect(page.locator("#one-trend-title")).to_have_text("Trend")
