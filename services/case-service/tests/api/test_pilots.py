"""The gate of pilots: what the events of the indicator service let units open, hold and take over."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from case_service.consumers import apply
from case_service.domain.moments import local_day
from forkant_contracts import Event
from forkant_contracts.codes import CaseType
from forkant_contracts.events.steering import PilotEnded, PilotEnrolled, PilotWithdrawn
from forkant_kit.db import create_engine, transaction

TODAY = local_day(datetime.now(UTC))
PILOT = {
    "case_type": "online_community", "age_band": "not_applicable", "subject_category": "not_applicable",
    "theme": "fraud", "arena": "digital", "title": "A server where accounts are sold",
}  # fmt: skip


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


class Programme:
    """A pilot as the indicator service tells of it."""

    def __init__(self, service):
        self.service, self.id, self.version = service, uuid4(), 0

    async def tell(self, unit, data):
        self.version += 1
        now = datetime.now(UTC)
        event = Event(
            id=uuid4(), source="urn:forkant:indicator-service", aggregate_id=self.id, aggregate_version=self.version,
            unit=unit, occurred_at=now, recorded_at=now, data=data,
        )  # fmt: skip
        engine = create_engine(self.service.worker_url, application_name="test", pool_size=1)
        try:
            async with transaction(engine) as conn:
                await apply(conn, [event])
        finally:
            await engine.dispose()

    async def enrol(self, unit, *, since=0, first=-30, last=30):
        data = PilotEnrolled(
            pilot="online_communities", districts=(unit,), case_types=(CaseType.ONLINE_COMMUNITY,),
            baseline_from=day(-400), starts_on=day(first), ends_on=day(last), enrolled_from=day(since),
        )  # fmt: skip
        await self.tell(unit, data)

    async def withdraw(self, unit, *, last=-1):
        await self.tell(unit, PilotWithdrawn(pilot="online_communities", districts=(), last_day=day(last)))

    async def end(self, *, last=-1):
        await self.tell("pod", PilotEnded(pilot="online_communities", districts=(), last_day=day(last)))


@pytest.fixture
def programme(empty_service):
    return Programme(empty_service)


def refused(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


async def opening(service, unit, **fields):
    body = {"purpose_code": "prevent_crime", "legal_basis": "police_act", **PILOT, **fields}
    return await service.person(f"officer-{unit}").send("POST", "/v1/cases", body)


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


async def test_a_pilot_opens_only_where_a_unit_takes_part_and_only_while_it_does(empty_service, programme):
    assert refused(await opening(empty_service, "troms")) == (403, "pilot-not-open")
    await programme.enrol("troms", since=-10)
    assert (await opening(empty_service, "troms")).status_code == 201
    assert (await opening(empty_service, "troms", occurred_at=ago(9))).status_code == 201
    assert refused(await opening(empty_service, "troms", occurred_at=ago(11))) == (403, "pilot-not-open")
    assert refused(await opening(empty_service, "agder")) == (403, "pilot-not-open")
    await programme.withdraw("troms")
    assert refused(await opening(empty_service, "troms")) == (403, "pilot-not-open")
    assert (await opening(empty_service, "troms", occurred_at=ago(5))).status_code == 201


async def test_a_unit_that_is_enrolled_anew_on_the_same_day_takes_part(empty_service, programme):
    await programme.enrol("troms")
    await programme.withdraw("troms")
    await programme.enrol("troms")
    assert (await opening(empty_service, "troms")).status_code == 201


async def test_a_programme_that_was_ended_opens_nothing_more(empty_service, programme):
    await programme.enrol("troms", since=-10)
    await programme.enrol("agder", since=-10)
    await programme.end()
    for unit in ("troms", "agder"):
        assert refused(await opening(empty_service, unit)) == (403, "pilot-not-open")
        assert (await opening(empty_service, unit, occurred_at=ago(3))).status_code == 201


async def test_other_types_of_case_are_open_to_every_unit(empty_service):
    assert (await opening(empty_service, "agder", case_type="phenomenon")).status_code == 201


async def test_a_concern_becomes_a_pilot_case_only_where_the_unit_takes_part(empty_service, programme, concern):
    officer = empty_service.person("officer-troms")
    made = await officer.send("POST", "/v1/concerns", {**concern, "municipality_number": None})
    assert made.status_code == 201, made.text
    path, etag = f"/v1/concerns/{made.json()['id']}/decision", made.headers["etag"]
    case = {"purpose_code": "prevent_crime", "legal_basis": "police_act", **PILOT}
    case = {name: value for name, value in case.items() if name not in {"theme", "arena"}}
    decision = {"outcome": "case", "case": case}
    before = await empty_service.row_digests()
    assert refused(await officer.send("POST", path, decision, etag=etag)) == (403, "pilot-not-open")
    assert await empty_service.row_digests() == before
    await programme.enrol("troms", since=-10)
    assert (await officer.send("POST", path, decision, etag=etag)).is_success


async def test_an_import_is_held_against_the_pilot_on_the_day_that_each_case_was_opened(empty_service, programme):
    await programme.enrol("troms", since=-10)
    lead = empty_service.person("lead-troms")
    row = {"purpose_code": "prevent_crime", "legal_basis": "police_act", **PILOT}

    async def take(*days):
        rows = [{**row, "opened_at": ago(each), "source_reference": str(uuid4())} for each in days]
        headers = {**lead.headers, "Content-Type": "application/x-ndjson", "Idempotency-Key": str(uuid4())}
        content = b"\n".join(json.dumps(each).encode() for each in rows)
        return await lead.client.post("/v1/imports", content=content, params={"source": "old"}, headers=headers)

    answer = await take(5, 20)
    assert answer.status_code == 422
    assert [(e["row"], e["place"], e["code"]) for e in answer.json()["errors"]] == [(2, "/case_type", "pilot-not-open")]
    assert (await take(5, 6)).json()["opened"] == 2


async def test_a_pilot_case_is_offered_to_and_taken_over_by_units_that_take_part_alone(empty_service, programme):
    await programme.enrol("troms")
    officer = empty_service.person("officer-troms")
    case = await officer.open(**PILOT)
    assert refused(await case.attempt("POST", "transfers", {"to_unit": "agder"})) == (403, "pilot-not-open")
    await programme.enrol("agder")
    offer = (await case.do("POST", "transfers", {"to_unit": "agder"}))["item_id"]
    await programme.withdraw("agder")
    other = empty_service.person("officer-agder")
    path = f"{case.path}/transfers/{offer}"
    assert refused(await other.send("POST", f"{path}/accept", {}, etag='"v1"')) == (403, "pilot-not-open")
    await programme.enrol("agder")
    assert (await other.send("POST", f"{path}/accept", {}, etag='"v1"')).status_code == 200


async def test_work_on_a_pilot_case_goes_on_after_its_unit_left(empty_service, programme):
    await programme.enrol("troms")
    case = await empty_service.person("officer-troms").open(**PILOT)
    await programme.withdraw("troms")
    await case.planned(child=False)


async def test_what_was_taken_over_and_what_was_refused_is_in_the_trail(empty_service, programme):
    await programme.enrol("troms")
    await programme.withdraw("troms")
    await programme.end()
    await opening(empty_service, "agder")
    rows = await empty_service.fetch(
        "SELECT subject, unit, version FROM audit_entry WHERE action = 'pilot.take_over' AND object_ids = ARRAY[$1::uuid]"
        " ORDER BY seq",
        programme.id,
    )
    assert [tuple(row) for row in rows] == [
        ("case-service", "troms", 1),
        ("case-service", "troms", 2),
        ("case-service", "pod", 3),
    ]
    [entry] = await empty_service.fetch(
        "SELECT subject, action, unit FROM audit_entry WHERE refusal = 'pilot-not-open'"
    )
    assert tuple(entry) == ("officer-agder", "case.open", "agder")


async def test_the_catalogue_says_which_codes_are_pilots_and_where_they_are_open(empty_service, programme):
    async def piloted():
        answer = await empty_service.person("officer-oslo").get("/v1/catalogue")
        return answer.json()["piloted"], answer.headers["etag"]

    [code], before = await piloted()
    assert (code["code_list"], code["code"], code["valid_until"], code["open_in"]) == (
        "case_type", "online_community", None, [],
    )  # fmt: skip
    await programme.enrol("troms", since=5, last=20)
    await programme.enrol("agder", since=5)
    await programme.withdraw("agder")
    [code], after = await piloted()
    assert before != after
    assert code["open_in"] == [
        {
            "unit": "troms",
            "pilot": "online_communities",
            "valid_from": day(5).isoformat(),
            "valid_until": day(30).isoformat(),
        }
    ]


async def test_the_api_can_neither_say_what_is_a_pilot_nor_who_takes_part(empty_service):
    for statement in (
        "UPDATE piloted_code SET last_day = '2016-01-02'",
        "INSERT INTO pilot VALUES (gen_random_uuid(), 'x', 1, '{online_community}', '2026-01-01', '2027-01-01')",
        "UPDATE pilot_unit SET last_day = NULL",
    ):
        with pytest.raises(Exception, match="permission denied"):
            await empty_service.fetch(statement, as_app=True)
