"""Figures as a table: what the answers of the API say, in each form, suppressed alike, with licence and definitions."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from indicator_service.api.exports_over_time import SPLIT
from indicator_service.api.tables import COLUMNS, LICENSE
from pyarrow import parquet

EXPORT = "/v1/exports"
DAY = timedelta(days=1)


@pytest.fixture
async def cases(project, new_case):
    """Close few cases in Troms, and more in Oslo and Agder, most of them evaluated."""
    for unit, count in (("oslo", 12), ("agder", 9), ("troms", 2)):
        for number in range(count):
            case = new_case(unit=unit, at=datetime.now(UTC) - 3 * DAY)
            case.opened()
            case.closed(after=DAY, evaluated=number % 4 > 0)
            await project(*case.events)


@pytest.fixture
def export(client, as_persona):
    async def ask(by="pod-analyst", *, accept=None, **params):
        headers = as_persona(by) | ({} if accept is None else {"Accept": accept})
        return await client.get(EXPORT, params=params, headers=headers)

    return ask


def lines(answer):
    return [json.loads(line) for line in answer.content.splitlines()]


async def test_a_table_says_what_the_answers_say(cases, export, client, as_persona):
    for by in ("pod-analyst", "lead-oslo"):
        rows = {(row["unit"], row["indicator"]): row for row in lines(await export(by, format="ndjson"))}
        assert {unit for unit, _ in rows} >= {"oslo", "troms", "national", "kripos"}
        for unit in ("oslo", "agder", "troms", "national"):
            shown = (await client.get(f"/v1/districts/{unit}/metrics", headers=as_persona(by))).json()["indicators"]
            for figures in shown:
                row = rows[unit, figures["number"]]
                for name in ("numerator", "denominator", "value"):
                    figure = figures[name] or {"value": None, "suppressed": False}
                    assert (row[name], row[f"{name}_suppressed"]) == (figure["value"], figure["suppressed"])
                assert (row["definition_version"], row["counted"]) == (
                    figures["definition_version"],
                    figures["counted"],
                )
    closed = rows["troms", 10]
    assert (closed["denominator"], closed["denominator_suppressed"], closed["value"]) == (None, True, None)


async def test_each_form_says_the_same(cases, export):
    rows = lines(await export(format="ndjson"))
    table = await export(format="csv")
    read = parquet.read_table(io.BytesIO((await export(format="parquet")).content))
    cells = list(csv.DictReader(io.StringIO(table.text)))
    assert [*rows[0]] == [*cells[0]] == read.column_names == [column.name for column in COLUMNS]
    assert len(rows) == len(cells) == read.num_rows == int(table.headers["forkant-rows"])
    for name in ("unit", "indicator", "value", "value_suppressed"):
        assert [row[name] for row in rows] == [row[name] for row in read.to_pylist()]
    assert [float(cell["value"]) if cell["value"] else None for cell in cells] == [row["value"] for row in rows]
    assert {row["missing"] for row in rows if row["indicator"] == 18} == {"hours:not_imported"}


async def test_a_file_carries_licence_definitions_and_how_it_was_suppressed(cases, export):
    answer = await export(format="parquet")
    assert f'<{LICENSE}>; rel="license"' in answer.headers["link"]
    assert '</v1/indicators>; rel="describedby"' in answer.headers["link"]
    kept = parquet.read_schema(io.BytesIO(answer.content)).metadata
    assert kept[b"license"].decode() == LICENSE
    definitions = json.loads(kept[b"definitions"])
    assert definitions["10"]["version"] == 1
    assert b"1 to 4" in kept[b"suppression"]


@pytest.mark.parametrize("period", ["rolling_12", "2025-03", "2025-Q1", "2025", "year_to_date"])
async def test_a_table_is_of_one_period(export, period):
    answer = await export(format="csv", period=period)
    assert answer.status_code == 200
    assert f'"indicators-{period}.csv"' in answer.headers["content-disposition"]
    assert {row["period"] for row in csv.DictReader(io.StringIO(answer.text))} == {period}


async def test_what_there_is_not_is_refused(export):
    for by, params, status, code in (
        ("pod-analyst", {"accept": "text/html"}, 406, "form-not-offered"),
        ("pod-analyst", {"period": "soon"}, 400, "invalid-period"),
        ("lead-oslo", {"period": "2025"}, 403, "period-not-shown"),
        ("import-demo", {}, 403, "forbidden"),
    ):
        answer = await export(by, **params)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await export(format="xml")).status_code == 422


async def test_the_form_is_that_which_is_accepted(export):
    for accept, media in (("*/*", "text/csv"), ("application/x-ndjson", "application/x-ndjson")):
        assert (await export(accept=accept)).headers["content-type"].partition(";")[0] == media


async def test_who_takes_figures_out_is_on_record(cases, export, engine):
    await export("lead-troms", format="csv", period="2025-03")
    async with engine.connect() as conn:
        found = await conn.exec_driver_sql(
            "SELECT subject, action, cardinality(object_ids) AS objects FROM audit_entry WHERE action = 'figures.export'"
        )
        [entry] = found.all()
    assert entry.objects > 17


@pytest.mark.parametrize("by", ["pod-analyst", "lead-oslo"])
async def test_a_series_as_a_table_says_what_the_answer_says(cases, client, as_persona, by):
    headers, asked = as_persona(by), {"unit": "oslo", "compare": "troms"}
    series = (await client.get("/v1/indicators/10/series", params=asked, headers=headers)).json()
    params = {**asked, "indicator": 10, "format": "ndjson"}
    table = await client.get("/v1/exports/series", params=params, headers=headers)
    points = [(line["unit"], point) for line in series["lines"] for point in line["points"]]
    rows = lines(table)
    assert len(rows) == len(points) == 36
    for row, (unit, point) in zip(rows, points, strict=True):
        assert (row["unit"], row["first_day"]) == (unit, point["period"]["from"])
        for name in ("numerator", "denominator", "value"):
            assert (row[name], row[f"{name}_suppressed"]) == (point[name]["value"], point[name]["suppressed"])
    assert 'filename="indicator-10-series.ndjson"' in table.headers["content-disposition"]


@pytest.mark.parametrize("by", ["pod-analyst", "lead-oslo"])
async def test_categories_as_a_table_say_what_the_answer_says(cases, client, as_persona, by):
    headers = as_persona(by)
    found = (await client.get("/v1/indicators/10/breakdown?by=age_band", headers=headers)).json()
    categories = [(row["unit"], each) for row in found["rows"] for each in row["categories"]]
    params = {"indicator": 10, "by": "age_band", "format": "ndjson"}
    rows = lines(await client.get("/v1/exports/breakdown", params=params, headers=headers))
    for row, (unit, each) in zip(rows, categories, strict=True):
        assert (row["unit"], row["dimension"], row["category"]) == (unit, "age_band", each["category"])
        for name in ("numerator", "denominator", "value"):
            assert (row[name], row[f"{name}_suppressed"]) == (each[name]["value"], each[name]["suppressed"])
    table = await client.get("/v1/exports/breakdown", params={**params, "format": "parquet"}, headers=headers)
    assert parquet.read_table(io.BytesIO(table.content)).column_names == [column.name for column in SPLIT]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("series?indicator=99", 404, "unknown-indicator"),
        ("series?indicator=10&from=2026-03&to=2026-02", 400, "invalid-range"),
        ("series?indicator=10&unit=atlantis", 404, "unknown-unit"),
        ("series", 422, "invalid-request"),
        ("breakdown?indicator=10&by=method", 422, "unknown-dimension"),
        ("breakdown?indicator=10&period=2025-03", 403, "period-not-shown"),
    ],
)
async def test_what_there_is_not_of_a_series_or_a_category_is_refused(client, as_persona, path, status, code):
    answer = await client.get(f"/v1/exports/{path}", headers=as_persona("lead-oslo"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
