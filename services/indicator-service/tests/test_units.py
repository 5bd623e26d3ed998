"""After a reorganisation figures read in the old and the new structure, over HTTP and in tables."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from forkant_contracts import Event
from forkant_contracts.codes import UnitChange, UnitKindCode
from forkant_contracts.events.catalogue import UnitChanged
from forkant_contracts.units import CASE_UNITS
from forkant_kit.db import new_id
from indicator_service import unit_names
from indicator_service.aggregation.calendar import day_of, rolling_12
from indicator_service.definitions import load_catalogue
from indicator_service.steering.plan_watching import PlanJudge, look
from indicator_service.steering.units import taking_part_until
from indicator_service.steering.watching import _figures
from indicator_service.units import keep, read_register
from pyarrow import parquet
from sqlalchemy import text

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
TODAY = day_of(NOW)
ON = TODAY - 40 * DAY
OPENED = {"agder": 6, "sor-vest": 2, "sor": 9, "oslo": 12, "trondelag": 7, "finnmark": 3}


def changed(unit, change, *, before=(), after=(), version=1, on=ON):
    data = UnitChanged(
        changed_unit=unit, kind=UnitKindCode.DISTRICT, change=change, effective_on=on, reorganisation_id=uuid4(),
        predecessors=before, successors=after,
    )  # fmt: skip
    return Event(
        id=uuid4(), source="urn:forkant:case-service", aggregate_id=uuid4(), aggregate_version=version, unit="pod",
        occurred_at=NOW, recorded_at=NOW, data=data,
    )  # fmt: skip


MERGER = [
    changed("sor", UnitChange.ESTABLISHED, before=("agder", "sor-vest")),
    changed("agder", UnitChange.ENDED, after=("sor",)),
    changed("sor-vest", UnitChange.ENDED, after=("sor",)),
]
SPLIT = [
    changed("trondelag", UnitChange.ENDED, after=("dovre", "nidaros")),
    changed("dovre", UnitChange.ESTABLISHED, before=("trondelag",)),
    changed("nidaros", UnitChange.ESTABLISHED, before=("trondelag",)),
]


@pytest.fixture
async def reorganised(project, new_case):
    """Merge two units and split one 40 days ago, with cases of before and after."""
    await project(*MERGER, *SPLIT)
    for unit, count in OPENED.items():
        for _ in range(count):
            case = new_case(unit=unit, at=NOW - (3 if unit == "sor" else 60) * DAY)
            case.opened()
            await project(*case.events)


@pytest.fixture
def get(client, as_persona):
    async def ask(path, *, by="pod-analyst", acts_in=None, expect=200, **params):
        headers = as_persona(by, **({"unit": acts_in} if acts_in else {}))
        answer = await client.get(f"/v1/{path}", params={**params}, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer

    return ask


async def opened(get, structure, **asked):
    """Return how many cases count as opened by unit, as they are shown."""
    found = (await get("indicators/1/values", structure=structure, **asked)).json()
    assert found["structure"]["asked"] == structure
    assert [unit["id"] for unit in found["structure"]["units"]] == [row["unit"] for row in found["rows"][:-1]]
    return {row["unit"]: row["indicator"]["numerator"] for row in found["rows"]}


def exact(figures):
    return {unit: figure["value"] for unit, figure in figures.items() if figure["value"]}


async def test_units_are_listed_with_the_days_on_which_they_are_there(reorganised, get):
    units = {unit["id"]: unit for unit in (await get("units", by="officer-oslo")).json()["units"]}
    assert len(units) == 18 + 3
    assert units["agder"]["valid_until"] == str(ON - DAY)
    assert units["agder"]["successors"] == ["sor"]
    assert units["sor"] == {
        "id": "sor", "kind": "district", "name": {"nb": "sor", "nn": "sor", "en": "sor"}, "holds_cases": True,
        "valid_from": str(ON), "valid_until": None, "predecessors": ["agder", "sor-vest"], "successors": [],
    }  # fmt: skip
    today = {unit["id"] for unit in (await get("units", on=str(TODAY))).json()["units"]}
    assert today == {*CASE_UNITS, "pod", "sor", "dovre", "nidaros"} - {"agder", "sor-vest", "trondelag"}


SOR = {"id": "sor", "name_nb": "Sør politidistrikt", "name_nn": "Sør politidistrikt på nynorsk", "name_en": "South"}


async def named(get, unit="sor"):
    return {each["id"]: each["name"] for each in (await get("units", by="officer-oslo")).json()["units"]}[unit]


async def test_a_new_unit_has_the_name_that_its_reorganisation_gave_it(
    reorganised, get, case_service, client, as_persona
):
    case_service.named = [SOR | {"kind": "district"}, SOR | {"id": "oslo"}]
    expected = {"nb": SOR["name_nb"], "nn": SOR["name_nn"], "en": SOR["name_en"]}
    headers = as_persona("officer-oslo")
    assert (await client.get("/v1/units", headers=headers)).status_code == 200
    assert await named(get) == expected
    covered = (await get("plans/coverage", by="officer-oslo")).json()["units"]
    assert {each["unit"]: each["name"] for each in covered}["sor"] == expected
    # Asked once, with the reader's own token, and not of what the release names.
    assert case_service.asked == [("/v1/units", headers["Authorization"], None)]
    assert (await named(get, "oslo"))["nb"] == "Oslo politidistrikt"


@pytest.mark.parametrize("answer", [(503, []), (200, []), (200, [{"id": "sor"}])])
async def test_a_new_unit_has_its_id_for_a_name_while_nobody_says_and_its_name_then(
    get, case_service, monkeypatch, project, answer
):
    await project(*MERGER)
    case_service.status, case_service.named = answer
    for _ in range(2):
        assert await named(get) == {"nb": "sor", "nn": "sor", "en": "sor"}
    assert len(case_service.asked) == 1
    case_service.status, case_service.named = 200, [SOR]
    monkeypatch.setattr(unit_names, "_AGAIN_AFTER_S", -1.0)
    assert (await named(get))["en"] == SOR["name_en"]


async def test_while_every_unit_is_of_the_release_nobody_is_asked(get, case_service):
    await get("units")
    assert case_service.asked == []


async def test_what_is_read_again_changes_nothing(reorganised, engine):
    async with engine.begin() as conn:
        before = await read_register(conn)
        assert await keep(conn, [*MERGER, *SPLIT]) == frozenset()
        assert (await read_register(conn)).units == before.units


async def test_figures_of_before_stand_in_the_units_of_then_and_of_now_with_the_same_total(reorganised, get):
    then, now = exact(await opened(get, "then")), exact(await opened(get, "now"))
    assert then == {**OPENED, "national": sum(OPENED.values())}
    merged = {"sor": OPENED["agder"] + OPENED["sor-vest"] + OPENED["sor"]}
    rest = {unit: count for unit, count in OPENED.items() if unit not in {"agder", "sor-vest", "sor"}}
    assert now == {**rest, **merged, "national": sum(OPENED.values())}
    listed = await opened(get, "now")
    assert {"dovre", "nidaros", "trondelag"} <= set(listed)
    assert not {"agder", "sor-vest"} & set(listed)
    before = await opened(get, str(ON - DAY))
    assert exact(before) == then


async def test_one_unit_is_told_in_the_structure_that_is_asked_for_and_points_to_the_one_that_it_is_told_in(
    reorganised, get
):
    found = (await get("districts/sor/metrics", structure="now")).json()
    assert found["counts"]["opened"]["value"] == 17
    [unit] = found["structure"]["units"]
    assert (unit["told_together"], unit["told"]) == (["agder", "sor-vest", "sor"], True)
    refused = (await get("districts/agder/metrics", structure="now", expect=404)).json()
    assert (refused["type"], refused["told_in"]) == ("urn:forkant:problem:unit-told-in-another", "sor")
    assert (await get("districts/agder/metrics")).json()["counts"]["opened"]["value"] == 6
    for wrong in ("tomorrow", str(TODAY + DAY), "2026-13-01"):
        answer = (await get("districts/oslo/metrics", structure=wrong, expect=400)).json()
        assert answer["type"] == "urn:forkant:problem:invalid-structure"


async def test_of_a_unit_that_was_split_it_is_said_that_its_shares_can_not_be_told(reorganised, get):
    found = (await get("indicators/1/values", structure="now")).json()
    told = {unit["id"]: unit["told"] for unit in found["structure"]["units"]}
    assert {unit for unit, is_told in told.items() if not is_told} == {"trondelag", "dovre", "nidaros"}
    assert exact(await opened(get, "now"))["trondelag"] == 7


async def test_series_and_categories_add_up_to_the_structure_that_is_asked_for(reorganised, get):
    lines = (await get("indicators/4/series", unit="sor", structure="now")).json()["lines"]
    by_unit = {line["unit"]: sum(p["extra"]["not_started"]["value"] for p in line["points"]) for line in lines}
    assert by_unit == {"sor": 17, "national": sum(OPENED.values())}
    for structure, expected in (("then", 9), ("now", 17)):
        [row] = (await get("indicators/4/breakdown", unit="sor", structure=structure)).json()["rows"]
        assert sum(each["extra"]["not_started"]["value"] for each in row["categories"]) == expected


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
async def test_tables_name_the_structure_and_the_days_of_their_units(reorganised, get, form):
    answer = await get("exports", structure="now", format=form)
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.text)))
    elif form == "ndjson":
        rows = [json.loads(line) for line in answer.content.splitlines()]
    else:
        rows = parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    [sor] = [row for row in rows if row["unit"] == "sor" and str(row["indicator"]) == "1"]
    assert int(float(sor["numerator"])) == 17
    assert (sor["structure"], str(sor["unit_valid_from"])) == (str(TODAY), str(ON))
    [split] = [row for row in rows if row["unit"] == "trondelag" and str(row["indicator"]) == "1"]
    assert str(split["unit_told"]).lower() == "false"
    assert str(split["unit_valid_until"]) == str(ON - DAY)


async def test_people_of_the_successor_see_its_predecessors_exactly_and_people_of_an_ended_unit_do_not(
    reorganised, get
):
    own = await opened(get, "then", by="lead-agder", acts_in="sor")
    assert [own[unit]["value"] for unit in ("agder", "sor-vest", "sor")] == [6, 2, 9]
    assert own["finnmark"]["suppressed"]
    for by, unit in (("lead-agder", "agder"), ("lead-oslo", "oslo"), ("lead-oslo", "nidaros")):
        for structure in ("then", "now"):
            shown = await opened(get, structure, by=by, acts_in=unit)
            kin = {"agder", "sor-vest", "sor"} & set(shown)
            assert all(shown[each]["suppressed"] for each in kin), (by, structure)
    months = (await get("indicators/4/series", unit="agder", by="lead-agder")).json()
    assert all(point["denominator"]["suppressed"] for point in months["lines"][0]["points"])


async def test_a_figure_of_a_unit_that_is_not_there_in_its_period_is_refused(reorganised, client, as_persona):
    async def bring(unit, month):
        body = f"unit,period,prevention_hours,total_hours\n{unit},{month:%Y-%m},1,2\n".encode()
        asked = {"kind": "hours", "source": "register", "source_date": str(TODAY), "method": "count"}
        headers = as_persona("import-demo") | {"Content-Type": "text/csv", "Idempotency-Key": str(uuid4())}
        return await client.post("/v1/aggregate-imports", content=body, params=asked, headers=headers)

    before, after = ON - 62 * DAY, (ON + 31 * DAY).replace(day=1) - DAY
    assert [error["code"] for error in (await bring("sor", before)).json()["errors"]] == ["unit-not-there"]
    assert [error["code"] for error in (await bring("nowhere", before)).json()["errors"]] == ["unknown-unit"]
    assert (await bring("agder", before)).status_code == 201
    late = await bring("agder", after) if after > ON and after.replace(day=1) > ON else None
    assert late is None or late.status_code == 422


async def test_only_units_that_are_there_need_a_plan_and_the_successor_is_named_missing(reorganised, get, engine):
    for day, count, there in ((TODAY, 17, "sor"), (ON - DAY, 17, "agder")):
        found = (await get("plans/coverage", by="officer-oslo", on=str(day))).json()
        assert (found["of"], found["covered"]) == (count, 0)
        assert there in found["missing"]
    assert not {"agder", "trondelag"} & set((await get("plans/coverage")).json()["missing"])
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE plan_round SET day = day - 1"))
    assert await look(PlanJudge(engine=engine, now=lambda: NOW, new_id=new_id)) == 17
    async with engine.connect() as conn:
        told = set((await conn.execute(text("SELECT unit FROM plan_watch"))).scalars())
    assert "sor" in told
    assert "agder" not in told


async def test_nothing_is_steered_for_a_unit_that_ended(reorganised, client, as_persona):
    headers = as_persona("lead-agder") | {"Idempotency-Key": str(uuid4())}
    body = {
        "unit": "agder", "valid_from": str(TODAY), "valid_until": str(TODAY + 300 * DAY), "goals": [{"indicator": 10}],
    }  # fmt: skip
    refused = await client.post("/v1/plans", json=body, headers=headers)
    assert (refused.status_code, refused.json()["successors"]) == (409, ["sor"])
    made = await client.post(
        "/v1/plans", json={**body, "unit": "sor"},
        headers=as_persona("lead-agder", unit="sor") | {"Idempotency-Key": str(uuid4())},
    )  # fmt: skip
    assert made.status_code == 201, made.text
    assert UUID(made.json()["id"])
    target = {
        "unit": "agder", "indicator": 10, "goal": 0.8, "near": 0.6, "valid_from": str(TODAY), "reason": "Som vedtatt.",
    }  # fmt: skip
    headers = as_persona("pod-analyst") | {"Idempotency-Key": str(uuid4())}
    assert (await client.post("/v1/targets", json=target, headers=headers)).status_code == 409


HELD = """
WITH t AS (
    INSERT INTO target (id, unit, indicator, period) VALUES ('{id}', 'agder', 10, 'rolling_12') RETURNING number
)
INSERT INTO target_version (target_id, target_number, unit, number, state, goal, near, margin, hold_days, wanted_from,
                            first_day, last_day, reason, proposed_by, proposed_at, approved_by, approved_at)
SELECT '{id}', number, 'agder', 1, 'approved', 0.8, 0.6, 0, 0, '{first}', '{first}', NULL, 'r', 'a', now(), 'b', now() FROM t;
WITH p AS (
    INSERT INTO prevention_plan (id, unit) VALUES ('{id}', 'agder') RETURNING number
)
INSERT INTO prevention_plan_version (plan_id, plan_number, unit, number, state, wanted_from, wanted_until, first_day,
                                     last_day, written_by, written_at, submitted_by, submitted_at, approved_by, approved_at)
SELECT '{id}', number, 'agder', 1, 'approved', '{first}', '{last}', '{first}', '{last}', 'a', now(), 'a', now(), 'b', now()
FROM p;
INSERT INTO priority (id, unit, indicator, first_day, last_day, reason, set_by, set_at)
VALUES ('{id}', 'agder', 10, '{first}', '{last}', 'r', 'a', now())
"""


async def test_what_held_for_an_ended_unit_stays_as_history_until_its_last_day(reorganised, get, database):
    first, last, held = ON - 100 * DAY, ON + 300 * DAY, new_id()
    owner = await asyncpg.connect(database.owner_url, server_settings={"forkant.system": "on"})
    try:
        await owner.execute(HELD.format(id=held, first=first, last=last))
    finally:
        await owner.close()
    for kind in ("targets", "plans"):
        [version] = (await get(f"{kind}/{held}", as_of=str(TODAY))).json()["versions"]
        assert (version["in_force_from"], version["in_force_until"]) == (str(first), str(ON - DAY))
        assert (await get(f"{kind}/{held}", as_of=str(ON - DAY))).json()["in_force"]["number"] == 1
        assert (await get(f"{kind}/{held}", as_of=str(TODAY))).json()["in_force"] is None
    figures = (await get("districts/agder/metrics")).json()
    assert [each["target"] for each in figures["indicators"] if each["number"] == 10] == [None]
    assert figures["priorities"] == []
    month = (await get("districts/agder/metrics", period=f"{(ON.replace(day=1) - DAY):%Y-%m}")).json()
    assert [each["unit"] for each in month["priorities"]] == ["agder"]


async def test_nobody_takes_part_in_a_pilot_longer_than_the_unit_is_there(reorganised, engine):
    async with engine.connect() as conn:
        units = await read_register(conn)
    rows = [
        {"unit": "agder", "first_day": ON - DAY, "last_day": None},
        {"unit": "oslo", "first_day": ON, "last_day": None},
    ]
    told = taking_part_until(rows, units)
    assert [row["last_day"] for row in told] == [ON - DAY, None]
    assert [(row["unit_ended_on"], row["successors"]) for row in told] == [(ON - DAY, ("sor",)), (None, ())]


async def test_what_an_ended_unit_was_to_reach_is_judged_no_more(reorganised, engine):
    async with engine.connect() as conn:
        register = await read_register(conn)
    places = {place[0] for place, _ in _figures({}, load_catalogue(), rolling_12(today=TODAY), frozenset(), register)}
    assert {"sor", "nidaros", "oslo", "national"} <= places
    assert not {"agder", "sor-vest", "trondelag"} & places
