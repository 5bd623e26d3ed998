"""The dashboard without a mouse, without sight, on a phone, and with moving things turned off."""

import itertools
import re

import pytest
from forkant_kit.db import utc_now
from indicator_service.definitions import load_catalogue
from indicator_service.settling import Settler, settle_figures
from playwright.async_api import expect

pytestmark = pytest.mark.browser

STEPS = {"ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"}


async def focused_unit(page) -> str:
    return await page.evaluate("document.activeElement.dataset.unit")


async def test_arrow_keys_walk_the_map_as_the_districts_lie(visit, figures):
    await figures()
    reader = await visit("pod-analyst")
    await reader.tile("oslo").focus()
    walked = []
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowDown"):
        await reader.page.keyboard.press(key)
        walked.append(await focused_unit(reader.page))
    assert walked[:5] == ["innlandet", "trondelag", "nordland", "troms", "finnmark"]
    await expect(reader.page.locator('#map [role=option][tabindex="0"]')).to_have_count(1)


async def test_every_unit_is_reached_by_arrow_keys(visit, figures):
    await figures()
    reader = await visit("pod-analyst")
    reached = await reader.page.evaluate("""async () => {
        const { mapMoves } = await import('/dashboard/static/js/roving.js');
        const all = [...document.querySelectorAll('#map [role=option]')];
        const reached = new Set([all[0]]);
        for (const option of reached) {
            for (const key of ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']) {
                const next = mapMoves(all, option, key);
                if (next) reached.add(next);
            }
        }
        return [...reached].map(({ dataset }) => dataset.unit);
    }""")
    assert len(reached) == 17


async def test_focus_tells_numerator_and_denominator_and_escape_closes_it(visit, figures):
    await figures()
    reader = await visit("pod-analyst", at="#show=10")
    await reader.tile("oslo").focus()
    tip = reader.page.locator("#tip")
    await expect(tip).to_contain_text("Oslo politidistrikt")
    await expect(tip.locator("dd")).to_contain_text(["50,0", "3", "6"])
    await expect(reader.tile("oslo")).to_have_attribute(
        "aria-label", "Oslo 50\u00a0%, 3 av 6, 2,9 prosentpoeng over landet"
    )
    await reader.page.keyboard.press("Escape")
    await expect(tip).to_be_hidden()


async def test_hover_tells_the_same_in_the_chart(visit, figures):
    await figures()
    reader = await visit("pod-analyst", at="#show=4")
    await reader.page.locator('#ranked [data-unit="vest"]').hover()
    await expect(reader.page.locator("#tip")).to_contain_text("Vest politidistrikt")
    await expect(reader.page.locator("#tip")).to_contain_text("90-persentil")


async def test_enter_selects_a_unit_and_shows_it_among_the_others(visit, figures):
    await figures()
    reader = await visit("pod-analyst")
    await reader.tile("troms").focus()
    await reader.page.keyboard.press("Enter")
    await expect(reader.tile("troms")).to_have_attribute("aria-selected", "true")
    await expect(reader.page.locator("#profile-title")).to_have_text("Troms politidistrikt")
    await expect(reader.page.locator("#profile .strip-own")).to_have_count(4)
    assert "unit=troms" in reader.page.url
    await reader.page.locator("#profile-clear").click()
    await expect(reader.page.locator("#profile-title")).to_have_text("Hele landet")


async def test_rows_of_a_chart_are_walked_with_one_tab_stop(visit, figures):
    await figures()
    reader = await visit("pod-analyst", at="#show=10")
    first = reader.page.locator('#ranked [data-place="0"]')
    await first.focus()
    await reader.page.keyboard.press("ArrowDown")
    await expect(reader.page.locator('#ranked [data-place="1"]')).to_be_focused()
    await expect(reader.page.locator('#ranked [role=option][tabindex="0"]')).to_have_count(1)


async def test_axe_finds_nothing_against_wcag_before_the_sign_in(visit):
    reader = await visit(None)
    for scheme in ("light", "dark"):
        await reader.page.emulate_media(color_scheme=scheme)
        assert await reader.faults() == ""


@pytest.mark.parametrize(
    "look",
    [("light", "nb", 1440, "10"), ("dark", "en", 1440, "4"), ("light", "en", 390, "open")],
)
async def test_axe_finds_nothing_against_wcag(visit, figures, opened, look):
    scheme, language, width, measure = look
    await figures()
    await opened(finnmark=3, innlandet=2)
    at = f"?lang={language}#show={measure}&unit=vest"
    reader = await visit(
        None, at=at, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    await reader.page.locator("#sign-in").click()
    await reader.page.locator('button[value="officer-oslo"]').click()
    await expect(reader.tiles).to_have_count(17)
    for summary in await reader.page.locator("#board details.as-table summary").all():
        await summary.click()
    await expect(reader.page.locator("#board table")).to_have_count(4)
    assert await reader.faults() == ""


async def test_nothing_sticks_out_on_a_small_screen(visit, figures):
    await figures()
    reader = await visit("pod-analyst")
    for width, measure in itertools.product((320, 390, 768), ("10", "2", "open", "11")):
        await reader.page.set_viewport_size({"width": width, "height": 800})
        await reader.choose(measure)
        await reader.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        assert await reader.page.evaluate("document.documentElement.scrollWidth") <= width


async def test_others_figures_say_since_when_they_stand_and_their_tables_fit_a_small_screen(visit, course, aim, engine):
    await course()
    await aim()
    await settle_figures(Settler(engine=engine, catalogue=load_catalogue(), now=utc_now))
    reader = await visit("officer-oslo", at="#show=10")
    for summary in await reader.page.locator("#board summary").all():
        await summary.click()
    table = reader.page.locator("#ranked-table table")
    await expect(table.locator("thead th").last).to_have_text("Vist slik siden")
    year = re.compile(r"\b20\d\d$")
    await expect(table.get_by_role("row", name="Vest politidistrikt").locator("td").last).to_have_text(year)
    await expect(table.get_by_role("row", name="Oslo politidistrikt").locator("td").last).to_have_text("–")
    await expect(reader.page.locator("#measure-definition")).to_contain_text("Vist slik siden")
    for width in (320, 390):
        await reader.page.set_viewport_size({"width": width, "height": 800})
        await reader.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        assert await reader.page.evaluate("document.documentElement.scrollWidth") <= width
    await reader.page.goto(f"{reader.url}/dashboard#page=unit&unit=vest")
    await expect(reader.page.locator("#unit-counts")).to_contain_text("Vist slik siden")
    await expect(reader.page.locator('#unit-indicators [data-indicator="10"] .apart')).to_contain_text(
        "Vist slik siden"
    )
    await expect(reader.page.locator('#unit-indicators [data-indicator="9"] th')).not_to_contain_text("Vist slik siden")


async def test_the_overview_fits_one_screen(visit, figures):
    await figures()
    reader = await visit("pod-analyst")
    bottom = await reader.page.evaluate(
        "Math.max(...[...document.querySelectorAll('#map, #ranked, #flow, #profile')].map((e) => e.getBoundingClientRect().bottom))"
    )
    assert bottom <= 900


async def test_changes_are_told_politely_and_seldom(visit, figures, opened):
    await figures()
    reader = await visit(None, at="#show=open")
    await reader.page.clock.install()
    await reader.page.reload()
    await reader.sign_in("pod-analyst")
    told = reader.page.locator("#announce")
    await expect(told).to_have_attribute("aria-live", "polite")
    # The clock goes on in steps with news between them: 15 s without any would count as a broken stream.
    for unit, more, shown in (("oslo", 5, "5"), ("vest", 3, "3"), ("vest", 3, "6")):
        await opened(**{unit: more})
        await expect(reader.tile(unit).locator(".tile-value")).to_have_text(shown)
        await expect(told).to_be_empty()
        await reader.page.clock.run_for(11_000)
    await expect(told).to_have_text(re.compile(r"^2 enheter oppdatert: (Oslo, Vest|Vest, Oslo)\. Hele landet: 11\.$"))


async def test_reduced_motion_stills_everything(visit, figures, opened):
    await figures()
    reader = await visit("pod-analyst", at="#show=open", reduced_motion="reduce")
    await opened(oslo=5)
    await expect(reader.tile("oslo")).to_have_attribute("data-flash", "1")
    assert await reader.tile("oslo").evaluate("(tile) => getComputedStyle(tile).animationName") == "none"
    assert (
        await reader.page.locator("#ranked .row").first.evaluate("(row) => getComputedStyle(row).transitionDuration")
        == "0s"
    )


async def test_every_indicator_is_chosen_from_the_keyboard_and_shows_its_unit(visit, figures):
    await figures()
    reader = await visit("pod-analyst", at="#show=10&unit=vest")
    await expect(reader.page.locator("#indicators-title")).to_have_text("Alle indikatorer, Vest politidistrikt")
    button = reader.page.get_by_role("button", name="17 Tiltak på digitale arenaer")
    await reader.page.locator('#indicators-rows [data-measure="16"]').focus()
    await reader.page.keyboard.press("Tab")
    await expect(button).to_be_focused()
    await reader.page.keyboard.press("Enter")
    await expect(reader.page.locator("#measure-name")).to_have_text("Tiltak på digitale arenaer")
    await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(button).to_be_focused()
    await expect(reader.page.locator('#indicators-rows [aria-pressed="true"]')).to_have_count(1)
    assert "show=17" in reader.page.url
