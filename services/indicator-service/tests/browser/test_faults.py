"""The dashboard when something is wrong: it says what, and what to do, and never goes blank."""

import json
import re
import time

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser

REPLACE_TOKEN = """([token, expires]) => {
    const key = Object.keys(sessionStorage).find((name) => name.startsWith('oidc.user'));
    sessionStorage.setItem(key, JSON.stringify({ ...JSON.parse(sessionStorage.getItem(key)), access_token: token, expires_at: expires }));
}"""


async def test_a_session_that_expires_keeps_the_figures_and_asks_for_a_new_sign_in(visit, figures, issuer):
    await figures()
    reader = await visit("pod-analyst", at="#show=4&unit=vest")
    now = int(time.time())
    await reader.page.evaluate(REPLACE_TOKEN, [issuer.token("pod-analyst", exp=now + 4), now + 3600])
    await reader.page.reload()
    await expect(reader.page.locator("#board")).to_be_visible()
    await expect(reader.page.locator("#banner-title")).to_have_text("Økten er utløpt.")
    await expect(reader.tiles).to_have_count(17)
    await reader.page.get_by_role("button", name="Logg inn på nytt").click()
    await reader.page.locator('button[value="pod-analyst"]').click()
    await expect(reader.page.locator("#profile-title")).to_have_text("Vest politidistrikt")
    await expect(reader.page.locator("#choice-4")).to_be_checked()
    await expect(reader.page.locator("#banner")).to_be_hidden()


TOKEN = """() => {
    const key = Object.keys(sessionStorage).find((name) => name.startsWith('oidc.user'));
    return JSON.parse(sessionStorage.getItem(key)).access_token;
}"""


async def test_a_sign_in_that_was_ended_elsewhere_is_told_and_leads_to_a_new_one(visit, figures, issuer):
    await figures()
    reader = await visit("pod-analyst", at="#show=4&unit=vest")
    await expect(reader.page.locator("#status")).to_contain_text("Direkte")
    issuer.revoke(await reader.page.evaluate(TOKEN))
    told = reader.page.locator("#banner-title")
    await expect(told).to_have_text("Innloggingen din er avsluttet.", timeout=5_000)
    await expect(reader.page.locator("#status-state")).to_have_text("Stoppet")
    await expect(reader.tiles).to_have_count(17)
    await reader.page.reload()
    await expect(told).to_have_text("Innloggingen din er avsluttet.")
    await reader.page.get_by_role("button", name="Logg inn på nytt").click()
    await reader.page.locator('button[value="pod-analyst"]').click()
    await expect(reader.page.locator("#profile-title")).to_have_text("Vest politidistrikt")
    await expect(reader.page.locator("#banner")).to_be_hidden()


async def test_a_sign_out_ends_the_token_too(visit, figures, issuer):
    await figures()
    reader = await visit("pod-analyst")
    token = await reader.page.evaluate(TOKEN)
    assert issuer.standings.introspect(token, client_id="forkant")["active"]
    await reader.page.locator("#sign-out").click()
    await expect(reader.page.get_by_role("button", name="Logg inn", exact=True)).to_be_visible()
    assert not issuer.standings.introspect(token, client_id="forkant")["active"]


async def test_a_token_that_expired_while_away_leads_to_the_sign_in(visit, figures):
    await figures()
    reader = await visit("pod-analyst")
    await reader.page.evaluate(REPLACE_TOKEN, ["stale", 1])
    await reader.page.reload()
    await expect(reader.page.get_by_role("button", name="Logg inn", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("status", "title", "action"),
    [
        (401, "Økten er utløpt.", "Logg inn på nytt"),
        (403, "Du har ikke tilgang til tallene.", "Logg ut"),
        (404, "Tjenesten fant ikke tallene.", "Prøv igjen"),
        (500, "Det er en feil i tjenesten.", "Prøv igjen"),
        (503, "Tjenesten er opptatt eller starter.", "Prøv igjen"),
        (0, "Får ikke kontakt med tjenesten.", "Prøv igjen"),
    ],
)
async def test_a_failed_answer_is_told_in_plain_words(visit, status, title, action):
    reader = await visit(None)

    async def fail(route) -> None:
        if status:
            await route.fulfill(
                status=status, content_type="application/problem+json", body=json.dumps({"detail": "secret"})
            )
        else:
            await route.abort()

    await reader.page.route("**/v1/units", fail)
    await reader.page.locator("#sign-in").click()
    await reader.page.locator('button[value="pod-analyst"]').click()
    await expect(reader.page.locator("#banner-title")).to_have_text(title)
    await expect(reader.page.locator("#banner-text")).not_to_be_empty()
    await expect(reader.page.locator("#banner").get_by_role("button", name=action)).to_be_visible()
    assert "secret" not in await reader.page.content()
    if action == "Prøv igjen":
        await reader.page.unroute("**/v1/units")
        await reader.page.get_by_role("button", name=action).click()
        await expect(reader.tiles).to_have_count(17)
        await expect(reader.page.locator("#banner")).to_be_hidden()


async def test_a_page_that_could_not_start_starts_by_itself_once_the_service_answers(visit):
    reader = await visit(None)
    answers = [503, 0, 500]
    heads = []

    async def fail(route) -> None:
        if not answers:
            await route.continue_()
        elif status := answers.pop(0):
            await route.fulfill(status=status, headers={"retry-after": "1"})
        else:
            await route.abort()
        heads.append(await reader.page.locator("#banner").is_visible())

    await reader.page.route("**/v1/indicators", fail)
    await reader.page.locator("#sign-in").click()
    await reader.page.locator('button[value="pod-analyst"]').click()
    await expect(reader.tiles).to_have_count(17)
    await expect(reader.page.locator("#banner")).to_be_hidden()
    assert not answers
    assert heads[1:] == [True] * 3, "what was wrong stays in sight until it is right again"


async def test_a_lost_stream_comes_back_where_it_broke_off(visit, figures, service, opened):
    await figures()
    reader = await visit("pod-analyst", at="#show=open")
    resumed = []
    reader.page.on(
        "request", lambda r: resumed.append(r.headers.get("last-event-id")) if "/v1/stream" in r.url else None
    )
    await service.stop()
    await expect(reader.page.locator("#status")).to_contain_text("Kobler til på nytt")
    await expect(reader.page.locator("#status-behind")).to_be_visible()
    await expect(reader.tiles).to_have_count(17)
    await opened(finnmark=8)
    await service.start()
    await expect(reader.page.locator("#status")).to_contain_text("Direkte", timeout=40_000)
    await expect(reader.tile("finnmark").locator(".tile-value")).to_have_text("8")
    await expect(reader.page.locator("#banner")).to_be_hidden()
    assert resumed
    # The day until which the figures count, and the newest change in them.
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}/\d+", value or "") for value in resumed), resumed


async def test_figures_that_are_behind_say_since_when(visit, figures, engine):
    await figures()
    async with engine.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE consumer_offset SET end_offset = 9, observed_at = now() - interval '90 seconds', last_recorded_at = now() - interval '95 seconds'"
        )
    reader = await visit("pod-analyst")
    await expect(reader.page.locator("#status-state")).to_contain_text("Utdatert siden")
    await expect(reader.page.locator("#status")).to_have_attribute("data-state", "stale")


async def test_a_refused_sign_in_is_told(visit):
    reader = await visit(None)
    await reader.page.goto(f"{reader.url}/dashboard?error=access_denied&state=unknown")
    await expect(reader.page.locator("#banner-title")).to_have_text("Innloggingen ble ikke fullført.")
    await expect(reader.page.get_by_role("button", name="Logg inn", exact=True)).to_be_visible()
    assert "access_denied" not in reader.page.url
