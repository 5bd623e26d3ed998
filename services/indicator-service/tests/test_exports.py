"""Figures as a table: what the answers of the API say, in each form, suppressed alike, with licence and definitions."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from indicator_service.api.exports import COLUMNS, LICENSE
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
