"""What stands on a topic may come from anybody: what is not an event of ours changes nothing and holds up nobody."""

import json
import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from forkant_contracts import Event, EventData, encode
from forkant_contracts.codes import CloseReason, ErasureBasis
from forkant_contracts.events.case import CaseClosed, CaseErased, CaseOpened
from forkant_contracts.topics import CASE_TOPIC
from forkant_devstack.testing.plain_http import plain_client
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka
READERS = ("indicator", "notification")
CASE = {
    "case_type": "place", "theme": "violence", "purpose_code": "prevent_crime", "legal_basis": "police_act",
    "title": "Uro ved kaia",
}  # fmt: skip
OPENED = CaseOpened(
    case_type="place", theme="violence", age_band="not_applicable", subject_category="not_applicable",
    purpose_code="prevent_crime", legal_basis="police_act",
)  # fmt: skip


def an_opening(aggregate: UUID) -> tuple[bytes, dict[str, bytes], bytes]:
    """Return key, headers and body of an event that would count in a unit where nothing else happens."""
    return a_record("urn:forkant:case-service", aggregate, 1, OPENED)


def a_record(source: str, aggregate: UUID, version: int, data: EventData) -> tuple[bytes, dict[str, bytes], bytes]:
    now = datetime.now(UTC)
    event = Event(
        id=uuid4(), source=source, aggregate_id=aggregate, aggregate_version=version, unit="nordland",
        occurred_at=now, recorded_at=now, data=data,
    )  # fmt: skip
    message = encode(event)
    return message.key, dict(message.headers), message.value


FORGERIES = {
    "noise": lambda key, headers, body: (b"\xff", {}, b"\xff\xfe not an event"),
    "nothing": lambda key, headers, body: (key, headers, None),
    "a body beyond the limit": lambda key, headers, body: (key, headers, body + b" " * 70_000),
    "a body ten times the limit": lambda key, headers, body: (key, headers, b'{"a":"' + b"x" * 700_000 + b'"}'),
    "a body that is no JSON": lambda key, headers, body: (key, headers, b'{"case_type": '),
    "a body nested without end": lambda key, headers, body: (key, headers, b"[" * 30_000 + b"]" * 30_000),
    "a number instead of a code": lambda key, headers, body: (key, headers, body.replace(b'"violence"', b"7")),
    "no version of its aggregate": lambda key, headers, body: (key, without(headers, "ce_aggregateversion"), body),
    "version nought": lambda key, headers, body: (key, {**headers, "ce_aggregateversion": b"0"}, body),
    "a version beyond all numbers": lambda key, headers, body: (key, {**headers, "ce_aggregateversion": b"9" * 40}, body),
    "a version far ahead": lambda key, headers, body: (key, {**headers, "ce_aggregateversion": b"999"}, body),
    "another specification": lambda key, headers, body: (key, {**headers, "ce_specversion": b"0.3"}, body),
    "an unknown type": lambda key, headers, body: (key, {**headers, "ce_type": b"no.forkant.case.stolen.v1"}, body),
    "a unit that is a statement": lambda key, headers, body: (key, {**headers, "ce_unit": b"x'; DROP TABLE cell; --"}, body),
    "headers that are no text": lambda key, headers, body: (key, {**headers, "ce_unit": b"\xff\xfe"}, body),
    "a time that is none": lambda key, headers, body: (key, {**headers, "ce_time": b"yesterday"}, body),
    "an id that is a path": lambda key, headers, body: (key, {**headers, "ce_partitionkey": b"../../etc/passwd"}, body),
    "a NUL in its type": lambda key, headers, body: (key, {**headers, "ce_type": b"a\0b", "ce_id": b"x"}, body),
    "a NUL in a header of its own": lambda key, headers, body: (key, {**headers, "x\0": b"\0", "ce_time": b"\0"}, body),
    "half a surrogate pair in its type": lambda key, headers, body: (
        key,
        {"content-type": b"application/cloudevents+json"},
        json.dumps({
            "specversion": "1.0", "id": "x", "source": "/x", "type": "\ud800", "time": "x", "recordedtime": "x",
            "partitionkey": key.decode(), "aggregateversion": 1, "unit": "\ud800", "data": {},
        }).encode(),
    ),
    "a compressed body": lambda key, headers, body: (key, {**headers, "content-type": b"application/gzip"}, b"\x1f\x8b"),
    "a structured event that is none": lambda key, headers, body: (
        key, {"content-type": b"application/cloudevents+json"}, b'{"specversion":"1.0","data":null}'
    ),
}  # fmt: skip


def without(headers: dict[str, bytes], name: str) -> dict[str, bytes]:
    return {key: value for key, value in headers.items() if key != name}


async def put(wall, records) -> list[tuple[int, int]]:
    producer = AIOKafkaProducer(bootstrap_servers=wall.platform.kafka.bootstrap)
    await producer.start()
    try:
        sent = [
            await producer.send_and_wait(CASE_TOPIC, value, key=key, headers=list(headers.items()))
            for key, headers, value in records
        ]
    finally:
        await producer.stop()
    return [(record.partition, record.offset) for record in sent]


async def passed(wall, places) -> None:
    """Await that both readers are behind all these places."""

    async def behind_us() -> bool:
        for service in READERS:
            rows = await wall.platform.fetch(
                service, "SELECT partition, next_offset FROM consumer_offset WHERE topic = $1", CASE_TOPIC
            )
            for partition, offset in places:
                reached = [row["next_offset"] for row in rows if row["partition"] == partition]
                if not reached or min(reached) <= offset:
                    return False
        return True

    await until(behind_us, what="both readers passing what was forged")


async def figures(wall):
    found = (await wall.person("lead-nordland").done("indicator", "GET", "/v1/districts/nordland/metrics")).json()
    return found["counts"], found["indicators"]


async def test_no_forged_record_counts_or_is_told_or_holds_up_another_case(wall):
    before = await figures(wall)
    ids = {name: uuid4() for name in FORGERIES}
    places = await put(wall, [forge(*an_opening(ids[name])) for name, forge in FORGERIES.items()])
    await passed(wall, places)
    assert await figures(wall) == before
    inbox = (await wall.person("lead-nordland").done("notification", "GET", "/v1/inbox")).text
    for name, aggregate in ids.items():
        assert str(aggregate) not in inbox, name
        counted = await wall.platform.fetch("indicator", "SELECT FROM case_fact WHERE case_id = $1", aggregate)
        assert counted == [], name
    for service in READERS:
        rows = await wall.platform.fetch(service, "SELECT record_offset, partition, reason, detail FROM parked_event")
        parked = {(row["partition"], row["record_offset"]) for row in rows}
        # An unknown type is passed over: a later release may know it.
        not_parked = {name for name, place in zip(FORGERIES, places, strict=True) if place not in parked}
        assert not_parked == {"an unknown type"}
        assert not any("DROP TABLE" in row["detail"] or "passwd" in row["detail"] for row in rows)
    opened = await wall.person("officer-nordland").done("case", "POST", "/v1/cases", CASE)

    async def told() -> bool:
        shown = (await wall.person("lead-nordland").done("notification", "GET", "/v1/inbox")).text
        return opened.json()["id"] in shown and await figures(wall) != before

    await until(told, what="a real case being counted and told after the forged records")


async def test_no_forged_record_about_a_real_case_changes_what_is_known_of_it(wall):
    opened = await wall.person("officer-nordland").done("case", "POST", "/v1/cases", CASE)
    case, version = UUID(opened.json()["id"]), opened.json()["version"]
    await until(lambda: everywhere(wall, case, version), what="the case reaching its readers")
    before = await wall.platform.fetch("indicator", "SELECT * FROM case_fact WHERE case_id = $1", case)
    key, headers, body = an_opening(case)
    again = (key, {**headers, "ce_unit": b"troms"}, body)
    far_ahead = (key, {**headers, "ce_unit": b"troms", "ce_aggregateversion": b"40"}, body)
    await passed(wall, await put(wall, [again, far_ahead]))
    assert await wall.platform.fetch("indicator", "SELECT * FROM case_fact WHERE case_id = $1", case) == before
    held = await wall.person("officer-nordland").done(
        "case", "POST", f"/v1/cases/{case}/hold", {"reason": "awaiting_partner"}, etag=opened.headers["etag"]
    )

    async def followed() -> bool:
        return await versions(wall, case) == [{held.json()["version"]}] * 2

    await until(followed, what="the real next event being applied after the forged ones")


async def refused(wall) -> dict[str, int]:
    """Return how many records of the case topic each reader has counted as another's."""
    wanted = re.compile(rf'forkant_consumer_foreign_total{{.*topic="{re.escape(CASE_TOPIC)}".*}} (\d+)')
    found = {}
    async with plain_client() as client:
        for service in READERS:
            told = await client.get(f"http://127.0.0.1:{wall.platform.nodes[service].worker_port}/metrics")
            found[service] = sum(int(match[1]) for match in wanted.finditer(told.text))
    return found


async def versions(wall, case: UUID) -> list[set[int]]:
    """Return for each reader what its groups know of the case: one version when all are as far."""
    query = "SELECT version FROM aggregate_version WHERE aggregate_id = $1"
    return [{row["version"] for row in await wall.platform.fetch(service, query, case)} for service in READERS]


async def everywhere(wall, case: UUID, version: int) -> bool:
    """Say whether a case has reached each group of its readers, of which one may be ahead of the others."""
    facts = await wall.platform.fetch("indicator", "SELECT version FROM case_fact WHERE case_id = $1", case)
    return {row["version"] for row in facts} == {version} and await versions(wall, case) == [{version}] * 2


async def groups(wall, service: str) -> int:
    """Return how many groups of a reader read the topic: each passes every record by itself."""
    query = "SELECT DISTINCT consumer_group FROM consumer_offset WHERE topic = $1"
    return len(await wall.platform.fetch(service, query, CASE_TOPIC))


async def test_another_services_events_about_a_real_case_count_for_nothing_and_hold_up_nothing(wall):
    opened = await wall.person("officer-nordland").done("case", "POST", "/v1/cases", CASE)
    case, version = UUID(opened.json()["id"]), opened.json()["version"]

    await until(lambda: everywhere(wall, case, version), what="the case reaching its readers")
    before = (
        await figures(wall),
        await wall.platform.fetch("indicator", "SELECT * FROM case_fact WHERE case_id = $1", case),
    )
    counted = await refused(wall)
    closed = CaseClosed(reason=CloseReason.RESOURCES, evaluated=False)
    key, headers, body = a_record("urn:forkant:indicator-service", case, version + 1, closed)
    forged = [
        (key, headers, body),
        (key, {**headers, "ce_source": b"/notification-service"}, body),
        (key, {**headers, "ce_type": b"no.forkant.case.stolen.v1"}, body),
        (key, headers, b'{"reason": '),
        a_record("urn:forkant:downstream-demo", case, version + 2, CaseErased(basis=ErasureBasis.UNFOUNDED)),
    ]
    places = await put(wall, forged)
    await passed(wall, places)
    facts = await wall.platform.fetch("indicator", "SELECT * FROM case_fact WHERE case_id = $1", case)
    assert (await figures(wall), facts) == before
    assert await everywhere(wall, case, version)
    for service in READERS:
        rows = await wall.platform.fetch(service, "SELECT * FROM parked_event WHERE topic = $1", CASE_TOPIC)
        parked = [row for row in rows if (row["partition"], row["record_offset"]) in places]
        assert [(row["aggregate_id"], row["aggregate_version"], row["status"]) for row in parked] == [
            (None, None, "parked")
        ] * (len(forged) * await groups(wall, service))
        assert {row["detail"] for row in parked} == {f"the source is not case-service, which alone writes {CASE_TOPIC}"}
    assert await refused(wall) == {
        service: count + len(forged) * await groups(wall, service) for service, count in counted.items()
    }
    etag = opened.headers["etag"]
    for path, body in (("hold", {"reason": "awaiting_partner"}), ("resume", {})):
        answer = await wall.person("officer-nordland").done("case", "POST", f"/v1/cases/{case}/{path}", body, etag=etag)
        etag = answer.headers["etag"]

    async def followed() -> bool:
        return await versions(wall, case) == [{version + 2}] * 2

    await until(followed, what="the real next events being applied after the foreign ones")
    [fact] = await wall.platform.fetch("indicator", "SELECT * FROM case_fact WHERE case_id = $1", case)
    assert (fact["version"], fact["unit"], fact["erased"]) == (version + 2, "nordland", False)
