"""Series of months and figures by category over HTTP: what they add up to, and what of them others are shown."""

from datetime import UTC, datetime, timedelta

import pytest
from forkant_contracts.codes import AgeBand, Arena, Theme
from forkant_contracts.units import CASE_UNITS
from indicator_service.aggregation.calendar import day_of
from indicator_service.audit_names import name_of

DAY = timedelta(days=1)
PROBLEM = "urn:forkant:problem:"


def month_before(months):
    today = day_of(datetime.now(UTC))
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return datetime(year, month + 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def closed(project, new_case):
    """Close so many cases of a unit so many months ago, some of them evaluated."""

    async def add(unit, months, count, *, evaluated, theme=Theme.VIOLENCE, age_band=AgeBand.FROM_18_TO_24):
        for number in range(count):
            case = new_case(unit=unit, at=month_before(months))
            case.opened(theme=theme, age_band=age_band)
            case.closed(after=timedelta(hours=1), evaluated=number < evaluated)
            await project(*case.events)

    return add


@pytest.fixture
def ask(client, as_persona):
    async def get(path, persona="pod-analyst", status=200, **params):
        answer = await client.get(f"/v1/indicators/{path}", params=params or None, headers=as_persona(persona))
        assert answer.status_code == status, answer.text
        return answer.json()

    return get


def points(series, unit):
    [line] = [line for line in series["lines"] if line["unit"] == unit]
    return line["points"]


def shown(point):
    return [point["numerator"]["value"], point["denominator"]["value"], point["value"]["value"]]


async def test_a_series_says_of_each_month_what_the_values_of_the_month_say(ask, closed):
    await closed("oslo", 2, 6, evaluated=3)
    await closed("oslo", 1, 8, evaluated=8)
    await closed("troms", 1, 7, evaluated=1)
    series = await ask("10/series", unit="oslo", compare="troms,vest")
    assert [line["unit"] for line in series["lines"]] == ["oslo", "national", "troms", "vest"]
    assert series["from"] == f"{month_before(11):%Y-%m-%d}"
    for unit in ("oslo", "national", "troms", "vest"):
        assert [point["period"]["from"] for point in points(series, unit)] == [
            f"{month_before(n):%Y-%m-%d}" for n in range(11, -1, -1)
        ]
    assert [shown(point) for point in points(series, "oslo")[-3:]] == [[3, 6, 0.5], [8, 8, 1.0], [0, 0, None]]
    for n in (2, 1, 0):
        values = await ask("10/values", period=f"{month_before(n):%Y-%m}")
        for row in values["rows"]:
            if row["unit"] in {"oslo", "national", "troms", "vest"}:
                point = points(series, row["unit"])[-1 - n]
                for name in ("numerator", "denominator", "value", "target", "counted", "definition_version"):
                    assert point[name] == row["indicator"][name]


@pytest.mark.parametrize("number", [2, 4, 5, 6, 9, 13, 14])
async def test_every_kind_of_indicator_is_the_same_in_a_series_as_by_itself(
    ask, project, new_case, new_concern, number
):
    for months in (14, 3, 1, 0):
        at = month_before(months)
        case = new_case(at=at)
        case.opened(age_band=AgeBand.UNDER_15)
        case.measure_started(after=DAY)
        case.assessed(child_view=True, after=DAY)
        case.partner_added()
        case.follow_up_scheduled((at + 3 * DAY).date())
        concern = new_concern(at=at)
        concern.received()
        concern.decided(after=timedelta(hours=5))
        await project(*case.events, *concern.events)
    series = await ask(f"{number}/series", unit="oslo", **{"from": f"{month_before(14):%Y-%m}"})
    rolling = await ask(f"{number}/series", unit="oslo", period="rolling_12")
    for n in (14, 13, 3, 2, 1, 0):
        values = await ask(f"{number}/values", period=f"{month_before(n):%Y-%m}")
        [row] = [row["indicator"] for row in values["rows"] if row["unit"] == "oslo"]
        for name in ("numerator", "denominator", "value", "median", "p90", "extra"):
            assert points(series, "oslo")[-1 - n][name] == row[name], (n, name)
    values = await ask(f"{number}/values")
    [row] = [row["indicator"] for row in values["rows"] if row["unit"] == "oslo"]
    for name in ("numerator", "denominator", "value", "median", "p90", "extra"):
        assert points(rolling, "oslo")[-1][name] == row[name]


async def test_the_twelve_until_each_month_are_the_sums_of_their_months(ask, closed):
    for months, count in ((15, 6), (12, 5), (4, 9)):
        await closed("oslo", months, count, evaluated=count - 2)
    months = [
        shown(p)[:2]
        for p in points(await ask("10/series", unit="oslo", **{"from": f"{month_before(23):%Y-%m}"}), "oslo")
    ]
    twelve = points(await ask("10/series", unit="oslo", period="rolling_12"), "oslo")
    for n, point in enumerate(twelve):
        assert shown(point)[:2] == [sum(each[part] for each in months[n + 1 : n + 13]) for part in (0, 1)]
        assert point["period"]["kind"] == "rolling_12"


async def test_others_are_shown_the_national_months_and_their_own(ask, closed):
    for unit in CASE_UNITS[:6]:
        await closed(unit, 1, 12, evaluated=6)
        await closed(unit, 0, 12, evaluated=6)
    series = await ask("10/series", persona="lead-oslo", unit="oslo", compare="troms,ost")
    assert shown(points(series, "oslo")[-1]) == [6, 12, 0.5]
    assert shown(points(series, "national")[-1]) == [36, 72, 0.5]
    for unit in ("troms", "ost"):
        assert all(point["value"] == {"value": None, "suppressed": True} for point in points(series, unit))
    rolling = await ask("10/series", persona="lead-oslo", unit="oslo", period="rolling_12")
    assert shown(points(rolling, "oslo")[-1]) == [12, 24, 0.5]
    assert points(rolling, "national")[-1]["value"]["suppressed"]


async def test_no_answer_about_a_month_shows_more_than_the_series(ask, closed, client, as_persona):
    for n, unit in enumerate(CASE_UNITS[:6]):
        await closed(unit, 1, 12, evaluated=6)
        await closed(unit, 0, 12 if n else 1, evaluated=6 if n else 1)
    headers = as_persona("lead-finnmark")
    series = await ask("10/series", persona="lead-finnmark")
    for n in (0, 1, 2):
        month = f"{month_before(n):%Y-%m}"
        values = await ask("10/values", persona="lead-finnmark", period=month)
        exported = (await client.get("/v1/exports", params={"period": month, "format": "ndjson"}, headers=headers)).text
        metrics = await client.get("/v1/districts/national/metrics", params={"period": month}, headers=headers)
        point = points(series, "national")[-1 - n]
        [row] = [row["indicator"] for row in values["rows"] if row["unit"] == "national"]
        [figures] = [item for item in metrics.json()["indicators"] if item["number"] == 10]
        for found in (row, figures):
            assert [found[name] for name in ("numerator", "denominator", "value")] == [
                point[name] for name in ("numerator", "denominator", "value")
            ]
        assert '"unit":"oslo"' in exported
        of_oslo = [row["indicator"] for row in values["rows"] if row["unit"] == "oslo"]
        assert of_oslo[0]["denominator"]["suppressed"]
        other = await client.get("/v1/districts/oslo/metrics", params={"period": month}, headers=headers)
        assert all(figure["suppressed"] for figure in other.json()["counts"].values())


async def test_figures_by_category_add_up_to_the_whole(ask, closed):
    await closed("oslo", 1, 6, evaluated=3, theme=Theme.DRUGS)
    await closed("oslo", 3, 7, evaluated=7, theme=Theme.FRAUD, age_band=AgeBand.UNDER_15)
    await closed("troms", 3, 2, evaluated=1)
    whole = {row["unit"]: row["indicator"] for row in (await ask("10/values"))["rows"]}
    for by in ("theme", "case_type", "age_band"):
        found = await ask_by(ask, 10, by)
        for row in found["rows"]:
            for name in ("numerator", "denominator"):
                total = sum(each[name]["value"] for each in row["categories"])
                assert total == whole[row["unit"]][name]["value"]
    oslo = await ask_by(ask, 10, "theme", unit="oslo")
    [row] = oslo["rows"]
    by_theme = {each["category"]: shown(each) for each in row["categories"]}
    assert set(by_theme) == {theme.value for theme in Theme}
    assert by_theme["drugs"] == [3, 6, 0.5]
    assert by_theme["fraud"] == [7, 7, 1.0]
    month = await ask_by(ask, 10, "theme", unit="oslo", period=f"{month_before(1):%Y-%m}")
    assert {e["category"]: e["denominator"]["value"] for e in month["rows"][0]["categories"]}["fraud"] == 0


async def ask_by(ask, number, dimension, *, persona="pod-analyst", status=200, **params):
    return await ask(f"{number}/breakdown", persona, status, by=dimension, **params)


async def test_what_is_there_today_is_split_too(ask, project, new_case):
    for _ in range(3):
        case = new_case(at=datetime.now(UTC) - 40 * DAY)
        case.opened(theme=Theme.DRUGS)
        case.partner_added()
        await project(*case.events)
    [row] = (await ask_by(ask, 13, "theme", unit="oslo"))["rows"]
    [drugs] = [each for each in row["categories"] if each["category"] == "drugs"]
    assert shown(drugs) == [3, 3, 1.0]
    assert drugs["extra"]["partner_school"]["value"] == 3


async def test_of_others_the_categories_of_the_nation_alone_are_shown(ask, closed):
    for unit in CASE_UNITS[:6]:
        await closed(unit, 1, 12, evaluated=6, theme=Theme.DRUGS)
        await closed(unit, 1, 12, evaluated=6, theme=Theme.FRAUD)
        await closed(unit, 1, 12, evaluated=6, theme=Theme.THEFT)
    await closed("oslo", 1, 2, evaluated=1, theme=Theme.CYBERCRIME)
    found = await ask_by(ask, 10, "theme", persona="lead-oslo")
    rows = {row["unit"]: {each["category"]: each for each in row["categories"]} for row in found["rows"]}
    assert shown(rows["oslo"]["cybercrime"]) == [1, 2, 0.5]
    assert all(each["denominator"]["suppressed"] for each in rows["ost"].values())
    assert rows["national"]["cybercrime"]["denominator"]["suppressed"]
    hidden = {name for name, each in rows["national"].items() if each["denominator"]["suppressed"]}
    assert len(hidden) > 1, "what the whole leaves for a single one would be it"
    assert {"drugs", "fraud", "theft"} - hidden
    refused = await ask_by(ask, 10, "theme", persona="lead-oslo", status=403, period=f"{month_before(1):%Y-%m}")
    assert refused["code"] == "period-not-shown"
    await ask_by(ask, 10, "theme", persona="lead-oslo", unit="oslo", period=f"{month_before(1):%Y-%m}")


@pytest.mark.parametrize(
    ("number", "by", "there"),
    [
        (10, "method", ["theme", "case_type", "age_band"]),
        (2, "case_type", ["theme", "age_band"]),
        (17, "arena", ["theme", "case_type", "age_band", "method"]),
        (18, "theme", []),
    ],
)
async def test_a_wrong_dimension_is_told_those_that_there_are(ask, number, by, there):
    problem = await ask_by(ask, number, by, status=422)
    assert (problem["code"], problem["dimensions"]) == ("unknown-dimension", there)


async def test_definitions_name_their_dimensions(client, as_persona):
    found = (await client.get("/v1/indicators", headers=as_persona("lead-oslo"))).json()["indicators"]
    by_number = {each["number"]: each["dimensions"] for each in found}
    assert by_number[10] == ["theme", "case_type", "age_band"]
    assert by_number[3] == ["theme", "age_band"]
    assert by_number[8] == by_number[12] == ["theme", "case_type", "age_band", "method", "arena"]
    assert by_number[17] == ["theme", "case_type", "age_band", "method"]
    assert by_number[20] == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("10/series?unit=atlantis", 404, "unknown-unit"),
        ("10/series?compare=oslo,,troms", 404, "unknown-unit"),
        ("99/series", 404, "unknown-indicator"),
        ("10/series?from=2026-03&to=2026-02", 400, "invalid-range"),
        ("10/series?from=2001-01&to=2026-02", 400, "invalid-range"),
        ("10/series?to=2199-01", 400, "invalid-range"),
        ("10/series?from=2026-13", 422, "invalid-request"),
        ("10/series?period=2026", 422, "invalid-request"),
        ("10/breakdown?by=", 422, "unknown-dimension"),
        ("10/breakdown?by=theme&unit=atlantis", 404, "unknown-unit"),
        ("10/breakdown?by=theme&period=soon", 400, "invalid-period"),
    ],
)
async def test_what_does_not_exist_is_a_problem(ask, path, status, code):
    assert (await ask(path, status=status))["code"] == code


async def test_the_trail_says_which_months_were_shown(ask, engine):
    await ask("10/series?unit=troms&from=2026-01&to=2026-03", "lead-oslo")
    async with engine.connect() as conn:
        found = await conn.exec_driver_sql("SELECT object_ids FROM audit_entry WHERE action = 'figures.read'")
        [ids] = found.scalars()
    assert {name_of(each) for each in ids} == {
        "unit:troms", "unit:national", "indicator:10", "period:2026-01", "period:2026-02", "period:2026-03"
    }  # fmt: skip


async def test_measures_by_method_and_arena_add_up_to_the_whole(ask, project, new_case):
    for number in range(3):
        case = new_case(at=datetime.now(UTC) - 40 * DAY, unit=("oslo", "oslo/gde-sentrum", "troms")[number])
        case.opened()
        due = day_of(case.at) + 20 * DAY
        standard = case.measure_planned(arena=Arena.DIGITAL, version=1 + number % 2, due_on=due)
        case.measure_planned(due_on=due)
        case.measure_completed(standard, met=number == 0, after=DAY)
        await project(*case.events)
    for number, by in ((8, "method"), (8, "arena"), (12, "method"), (12, "arena"), (17, "method")):
        whole = {row["unit"]: row["indicator"] for row in (await ask(f"{number}/values"))["rows"]}
        for row in (await ask_by(ask, number, by))["rows"]:
            for name in ("numerator", "denominator"):
                total = sum(each[name]["value"] for each in row["categories"])
                assert total == whole[row["unit"]][name]["value"]
    [oslo] = (await ask_by(ask, 8, "arena", unit="oslo"))["rows"]
    assert {e["category"]: shown(e)[:2] for e in oslo["categories"]} == {
        "physical": [0, 2], "digital": [2, 2], "unknown": [0, 0],
    }  # fmt: skip
    [oslo] = (await ask_by(ask, 12, "method", unit="oslo"))["rows"]
    by_method = {each["category"]: shown(each)[:2] for each in oslo["categories"]}
    assert by_method["home_visit"] == [1, 2]
    assert by_method["without_method"] == [0, 0]


async def test_of_other_units_no_method_and_no_arena_is_shown(ask, project, new_case):
    for number in range(30):
        case = new_case(unit=("oslo", "troms", "vest")[number % 3])
        case.opened()
        case.measure_planned(version=1 if number > 3 else None)
        await project(*case.events)
    rows = (await ask_by(ask, 17, "method", persona="lead-oslo"))["rows"]
    for row in (row for row in rows if row["unit"] not in {"oslo", "national"}):
        assert all(each["denominator"]["suppressed"] for each in row["categories"])
    [national] = [row for row in rows if row["unit"] == "national"]
    by_method = {each["category"]: each["denominator"] for each in national["categories"]}
    assert by_method["without_method"] == {"value": None, "suppressed": True}
