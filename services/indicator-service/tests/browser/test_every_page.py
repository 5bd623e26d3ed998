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
    ("light", "nb", 390, "officer-oslo"),
]


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
