"""Every page: no fault against WCAG 2.2 AA, nothing sticks out on a phone, and nothing is lost on paper."""

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser

PAGES = {
    "indicator": (
        "#page=indicator&show=10&unit=oslo&compare=vest,agder&points=rolling_12",
        "#one-body[aria-busy=false]",
    ),
    "unit": ("#page=unit&unit=oslo", "#unit-body[aria-busy=false]"),
    "plans": ("#page=plans", "#plans-body[aria-busy=false]"),
    "pilots": ("#page=pilots", "#pilots-body[aria-busy=false]"),
}
LOOKS = [
    ("light", "nb", 1440, "pod-analyst"),
    ("dark", "en", 1440, "officer-oslo"),
    ("light", "nn", 390, "officer-oslo"),
]


NAMES_WIDTH = """() => Math.min(...[...document.querySelectorAll('.page:not([hidden]) .figures tbody th')]
    .filter((each) => each.checkVisibility()).map((each) => each.getBoundingClientRect().width))"""


@pytest.fixture
def opened_page(visit, course, aim, planned, pilot):
    """Open a page with figures and a target, with all of its tables and choices unfolded."""

    async def open_page(name, *, look=LOOKS[0]):
        await course()
        await aim()
        await planned("oslo")
        await planned("troms", days=30)
        await pilot()
        at, ready = PAGES[name]
        scheme, language, width, persona = look
        context = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
        reader = await visit(None, at=f"?lang={language}{at}", **context)
        await reader.page.locator("#sign-in").click()
        await reader.page.locator(f'button[value="{persona}"]').click()
        await expect(reader.page.locator(ready)).to_be_visible()
        for summary in await reader.page.locator(".page:not([hidden]) summary").all():
            await summary.click()
        return reader

    return open_page


@pytest.mark.parametrize("look", LOOKS, ids=[f"{scheme}-{language}-{width}" for scheme, language, width, _ in LOOKS])
@pytest.mark.parametrize("name", PAGES)
async def test_axe_finds_nothing_against_wcag(opened_page, name, look):
    reader = await opened_page(name, look=look)
    assert await reader.faults() == ""


@pytest.mark.parametrize("name", PAGES)
async def test_nothing_sticks_out_on_a_small_screen(opened_page, name):
    reader = await opened_page(name)
    for width in (320, 390, 768):
        await reader.page.set_viewport_size({"width": width, "height": 800})
        await reader.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        assert await reader.page.evaluate("document.documentElement.scrollWidth") <= width
        # Nor is a name broken to letters to make room.
        assert await reader.page.evaluate(NAMES_WIDTH) >= 80


PAPER = """() => [...document.querySelectorAll('#pages, .tools, .pickers, select, button')]
    .filter((each) => each.checkVisibility()).map((each) => each.id || each.className)"""


@pytest.mark.parametrize("name", PAGES)
async def test_on_paper_there_are_figures_and_no_controls(opened_page, name):
    reader = await opened_page(name)
    page = reader.page
    await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = false; })")
    shown = await page.locator(".page:not([hidden]) .figures tbody tr").count()
    await page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    await page.emulate_media(media="print")
    assert await page.evaluate(PAPER) == []
    assert await page.locator(".page:not([hidden]) .figures tbody tr").filter(visible=True).count() == shown > 0
    await expect(page.locator("#printed")).to_contain_text("Skrevet ut")
    if name == "indicator":
        await expect(page.locator("#one-trend-table tbody tr").filter(visible=True)).to_have_count(12)
    # An upright sheet of A4 less its margins, in CSS pixels.
    await page.set_viewport_size({"width": 703, "height": 1017})
    assert await page.evaluate("document.querySelector('.page:not([hidden])').scrollWidth") <= 703
