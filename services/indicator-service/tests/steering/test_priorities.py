import pytest


def body(steering, **given):
    base = {
        "unit": "oslo",
        "indicator": 10,
        "valid_from": steering.day(0),
        "valid_until": steering.day(30),
        "reason": "Få saker evalueres.",
    }
    return {key: value for key, value in (base | given).items() if value is not None}


async def test_what_a_unit_and_the_directorate_put_first_is_shown_with_the_figures(steering):
    await steering.post("/v1/priorities", body(steering), by="lead-oslo")
    await steering.post("/v1/priorities", body(steering, unit="national", indicator=7), by="pod-methods")
    await steering.post("/v1/priorities", body(steering, unit="troms", indicator=17), by="lead-troms")
    theme = body(steering, unit="national", indicator=None, theme="image_sharing")
    await steering.post("/v1/priorities", theme, by="pod-methods")
    answer = (await steering.get("/v1/districts/oslo/metrics")).json()
    assert [(each["unit"], each["indicator"], each["theme"]) for each in answer["priorities"]] == [
        ("national", 7, None),
        ("national", None, "image_sharing"),
        ("oslo", 10, None),
    ]
    assert [item["number"] for item in answer["indicators"] if item["prioritised"]] == [7, 10]
    rows = (await steering.get("/v1/indicators/10/values")).json()["rows"]
    assert [row["unit"] for row in rows if row["indicator"]["prioritised"]] == ["oslo"]


async def test_it_ends_on_its_day_or_when_it_is_withdrawn_and_stays_on_record(steering, code_of):
    made = await steering.post("/v1/priorities", body(steering), by="lead-oslo")
    path = f"/v1/priorities/{made.json()['id']}"
    assert len((await steering.get("/v1/priorities", as_of=steering.day(30))).json()["items"]) == 1
    assert (await steering.get("/v1/priorities", as_of=steering.day(31))).json()["items"] == []
    stranger = await steering.post(f"{path}/withdrawal", {}, by="lead-troms", etag='"v1"')
    assert code_of(stranger) == (403, "another-unit")
    assert code_of(await steering.post(f"{path}/withdrawal", {}, by="lead-oslo", etag='"v2"')) == (412, "stale-version")
    done = await steering.post(f"{path}/withdrawal", {}, by="lead-oslo", etag='"v1"')
    assert (done.status_code, done.headers["etag"]) == (200, '"v2"')
    assert (await steering.get("/v1/districts/oslo/metrics")).json()["priorities"] == []
    shown = (await steering.get(path)).json()
    assert (shown["ended_on"], shown["withdrawn_by"]) == (steering.day(0), "lead-oslo")
    again = await steering.post(f"{path}/withdrawal", {}, by="lead-oslo", etag='"v2"')
    assert code_of(again) == (409, "already-ended")
    assert (await steering.post("/v1/priorities", body(steering), by="lead-oslo")).status_code == 201


@pytest.mark.parametrize(
    ("by", "given", "refused"),
    [
        ("analyst-oslo", {}, (403, "forbidden")),
        ("lead-troms", {}, (403, "another-unit")),
        ("lead-oslo", {"unit": "national"}, (403, "another-unit")),
        ("pod-methods", {"unit": "pod"}, (422, "unknown-unit")),
        ("lead-oslo", {"indicator": 99}, (422, "unknown-indicator")),
        ("lead-oslo", {"theme": "drugs"}, (422, "invalid-request")),
        ("lead-oslo", {"indicator": None}, (422, "invalid-request")),
        ("lead-oslo", {"indicator": None, "theme": "something"}, (422, "invalid-request")),
        ("lead-oslo", {"valid_from": "2020-01-01"}, (422, "validity-out-of-range")),
        ("lead-oslo", {"valid_until": "2199-01-01"}, (422, "validity-out-of-range")),
    ],
)
async def test_what_may_not_come_first_is_refused(steering, code_of, by, given, refused):
    assert code_of(await steering.post("/v1/priorities", body(steering, **given), by=by)) == refused
    assert (await steering.get("/v1/priorities")).json()["items"] == []


async def test_something_has_priority_once_on_a_day(steering, code_of):
    await steering.post("/v1/priorities", body(steering), by="lead-oslo")
    again = await steering.post("/v1/priorities", body(steering, valid_from=steering.day(20)), by="pod-methods")
    assert code_of(again) == (409, "already-prioritised")
    later = body(steering, valid_from=steering.day(31), valid_until=steering.day(40))
    assert (await steering.post("/v1/priorities", later, by="lead-oslo")).status_code == 201


async def test_priorities_are_listed_in_pages(steering):
    for indicator in (7, 10, 14):
        await steering.post("/v1/priorities", body(steering, indicator=indicator), by="lead-oslo")
    first = await steering.get("/v1/priorities", limit=2)
    second = await steering.get("/v1/priorities", limit=2, cursor=first.json()["next"])
    assert [item["indicator"] for page in (first, second) for item in page.json()["items"]] == [14, 10, 7]
    assert (await steering.get("/v1/priorities", unit="troms")).json()["items"] == []
