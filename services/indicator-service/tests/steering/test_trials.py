"""Measure 11: trials over HTTP, from the hypothesis to what is handed on."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

BEFORE, OVER = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 2, 12, tzinfo=UTC)
DURING = datetime(2026, 4, 20, 12, tzinfo=UTC)
TRIAL = {
    "unit": "oslo",
    "comparison_unit": "ost",
    "indicator": 10,
    "direction": "higher",
    "expected": 0.1,
    "partners": ["school", "slt_coordinator"],
    "before_from": "2025-01-01",
    "before_until": "2025-12-31",
    "valid_from": "2026-02-01",
    "valid_until": "2026-06-30",
}
CONCLUSION = {"finding": "supported", "recommendation": "extend", "reservations": ["few_cases"]}
HIDDEN = {"value": None, "suppressed": True}


class Trials:
    def __init__(self, steering, api):
        self.steering, self._api = steering, api

    def at(self, moment):
        self._api.state.dependencies = replace(self._api.state.dependencies, now=lambda: moment)

    async def register(self, *, by="lead-oslo", **given):
        self.at(BEFORE)
        return await self.steering.post("/v1/trials", TRIAL | given, by=by)

    async def registered(self, **given):
        made = await self.register(**given)
        assert made.status_code == 201, made.text
        return made.json()["id"]

    async def post(self, trial, path, body, *, by="lead-oslo"):
        etag = (await self.steering.get(f"/v1/trials/{trial}")).headers["etag"]
        return await self.steering.post(f"/v1/trials/{trial}/{path}", body, by=by, etag=etag)

    async def closed(self, **given):
        trial = await self.registered(**given)
        self.at(OVER)
        for path, body in (("conclusion", CONCLUSION), ("closing", {})):
            done = await self.post(trial, path, body)
            assert done.status_code == 200, done.text
        return trial

    async def read(self, trial, path="", *, by="officer-troms", **params):
        return await self.steering.get(f"/v1/trials/{trial}{path}", by=by, **params)


@pytest.fixture
def trials(steering, api):
    return Trials(steering, api)


@pytest.fixture
def closed_cases(project, new_case):
    """Give a function that closes cases of a unit on a day, some with an evaluation."""

    async def close(unit, day, *, evaluated, plain):
        cases = []
        for number in range(evaluated + plain):
            case = new_case(unit=unit, at=datetime.fromisoformat(f"{day}T10:00:00+00:00"))
            case.opened()
            case.closed(evaluated=number < evaluated)
            cases.append(case)
        await project(*[event for case in cases for event in case.events])

    return close


async def enough(closed_cases, few=0):
    await closed_cases("oslo", "2025-06-10", evaluated=21, plain=19)
    await closed_cases("oslo", "2026-03-10", evaluated=28, plain=few or 12)
    await closed_cases("ost", "2025-06-10", evaluated=20, plain=20)
    await closed_cases("ost", "2026-03-10", evaluated=20, plain=20)


async def test_a_trial_is_registered_concluded_and_closed_and_everybody_reads_it(trials):
    trial = await trials.closed()
    shown = (await trials.read(trial)).json()
    assert {name: shown[name] for name in TRIAL} == TRIAL
    assert (shown["state"], shown["registered_by"], shown["closed_by"]) == ("closed", "lead-oslo", "lead-oslo")
    assert {name: shown["conclusion"][name] for name in CONCLUSION} == CONCLUSION
    assert [item["id"] for item in (await trials.steering.get("/v1/trials", unit="oslo")).json()["items"]] == [trial]
    assert (await trials.steering.get("/v1/trials", unit="ost")).json()["items"] == []
    assert (await trials.steering.get("/v1/trials", indicator=11)).json()["items"] == []


async def test_a_trial_can_not_close_without_a_conclusion(trials, code_of, engine):
    trial = await trials.registered()
    trials.at(OVER)
    refused = await trials.post(trial, "closing", {})
    assert code_of(refused) == (409, "conclusion-required")
    assert (await trials.read(trial)).json()["state"] == "registered"
    async with engine.begin() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM trial_figures"))).scalar_one() == 0
    assert (await trials.post(trial, "conclusion", CONCLUSION)).status_code == 200
    assert (await trials.post(trial, "closing", {})).status_code == 200


async def test_the_database_takes_no_closed_trial_without_a_conclusion(trials, database):
    import asyncpg

    await trials.registered()
    connection = await asyncpg.connect(database.app_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT set_config('forkant.steers', 'all', true)")
            with pytest.raises(asyncpg.CheckViolationError, match="trial_closes_with_a_conclusion"):
                await connection.execute("UPDATE trial SET state = 'closed'")
    finally:
        await connection.close()


async def test_a_trial_closes_after_its_last_day_alone(trials, code_of):
    trial = await trials.registered()
    trials.at(DURING)
    assert (await trials.post(trial, "conclusion", CONCLUSION)).status_code == 200
    assert code_of(await trials.post(trial, "closing", {})) == (409, "trial-goes-on")


async def test_what_was_closed_or_withdrawn_changes_no_more(trials, code_of):
    closed, withdrawn = await trials.closed(), await trials.registered()
    assert (await trials.post(withdrawn, "withdrawal", {"reason": "partner_left"})).status_code == 200
    for trial in (closed, withdrawn):
        for path, body in (("conclusion", CONCLUSION), ("closing", {}), ("withdrawal", {"reason": "mistake"})):
            assert code_of(await trials.post(trial, path, body)) == (409, "already-ended")
    assert (await trials.read(withdrawn)).json()["withdrawal_reason"] == "partner_left"


@pytest.mark.parametrize(
    ("by", "given", "refused"),
    [
        ("officer-oslo", {}, (403, "forbidden")),
        ("analyst-oslo", {}, (403, "forbidden")),
        ("lead-ost", {}, (403, "another-unit")),
        ("pod-analyst", {"unit": "atlantis"}, (422, "unknown-unit")),
        ("lead-oslo", {"comparison_unit": "pod"}, (422, "unknown-unit")),
        ("lead-oslo", {"comparison_unit": "oslo"}, (422, "same-unit")),
        ("lead-oslo", {"indicator": 99}, (422, "unknown-indicator")),
        ("lead-oslo", {"indicator": 16}, (422, "not-comparable")),
        ("lead-oslo", {"expected": 0}, (422, "invalid-request")),
        ("lead-oslo", {"direction": "sideways"}, (422, "invalid-request")),
        ("lead-oslo", {"partners": ["unknown"]}, (422, "invalid-request")),
        ("lead-oslo", {"valid_from": "2020-01-01"}, (422, "validity-out-of-range")),
        ("lead-oslo", {"note": "Kari Nordmann"}, (422, "invalid-request")),
    ],
)
async def test_what_may_not_be_registered_is_refused_and_changes_nothing(trials, code_of, by, given, refused):
    assert code_of(await trials.register(by=by, **given)) == refused
    assert (await trials.steering.get("/v1/trials", by="pod-methods")).json()["items"] == []


async def test_no_other_unit_concludes_closes_or_withdraws_a_trial(trials, code_of):
    trial = await trials.registered()
    trials.at(OVER)
    for path, body in (("conclusion", CONCLUSION), ("closing", {}), ("withdrawal", {"reason": "mistake"})):
        assert code_of(await trials.post(trial, path, body, by="lead-ost")) == (403, "another-unit")
        assert code_of(await trials.post(trial, path, body, by="officer-oslo")) == (403, "forbidden")
    assert (await trials.post(trial, "conclusion", CONCLUSION, by="pod-analyst")).status_code == 200


async def test_a_reader_sees_the_side_that_is_theirs_and_the_difference_where_both_are(trials, closed_cases):
    trial = await trials.registered()
    await enough(closed_cases)
    trials.at(DURING)
    whole = (await trials.read(trial, "/comparison", by="pod-analyst")).json()
    assert whole["after"] == {"first_month": "2026-02-01", "last_month": "2026-04-01"}
    found = whole["indicator"]
    assert (found["units"]["after"]["numerator"]["value"], found["others"]["after"]["value"]["value"]) == (28, 0.5)
    assert found["difference"]["value"] == pytest.approx(0.7 - 21 / 40, abs=1e-3)
    assert found["low"]["value"] < found["difference"]["value"] < found["high"]["value"]
    for reader, own, other in (("officer-oslo", "units", "others"), ("lead-ost", "others", "units")):
        part = (await trials.read(trial, "/comparison", by=reader)).json()["indicator"]
        assert part[own] == found[own]
        assert part[other]["after"] == {"numerator": HIDDEN, "denominator": HIDDEN, "value": HIDDEN}
        assert [part[name] for name in ("difference", "low", "high")] == [HIDDEN] * 3
    none = (await trials.read(trial, "/comparison", by="lead-troms")).json()["indicator"]
    assert none["units"]["before"]["value"] == none["others"]["before"]["value"] == HIDDEN


async def test_the_figures_of_a_closed_trial_stay_as_they_were(trials, closed_cases):
    await enough(closed_cases)
    trial = await trials.closed()
    before = (await trials.read(trial, "/comparison", by="pod-analyst")).json()
    await closed_cases("oslo", "2026-03-11", evaluated=0, plain=50)
    after = (await trials.read(trial, "/comparison", by="pod-analyst")).json()
    assert after["indicator"] == before["indicator"]
    assert before["frozen_at"] == after["frozen_at"] == "2026-07-02T12:00:00Z"


async def test_export_carries_definitions_suppression_and_licence(trials, closed_cases):
    await enough(closed_cases)
    trial = await trials.closed()
    answer = await trials.read(trial, "/export")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["license"] == "https://data.norge.no/nlod/en/2.0"
    assert body["license"] in answer.headers["link"]
    assert "rounded to the nearest 10" in body["suppression"]
    assert (body["definition"]["indicator"], body["definition"]["version"]) == (10, 1)
    assert body["definition"]["description"]["nb"]
    assert body["definition"]["denominator_text"]["en"]
    assert (body["finding"], body["recommendation"], body["reservations"]) == ("supported", "extend", ["few_cases"])
    sides = [(row["unit"], row["row"], row["numerator"], row["denominator"], row["value"]) for row in body["rows"]]
    assert sides == [
        ("oslo", "before", 20, 40, 0.53),
        ("oslo", "after", 30, 40, 0.7),
        ("ost", "before", 20, 40, 0.5),
        ("ost", "after", 20, 40, 0.5),
        ("oslo", "difference", None, None, 0.17),
    ]
    table = await trials.read(trial, "/export", format="csv")
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert len(rows) == 5
    for row, line in zip(body["rows"], rows, strict=True):
        assert (line["license"], line["suppression"]) == (body["license"], body["suppression"])
        assert line["definition"] == body["definition"]["description"]["en"]
        assert line["definition_version"] == "1"
        assert line["value"] == str(row["value"])


@pytest.mark.parametrize("reader", ["pod-analyst", "lead-oslo", "officer-troms", "auditor"])
async def test_what_rests_on_few_is_left_out_of_an_export_whoever_asks(trials, closed_cases, reader):
    await enough(closed_cases, few=4)
    trial = await trials.closed()
    rows = (await trials.read(trial, "/export", by=reader)).json()["rows"]
    assert [row["suppressed"] for row in rows] == [False, True, False, False, True]
    for row in (rows[1], rows[4]):
        assert [row[name] for name in ("numerator", "denominator", "value", "low", "high")] == [None] * 5


async def test_an_open_trial_is_not_handed_on(trials, code_of):
    trial = await trials.registered()
    assert code_of(await trials.read(trial, "/export")) == (409, "trial-not-closed")
    assert code_of(await trials.read(trial, "/export", format="xlsx")) == (422, "invalid-request")


async def test_every_decision_about_a_trial_is_in_the_trail(trials, engine):
    trial = await trials.closed()
    await trials.read(trial, "/export")
    async with engine.begin() as conn:
        query = text("SELECT action, subject FROM audit_entry WHERE object_ids[1] = :id ORDER BY seq")
        rows = (await conn.execute(query, {"id": trial})).all()
    assert [tuple(row) for row in rows] == [
        ("trial.register", "lead-oslo"),
        ("trial.conclude", "lead-oslo"),
        ("trial.close", "lead-oslo"),
        ("figures.export", "officer-troms"),
    ]


async def test_nobody_but_who_steers_the_unit_writes_a_trial_or_its_figures_by_the_apis_own_login(trials, database):
    import asyncpg

    trial = await trials.registered()
    figures = "INSERT INTO trial_figures VALUES ($1, 1, '{}', now())"
    connection = await asyncpg.connect(database.app_url)
    try:
        for steers, unit, districts in (("own", "ost", "all"), ("", "oslo", "all"), ("own", "oslo", "own")):
            async with connection.transaction():
                for name, value in (("steers", steers), ("unit", unit), ("districts", districts)):
                    await connection.execute("SELECT set_config($1, $2, true)", f"forkant.{name}", value)
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                    async with connection.transaction():
                        await connection.execute(figures, trial)
                assert await connection.fetchval("SELECT count(*) FROM trial") == 1
                if (steers, unit) != ("own", "oslo"):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                        async with connection.transaction():
                            await connection.execute("UPDATE trial SET finding = 'harm'")
    finally:
        await connection.close()
