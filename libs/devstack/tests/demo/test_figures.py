"""Figures that the demo imports: of every unit, without gaps, the same again, and said to be assumed."""

from datetime import date

import httpx
import pytest
from forkant_contracts.units import CASE_UNITS
from forkant_devstack.demo.client import DemoError
from forkant_devstack.demo.figures import files, import_figures

TODAY = date(2026, 11, 30)


def test_populations_are_those_of_the_design_and_hours_are_there_of_every_unit_and_month():
    made = list(files(TODAY))
    populations = [each for each in made if each.kind == "populations"]
    assert [each.rows[0] for each in populations] == [("oslo", 2025, 945_000), ("oslo", 2026, 945_000)]
    assert all(len(each.rows) == 12 for each in populations)
    hours = [each for each in made if each.kind == "hours"]
    assert [each.rows[0][1] for each in hours] == [f"2025-{m:02}" for m in (9, 10, 11, 12)] + [
        f"2026-{m:02}" for m in range(1, 11)
    ]
    for each in hours:
        assert [row[0] for row in each.rows] == list(CASE_UNITS)
        assert all(0 < prevention < total / 4 for _, _, prevention, total in each.rows)


def test_they_are_the_same_again():
    assert [each.csv() for each in files(TODAY)] == [each.csv() for each in files(TODAY)]


def service(answers):
    """Return a service that answers each call by its kind."""
    asked = []

    def answer(request):
        asked.append(dict(request.url.params))
        status, body = answers[request.url.params["kind"]]
        return httpx.Response(status, json=body)

    return httpx.AsyncClient(base_url="http://indicators", transport=httpx.MockTransport(answer)), asked


async def test_what_the_platform_has_already_is_passed_over_and_the_rest_is_said_to_be_assumed():
    stands = {"code": "import-refused", "errors": [{"row": 1, "place": "/period", "code": "already-stands"}]}
    http, asked = service({"populations": (409, {"code": "already-imported"}), "hours": (422, stands)})
    assert await import_figures(http, token="t", today=TODAY) == 0
    assert {(each["source"], each["method"], each["source_date"]) for each in asked} == {
        ("demo", "assumed", "2026-11-30")
    }
    http, _ = service({"populations": (201, {}), "hours": (422, stands)})
    assert await import_figures(http, token="t", today=TODAY) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"code": "forbidden"}),
        (422, {"code": "import-refused", "errors": [{"code": "already-stands"}, {"code": "gap"}]}),
    ],
)
async def test_another_refusal_ends_the_demo_with_its_code(status, body):
    http, _ = service({"populations": (status, body), "hours": (201, {})})
    with pytest.raises(DemoError, match=body["code"]):
        await import_figures(http, token="t", today=TODAY)
