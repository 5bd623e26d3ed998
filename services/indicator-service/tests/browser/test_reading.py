"""What a reader sees and does at the dashboard."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
from forkant_contracts.codes import PartnerKind
from forkant_devstack.demo.figures import import_figures
from playwright.async_api import expect
from sqlalchemy import text

pytestmark = pytest.mark.browser
OSLO = ZoneInfo("Europe/Oslo")


async def test_a_reader_signs_in_and_sees_every_unit_side_by_side(visit, figures):
    await figures()
    reader = await visit("pod-analyst")
    await expect(reader.page.locator("#ranked [role=option]")).to_have_count(17)
    await expect(reader.page.locator("#flow .row")).to_have_count(17)
    await expect(reader.page.locator("#status")).to_contain_text("Direkte")
    await expect(reader.page.locator("#status-behind")).to_have_text("tallene er 0 s bak")
    assert "code=" not in reader.page.url
    kept = await reader.page.evaluate("JSON.stringify(localStorage)")
    assert "eyJ" not in kept


async def test_the_page_shows_what_the_api_says(visit, figures, service, issuer):
    await figures()
    reader = await visit("pod-analyst", at="#show=2")
    async with httpx.AsyncClient(base_url=service.url, headers=issuer.headers("pod-analyst")) as client:
        rows = (await client.get("/v1/indicators/2/values")).json()["rows"]
    for row in rows[:-1]:
        value = row["indicator"]["value"]["value"]
        shown = "–" if value is None else f"{value}\u00a0t"
        await expect(reader.tile(row["unit"]).locator(".tile-value")).to_have_text(shown)


async def test_a_new_case_shows_without_a_reload(visit, figures, opened):
    await figures()
    reader = await visit("pod-analyst", at="#show=open")
    value = reader.tile("finnmark").locator(".tile-value")
    await expect(value).to_have_text("0")
    await opened(finnmark=7)
    await expect(value).to_have_text("7")
    await expect(reader.tile("finnmark")).to_have_attribute("data-flash", re.compile("[01]"))
    await expect(reader.tile("oslo")).not_to_have_attribute("data-flash", re.compile("."))
    await expect(reader.page.locator("#choice-open ~ .choice-value")).to_have_text("7")


async def test_a_month_is_shown_and_follows_the_stream(visit, figures, opened):
    await figures()
    reader = await visit("pod-analyst", at="#show=opened")
    await reader.page.locator("#period").select_option(index=1)
    value = reader.tile("finnmark").locator(".tile-value")
    await expect(value).to_have_text("0")
    await opened(finnmark=6)
    await expect(value).to_have_text("6", timeout=20_000)
    assert re.search(r"period=\d{4}-\d\d", reader.page.url)


async def test_the_language_is_changed_and_remembered(visit, figures):
    await figures()
    reader = await visit("pod-analyst")
    await expect(reader.page.locator("html")).to_have_attribute("lang", "nb")
    await expect(reader.page.locator("#choice-10 ~ .choice-value")).to_have_text(re.compile(r"\d+,\d\s%"))
    await reader.page.get_by_role("button", name="English").click()
    await expect(reader.page.locator("#measure-name")).to_have_text("Closed with evaluation")
    await expect(reader.page.locator("#choice-10 ~ .choice-value")).to_have_text(re.compile(r"\d+\.\d%"))
    await reader.page.reload()
    await expect(reader.page.locator("html")).to_have_attribute("lang", "en")
    await expect(reader.page.locator("#map-title")).to_have_text("The districts, roughly as on the map")


async def test_every_language_has_every_text(visit):
    reader = await visit(None)
    keys = await reader.page.evaluate("""async () => {
        const { TEXTS } = await import('/dashboard/static/js/texts.js');
        const shape = (value) => typeof value === 'object' ? Object.keys(value).map((key) => [key, shape(value[key])])
            : typeof value === 'function' ? value.length : typeof value;
        return Object.fromEntries(Object.entries(TEXTS).map(([code, texts]) => [code, shape(texts)]));
    }""")
    assert {*keys} == {"nb", "nn", "en"}
    assert keys["nn"] == keys["nb"]
    assert keys["en"] == keys["nb"]


async def test_no_text_in_nynorsk_holds_a_word_of_bokmal_alone(visit):
    reader = await visit(None)
    source = await reader.page.evaluate("""async () => {
        const { TEXTS } = await import('/dashboard/static/js/texts.js');
        const said = (value) => typeof value === 'object' ? Object.values(value).map(said).join(' ') : String(value);
        return said(TEXTS.nn);
    }""")
    alone = {
        "ikke",
        "fra",
        "noen",
        "hva",
        "ennå",
        "måned",
        "måneder",
        "enhet",
        "enheter",
        "tall",
        "tallene",
        "dager",
        "velg",
    }
    assert alone & {*re.findall(r"[\wæøåé]+", source.lower())} == set()


async def test_the_page_is_read_in_nynorsk_with_the_definitions_too(visit, figures):
    await figures()
    reader = await visit("pod-analyst", at="#show=10&unit=vest")
    await reader.page.get_by_role("button", name="Nynorsk").click()
    await expect(reader.page.locator("html")).to_have_attribute("lang", "nn")
    await expect(reader.page.locator("#measure-name")).to_have_text("Avslutta med evaluering")
    await expect(reader.page.locator("#map-title")).to_have_text("Distrikta, om lag som på kartet")
    await expect(reader.page.locator("#choice-10 ~ .choice-value")).to_have_text(re.compile(r"\d+,\d\s%"))
    await reader.page.locator("#measure-page").click()
    await expect(reader.page.locator("#one-title")).to_have_text("10 Avslutta med evaluering")
    await expect(reader.page.locator("#one-definition")).to_contain_text(
        "Saker avslutta i perioden, same kva grunnen er."
    )


async def test_a_browser_that_asks_for_nynorsk_gets_it(visit):
    reader = await visit(None, locale="nn-NO")
    await expect(reader.page.locator("html")).to_have_attribute("lang", "nn")
    await expect(reader.page.locator("#gate h2")).to_have_text("Logg inn for å sjå tala")


async def test_small_figures_of_others_are_hatched_and_not_told(visit, opened, heartbeat):
    await opened(oslo=20, vest=30, troms=25, agder=3, nordland=2, finnmark=4)
    await heartbeat()
    reader = await visit("officer-oslo", at="#show=open")
    hidden = reader.tile("agder")
    await expect(hidden).to_have_attribute("data-step", "hidden")
    await expect(hidden.locator(".tile-value")).to_have_text("skjult (<5)")
    await expect(hidden).to_have_attribute("aria-label", "Agder skjult (<5)")
    await expect(reader.page.locator('#ranked [data-unit="agder"] .hidden-text')).to_have_text("skjult (<5)")
    await expect(reader.tile("oslo").locator(".tile-value")).to_have_text("20")


async def test_the_directorate_sees_every_figure(visit, opened):
    await opened(oslo=20, vest=30, agder=3)
    reader = await visit("pod-analyst", at="#show=open")
    await expect(reader.tile("agder").locator(".tile-value")).to_have_text("3")
    await expect(reader.page.locator("[data-step=hidden]")).to_have_count(0)


async def test_the_same_figures_can_be_read_as_a_table(visit, figures):
    await figures()
    reader = await visit("pod-analyst", at="#show=10")
    await reader.page.locator("#ranked-panel summary").click()
    rows = reader.page.locator("#ranked-table tbody tr")
    await expect(rows).to_have_count(18)
    await expect(rows.filter(has_text="Oslo politidistrikt").locator("td")).to_have_text(
        [re.compile(r"50,0\s%"), "3", "6"]
    )
    await expect(rows.last).to_contain_text("Hele landet")


async def test_nothing_is_asked_of_anyone_else(visit, figures):
    await figures()
    reader = await visit("pod-analyst")
    for measure in ("2", "3", "4", "open"):
        await reader.choose(measure)
    await reader.page.locator("#period").select_option(index=2)
    await expect(reader.page.locator("#board")).to_have_attribute("aria-busy", "false")
    assert reader.strangers() == []
    assert len(reader.requests) > 20


@pytest.mark.parametrize("measure", ["3", "4", "open"])
async def test_no_two_headings_of_the_ranking_overlap(visit, figures, measure):
    await figures()
    reader = await visit("pod-analyst", at=f"#show={measure}")
    heads = reader.page.locator("#ranked text.head")
    await expect(heads).to_have_count(2)
    for language in ("Bokmål", "Nynorsk", "English"):
        await reader.page.get_by_role("button", name=language).click()
        boxes = sorted([await head.bounding_box() for head in await heads.all()], key=lambda box: box["x"])
        assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"], language


@pytest.fixture
def imported(service, issuer):
    """Import the populations and hours of the demo, which is of every unit."""

    async def bring() -> None:
        token = issuer.headers("import-demo")["Authorization"].removeprefix("Bearer ")
        async with httpx.AsyncClient(base_url=service.url) as client:
            assert await import_figures(client, token=token, today=datetime.now(OSLO).date()) > 0

    return bring


async def test_what_is_imported_is_shown_with_the_days_that_it_is_about(visit, figures, imported):
    await figures()
    await imported()
    reader = await visit("pod-analyst", at="#show=18&unit=vest")
    await expect(reader.page.locator("#indicator-18 td").first).to_have_text(re.compile(r"^\d+,\d\s%$"))
    await expect(reader.page.locator("#indicator-1 td").first).to_have_text(re.compile(r"^\d,\d\d$"))
    await expect(reader.page.locator("#indicator-1 td").nth(2)).to_have_text("605\u00a0000")
    last_whole_month = datetime.now(OSLO).date().replace(day=1) - timedelta(days=1)
    dates = reader.page.locator("#period-dates")
    await expect(dates).to_have_text(re.compile(rf"– {last_whole_month.day}\. \w+ {last_whole_month.year}$"))
    await reader.choose("1")
    await expect(dates).to_have_text(re.compile(rf"{datetime.now(OSLO).year}$"))
    await expect(dates).not_to_have_text(re.compile(rf"– {last_whole_month.day}\. \w+ {last_whole_month.year}$"))


@pytest.mark.parametrize("measure", ["1", "18"])
async def test_large_numbers_of_a_row_do_not_run_into_its_value(visit, figures, imported, measure):
    await figures()
    await imported()
    reader = await visit("pod-analyst", at=f"#show={measure}")
    rows = reader.page.locator("#ranked g.row")
    await expect(rows).to_have_count(17)
    for row in await rows.all():
        value, detail = [await row.locator(name).bounding_box() for name in (".row-value", ".row-detail")]
        if value and detail and value["width"] and detail["width"]:
            assert value["x"] + value["width"] <= detail["x"], await row.inner_text()


async def test_all_indicators_are_listed_with_numerator_and_denominator(visit, figures, service, issuer):
    await figures()
    reader = await visit("pod-analyst", at="#show=10&unit=vest")
    async with httpx.AsyncClient(base_url=service.url, headers=issuer.headers("pod-analyst")) as client:
        found = (await client.get("/v1/districts/vest/metrics")).json()["indicators"]
    rows = reader.page.locator("#indicators-rows tr")
    await expect(rows).to_have_count(len(found))
    for item in found:
        cells = reader.page.locator(f"#indicator-{item['number']} td")
        for place, figure in ((1, item["numerator"]), (2, item["denominator"])):
            written = "–" if figure is None or figure["value"] is None else str(figure["value"])
            await expect(cells.nth(place)).to_have_text(written)
    await expect(reader.page.locator("#indicator-11 .apart")).to_have_text("Skade: 1 · Virkning ikke kjent: 0")
    year = datetime.now(OSLO).year
    await expect(reader.page.locator("#indicator-1 td").first).to_have_text("–")
    await expect(reader.page.locator("#indicator-1 .apart")).to_have_text(f"mangler folketall {year}")
    await expect(reader.page.locator("#indicator-15 .apart")).to_contain_text("innen 12 måneder: mangler lovbrudd")
    await reader.page.get_by_role("button", name="English").click()
    await expect(reader.page.locator("#indicators-title")).to_have_text("All indicators, Vest Police District")
    await expect(reader.page.locator("#indicator-11 .apart")).to_have_text("Harm: 1 · Effect not known: 0")
    await expect(reader.page.locator("#indicator-1 .apart")).to_have_text(f"missing: populations {year}")
    await expect(reader.page.locator("#indicator-17 button")).to_have_text("17 Measures on digital arenas")


async def test_kinds_of_partner_that_there_are_stand_beside_the_share_and_the_day_that_is_counted_until(
    visit, figures, project, new_case
):
    await figures()
    case = new_case(unit="vest", at=datetime.now(UTC) - timedelta(days=3))
    case.opened()
    case.partner_added(PartnerKind.SCHOOL)
    case.partner_added(PartnerKind.CHILD_WELFARE)
    await project(*case.events)
    reader = await visit("pod-analyst", at="#show=13&unit=vest")
    apart = reader.page.locator("#indicator-13 .apart")
    await expect(apart).to_have_text("Barnevern: 1 · Skole: 1")
    today = datetime.now(ZoneInfo("Europe/Oslo")).date()
    last = (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    until = re.compile(rf", talt til og med {today.day}\. .* {today.year}$" if today < last else r"\d{4}$")
    await expect(reader.page.locator("#period-dates")).to_have_text(until)
    await reader.page.get_by_role("button", name="English").click()
    await expect(apart).to_have_text("Child welfare: 1 · School: 1")


async def test_an_indicator_that_is_not_counted_yet_says_so(visit, figures, database):
    await figures()
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("INSERT INTO uncounted_metric VALUES ('effect_harm')")
    # A hub that has read the figures before looks again when something changed.
    await owner.execute("INSERT INTO metric_change (unit) VALUES ('vest')")
    await owner.close()
    reader = await visit("pod-analyst", at="#show=10")
    await expect(reader.page.locator("#indicator-11 td").first).to_have_text("telles opp nå")
    await expect(reader.page.locator("#indicator-12 td").first).to_have_text(re.compile("%$"))


async def test_a_target_is_shown_with_how_the_value_stands_once_it_is_approved(visit, figures, service, issuer):
    await figures()
    reader = await visit("pod-analyst", at="#show=10&unit=oslo")
    aim = reader.page.locator("#indicator-10 .aim")
    await expect(reader.page.locator("#indicator-10 td").first).to_have_text(re.compile(r"50,0\s%"))
    await expect(aim).to_have_text("")
    today = datetime.now(ZoneInfo("Europe/Oslo")).date().isoformat()
    body = {"unit": "oslo", "indicator": 10, "goal": 0.8, "near": 0.6, "valid_from": today, "reason": "Prøve."}
    async with httpx.AsyncClient(base_url=service.url) as client:
        lead = issuer.headers("lead-oslo") | {"Idempotency-Key": "propose"}
        made = await client.post("/v1/targets", json=body, headers=lead)
        path = f"{made.headers['location']}/versions/1/approval"
        directorate = issuer.headers("pod-analyst") | {"Idempotency-Key": "approve", "If-Match": made.headers["etag"]}
        assert (await client.post(path, json={}, headers=directorate)).status_code == 200
    await expect(aim).to_have_text(re.compile(r"Mål ≥\s80\s%: ikke nådd"))
    await expect(aim).to_have_attribute("data-band", "missed")


ROUND = """
UPDATE self_audit SET last_begun_at = clock_timestamp(), last_ended_at = clock_timestamp(), next_within_seconds = 600
"""
DRIFTED = """
INSERT INTO self_audit_item (kind, key, reason, looks, fields, touched, next_at)
VALUES ('case', 'a-case', 'missing', 2, '{}', '{"vest": ["opened"]}', clock_timestamp())
"""


async def test_whether_figures_agree_with_the_cases_is_always_in_sight(visit, figures, database, engine):
    await figures()
    reader = await visit("pod-analyst")
    told = reader.page.locator("#status-drift")
    await expect(told).to_have_text("ikke avstemt ennå")
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(ROUND)
    await owner.close()
    await reader.page.reload()
    await expect(told).to_have_text(re.compile(r"^ingen avvik kl\. \d\d:\d\d:\d\d$"))
    async with engine.begin() as conn:
        await conn.execute(text(DRIFTED))
    await reader.page.reload()
    await expect(told).to_have_text("1 avvik fra sakene")
    await reader.page.locator('#pages [data-page="plans"]').click()
    await expect(told).to_be_visible()


async def test_an_import_that_is_not_complete_is_told_of_with_its_day_and_without_one(visit):
    reader = await visit(None)
    told = await reader.page.evaluate("""async () => {
        const { missingText } = await import('/dashboard/static/js/measures.js');
        const lacking = (more) => missingText({ imported: { missing: [{ kind: 'hours', reason: 'not_yet_complete', periods: [], ...more }] } });
        return [lacking({ complete_on: '2027-03-01' }), lacking({ complete_on: null }), lacking({})];
    }""")
    assert told == ["ikke komplett før 1. mars 2027", *["timer er ikke komplett ennå"] * 2]
