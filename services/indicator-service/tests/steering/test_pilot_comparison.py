"""A pilot's comparison over HTTP: from the same cells as all figures, and hidden from those who see no small counts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from indicator_service.audit_names import id_of_unit, known

BEFORE, BEGINS, NOW = datetime(2026, 1, 15, 12, tzinfo=UTC), "2026-02-01", datetime(2026, 4, 20, 12, tzinfo=UTC)
PROGRAMME = {
    "code": "online_communities",
    "name_nb": "Digitale miljøer",
    "name_en": "Online communities",
    "case_types": ["online_community"],
    "indicators": [10],
    "baseline_from": "2025-01-01",
    "baseline_until": "2025-12-31",
    "valid_from": BEGINS,
    "valid_until": "2026-12-31",
    "reason": "Prøves i to distrikter.",
}


@pytest.fixture
def at(api):
    """Give a function that sets the clock of the API."""

    def set_clock(moment):
        api.state.dependencies = replace(api.state.dependencies, now=lambda: moment)

    return set_clock


@pytest.fixture
def closed(project, new_case):
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


async def begun(steering, at, *units, **given):
    at(BEFORE)
    made = await steering.post("/v1/pilots", PROGRAMME | given, by="pod-methods")
    assert made.status_code == 201, made.text
    pilot = made.json()["id"]
    etag = made.headers["etag"]
    for path, body in (("approval", {}), *(("enrolments", {"unit": unit}) for unit in units)):
        done = await steering.post(f"/v1/pilots/{pilot}/{path}", body, by="pod-analyst", etag=etag)
        assert done.status_code == 200, done.text
        etag = done.headers["etag"]
    at(NOW)
    return pilot


async def filled(closed):
    for unit, gained in (("troms", 18), ("agder", 18), ("oslo", 12), ("vest", 12)):
        await closed(unit, "2025-06-10", evaluated=10, plain=10)
        await closed(unit, "2026-03-10", evaluated=gained, plain=20 - gained)
        # Neither in the baseline nor in the pilot.
        await closed(unit, "2026-01-10", evaluated=0, plain=30)


async def test_enrolled_units_are_set_against_the_others_before_and_since(steering, at, closed):
    pilot = await begun(steering, at, "troms", "agder")
    await filled(closed)
    answer = await steering.get(f"/v1/pilots/{pilot}/comparison", by="pod-analyst")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["units"] == ["agder", "troms"]
    assert {"oslo", "vest", "finnmark", "phs"} <= set(body["others"])
    assert not {"agder", "troms", "national", "pod"} & set(body["others"])
    assert body["before"] == {"first_month": "2025-01-01", "last_month": "2025-12-01"}
    assert body["after"] == {"first_month": "2026-02-01", "last_month": "2026-04-01"}
    [found] = body["indicators"]
    assert [found["units"][side]["numerator"]["value"] for side in ("before", "after")] == [20, 36]
    assert [found["others"][side]["denominator"]["value"] for side in ("before", "after")] == [40, 40]
    assert (found["units"]["change"]["value"], found["others"]["change"]["value"]) == (0.4, 0.1)
    assert found["difference"]["value"] == 0.3
    assert -0.01 < found["low"]["value"] < 0.3 < found["high"]["value"]
    assert (found["level"], found["too_few"]) == (0.95, False)
    assert found["by_chance"]["choices"]["value"] > found["by_chance"]["as_extreme"]["value"] >= 1
    assert {*body["does_not_show"]} == {"nb", "nn", "en"}
    assert len({len(texts) for texts in body["does_not_show"].values()}) == 1


@pytest.mark.parametrize("reader", ["lead-troms", "officer-oslo", "analyst-agder", "auditor"])
async def test_who_sees_no_small_counts_sees_no_figure_and_no_interval_of_a_comparison(steering, at, closed, reader):
    pilot = await begun(steering, at, "troms", "agder")
    await filled(closed)
    body = (await steering.get(f"/v1/pilots/{pilot}/comparison", by=reader)).json()
    [found] = body["indicators"]
    hidden = {"value": None, "suppressed": True}
    for group in ("units", "others"):
        assert found[group]["change"] == hidden
        for side in ("before", "after"):
            assert all(found[group][side][name] == hidden for name in ("numerator", "denominator", "value"))
    assert [found[name] for name in ("difference", "low", "high")] == [hidden] * 3
    assert found["by_chance"] == {"choices": hidden, "as_extreme": hidden}
    assert found["too_few"] is None
    assert body["does_not_show"]["nb"]


async def test_what_is_hidden_is_the_same_whatever_the_figures(steering, at, closed):
    pilot = await begun(steering, at, "troms")
    before = (await steering.get(f"/v1/pilots/{pilot}/comparison", by="lead-oslo")).json()
    await filled(closed)
    after = (await steering.get(f"/v1/pilots/{pilot}/comparison", by="lead-oslo")).json()
    stamps = {"as_of", "watermark", "seconds_behind"}
    assert {k: v for k, v in before.items() if k not in stamps} == {k: v for k, v in after.items() if k not in stamps}


async def test_before_a_month_of_the_pilot_has_begun_there_is_nothing_to_compare(steering, at):
    pilot = await begun(steering, at, "troms")
    at(BEFORE)
    body = (await steering.get(f"/v1/pilots/{pilot}/comparison", by="pod-analyst")).json()
    assert (body["after"], body["indicators"], body["units"]) == (None, [], [])


async def test_a_unit_that_left_counts_as_taking_part_and_one_that_never_began_does_not(steering, at, closed):
    pilot = await begun(steering, at, "troms", "agder")
    etag = (await steering.get(f"/v1/pilots/{pilot}", by="pod-analyst")).headers["etag"]
    path = f"/v1/pilots/{pilot}/enrolments"
    left = await steering.post(f"{path}/agder/withdrawal", {}, by="pod-analyst", etag=etag)
    later = {"unit": "vest", "valid_from": "2026-05-01"}
    await steering.post(path, later, by="pod-analyst", etag=left.headers["etag"])
    body = (await steering.get(f"/v1/pilots/{pilot}/comparison", by="pod-analyst")).json()
    assert body["units"] == ["agder", "troms"]
    assert "vest" in body["others"]


async def test_a_programme_is_judged_by_what_units_can_be_compared_by(steering, at, code_of):
    at(BEFORE)
    for number in (1, 15, 16, 18, 20):
        made = await steering.post("/v1/pilots", PROGRAMME | {"indicators": [number]}, by="pod-methods")
        assert code_of(made) == (422, "not-comparable")


async def test_a_proposal_is_compared_for_the_directorate_alone(steering, at, code_of):
    at(BEFORE)
    pilot = (await steering.post("/v1/pilots", PROGRAMME, by="pod-methods")).json()["id"]
    path = f"/v1/pilots/{pilot}/comparison"
    assert code_of(await steering.get(path, by="lead-oslo")) == (404, "not-found")
    assert (await steering.get(path, by="pod-analyst")).json()["indicators"] == []


async def test_reading_a_comparison_is_in_the_trail(steering, at, closed, engine):
    from sqlalchemy import text

    pilot = await begun(steering, at, "troms")
    await filled(closed)
    await steering.get(f"/v1/pilots/{pilot}/comparison", by="lead-oslo")
    async with engine.begin() as conn:
        query = text(
            "SELECT subject, object_ids FROM audit_entry WHERE action = 'figures.read' ORDER BY seq DESC LIMIT 1"
        )
        row = (await conn.execute(query)).one()
    assert row.subject == "lead-oslo"
    assert {str(each) for each in row.object_ids} == {
        str(pilot),
        str(id_of_unit("troms")),
        *map(str, known(["indicator:10"])),
    }
