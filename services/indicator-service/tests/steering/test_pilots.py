"""Measure 4: pilot programmes over HTTP, with what they tell readers of events, and what the trail keeps."""

import asyncio
import json
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from indicator_service.audit_names import id_of_unit

TOLD = """
SELECT aggregate_version, type, unit, data FROM event_archive WHERE aggregate_id = $1 ORDER BY aggregate_version
"""


class Pilots:
    def __init__(self, steering):
        self.steering = steering

    def body(self, **given):
        base = {
            "code": f"pilot_{uuid4().hex[:8]}",
            "name_nb": "Forebygging i digitale miljøer",
            "name_en": "Prevention in online communities",
            "case_types": ["online_community"],
            "indicators": [5, 10],
            "baseline_from": self.steering.day(-365),
            "baseline_until": self.steering.day(-1),
            "valid_from": self.steering.day(0),
            "valid_until": self.steering.day(365),
            "reason": "Tre distrikter prøver en felles måte å arbeide på.",
        }
        return base | given

    async def propose(self, *, by="pod-methods", **given):
        return await self.steering.post("/v1/pilots", self.body(**given), by=by)

    async def approved(self, **given):
        made = await self.propose(**given)
        assert made.status_code == 201, made.text
        pilot = made.json()["id"]
        done = await self.post(pilot, "approval", {})
        assert done.status_code == 200, done.text
        return pilot

    async def post(self, pilot, path, body, *, by="pod-analyst"):
        etag = (await self.steering.get(f"/v1/pilots/{pilot}", by="pod-analyst")).headers["etag"]
        return await self.steering.post(f"/v1/pilots/{pilot}/{path}", body, by=by, etag=etag)

    async def enrol(self, pilot, unit, **given):
        return await self.post(pilot, "enrolments", {"unit": unit, **given})

    async def withdraw(self, pilot, unit, **given):
        return await self.post(pilot, f"enrolments/{unit}/withdrawal", given)

    async def read(self, pilot, *, by="officer-oslo", **params):
        return (await self.steering.get(f"/v1/pilots/{pilot}", by=by, **params)).json()


@pytest.fixture
def pilots(steering):
    return Pilots(steering)


@pytest_asyncio.fixture
async def connection(database):
    """Give the service's database as the worker's role, which sees what was told."""
    found = await asyncpg.connect(database.worker_url.replace("postgresql+asyncpg://", "postgresql://"))
    yield found
    await found.close()


async def told(connection, pilot):
    rows = await connection.fetch(TOLD, pilot)
    return [(row["aggregate_version"], row["type"], row["unit"], json.loads(row["data"])) for row in rows]


async def test_the_directorate_proposes_somebody_else_approves_and_units_are_enrolled(pilots, connection):
    pilot = await pilots.approved()
    shown = await pilots.read(pilot)
    assert (shown["state"], shown["units"], shown["enrolments"]) == ("approved", [], [])
    assert (shown["proposed_by"], shown["approved_by"]) == ("pod-methods", "pod-analyst")
    for unit in ("troms", "innlandet"):
        assert (await pilots.enrol(pilot, unit)).status_code == 200
    later = pilots.steering.day(30)
    assert (await pilots.enrol(pilot, "sor-vest", valid_from=later)).status_code == 200
    assert (await pilots.read(pilot))["units"] == ["innlandet", "troms"]
    assert (await pilots.read(pilot, as_of=later))["units"] == ["innlandet", "sor-vest", "troms"]
    assert (await pilots.read(pilot, as_of=pilots.steering.day(366)))["units"] == []
    events = await told(connection, pilot)
    assert [(number, unit) for number, _, unit, _ in events] == [(1, "troms"), (2, "innlandet"), (3, "sor-vest")]
    assert {kind for _, kind, _, _ in events} == {"no.forkant.pilot.enrolled.v1"}
    assert events[2][3] == {
        "pilot": shown["code"],
        "districts": ["innlandet", "sor-vest", "troms"],
        "case_types": ["online_community"],
        "baseline_from": shown["baseline_from"],
        "starts_on": shown["valid_from"],
        "ends_on": shown["valid_until"],
        "enrolled_from": later,
    }


async def test_a_unit_leaves_and_its_past_stays(pilots, connection):
    pilot = await pilots.approved()
    await pilots.enrol(pilot, "troms")
    gone = pilots.steering.day(10)
    assert (await pilots.withdraw(pilot, "troms", valid_from=gone)).status_code == 200
    assert (await pilots.read(pilot, as_of=pilots.steering.day(9)))["units"] == ["troms"]
    assert (await pilots.read(pilot, as_of=gone))["units"] == []
    [enrolment] = (await pilots.read(pilot))["enrolments"]
    assert (enrolment["enrolled_by"], enrolment["withdrawn_by"]) == ("pod-analyst", "pod-analyst")
    [_, (number, kind, unit, data)] = await told(connection, pilot)
    assert (number, kind, unit) == (2, "no.forkant.pilot.withdrawn.v1", "troms")
    assert (data["districts"], data["last_day"]) == (["troms"], pilots.steering.day(9))


async def test_a_programme_that_is_ended_goes_on_for_nobody(pilots, connection, code_of):
    pilot = await pilots.approved()
    await pilots.enrol(pilot, "troms")
    ended = await pilots.post(pilot, "ending", {"reason": "Erfaringene er samlet."})
    assert ended.status_code == 200
    shown = await pilots.read(pilot)
    assert (shown["state"], shown["units"]) == ("ended", [])
    assert shown["goes_on_until"] == pilots.steering.day(-1)
    assert (await told(connection, pilot))[1][1:3] == ("no.forkant.pilot.ended.v1", "pod")
    assert code_of(await pilots.enrol(pilot, "agder")) == (409, "pilot-not-approved")
    assert code_of(await pilots.post(pilot, "ending", {"reason": "Igjen."})) == (409, "already-ended")


async def test_a_proposal_is_the_directorates_until_it_is_approved_and_can_be_taken_back(pilots, connection, code_of):
    pilot = (await pilots.propose()).json()["id"]
    assert code_of(await pilots.steering.get(f"/v1/pilots/{pilot}", by="lead-troms")) == (404, "not-found")
    assert (await pilots.steering.get("/v1/pilots", by="lead-troms")).json()["items"] == []
    assert code_of(await pilots.enrol(pilot, "troms")) == (409, "pilot-not-approved")
    assert (await pilots.post(pilot, "ending", {"reason": "Feil år."})).status_code == 200
    assert (await pilots.read(pilot, by="pod-analyst"))["state"] == "withdrawn"
    assert code_of(await pilots.post(pilot, "approval", {})) == (409, "not-proposed")
    assert await told(connection, pilot) == []


@pytest.mark.parametrize(
    ("by", "given", "refused"),
    [
        ("lead-oslo", {}, (403, "forbidden")),
        ("analyst-oslo", {}, (403, "forbidden")),
        ("pod-privacy", {}, (403, "forbidden")),
        ("pod-methods", {"case_types": ["person"]}, (422, "no-pilot-type")),
        ("pod-methods", {"case_types": ["unknown"]}, (422, "no-pilot-type")),
        ("pod-methods", {"case_types": []}, (422, "invalid-request")),
        ("pod-methods", {"indicators": [99]}, (422, "unknown-indicator")),
        ("pod-methods", {"indicators": []}, (422, "invalid-request")),
        ("pod-methods", {"valid_from": "2020-01-01"}, (422, "validity-out-of-range")),
        ("pod-methods", {"valid_until": "2020-01-01"}, (422, "validity-out-of-range")),
        ("pod-methods", {"code": "Kari Nordmann"}, (422, "invalid-request")),
        ("pod-methods", {"name_nb": "snudd\u202e rekkefølge"}, (422, "invalid-request")),
        ("pod-methods", {"units": ["oslo"]}, (422, "invalid-request")),
    ],
)
async def test_what_may_not_be_proposed_is_refused_and_changes_nothing(pilots, code_of, by, given, refused):
    assert code_of(await pilots.propose(by=by, **given)) == refused
    assert (await pilots.steering.get("/v1/pilots", by="pod-methods")).json()["items"] == []


async def test_nobody_approves_what_they_proposed_and_a_lead_decides_nothing(pilots, code_of):
    pilot = (await pilots.propose()).json()["id"]
    assert code_of(await pilots.post(pilot, "approval", {}, by="pod-methods")) == (403, "own-proposal")
    assert code_of(await pilots.post(pilot, "approval", {}, by="lead-oslo")) == (403, "forbidden")
    assert (await pilots.post(pilot, "approval", {})).status_code == 200
    for path, body in (
        ("enrolments", {"unit": "troms"}),
        ("enrolments/troms/withdrawal", {}),
        ("ending", {"reason": "Fordi."}),
    ):
        assert code_of(await pilots.post(pilot, path, body, by="lead-troms")) == (403, "forbidden")


@pytest.mark.parametrize("unit", ["atlantis", "pod", "national"])
async def test_only_units_that_hold_cases_take_part(pilots, code_of, unit):
    pilot = await pilots.approved()
    assert code_of(await pilots.enrol(pilot, unit)) == (422, "unknown-unit")


async def test_a_code_is_one_programmes_for_good(pilots, code_of):
    made = await pilots.propose(code="one_and_only")
    await pilots.post(made.json()["id"], "ending", {"reason": "Feil år."})
    assert code_of(await pilots.propose(code="one_and_only")) == (409, "pilot-exists")


async def test_a_change_needs_the_newest_version(pilots, code_of):
    pilot = await pilots.approved()
    path = f"/v1/pilots/{pilot}/enrolments"
    assert code_of(await pilots.steering.post(path, {"unit": "troms"}, by="pod-analyst"))[0] == 428
    assert code_of(await pilots.steering.post(path, {"unit": "troms"}, by="pod-analyst", etag='"v1"'))[0] == 412


async def test_of_two_who_enrol_at_once_one_is_told_that_it_changed(pilots, connection):
    pilot = await pilots.approved()
    path = f"/v1/pilots/{pilot}/enrolments"
    answers = await asyncio.gather(
        *[pilots.steering.post(path, {"unit": u}, by="pod-analyst", etag='"v2"') for u in ("troms", "agder", "oslo")]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    assert [number for number, *_ in await told(connection, pilot)] == [1]


async def test_an_enrolment_is_done_and_told_of_once_for_each_key(pilots, connection):
    pilot = await pilots.approved()
    path, key = f"/v1/pilots/{pilot}/enrolments", str(uuid4())
    answers = [
        await pilots.steering.post(path, {"unit": "troms"}, by="pod-analyst", etag='"v2"', key=key) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(await told(connection, pilot)) == 1


async def test_a_refused_enrolment_is_told_of_to_nobody(pilots, connection, code_of):
    pilot = await pilots.approved()
    await pilots.enrol(pilot, "troms")
    assert code_of(await pilots.enrol(pilot, "troms")) == (409, "already-enrolled")
    assert code_of(await pilots.withdraw(pilot, "agder")) == (409, "not-enrolled")
    assert len(await told(connection, pilot)) == 1
    assert await connection.fetchval("SELECT told FROM pilot WHERE id = $1", pilot) == 1


async def test_every_decision_is_in_the_trail_with_the_unit_that_it_is_about(pilots, connection):
    pilot = await pilots.approved()
    await pilots.enrol(pilot, "troms")
    await pilots.withdraw(pilot, "troms")
    await pilots.post(pilot, "ending", {"reason": "Erfaringene er samlet."})
    rows = await connection.fetch(
        "SELECT subject, action, object_ids, version, outcome FROM audit_entry WHERE object_kind = 'pilot' "
        "AND $1 = ANY(object_ids) ORDER BY seq",
        pilot,
    )
    assert [(row["subject"], row["action"], row["version"]) for row in rows] == [
        ("pod-methods", "pilot.propose", 1),
        ("pod-analyst", "pilot.approve", 2),
        ("pod-analyst", "pilot.enrol", 3),
        ("pod-analyst", "pilot.withdraw", 4),
        ("pod-analyst", "pilot.end", 5),
    ]
    assert [id_of_unit("troms") in row["object_ids"] for row in rows] == [False, False, True, True, False]


async def test_pilots_are_listed_by_unit_and_case_type(pilots):
    first, second = await pilots.approved(), await pilots.approved()
    await pilots.enrol(first, "troms")

    async def listed(**params):
        answer = await pilots.steering.get("/v1/pilots", **params)
        return [item["id"] for item in answer.json()["items"]]

    assert await listed() == [second, first]
    assert await listed(unit="troms") == [first]
    assert await listed(case_type="online_community") == [second, first]
    assert await listed(case_type="person") == []
    page = (await pilots.steering.get("/v1/pilots", limit=1)).json()
    rest = (await pilots.steering.get("/v1/pilots", limit=1, cursor=page["next"])).json()
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([first], None)
